// Emails added: a mail that is new, or one that somebody has already, into mailboxes of an account.  RFC 8621 §4.6-§4.8
//
// Invariants:
//   the email is in all of its mailboxes or in none
//   somebody else adds only where he may insert (right i), and labels only as far as his rights reach (RFC 4314 §4)

import type { Stored } from '../blobs/blobs.ts'
import type { Reader } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'
import { flagBits, type Flag } from './flags.ts'
import { insertMail, type MailRow, type NewMail } from './mails.ts'
import { announce, placeMail, type Placement, type Target } from './messages.ts'
import { list, listLength, padded } from './sets.ts'
import type { Store } from './store.ts'

export interface NewEmail {
  /** New bytes; or a row that is there, which then must still be in the account `of`. */
  mail: NewMail | { row: MailRow; of: number }
  /** Where the bytes lie in an upload of that number: what it names when the email is added counts. */
  upload?: number | undefined
  mailboxIds: number[]
  keywords: string[] // as JMAP spells them, lower case
  receivedAt: number
}

export interface AddedEmail {
  row: MailRow
  size: number // bytes as it is read
  before: number // modseq of the account, and what it is now
  modseq: number
}

/**
 * Adds an email. `rights`: of somebody else's mailboxes that he may read; undefined for the owner. Throws Trouble
 * too-many-mailboxes, no-such-mailbox, not-permitted, over-quota, bad-keyword, too-many-keywords, already-exists (details.mailId: a row
 * that the account has), no-such-message (what was to be used is gone).
 */
export async function addEmail(
  store: Store,
  accountId: number,
  { mail, upload, mailboxIds, keywords, receivedAt }: NewEmail,
  rights?: ReadonlyMap<number, string>,
): Promise<AddedEmail> {
  const limit = store.limits.mailboxesPerEmail
  if (mailboxIds.length > limit) throw new Trouble('too-many-mailboxes', { limit })
  const labels = labelsOf(keywords)
  let placed: Placement | undefined
  const added = await store.db.transaction(async (sql) => {
    await checkMailboxes(sql, accountId, mailboxIds, rights)
    let row: MailRow
    if ('row' in mail) {
      row = mail.row
      await checkShared(sql, row.id, mail.of, accountId)
    } else
      row = await insertMail(
        sql,
        upload === undefined ? mail : { ...mail, blob: await uploaded(sql, upload, mail.blob) },
      )
    placed = await placeMail(
      sql,
      row,
      mailboxIds.map((mailboxId): Target => ({
        accountId,
        mailboxId,
        receivedAt,
        ...permitted(labels, rights?.get(mailboxId)),
      })),
    )
    const { modseq } = placed[0]!
    return { row, size: row.size + Buffer.byteLength(row.trace), before: modseq - 1, modseq }
  })
  announce(store, placed!)
  return added
}

interface Labels {
  flags: Flag[]
  keywords: string[]
}

const systemFlags: Record<string, Flag> = { $seen: 'seen', $answered: 'answered', $flagged: 'flagged', $draft: 'draft' }

function labelsOf(names: readonly string[]): Labels {
  const odd = names.find((name) => name === '$deleted' || name === '$recent')
  if (odd !== undefined) throw new Trouble('bad-keyword', { keyword: odd })
  return {
    flags: names.flatMap((name) => systemFlags[name] ?? []),
    keywords: names.filter((name) => systemFlags[name] === undefined),
  }
}

function permitted({ flags, keywords }: Labels, rights: string | undefined): Labels {
  if (rights === undefined) return { flags, keywords }
  const may = (flag: Flag): boolean => rights.includes(flagBits[flag] === flagBits.seen ? 's' : 'w')
  return { flags: flags.filter(may), keywords: rights.includes('w') ? keywords : [] }
}

async function checkMailboxes(
  sql: Reader,
  accountId: number,
  mailboxIds: readonly number[],
  rights: ReadonlyMap<number, string> | undefined,
): Promise<void> {
  const found = new Set<number>()
  for (let from = 0; from < mailboxIds.length; from += listLength) {
    const part = mailboxIds.slice(from, from + listLength)
    const text = `select id from mailbox where account_id = $1 and selectable = 1 and id in ${list(part.length, 2)}`
    for (const [id] of (await sql.arrays(text, [accountId, ...padded(part)])) as [number][]) found.add(id)
  }
  for (const mailboxId of mailboxIds) {
    if (!found.has(mailboxId) || (rights && !rights.has(mailboxId))) throw new Trouble('no-such-mailbox', { mailboxId })
    if (rights && !rights.get(mailboxId)!.includes('i')) throw new Trouble('not-permitted')
  }
}

/** The row is in the account it is copied from, and not yet in the one it goes to. */
async function checkShared(sql: Reader, mailId: number, from: number, to: number): Promise<void> {
  const text = 'select account_id from message where mail_id = $1 and account_id in ($2, $3) and (flags & 8) = 0'
  const accounts = (await sql.arrays(text, [mailId, from, to])).map(([id]) => id as number)
  if (accounts.includes(to)) throw new Trouble('already-exists', { mailId })
  if (!accounts.includes(from)) throw new Trouble('no-such-message')
}

/** The bytes of an upload lie where its row says now: they may have been moved since it was read. */
async function uploaded(sql: Reader, id: number, blob: Stored): Promise<Stored> {
  const row = await sql.one<{ blob_ref: string }>('select blob_ref from upload where id = $1', [id])
  if (!row) throw new Trouble('no-such-message')
  return { ref: row.blob_ref, size: blob.size, hash: blob.hash }
}
