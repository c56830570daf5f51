// The end of an account: its mailboxes go, and the sweeper takes what was in them.
//
// Invariant: mails that others still have, or that are held, stay; bytes go when nobody points at them.

import type { Writer } from '../sql/sql.ts'
import { takeHolder } from './holders.ts'
import { expireFiles } from './files.ts'
import { expireUploads } from './uploads.ts'

const steps = [
  'delete from mailbox_grant where account_id = $1 or mailbox_id in (select id from mailbox where account_id = $1)',
  'delete from share_mailbox where share_id in (select id from share where account_id = $1 or to_id = $1)',
  'delete from share where account_id = $1 or to_id = $1',
  'delete from share_notice where account_id = $1',
  'delete from metadata where account_id = $1',
  'delete from subscription where account_id = $1',
  'delete from mailbox where account_id = $1',
  'delete from holder where account_id = $1',
]

/** Takes away everything the store keeps of an account. Nobody may be signed in to it. Throws Trouble no-such-account. */
export async function eraseAccountStore(sql: Writer, accountId: number): Promise<void> {
  const { modseq } = await takeHolder(sql, accountId)
  await sql.run(
    `insert into mailbox_gone (account_id, modseq, mailbox_id, total)
     select account_id, cast($2 as bigint), id, total from mailbox where account_id = $1`,
    [accountId, modseq],
  )
  await expireUploads(sql, accountId)
  await expireFiles(sql, accountId)
  for (const step of steps) await sql.run(step, [accountId])
}
