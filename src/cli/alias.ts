// postern alias: other names of accounts, lists of addresses, and who may send as what.

import {
  changeAlias,
  createAlias,
  deleteAlias,
  eachAlias,
  grantSender,
  revokeSender,
  type Alias,
} from '../directory/aliases.ts'
import type { Database } from '../sql/sql.ts'
import type { Desk, Verb } from './desk.ts'
import { clean, table } from './print.ts'
import type { Words } from './words.ts'

type Group = Parameters<Verb>[0]

export const aliasVerbs: Verb = (program, desk) => {
  const group = desk.group(program, 'alias', { en: 'other addresses and lists of addresses', zh: '別名與群組位址' })
  const changing = (usage: string, words: Words, work: typeof createAlias) =>
    desk.verb(group, usage, words).action(
      desk.change(async (task, address = '', ...targets) => {
        const alias = await work(await task.database(), address, targets)
        task.show(alias, () => `${clean(alias.address)} -> ${clean(leadsTo(alias))}`)
      }),
    )
  changing('create <address> <targets...>', { en: 'an address that leads to others', zh: '新增別名' }, createAlias)
  changing('set <address> <targets...>', { en: 'give an alias other targets', zh: '變更別名的去處' }, changeAlias)
  addList(group, desk)
  addDelete(group, desk)
  addGrants(group, desk)
}

function leadsTo(alias: Alias): string {
  return alias.account ?? alias.targets.join(', ')
}

function addList(group: Group, desk: Desk): void {
  desk
    .verb(group, 'list', { en: 'all aliases', zh: '列出別名' })
    .option('--domain <name>', desk.say({ en: 'of this domain only', zh: '只列此網域' }))
    .action(
      desk.run(async (task) => {
        const domain = task.options['domain'] as string | undefined
        const aliases = await Array.fromAsync(eachAlias(await task.database(), { domain }))
        const headings = [desk.say({ en: 'ADDRESS', zh: '位址' }), desk.say({ en: 'LEADS TO', zh: '去處' })]
        task.show(aliases, () =>
          table(
            headings,
            aliases.map((alias) => [alias.address, leadsTo(alias)]),
          ),
        )
      }),
    )
}

function addDelete(group: Group, desk: Desk): void {
  desk.verb(group, 'delete <address>', { en: 'free the address', zh: '刪除別名' }).action(
    desk.change(async (task, address) => {
      await deleteAlias(await task.database(), address)
      task.show({ address, done: true }, () =>
        task.say({ en: `${clean(address)} is gone.`, zh: `${clean(address)} 已刪除。` }),
      )
    }),
  )
}

function addGrants(group: Group, desk: Desk): void {
  const grant = (
    usage: string,
    words: Words,
    work: (db: Database, address: string, account: string) => Promise<void>,
    after: (address: string, account: string) => Words,
  ) =>
    desk.verb(group, usage, words).action(
      desk.change(async (task, address, account) => {
        await work(await task.database(), address, account)
        task.show({ address, account, done: true }, () => task.say(after(clean(address), clean(account))))
      }),
    )
  grant(
    'grant <address> <account>',
    { en: 'let an account send as an address', zh: '授權以此位址寄信' },
    grantSender,
    (address, account) => ({
      en: `${account} may send as ${address}.`,
      zh: `${account} 可以用 ${address} 寄信。`,
    }),
  )
  grant(
    'revoke <address> <account>',
    { en: 'take that right back', zh: '收回寄信授權' },
    revokeSender,
    (address, account) => ({
      en: `${account} may no longer send as ${address}.`,
      zh: `${account} 不能再用 ${address} 寄信。`,
    }),
  )
}
