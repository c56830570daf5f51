// Mailboxes deleted, and accounts with all they have.
//
// A deleted mailbox costs no more than its row: its messages leave the account's use at once, and sweep.ts takes
// their rows away later, in batches.

import type { Reader, Writer } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'
import type { Change } from './changes.ts'
import { dischargeHolder, takeHolder, type Taken } from './holders.ts'
import { adopt, mailboxChange, mailboxColumns, takeMailbox, type MailboxRow } from './nodes.ts'
import type { Store } from './store.ts'
import { keepSubscription } from './subscriptions.ts'

/**
 * Deletes a mailbox and its messages. With children the node stays, not selectable (RFC 9051 §6.3.5), unless
 * `deep`: then the children go too. Its messages leave the account's use at once; their rows are swept later,
 * so a large mailbox costs no more than a small one. INBOX cannot be deleted (Trouble not-permitted);
 * a node that is not selectable and has children neither (Trouble mailbox-has-children).
 */
export async function deleteMailbox(store: Store, id: number, deep = false): Promise<void> {
  const news: Change[] = []
  await store.db.transaction(async (sql) => {
    news.length = 0
    const { holder, row } = await takeMailbox(sql, id)
    if (row.role === 'inbox') throw new Trouble('not-permitted', { why: 'inbox' })
    const children = await childrenOf(sql, row)
    const drop = async (one: MailboxRow): Promise<void> => {
      await keepSubscription(sql, one, store.limits)
      await dropMailbox(sql, holder, one, news)
    }
    if (deep) for (const child of children) await drop(child)
    if (deep || children.length === 0) await drop(row)
    else if (row.selectable) await hollowMailbox(sql, holder, row, news)
    else throw new Trouble('mailbox-has-children', { name: row.name })
  })
  store.changes.publish(news)
}

/**
 * Deletes a mailbox that has no children (Trouble mailbox-has-children; INBOX: not-permitted). False, and it stays, when it
 * has messages without \Deleted and may not lose them.
 */
export async function destroyMailbox(store: Store, id: number, withMessages: boolean): Promise<boolean> {
  const news: Change[] = []
  const done = await store.db.transaction(async (sql) => {
    news.length = 0
    const { holder, row } = await takeMailbox(sql, id)
    if (row.role === 'inbox') throw new Trouble('not-permitted', { why: 'inbox' })
    const child = 'select 1 as one from mailbox where account_id = $1 and parent_id = $2 limit 1'
    if (await sql.one(child, [row.account_id, id])) throw new Trouble('mailbox-has-children', { name: row.name })
    if (row.total > row.deleted && !withMessages) return false
    await keepSubscription(sql, row, store.limits)
    await dropMailbox(sql, holder, row, news)
    return true
  })
  store.changes.publish(news)
  return done
}

/** All mailboxes below `top`, deepest first. */
async function childrenOf(sql: Reader, top: MailboxRow): Promise<MailboxRow[]> {
  const found: MailboxRow[] = []
  for (let level = [top.id]; level.length > 0;) {
    const next: number[] = []
    for (const parentId of level) {
      const rows = await sql.all<MailboxRow>(
        `select ${mailboxColumns} from mailbox where account_id = $1 and parent_id = $2`,
        [top.account_id, parentId],
      )
      found.push(...rows)
      next.push(...rows.map((row) => row.id))
    }
    level = next
  }
  return found.reverse()
}

async function dropMailbox(sql: Writer, holder: Taken, row: MailboxRow, news: Change[]): Promise<void> {
  await sql.run('delete from mailbox where id = $1', [row.id])
  await sql.run('delete from mailbox_grant where mailbox_id = $1', [row.id])
  await sql.run('delete from share_mailbox where mailbox_id = $1', [row.id])
  await sql.run('delete from metadata where account_id = $1 and mailbox_id = $2', [holder.account_id, row.id])
  await sql.run('insert into mailbox_gone (account_id, modseq, mailbox_id, total) values ($1, $2, $3, $4)', [
    holder.account_id,
    holder.modseq,
    row.id,
    row.total,
  ])
  await dischargeHolder(sql, { accountId: holder.account_id, size: row.size, messages: row.total })
  news.push(mailboxChange(holder.account_id, row.id, holder.modseq))
}

/**
 * The node takes a new id and keeps the children; the old id, with its messages, is gone like that
 * of any deleted mailbox.
 */
async function hollowMailbox(sql: Writer, holder: Taken, row: MailboxRow, news: Change[]): Promise<void> {
  await sql.run('update mailbox set name = $2, role = null where id = $1', [row.id, `/${row.id}`])
  const node = await sql.one<{ id: number }>(
    `insert into mailbox (account_id, parent_id, name, selectable, subscribed, uid_validity, modseq, created_modseq,
       changed_modseq, created_at)
     values ($1, $2, $3, 0, $4, $5, $6, $6, $6, $7) returning id`,
    [row.account_id, row.parent_id, row.name, row.subscribed, row.uid_validity, holder.modseq, row.created_at],
  )
  await adopt(sql, holder, row.id, node!.id)
  await dropMailbox(sql, holder, row, news)
  news.push(mailboxChange(row.account_id, node!.id, holder.modseq))
}

/**
 * Takes away everything of an account, when it is deleted for good. The rows of its messages are swept later.
 * Throws Trouble no-such-account.
 */
export async function deleteAccountStore(store: Store, accountId: number): Promise<void> {
  const news: Change[] = []
  await store.db.transaction(async (sql) => {
    news.length = 0
    const holder = await takeHolder(sql, accountId)
    const rows = await sql.all<MailboxRow>(`select ${mailboxColumns} from mailbox where account_id = $1`, [accountId])
    for (const row of rows) await dropMailbox(sql, holder, row, news)
    await sql.run('delete from metadata where account_id = $1', [accountId])
    await sql.run('delete from subscription where account_id = $1', [accountId])
    await sql.run('delete from mailbox_grant where account_id = $1', [accountId])
    await sql.run('delete from share_notice where account_id = $1', [accountId])
    await sql.run('delete from share where account_id = $1 or to_id = $1', [accountId])
    await sql.run('delete from holder where account_id = $1', [accountId])
  })
  store.changes.publish(news)
}
