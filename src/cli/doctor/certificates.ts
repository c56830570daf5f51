// The certificates: do they open, are they ours, how long do they last, who can read their keys.

import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../../config/settings.ts'
import { covers, openCertificates, type CertificateFacts } from '../../net/certificates.ts'
import { Trouble } from '../../wire/troubles.ts'
import { timeText } from '../print.ts'
import { error, ok, warning, type Finding } from './finding.ts'

const soon = 21 * 86_400_000 // milliseconds

export async function examineCertificates(config: Config, now: number): Promise<Finding[]> {
  const pairs = config['tls.certificates']
  const folder = join(config.data, 'certificates')
  if (pairs.length === 0 && !(await exists(join(folder, 'self-signed.pem')))) {
    return [ok('certificates', 'a self-signed one is made at the first start', '第一次啟動時會自製自簽憑證')]
  }
  try {
    const { hostname } = config
    const facts = (
      await openCertificates({ pairs, folder, hostname, oldest: config['tls.oldest'], clock: () => now })
    ).facts()
    return [...facts.map((each) => judge(each, now)), ...named(facts, hostname), ...(await readable(pairs))]
  } catch (cause) {
    const why = cause instanceof Trouble ? String(cause.details['why']) : (cause as Error).message
    return [
      error(
        'certificates',
        { en: `the certificates cannot be used: ${why}`, zh: `憑證無法使用:${why}` },
        {
          en: 'tls.certificates wants "chain.pem:key.pem", both readable by the server',
          zh: 'tls.certificates 的格式為 "chain.pem:key.pem",伺服器須可讀取',
        },
      ),
    ]
  }
}

function judge(facts: CertificateFacts, now: number): Finding {
  const { file, validTo } = facts
  const until = { en: `${file} is valid until ${timeText(validTo)}`, zh: `${file} 有效至 ${timeText(validTo)}` }
  const renew = {
    en: 'renew it; the server reads new files within a minute',
    zh: '請更新憑證;伺服器一分鐘內會讀取新檔',
  }
  if (validTo < now)
    return error(
      'certificates',
      { en: `${file} has expired (${timeText(validTo)})`, zh: `${file} 已過期(${timeText(validTo)})` },
      renew,
    )
  if (facts.selfSigned) {
    return warning(
      'certificates',
      { en: `${file} is self-signed`, zh: `${file} 是自簽憑證` },
      {
        en: 'mail programs will warn people: get one from a public authority and name it in tls.certificates',
        zh: '收信程式會警告使用者:請向公開的憑證機構申請,並設定 tls.certificates',
      },
    )
  }
  if (validTo < now + soon) return warning('certificates', until, renew)
  return ok('certificates', until.en, until.zh)
}

function named(facts: CertificateFacts[], hostname: string): Finding[] {
  const names = facts.flatMap((each) => each.names)
  if (names.some((known) => covers(known, hostname))) return []
  return [
    error(
      'certificates',
      {
        en: `no certificate names ${hostname} (they name ${names.join(', ')})`,
        zh: `沒有憑證包含 ${hostname}(現有 ${names.join('、')})`,
      },
      {
        en: `get a certificate for ${hostname}, or correct the setting "hostname"`,
        zh: `請申請 ${hostname} 的憑證,或修正設定 hostname`,
      },
    ),
  ]
}

async function readable(pairs: string[]): Promise<Finding[]> {
  const open: string[] = []
  for (const pair of pairs) {
    const key = pair.split(':')[1] ?? ''
    const found = await stat(key).catch(() => undefined)
    if (found && (found.mode & 0o007) !== 0) open.push(key)
  }
  if (open.length === 0) return []
  return [
    warning(
      'certificates',
      { en: `everybody on this machine can read ${open.join(', ')}`, zh: `本機任何使用者都可讀取 ${open.join('、')}` },
      { en: `chmod o= ${open.join(' ')}`, zh: `請執行 chmod o= ${open.join(' ')}` },
    ),
  ]
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
