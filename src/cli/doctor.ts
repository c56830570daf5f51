// postern doctor: looks at everything that must be right, and says what to do. Exit code 1 when
// something is wrong; warnings alone give 0.

import type { Config } from '../config/settings.ts'
import { normalDomain } from '../mail/address.ts'
import type { Desk, Task, Verb } from './desk.ts'
import { examineCertificates } from './doctor/certificates.ts'
import { examineDatabase } from './doctor/database.ts'
import { examineDisk } from './doctor/disk.ts'
import { examineDns } from './doctor/dns.ts'
import { error, ok, type Finding } from './doctor/finding.ts'
import { examinePorts } from './doctor/ports.ts'
import { openNames } from './names.ts'
import { clean } from './print.ts'

export const doctorVerb: Verb = (program, desk) => {
  desk
    .verb(program, 'doctor', {
      en: 'check ports, DNS, certificates, disk, database, clock',
      zh: '檢查埠、DNS、憑證、磁碟、資料庫、時鐘',
    })
    .option('--no-dns', desk.say({ en: 'do not ask the DNS', zh: '不檢查 DNS' }))
    .action(
      desk.run(async (task) => {
        const found = await examine(task)
        if (found.some((finding) => finding.state === 'error')) task.fail()
        task.show(found, () => report(found, desk))
      }),
    )
}

async function examine(task: Task): Promise<Finding[]> {
  const { config } = task
  const now = Date.now()
  const database = await examineDatabase(task.database, now)
  const disk = await examineDisk(config.data)
  const [ports, certificates, dns] = await Promise.all([
    examinePorts(config),
    examineCertificates(config, now),
    task.options['dns'] === false ? [] : names(task),
  ])
  return [settings(config), ...disk, ...database, ...ports, ...certificates, ...dns]
}

async function names(task: Task): Promise<Finding[]> {
  const resolver = openNames(task.config)
  try {
    return await examineDns(await task.database(), task.config, resolver)
  } catch {
    return [] // the database cannot be opened: said already
  } finally {
    await resolver.close()
  }
}

function settings({ hostname }: Config): Finding {
  const name = normalDomain(hostname)
  if (name !== undefined && name.includes('.') && !name.endsWith('.localdomain')) {
    return ok('settings', `hostname ${hostname}`, `主機名稱 ${hostname}`)
  }
  return error(
    'settings',
    { en: `"${hostname}" is no name the world can know this server by`, zh: `外界無法以「${hostname}」找到本伺服器` },
    {
      en: 'set hostname to the full name of the MX record, as "mail.uni.example"',
      zh: '請將 hostname 設為 MX 記錄中的完整主機名稱,如 "mail.uni.example"',
    },
  )
}

const marks = { ok: 'ok     ', warning: 'warning', error: 'ERROR  ' }
const marksZh = { ok: '正常', warning: '注意', error: '錯誤' }

function report(found: Finding[], desk: Desk): string {
  const lines = found.flatMap(({ area, state, what, advice }) => {
    const mark = desk.language === 'zh' ? marksZh[state] : marks[state]
    const line = `${mark}  ${area}: ${clean(desk.say(what))}`
    return advice && state !== 'ok' ? [line, `         -> ${clean(desk.say(advice))}`] : [line]
  })
  return [...lines, '', summary(found, desk)].join('\n')
}

function summary(found: Finding[], desk: Desk): string {
  const errors = found.filter((finding) => finding.state === 'error').length
  const warnings = found.filter((finding) => finding.state === 'warning').length
  return desk.say({ en: `${errors} errors, ${warnings} warnings`, zh: `${errors} 項錯誤,${warnings} 項注意` })
}
