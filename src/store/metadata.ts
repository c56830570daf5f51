// Annotations of mailboxes and of the account (RFC 5464).
//
// Entry names are compared without case and kept in lower case. /private/... and /shared/...; the account's own
// ("server" annotations as its owner sees them) have mailboxId 0.

import { Trouble } from '../wire/troubles.ts'
import type { Reader } from '../sql/sql.ts'
import { takeHolder } from './holders.ts'
import type { Store } from './store.ts'

export interface Annotation {
  entry: string
  value: Buffer
}

/** All annotations of a mailbox (or, with 0, of the account), by entry. */
export async function readMetadata(db: Reader, accountId: number, mailboxId: number): Promise<Annotation[]> {
  const rows = await db.arrays(
    'select entry, value from metadata where account_id = $1 and mailbox_id = $2 order by entry',
    [accountId, mailboxId],
  )
  return (rows as [string, Uint8Array][]).map(([entry, value]) => ({ entry, value: Buffer.from(value) }))
}

/**
 * Sets annotations, or removes those whose value is null: all or none. Throws Trouble too-large (details.limit: bytes of
 * a value), too-many-keywords (details.limit: entries), bad-keyword for what is no entry name, no-such-mailbox.
 */
export async function writeMetadata(
  store: Store,
  accountId: number,
  mailboxId: number,
  changes: { entry: string; value: Uint8Array | null }[],
): Promise<void> {
  const { metadataValueBytes, metadataEntries } = store.limits
  for (const { entry, value } of changes) {
    if (!isEntry(entry)) throw new Trouble('bad-keyword', { entry })
    if (value && value.length > metadataValueBytes) throw new Trouble('too-large', { limit: metadataValueBytes })
  }
  const change = await store.db.transaction(async (sql) => {
    const { modseq } = await takeHolder(sql, accountId)
    if (mailboxId !== 0) {
      const own = await sql.run('update mailbox set changed_modseq = $3 where id = $1 and account_id = $2', [
        mailboxId,
        accountId,
        modseq,
      ])
      if (own === 0) throw new Trouble('no-such-mailbox', { mailboxId })
    }
    for (const { entry, value } of changes) {
      const key = [accountId, mailboxId, entry.toLowerCase()]
      if (value === null) {
        await sql.run('delete from metadata where account_id = $1 and mailbox_id = $2 and entry = $3', key)
        continue
      }
      await sql.run(
        `insert into metadata (account_id, mailbox_id, entry, value, modseq) values ($1, $2, $3, $4, $5)
         on conflict (account_id, mailbox_id, entry) do update set value = excluded.value, modseq = excluded.modseq`,
        [...key, value, modseq],
      )
    }
    const count = await sql.one<{ n: number }>(
      'select count(*) as n from metadata where account_id = $1 and mailbox_id = $2',
      [accountId, mailboxId],
    )
    if (count!.n > metadataEntries) throw new Trouble('too-many-keywords', { limit: metadataEntries })
    return { accountId, mailboxId, modseq, kind: 'mailbox' as const }
  })
  store.changes.publish([change])
}

/** RFC 5464 §3.2: components after a slash, no '*', '%', no empty one, /private or /shared first. */
function isEntry(entry: string): boolean {
  return entry.length <= 1024 && /^\/(?:private|shared)(?:\/[^\x00-\x1f\x7f-\uffff*%/]+)+$/i.test(entry)
}
