// The thread that indexes beside SQLite: reads new mails and writes their words into the file of words, many in one
// transaction. It is the file's only writer, and only reads the database; what there is to note in the
// database goes back with the answer.
//
// It gives way to everybody: on Linux a thread has a priority of its own.

import { setPriority } from 'node:os'
import type { BlobReader } from '../blobs/blobs.ts'
import { openBlobReader } from '../blobs/volumes.ts'
import type { Reader, Writer } from '../sql/sql.ts'
import { serveJobs } from '../workers/serve.ts'
import { contentOf, readerOf, type Content } from './content.ts'
import type { StoreLimits } from './limits.ts'
import { readMails, type MailRow } from './mails.ts'
import { ownersOf } from './owners.ts'
import { list, listLength, padded } from './sets.ts'
import { isDamaged, openWordFile, type Places, type WordFile } from './wordfile.ts'
import { wordTables } from './words.ts'

export interface IndexJob {
  places: Places
  limits: StoreLimits
  retry: boolean // mails that could not be read are tried again
  careful: boolean // one mail only: the last job ended its thread
  skip: boolean // that one mail is put aside unread
}

export interface IndexAnswer {
  left: boolean // there is more
  behind: number // about so many mails
  fresh: { id: number; stale: number }[] // their words are kept as of this `stale`
  gone: number[] // of words_gone: forgotten
  damaged?: true // the file must be begun anew
}

const niceness = 15
const sliceMilliseconds = 250 // after so long a job answers, and the next goes on
const batchCharacters = 4 << 20 // words held in memory before they are written
const tables = wordTables('sqlite')

if (process.platform === 'linux') setPriority(niceness) // of this thread; elsewhere it would be the whole program

let open: { file: WordFile; blobs: BlobReader } | undefined

serveJobs(async ({ input }): Promise<IndexAnswer> => {
  const job = input as IndexJob
  const answer: IndexAnswer = { left: false, behind: 0, fresh: [], gone: [] }
  try {
    if (!open) {
      open = { file: openWordFile(job.places), blobs: openBlobReader(job.places.blobs) }
      await cutOff(open.file)
    }
    const { file, blobs } = open
    if (job.retry) await file.sql.run('update unread set tried = 0')
    await forgetGone(file, answer)
    const end = performance.now() + sliceMilliseconds
    do answer.left = await indexBatch(file, blobs, job, answer)
    while (answer.left && !job.careful && performance.now() < end)
    answer.behind = await behind(file)
    return answer
  } catch (error) {
    if (!isDamaged(error)) throw error
    return { ...answer, damaged: true }
  }
})

/** Forgets what the database knows nothing of: it lost its newest mails, and will give their numbers to others. */
async function cutOff({ sql, transaction }: WordFile): Promise<void> {
  const row = await sql.one<{ last: number; ever: number }>(
    `select last, coalesce((select seq from house.sqlite_sequence where name = 'mail'), 0) as ever from progress`,
  )
  const { last, ever } = row!
  if (last <= ever) return
  await transaction(async () => {
    for (const [table, key] of [
      ['mail_words', 'rowid'],
      ['preview', 'mail_id'],
      ['unread', 'mail_id'],
    ] as const)
      await sql.run(`delete from ${table} where ${key} > $1`, [ever])
    await sql.run('update progress set last = $1', [ever])
  })
}

async function behind({ sql }: WordFile): Promise<number> {
  const row = await sql.one<{ count: number }>(
    'select coalesce((select max(id) from mail), 0) - last as count from progress',
  )
  return Math.max(0, row!.count)
}

async function forgetGone({ sql, transaction }: WordFile, answer: IndexAnswer): Promise<void> {
  const gone = (await sql.arrays('select mail_id from words_gone limit 10000')).map((row) => row[0] as number)
  if (gone.length === 0) return
  await transaction(async () => {
    await tables.drop(sql, gone)
    for (const table of ['preview', 'unread'])
      for (let from = 0; from < gone.length; from += listLength) {
        const part = gone.slice(from, from + listLength)
        await sql.run(`delete from ${table} where mail_id in ${list(part.length, 1)}`, padded(part))
      }
  })
  answer.gone.push(...gone)
}

interface Batch {
  last: number // progress when it was read
  reached: number // progress when it is written
  ids: number[]
  stale: Map<number, number>
  owners: Map<number, string>
}

