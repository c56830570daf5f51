// postern domain: the domains of the house.

import {
  changeDomain,
  createDomain,
  deleteDomain,
  domainByName,
  listDomains,
  purgeDomain,
  restoreDomain,
  type Domain,
  type NewDomain,
} from '../directory/domains.ts'
import { readKeys } from '../mailauth/keys.ts'
import { dnsRecords, zoneLines } from '../mailauth/records.ts'
import { normalDomain } from '../mail/address.ts'
import type { Database } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'
import type { Desk, Verb } from './desk.ts'
import { facts, table, timeText } from './print.ts'

export const domainVerbs: Verb = (program, desk) => {
  const group = desk.group(program, 'domain', { en: 'domains of the house', zh: '網域' })
  addCreate(group, desk)
  addLook(group, desk)
  addRecords(group, desk)
  addSet(group, desk)
  addEnd(group, desk)
}

type Group = Parameters<Verb>[0]

const aliasOption = { en: 'another name of this domain', zh: '作為此網域的別名' }
const separatorOption = {
  en: 'characters that part user and detail, as in user+detail; "" for none',
  zh: '分隔使用者與附加字的字元,如 user+detail;"" 表示不用',
}
const defaultOption = { en: 'bare user names belong to this domain', zh: '只打帳號時視為屬於此網域' }

function addCreate(group: Group, desk: Desk): void {
  desk
    .verb(group, 'create <name>', { en: 'take mail for a domain', zh: '新增網域' })
    .option('--alias-of <domain>', desk.say(aliasOption))
    .option('--separators <characters>', desk.say(separatorOption))
    .option('--default', desk.say(defaultOption))
    .action(
      desk.change(async (task, name) => {
        const { aliasOf, separators, default: isDefault } = task.options
        const domain = await ensureDomain(await task.database(), {
          name,
          aliasOf: aliasOf as string | undefined,
          separators: separators as string | undefined,
          isDefault: isDefault === true,
        })
        task.show(domain, () =>
          task.say({
            en: `Mail to ${domain.name} is taken. "postern doctor" says which DNS records it needs.`,
            zh: `開始收 ${domain.name} 的郵件。「postern doctor」會列出需要的 DNS 記錄。`,
          }),
        )
      }),
    )
}

/** Creating what is already there as it was asked for is no error: the first start may have been faster. */
async function ensureDomain(db: Database, input: NewDomain): Promise<Domain> {
  try {
    return await createDomain(db, input)
  } catch (error) {
    if (!(error instanceof Trouble) || error.code !== 'already-exists') throw error
    const standing = await domainByName(db, input.name)
    const isSame =
      standing.deletedAt === undefined &&
      standing.aliasOf === (input.aliasOf && normalDomain(input.aliasOf)) &&
      standing.separators === (input.separators ?? standing.separators) &&
      (standing.isDefault || !input.isDefault)
    if (!isSame) throw error
    return standing
  }
}

function addLook(group: Group, desk: Desk): void {
  desk
    .verb(group, 'list', { en: 'all domains', zh: '列出網域' })
    .option('--deleted', desk.say({ en: 'also those that wait to be purged', zh: '包含等待清除者' }))
    .action(
      desk.run(async (task) => {
        const domains = await listDomains(await task.database(), task.options['deleted'] === true)
        task.show(domains, () => listing(domains, desk))
      }),
    )
  desk.verb(group, 'show <name>', { en: 'one domain', zh: '顯示網域' }).action(
    desk.run(async (task, name) => {
      const domain = await domainByName(await task.database(), name)
      task.show(domain, () => details(domain, desk))
    }),
  )
}

function addRecords(group: Group, desk: Desk): void {
  desk
    .verb(group, 'records <name>', {
      en: 'the DNS records it needs, as a zone file',
      zh: '應設定的 DNS 記錄(區域檔格式)',
    })
    .action(
      desk.run(async (task, name) => {
        const db = await task.database()
        const domain = await domainByName(db, name)
        const setup = { hostname: task.config.hostname, addresses: [] }
        const records = dnsRecords(domain.name, setup, await readKeys(db, domain.name))
        task.show(records, () => zoneLines(records).trimEnd())
      }),
    )
}

