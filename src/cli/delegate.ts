// postern delegate: who may act for whom.

import { findAccount } from '../directory/accounts.ts'
import {
  delegationRights,
  delegationsGiven,
  delegationsHad,
  isInForce,
  type Delegation,
  type DelegationRight,
} from '../directory/delegations.ts'
import { endDelegation, giveDelegation, mailboxesOf } from '../people/delegations.ts'
import type { Reader } from '../sql/sql.ts'
import { mailboxById, mailboxByPath } from '../store/mailboxes.ts'
import { Trouble } from '../wire/troubles.ts'
import { operator, type Desk, type Verb } from './desk.ts'
import { clean, table, timeText } from './print.ts'

type Group = Parameters<Verb>[0]

export const delegateVerbs: Verb = (program, desk) => {
  const group = desk.group(program, 'delegate', { en: 'who may act for whom', zh: '代理與授權' })
  addList(group, desk)
  addGrant(group, desk)
  addRevoke(group, desk)
}

type Shown = Delegation & { mailboxes: string[] | undefined }

async function withMailboxes(db: Reader, delegation: Delegation): Promise<Shown> {
  const ids = await mailboxesOf(db, delegation.id)
  if (!ids) return { ...delegation, mailboxes: undefined }
  const found = await Promise.all(ids.map((id) => mailboxById(db, id)))
  return { ...delegation, mailboxes: found.flatMap((mailbox) => (mailbox ? [mailbox.path.join('/')] : [])) }
}

function addList(group: Group, desk: Desk): void {
  desk
    .verb(group, 'list <address>', { en: 'whom somebody lets act for him, and for whom he may', zh: '列出代理授權' })
    .action(
      desk.run(async (task, address) => {
        const db = await task.database()
        const { id } = await findAccount(db, address)
        const all = [...(await delegationsGiven(db, id)), ...(await delegationsHad(db, id))]
        const shown = await Promise.all(all.map((one) => withMailboxes(db, one)))
        task.show(shown, () => listing(shown, desk))
      }),
    )
}

function listing(delegations: Shown[], desk: Desk): string {
  const headings = [
    desk.say({ en: 'OWNER', zh: '信箱' }),
    desk.say({ en: 'DELEGATE', zh: '代理人' }),
    desk.say({ en: 'RIGHTS', zh: '權限' }),
    desk.say({ en: 'MAILBOXES', zh: '信匣' }),
    desk.say({ en: 'FROM', zh: '起' }),
    desk.say({ en: 'UNTIL', zh: '迄' }),
    '',
  ]
  return table(
    headings,
    delegations.map((one) => [
      one.owner,
      one.delegate,
      one.rights.join(' '),
      one.mailboxes?.join(', ') ?? desk.say({ en: 'all', zh: '全部' }),
      timeText(one.fromAt),
      one.untilAt === undefined ? desk.say({ en: 'no end', zh: '不限' }) : timeText(one.untilAt),
      isInForce(one, Date.now()) ? '' : desk.say({ en: 'not in force', zh: '未生效' }),
    ]),
  )
}

function addGrant(group: Group, desk: Desk): void {
  desk
    .verb(group, 'grant <owner> <delegate> <rights...>', {
      en: `let somebody act for another; rights: ${delegationRights.join(', ')}`,
      zh: `授權代理;權限:${delegationRights.join('、')}`,
    })
    .option(
      '--from <time>',
      desk.say({ en: 'not before this time, as 2026-01-31 or 2026-01-31T08:00', zh: '起始時間' }),
    )
    .option('--until <time>', desk.say({ en: 'until this time', zh: '結束時間' }))
    .option(
      '--mailbox <path...>',
      desk.say({ en: 'these mailboxes only, as INBOX or Work/Plans', zh: '只限這些信匣,例如 INBOX 或 Work/Plans' }),
    )
    .action(
      desk.change(async (task, owner, delegate, ...words) => {
        const db = await task.database()
        const from = await findAccount(db, owner)
        const { from: begin, until, mailbox } = task.options
        const now = Date.now()
        const made = await giveDelegation(
          db,
          {
            ownerId: from.id,
            delegateId: (await findAccount(db, delegate)).id,
            rights: words.flatMap((word) => word.split(',')).map(readRight),
            mailboxIds: await mailboxIds(db, from.id, mailbox as string[] | undefined),
            fromAt: readTime('--from', begin as string | undefined) ?? now,
            untilAt: readTime('--until', until as string | undefined),
          },
          { address: operator },
          now,
        )
        const shown = await withMailboxes(db, made)
        task.show(shown, () => listing([shown], desk))
      }),
    )
}

function addRevoke(group: Group, desk: Desk): void {
  desk.verb(group, 'revoke <owner> <delegate>', { en: 'end a delegation', zh: '終止代理' }).action(
    desk.change(async (task, owner, delegate) => {
      const db = await task.database()
      const { id } = await findAccount(db, owner)
      const to = await findAccount(db, delegate)
      const found = (await delegationsGiven(db, id)).find(({ delegateId }) => delegateId === to.id)
      if (!found) throw new Trouble('no-such-account', { address: delegate, why: 'delegation' })
      await endDelegation(db, found.id, { address: operator }, Date.now())
      task.show({ owner: found.owner, delegate: found.delegate, done: true }, () =>
        task.say({
          en: `${clean(found.delegate)} may no longer act for ${clean(found.owner)}.`,
          zh: `${clean(found.delegate)} 不再代理 ${clean(found.owner)}。`,
        }),
      )
    }),
  )
}

function readRight(word: string): DelegationRight {
  const found = delegationRights.find((right) => right === word)
  if (!found) {
    throw new Trouble('bad-setting', { setting: 'rights', value: word, allowed: delegationRights.join(', ') })
  }
  return found
}

/** A day alone is meant in local time. */
function readTime(key: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const time = Date.parse(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00` : text)
  if (Number.isNaN(time))
    throw new Trouble('bad-setting', { key, value: text, allowed: '2026-01-31, 2026-01-31T08:00' })
  return time
}

async function mailboxIds(db: Reader, ownerId: number, paths: string[] | undefined): Promise<number[] | undefined> {
  if (!paths) return undefined
  const ids: number[] = []
  for (const path of paths) {
    const mailbox = await mailboxByPath(db, ownerId, path.split('/'))
    if (!mailbox) throw new Trouble('no-such-mailbox', { mailbox: path })
    ids.push(mailbox.id)
  }
  return ids
}
