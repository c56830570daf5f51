// Flags: five bits and the keywords of a message.
//
// Invariant: mailbox.unseen and mailbox.deleted are kept by the transaction that changes a flag.

import type { Reader, Value } from '../sql/sql.ts'
import { adoptKeywords, checkKeywords, splitKeywords } from './keywords.ts'
import { takeMailbox } from './nodes.ts'
import { messagesOf, type MessageRow } from './rows.ts'
import { ascending, breathe, pieces } from './sets.ts'
import type { Store } from './store.ts'

/** RFC 9051 §2.3.2. */
export const flagBits = { seen: 1, answered: 2, flagged: 4, deleted: 8, draft: 16 } as const

export type Flag = keyof typeof flagBits

export const allFlags = 31

export function maskOf(flags: readonly Flag[]): number {
  let mask = 0
  for (const flag of flags) mask |= flagBits[flag]
  return mask
}

export interface FlagChange {
  mode: 'set' | 'add' | 'remove'
  flags: number // mask
  keywords: string[]
  unchangedSince?: number // RFC 7162 §3.1.3: messages changed after this modseq are left alone
}

export interface Stored {
  changed: MessageRow[] // as they are now, ascending
  same: MessageRow[] // that had these flags already
  failed: number[] // changed since unchangedSince
}

/**
 * Changes flags of messages; uids that are gone are left out. Thousands are done in several transactions, each
 * with its own modseq. Throws Trouble no-such-mailbox, bad-keyword, too-many-keywords.
 */
export async function storeFlags(
  store: Store,
  mailboxId: number,
  uids: readonly number[],
  change: FlagChange,
): Promise<Stored> {
  checkKeywords(change.keywords)
  const wanted = ascending(uids)
  const all: Stored = { changed: [], same: [], failed: [] }
  for (let from = 0; from < wanted.length; from += store.limits.pageRows) {
    if (from > 0) await breathe()
    const slice = await storeSlice(store, mailboxId, wanted.slice(from, from + store.limits.pageRows), change)
    for (const row of slice.changed) all.changed.push(row)
    for (const row of slice.same) all.same.push(row)
    for (const uid of slice.failed) all.failed.push(uid)
  }
  return all
}

/** mailbox, more unseen, more deleted, modseq */
export const countFlags = 'update mailbox set unseen = unseen + $2, deleted = deleted + $3, modseq = $4 where id = $1'

async function storeSlice(store: Store, mailboxId: number, uids: number[], change: FlagChange): Promise<Stored> {
  const { stored, accountId, modseq } = await store.db.transaction(async (sql) => {
    const { holder, row: mailbox } = await takeMailbox(sql, mailboxId)
    const keywords =
      change.mode === 'remove'
        ? spelled(change.keywords, mailbox.keywords)
        : await adoptKeywords(sql, mailboxId, change.keywords)
    const stored: Stored = { changed: [], same: [], failed: [] }
    const writes = new Map<string, { flags: number; keywords: string; isBack: boolean; uids: number[] }>()
    let unseen = 0
    let deleted = 0
    for (const row of await messagesOf(sql, mailboxId, uids)) {
      if (change.unchangedSince !== undefined && row.modseq > change.unchangedSince) {
        stored.failed.push(row.uid)
        continue
      }
      const flags = changedFlags(row.flags, change)
      const words = changedKeywords(row.keywords, change.mode, keywords)
      if (flags === row.flags && words === row.keywords) {
        stored.same.push(row)
        continue
      }
      unseen += (row.flags & flagBits.seen) - (flags & flagBits.seen)
      deleted += ((flags & flagBits.deleted) - (row.flags & flagBits.deleted)) / flagBits.deleted
      const isBack = (row.flags & ~flags & flagBits.deleted) !== 0
      const key = `${flags} ${isBack} ${words}`
      const write = writes.get(key)
      if (write) write.uids.push(row.uid)
      else writes.set(key, { flags, keywords: words, isBack, uids: [row.uid] })
      stored.changed.push({ ...row, flags, keywords: words, modseq: holder.modseq })
    }
    for (const write of writes.values()) {
      for (const piece of pieces('uid', write.uids, 5)) {
        // Without \Deleted it is there again, as if it had come (RFC 8621 §4.1.1).
        const back = write.isBack ? ', created_modseq = $4' : ''
        const text = `update message set flags = $2, keywords = $3, modseq = $4${back} where mailbox_id = $1 and ${piece.where}`
        await sql.run(text, [mailboxId, write.flags, write.keywords, holder.modseq, ...piece.values] as Value[])
      }
    }
    if (stored.changed.length > 0) await sql.run(countFlags, [mailboxId, unseen, deleted, holder.modseq])
    return { stored, accountId: mailbox.account_id, modseq: holder.modseq }
  })
  if (stored.changed.length > 0) store.changes.publish([{ accountId, mailboxId, modseq, kind: 'flags' }])
  return stored
}

function changedFlags(flags: number, change: FlagChange): number {
  if (change.mode === 'set') return change.flags & allFlags
  return change.mode === 'add' ? flags | (change.flags & allFlags) : flags & ~change.flags
}

function changedKeywords(before: string, mode: FlagChange['mode'], keywords: readonly string[]): string {
  if (mode === 'set') return keywords.join(' ')
  if (keywords.length === 0) return before
  const words = new Set(splitKeywords(before))
  for (const keyword of keywords) {
    if (mode === 'add') words.add(keyword)
    else words.delete(keyword)
  }
  return [...words].sort().join(' ')
}

/** Keywords in the spelling of a mailbox; those it does not know are left out. */
function spelled(keywords: readonly string[], known: string): string[] {
  const wanted = new Set(keywords.map((keyword) => keyword.toLowerCase()))
  return splitKeywords(known).filter((keyword) => wanted.has(keyword.toLowerCase()))
}

/** The first message that is not seen: for SELECT of old clients (RFC 3501 §7.1). */
export async function firstUnseen(db: Reader, mailboxId: number): Promise<number | undefined> {
  const row = await db.one<{ uid: number }>(
    'select uid from message where mailbox_id = $1 and (flags & 1) = 0 order by uid limit 1',
    [mailboxId],
  )
  return row?.uid
}
