// The indexer: words and previews of mails, after their acknowledgement.
//
// mail.indexed is 0 until a mail's words are kept, in the same transaction as the words: a crash loses
// nothing but time. 2: its bytes could not be read while others' could; it is tried again at the next start.
//
// It gives way: it works mail by mail and slice by slice between other people's turns, and rests between batches
// while mail keeps coming, unless somebody waits for it.

import type { Blobs } from '../blobs/blobs.ts'
import { previewOf } from '../mime/text.ts'
import type { Database, Writer } from '../sql/sql.ts'
import { bodyText, headerLines, readableHeader, readerOf } from './content.ts'
import type { StoreLimits } from './limits.ts'
import { readMails, type MailRow } from './mails.ts'
import { breathe, list, padded } from './sets.ts'
import { addWords, slices } from './tokens.ts'
import { accountWord, everyoneWord, headerMark, incompleteWord, wordTables } from './words.ts'

export interface Indexer {
  /** Something was placed: look when there is time. Returns at once. */
  wake(): void
  /** Resolves when everything placed before the call is indexed (or could not be). */
  caughtUp(): Promise<void>
  /** Resolves when the batch in hand is done; nothing is begun after. */
  stop(): Promise<void>
}

interface Indexed {
  mail: MailRow
  words: Set<string>
  preview: string
}

const restFactor = 4 // while mail keeps coming, it rests so much longer than it worked
const leastRest = 50 // milliseconds
const retryMilliseconds = 5_000
const sliceLength = 32_768 // characters tokenized in one go

/** Starts at once with what was left over. */
export function startIndexer(db: Database, blobs: Blobs, limits: StoreLimits): Indexer {
  const tables = wordTables(db.engine)
  let stopped = false
  let wanted = true // somebody called wake() since the last look
  let waiting: (() => void)[] = []
  let endRest: (() => void) | undefined
  let running: Promise<void> | undefined

  const start = (): void => {
    running ??= work().finally(() => {
      running = undefined
      if (wanted && !stopped) start()
    })
  }

  const rest = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds)
      timer.unref()
      endRest = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  async function work(): Promise<void> {
    while (!stopped && wanted) {
      wanted = false
      const mine = waiting
      waiting = []
      try {
        let left = true
        while (left && !stopped) {
          const began = performance.now()
          left = await indexBatch()
          const isBusy = wanted && mine.length + waiting.length === 0
          if (left && isBusy) await rest(Math.max(leastRest, restFactor * (performance.now() - began)))
        }
        for (const resolve of mine) resolve()
      } catch (error) {
        if (stopped) break
        waiting.push(...mine)
        wanted = true
        process.emitWarning(`indexing waits: ${String(error)}`)
        await rest(retryMilliseconds)
      }
    }
    if (stopped) for (const resolve of waiting.splice(0)) resolve()
  }

  /** Indexes some mails; false when there are no more. */
  async function indexBatch(): Promise<boolean> {
    const rows = await db.arrays('select id from mail where indexed <> 1 and indexed = 0 order by id limit $1', [
      limits.indexBatch,
    ])
    if (rows.length === 0) return false
    const mails = await readMails(
      db,
      rows.map((row) => row[0] as number),
    )
    const done: Indexed[] = []
    const failed: number[] = []
    let failure: unknown
    for (const mail of mails) {
      if (stopped) break
      try {
        done.push(await index(mail))
      } catch (error) {
        failed.push(mail.id)
        failure = error
      }
      await breathe()
    }
    if (done.length === 0 && failed.length > 0 && failed.length === mails.length && mails.length > 1) throw failure
    await db.transaction((sql) => keep(sql, done, failed))
    return rows.length === limits.indexBatch || failed.length > 0
  }

  async function index(mail: MailRow): Promise<Indexed> {
    const read = readerOf(blobs, mail)
    const words = new Set<string>()
    const header = readableHeader(await headerLines(mail, read))
    const text = await bodyText(mail, read, limits.indexedText)
    let isWhole = text.length < limits.indexedText
    isWhole = addWords(header, headerMark, words, limits.indexedWords) && isWhole
    for (const slice of slices(text, sliceLength)) {
      isWhole = addWords(slice, '', words, limits.indexedWords) && isWhole
      if (words.size >= limits.indexedWords) break
      if (text.length > sliceLength) await breathe()
    }
    if (!isWhole) words.add(incompleteWord)
    return { mail, words, preview: previewOf(text) }
  }

  async function keep(sql: Writer, done: readonly Indexed[], failed: readonly number[]): Promise<void> {
    const ids = done.map(({ mail }) => mail.id)
    // A mail may have come to another account since it was read: the accounts are those of this moment.
    await mark(sql, ids, 1)
    await mark(sql, failed, 2)
    const accounts = await accountsOf(sql, ids)
    for (const { mail, words, preview } of done) {
      const holders = accounts.get(mail.id) ?? []
      if (holders.length > limits.indexedAccounts) words.add(everyoneWord)
      else for (const accountId of holders) words.add(accountWord(accountId))
      await tables.put(sql, mail.id, words)
      await sql.run('insert into preview (mail_id, text) values ($1, $2) on conflict (mail_id) do nothing', [
        mail.id,
        preview,
      ])
    }
  }

  void db
    .run('update mail set indexed = 0 where indexed <> 1 and indexed = 2')
    .catch(() => undefined)
    .then(() => stopped || start())

  return {
    wake() {
      wanted = true
      if (!stopped) start()
    },
    caughtUp() {
      if (stopped) return Promise.resolve()
      return new Promise((resolve) => {
        waiting.push(resolve)
        this.wake()
        endRest?.()
      })
    },
    async stop() {
      stopped = true
      endRest?.()
      await running
      for (const resolve of waiting.splice(0)) resolve()
    },
  }
}

async function mark(sql: Writer, ids: readonly number[], state: 1 | 2): Promise<void> {
  if (ids.length === 0) return
  await sql.run(`update mail set indexed = ${state} where id in ${list(ids.length, 1)}`, padded(ids))
}

async function accountsOf(sql: Writer, ids: readonly number[]): Promise<Map<number, number[]>> {
  const accounts = new Map<number, number[]>()
  if (ids.length === 0) return accounts
  const text = `select distinct mail_id, account_id from message where mail_id in ${list(ids.length, 1)}`
  for (const [mailId, accountId] of (await sql.arrays(text, padded(ids))) as [number, number][]) {
    const known = accounts.get(mailId)
    if (known) known.push(accountId)
    else accounts.set(mailId, [accountId])
  }
  return accounts
}