/** What is to be done next, as of one moment of the database. */
async function nextBatch({ sql, exec }: WordFile, limits: StoreLimits, most: number): Promise<Batch> {
  exec('begin')
  try {
    const last = (await sql.one<{ last: number }>('select last from progress'))!.last
    const again = (await sql.arrays(`select id, stale from mail where stale <> 0 and id <= $1 order by id limit $2`, [
      last,
      most,
    ])) as [number, number][]
    const untried = await sql.arrays('select mail_id from unread where tried = 0 limit $1', [most])
    const old = [...new Set([...again.map(([id]) => id), ...untried.map((row) => row[0] as number)])].slice(0, most)
    const fresh = (await sql.arrays('select id, stale from mail where id > $1 order by id limit $2', [
      last,
      most - old.length,
    ])) as [number, number][]
    const ids = [...old, ...fresh.map(([id]) => id)]
    const stale = new Map([...again, ...fresh].filter(([, count]) => count !== 0))
    return {
      last,
      reached: fresh.at(-1)?.[0] ?? last,
      ids,
      stale,
      owners: await ownersOf(sql, ids, limits.indexedAccounts),
    }
  } finally {
    exec('commit')
  }
}

/** Indexes some mails; false when there are no more. */
async function indexBatch(file: WordFile, blobs: BlobReader, job: IndexJob, answer: IndexAnswer): Promise<boolean> {
  const most = job.careful ? 1 : job.limits.indexBatch
  const batch = await nextBatch(file, job.limits, most)
  if (batch.ids.length === 0) return false
  const done = new Map<number, Content>()
  const failed: number[] = job.skip ? batch.ids : []
  let failure: unknown
  let held = 0
  let cut: number | undefined
  for (let from = 0; from < batch.ids.length && !job.skip && cut === undefined; from += 64) {
    const part = batch.ids.slice(from, from + 64)
    const mails = new Map((await readMails(file.sql, part)).map((mail) => [mail.id, mail]))
    for (const id of part) {
      const mail = mails.get(id)
      if (!mail) continue // swept meanwhile
      try {
        const content = await readOne(file.sql, blobs, mail, job.limits)
        done.set(id, content)
        held += content.words.length
      } catch (error) {
        failed.push(id)
        failure = error
      }
      if (held < batchCharacters) continue
      cut = id // enough for one transaction; the rest is asked for again
      break
    }
  }
  if (done.size === 0 && failed.length > 1) throw failure // all of them: the disk, not the mails
  if (cut !== undefined) shorten(batch, cut)
  await keep(file, batch, done, failed, answer)
  return batch.ids.length === most || cut !== undefined
}

async function readOne(sql: Reader, blobs: BlobReader, mail: MailRow, limits: StoreLimits): Promise<Content> {
  try {
    return await contentOf(mail, readerOf(blobs, mail), limits)
  } catch (error) {
    const [now] = await readMails(sql, [mail.id])
    if (!now || now.blobRef === mail.blobRef) throw error
    return contentOf(now, readerOf(blobs, now), limits) // its bytes were moved
  }
}

/** Leaves in the batch what comes up to `cut` in its order. */
function shorten(batch: Batch, cut: number): void {
  batch.ids = batch.ids.slice(0, batch.ids.indexOf(cut) + 1)
  batch.reached = Math.max(batch.last, cut)
}

async function keep(
  { sql, exec, transaction }: WordFile,
  batch: Batch,
  done: Map<number, Content>,
  failed: number[],
  answer: IndexAnswer,
): Promise<void> {
  const fresh = batch.ids.filter((id) => batch.stale.has(id))
  // The database will be told that these need no more looking at: that must not be forgotten here.
  if (fresh.length > 0) exec('pragma synchronous = full')
  await transaction(async () => {
    const now = (await sql.one<{ last: number }>('select last from progress'))!.last
    if (now !== batch.last) throw new Error('somebody else writes the words')
    for (const [id, { words, preview }] of done)
      await keepOne(sql, id, `${words} ${batch.owners.get(id) ?? ''}`, preview)
    for (const id of failed)
      await sql.run(
        'insert into unread (mail_id, tried) values ($1, 1) on conflict (mail_id) do update set tried = 1',
        [id],
      )
    await sql.run('update progress set last = $1', [batch.reached])
  })
  if (fresh.length > 0) exec('pragma synchronous = normal')
  const unread = new Set(failed)
  for (const id of fresh) if (!unread.has(id)) answer.fresh.push({ id, stale: batch.stale.get(id)! })
}

async function keepOne(sql: Writer, id: number, words: string, preview: string): Promise<void> {
  await tables.put(sql, id, words)
  await sql.run('insert or replace into preview (mail_id, text) values ($1, $2)', [id, preview])
  await sql.run('delete from unread where mail_id = $1', [id])
}