function addSet(group: Group, desk: Desk): void {
  desk
    .verb(group, 'set <name>', { en: 'change a domain', zh: '變更網域' })
    .option('--separators <characters>', desk.say(separatorOption))
    .option(
      '--catch-all <address>',
      desk.say({ en: 'who gets what nobody has; "" for nobody', zh: '萬用信箱:查無此人的信交給誰;"" 表示退回' }),
    )
    .option('--default', desk.say(defaultOption))
    .action(
      desk.change(async (task, name) => {
        const { separators, catchAll, default: isDefault } = task.options
        const domain = await changeDomain(await task.database(), name, {
          ...(typeof separators === 'string' && { separators }),
          ...(typeof catchAll === 'string' && { catchAll: catchAll || null }),
          ...(isDefault === true && { isDefault }),
        })
        task.show(domain, () => details(domain, desk))
      }),
    )
}

function addEnd(group: Group, desk: Desk): void {
  const step = (
    usage: string,
    words: { en: string; zh: string },
    work: (db: Parameters<typeof deleteDomain>[0], name: string) => Promise<void>,
    after: (name: string) => { en: string; zh: string },
  ) =>
    desk.verb(group, usage, words).action(
      desk.change(async (task, name) => {
        await work(await task.database(), name)
        task.show({ domain: name, done: true }, () => task.say(after(name)))
      }),
    )
  step(
    'delete <name>',
    { en: 'take no more mail; keep everything', zh: '停止收信,資料保留' },
    deleteDomain,
    (name) => ({
      en: `No more mail is taken for ${name} and nobody signs in under it. Its accounts and mail are kept: "postern domain restore ${name}" undoes this.`,
      zh: `${name} 已停止收信與登入,帳號與郵件仍保留;「postern domain restore ${name}」可復原。`,
    }),
  )
  step('restore <name>', { en: 'undo delete', zh: '復原刪除' }, restoreDomain, (name) => ({
    en: `Mail to ${name} is taken again.`,
    zh: `恢復收 ${name} 的郵件。`,
  }))
  step('purge <name>', { en: 'forget a deleted domain for good', zh: '永久清除已刪除的網域' }, purgeDomain, (name) => ({
    en: `${name} is gone.`,
    zh: `${name} 已清除。`,
  }))
}

function listing(domains: Domain[], desk: Desk): string {
  const headings = [
    desk.say({ en: 'DOMAIN', zh: '網域' }),
    desk.say({ en: 'KIND', zh: '種類' }),
    desk.say({ en: 'CATCH-ALL', zh: '萬用信箱' }),
  ]
  return table(
    headings,
    domains.map((domain) => [domain.name, kindOf(domain, desk), domain.catchAll]),
  )
}

function kindOf(domain: Domain, desk: Desk): string {
  if (domain.deletedAt !== undefined) return desk.say({ en: 'deleted', zh: '已刪除' })
  if (domain.aliasOf !== undefined)
    return desk.say({ en: `alias of ${domain.aliasOf}`, zh: `${domain.aliasOf} 的別名` })
  return domain.isDefault ? desk.say({ en: 'default', zh: '預設' }) : desk.say({ en: 'domain', zh: '網域' })
}

function details(domain: Domain, desk: Desk): string {
  return facts([
    [desk.say({ en: 'Domain', zh: '網域' }), domain.name],
    [desk.say({ en: 'Kind', zh: '種類' }), kindOf(domain, desk)],
    [desk.say({ en: 'Separators', zh: '分隔字元' }), domain.separators],
    [desk.say({ en: 'Catch-all', zh: '萬用信箱' }), domain.catchAll],
    [desk.say({ en: 'Created', zh: '建立時間' }), timeText(domain.createdAt)],
  ])
}
