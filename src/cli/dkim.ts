// postern dkim: the keys that sign the mail of a domain.

import { join } from 'node:path'
import { domainByName, livingDomain } from '../directory/domains.ts'
import {
  addKey,
  keyRecord,
  readKeys,
  removeKey,
  rotateKeys,
  type KeyKind,
  type KeyRow,
  type KeyStore,
} from '../mailauth/keys.ts'
import { Trouble } from '../wire/troubles.ts'
import type { Desk, Task, Verb } from './desk.ts'
import { clean, table, timeText } from './print.ts'
import { openNames } from './names.ts'

type Group = Parameters<Verb>[0]

export const dkimVerbs: Verb = (program, desk) => {
  const group = desk.group(program, 'dkim', { en: 'keys that sign outgoing mail', zh: '寄信簽章金鑰(DKIM)' })
  addList(group, desk)
  addAdd(group, desk)
  addRotate(group, desk)
  addRemove(group, desk)
}

const forceOption = {
  en: 'without looking at the DNS and without asking for the right order',
  zh: '不檢查 DNS 與順序,強制執行',
}

async function keyStore(task: Task): Promise<KeyStore> {
  return { db: await task.database(), folder: join(task.config.data, 'keys') }
}

/** A key as JSON says it: its record beside it, its file not. */
function publicForm(key: KeyRow): object {
  const { file: _, ...rest } = key
  return { ...rest, record: keyRecord(key) }
}

function addList(group: Group, desk: Desk): void {
  desk
    .verb(group, 'list [domain]', { en: 'all keys, with the records to publish', zh: '列出金鑰與應公布的 DNS 記錄' })
    .action(
      desk.run(async (task, domain) => {
        const db = await task.database()
        const keys = await readKeys(db, domain === undefined ? undefined : (await domainByName(db, domain)).name)
        task.show(keys.map(publicForm), () => [listing(keys, desk), ...keys.filter(wanted).map(recordLine)].join('\n'))
      }),
    )
}

function wanted({ state }: KeyRow): boolean {
  return state === 'announced' || state === 'active'
}

const states = {
  announced: { en: 'announced: publish its record', zh: '待公布' },
  active: { en: 'signs', zh: '簽章中' },
  retiring: { en: 'retiring: keep its record', zh: '退役中,記錄須保留' },
  retired: { en: 'retired: remove its record', zh: '已退役,可移除記錄' },
}

function listing(keys: KeyRow[], desk: Desk): string {
  const headings = [
    desk.say({ en: 'DOMAIN', zh: '網域' }),
    desk.say({ en: 'SELECTOR', zh: '選擇器' }),
    desk.say({ en: 'KIND', zh: '種類' }),
    desk.say({ en: 'STATE', zh: '狀態' }),
    desk.say({ en: 'SINCE', zh: '起始' }),
  ]
  const rows = keys.map((key) => [
    key.domain,
    key.selector,
    key.algorithm,
    desk.say(states[key.state]),
    timeText(key.since),
  ])
  return table(headings, rows)
}

/** As a zone file wants it: strings of at most 255 octets (RFC 1035 §3.3.14). */
function recordLine(key: KeyRow): string {
  const { name, text } = keyRecord(key)
  const strings = text.match(/.{1,255}/g) ?? []
  return `\n${clean(name)}. IN TXT ${strings.map((part) => `"${clean(part)}"`).join(' ')}`
}

function addAdd(group: Group, desk: Desk): void {
  desk
    .verb(group, 'add <domain>', { en: 'make a key and say the record to publish', zh: '新增金鑰並顯示應公布的記錄' })
    .option('--kind <rsa|ed25519>', desk.say({ en: 'kind of key', zh: '金鑰種類' }), 'rsa')
    .option(
      '--selector <name>',
      desk.say({ en: 'its selector; otherwise the kind and the day', zh: '選擇器;未指定則為種類加日期' }),
    )
    .action(
      desk.change(async (task, name) => {
        const kind = task.options['kind']
        if (kind !== 'rsa' && kind !== 'ed25519')
          throw new Trouble('bad-setting', { setting: '--kind', allowed: 'rsa, ed25519' })
        const store = await keyStore(task)
        const domain = await livingDomain(store.db, name)
        const key = await addKey(
          store,
          domain.name,
          kind satisfies KeyKind,
          task.options['selector'] as string | undefined,
        )
        task.show(publicForm(key), () => `${recordLine(key).trim()}\n${task.say(publishFirst(domain.name))}`)
      }),
    )
}

function publishFirst(domain: string) {
  return {
    en: `Publish this record, then "postern dkim rotate ${domain}" lets the key sign.`,
    zh: `請公布此記錄,再執行「postern dkim rotate ${domain}」啟用金鑰。`,
  }
}

function addRotate(group: Group, desk: Desk): void {
  desk
    .verb(group, 'rotate <domain>', {
      en: 'make new keys, or let those sign whose records are published',
      zh: '更換金鑰:產生新金鑰,或啟用已公布者',
    })
    .option('--force', desk.say(forceOption))
    .action(
      desk.change(async (task, name) => {
        const store = await keyStore(task)
        const domain = await livingDomain(store.db, name)
        const names = openNames(task.config)
        try {
          const steps = await rotateKeys(store, names, domain.name, { force: task.options['force'] === true })
          const waiting = (await readKeys(store.db, domain.name)).filter(({ state }) => state === 'announced')
          const shown = steps.map(({ key, from, to }) => ({ selector: key.selector, from, to }))
          task.show({ steps: shown, publish: waiting.map(keyRecord) }, () =>
            rotation(shown, waiting, domain.name, desk),
          )
        } finally {
          await names.close()
        }
      }),
    )
}

function rotation(steps: { selector: string; to: string }[], waiting: KeyRow[], domain: string, desk: Desk): string {
  const lines = steps.map(({ selector, to }) => `${clean(selector)}: ${desk.say(states[to as keyof typeof states])}`)
  if (waiting.length === 0) return lines.join('\n')
  return [...lines, ...waiting.map(recordLine), '', desk.say(publishFirst(domain))].join('\n')
}

function addRemove(group: Group, desk: Desk): void {
  desk
    .verb(group, 'remove <domain> <selector>', { en: 'forget a key and destroy its file', zh: '移除金鑰並銷毀檔案' })
    .option('--force', desk.say(forceOption))
    .action(
      desk.change(async (task, name, selector = '') => {
        const store = await keyStore(task)
        const domain = await domainByName(store.db, name)
        const key = await removeKey(store, domain.name, selector, { force: task.options['force'] === true })
        task.show(publicForm(key), () =>
          task.say({
            en: `${clean(selector)} is gone. Remove ${clean(keyRecord(key).name)} from the DNS.`,
            zh: `${clean(selector)} 已移除,請自 DNS 移除 ${clean(keyRecord(key).name)}。`,
          }),
        )
      }),
    )
}
