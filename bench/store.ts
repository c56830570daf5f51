// How fast the store is by itself: `node bench/store.ts [sqlite|postgres]`. Medians of three; the machine's noise is not
// taken out. Mails are made from a seed, so runs can be compared.

import { freshPostgres, freshSqlite } from '../test/engines.ts'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openVolumes } from '../src/blobs/volumes.ts'
import { readMail } from '../src/mime/reader.ts'
import { flagBits, storeFlags } from '../src/store/flags.ts'
import { createAccountStore, createMailbox, mailboxById, mailboxByRole } from '../src/store/mailboxes.ts'
import { insertMail, treeOf } from '../src/store/mails.ts'
import {
  appendMessages,
  copyMessages,
  expunge,
  fetchPage,
  flagsOf,
  messagesIn,
  moveMessages,
  placeMail,
} from '../src/store/messages.ts'
import { migrations } from '../src/store/migrations.ts'
import { search } from '../src/store/search.ts'
import { sort } from '../src/store/sort.ts'
import { openStore } from '../src/store/store.ts'
import { threads } from '../src/store/threads.ts'

const engine = process.argv[2] === 'postgres' ? 'postgres' : 'sqlite'
const scale = Number(process.argv[3] ?? 1)
const { db, drop, ...place } = await (engine === 'sqlite' ? freshSqlite(migrations) : freshPostgres(migrations))
const folder = await mkdtemp(join(tmpdir(), 'postern-bench-'))
const blobs = await openVolumes(folder)
const store = openStore(db, blobs)

let seed = 12345
const random = (below: number): number => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) % below
const latin = Array.from({ length: 8000 }, () =>
  Array.from({ length: 3 + random(8) }, () => 'etaoinshrdlucmfwypvbgk'[random(22)]).join(''),
)
const word = (): string => latin[Math.floor(latin.length * (random(10_000) / 10_000) ** 3)]!
const han = (): string => String.fromCharCode(0x4e00 + Math.floor(3000 * (random(10_000) / 10_000) ** 2))

function letter(n: number, bodyBytes: number): Buffer {
  const lines: string[] = []
  const chinese = n % 3 === 0
  for (let size = 0; size < bodyBytes;) {
    const line = chinese ? Array.from({ length: 25 }, han).join('') : Array.from({ length: 12 }, word).join(' ')
    lines.push(line)
    size += Buffer.byteLength(line) + 2
  }
  return Buffer.from(
    `Received: from mail.example by mx.uni.example with ESMTPS id ${n}; Mon, 5 Jan 2026 10:00:00 +0800\r\n` +
      `From: ${word()} ${word()} <${word()}@uni.example>\r\nTo: ${word()} <${word()}@uni.example>\r\n` +
      `Subject: ${chinese ? Array.from({ length: 12 }, han).join('') : Array.from({ length: 6 }, word).join(' ')}\r\n` +
      `Date: Mon, 5 Jan 2026 10:${String(n % 60).padStart(2, '0')}:00 +0800\r\nMessage-ID: <${n}.${random(1e9)}@uni.example>\r\n` +
      (n % 4 ? `References: <${n - (n % 4)}.x@uni.example>\r\n` : '') +
      `MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n${lines.join('\r\n')}\r\n`,
  )
}

async function timed(what: string, count: number, work: () => Promise<unknown>): Promise<void> {
  const times: number[] = []
  for (let i = 0; i < 3; i++) {
    const began = performance.now()
    await work()
    times.push(performance.now() - began)
  }
  times.sort((a, b) => a - b)
  const ms = times[1]!
  console.log(
    `${what.padEnd(44)} ${ms.toFixed(2).padStart(9)} ms ${((ms * 1000) / count).toFixed(2).padStart(9)} us each ${Math.round(
      (count / ms) * 1000,
    )
      .toString()
      .padStart(9)}/s`,
  )
}

const accounts = Array.from({ length: 500 }, (_, i) => i + 1)
await db.transaction(async (sql) => {
  for (const accountId of accounts) await createAccountStore(sql, accountId, 1e11)
})
const inbox = (await mailboxByRole(db, 1, 'inbox'))!

const newMail = async (n: number, bytes: number) => {
  const mail = letter(n, bytes)
  return { blob: await blobs.put(mail), tree: readMail(mail), trace: '', receivedAt: Date.now(), historyId: `h${n}` }
}
const one = await newMail(0, 2000)
const targets = accounts.map((accountId) => ({ accountId }))
await timed('place one mail for 500', 500, () =>
  db.transaction(async (sql) => placeMail(sql, await insertMail(sql, one), targets)),
)
await timed('place one mail for 1', 1, () =>
  db.transaction(async (sql) => placeMail(sql, await insertMail(sql, one), targets.slice(0, 1))),
)
await timed('place 500 mails for 1 in one transaction', 500, () =>
  db.transaction(async (sql) => {
    for (let i = 0; i < 500; i++) await placeMail(sql, await insertMail(sql, one), [targets[i % 100]!])
  }),
)

const total = 10_000 * scale
for (let from = 0; from < total; from += 500) {
  const items = await Promise.all(
    Array.from({ length: 500 }, async (_, i) => ({
      mail: await newMail(from + i, 2000 + random(4000)),
      flags: random(2),
      keywords: [],
      receivedAt: Date.now(),
    })),
  )
  await appendMessages(store, inbox.id, items)
}
await store.indexer.caughtUp()
console.log('filled', (await mailboxById(db, inbox.id))!.total)
const uids = (await store.views.current(inbox.id)).uids
const all = uids.slice(1, uids.length).slice(-total)
const pages = async (size: number, work: (page: number[]) => Promise<unknown>): Promise<void> => {
  for (let from = 0; from < all.length; from += size) await work(all.slice(from, from + size))
}
await timed('flags of all', total, () => pages(2000, (page) => flagsOf(db, inbox.id, page)))
await timed('message rows of all', total, () =>
  pages(2000, (page) => messagesIn(db, inbox.id, page[0]!, page.at(-1)!, 5000)),
)
store.mails.forget(Array.from({ length: total * 2 }, (_, i) => i))
await timed('rows with mails and trees (cold first)', total, () =>
  pages(1000, async (page) => {
    for (const row of await fetchPage(store, inbox.id, page, { mail: true })) treeOf(row.mail!)
  }),
)
await timed('the same without cache', total, async () => {
  store.mails.forget(Array.from({ length: total * 2 }, (_, i) => i))
  await pages(1000, async (page) => {
    for (const row of await fetchPage(store, inbox.id, page, { mail: true })) treeOf(row.mail!)
  })
})
await timed('load the uids', total, async () => {
  store.changes.publish([])
  const fresh = openStore(db, blobs)
  await fresh.views.current(inbox.id)
  await fresh.close()
})
const thousand = all.slice(1000, 2000)
let flagged = false
await timed('STORE flags of 1,000', 1000, () => {
  flagged = !flagged
  return storeFlags(store, inbox.id, thousand, {
    mode: flagged ? 'add' : 'remove',
    flags: flagBits.flagged,
    keywords: [],
  })
})
await timed('STORE flags of 1', 1, () => {
  flagged = !flagged
  return storeFlags(store, inbox.id, [all[5]!], {
    mode: flagged ? 'add' : 'remove',
    flags: flagBits.flagged,
    keywords: [],
  })
})
const work = await createMailbox(store, 1, { path: ['Work'] })
await timed('COPY 1,000', 1000, () => copyMessages(store, inbox.id, thousand, work.id))
await timed('MOVE 1,000', 1000, async () => {
  const view = await store.views.current(work.id)
  await moveMessages(store, work.id, view.uids.slice(1, 1000), inbox.id)
})
const last = async (): Promise<number[]> => {
  const { uids: now } = await store.views.current(inbox.id)
  return now.slice(now.length - 999, now.length)
}
await timed('EXPUNGE 1,000', 1000, async () => expunge(store, inbox.id, await last()))
await timed('EXPUNGE 1, with the view', 1, async () => {
  await expunge(store, inbox.id, [(await store.views.current(inbox.id)).uids.last])
  await store.views.current(inbox.id)
})
await timed('SEARCH UNSEEN', 1, () => search(store, inbox.id, { is: 'flag', bit: 1, set: false }))
await timed('SEARCH FROM', 1, () => search(store, inbox.id, { is: 'header', name: 'from', text: 'zzz' }))
await timed('SEARCH TEXT word', 1, () => search(store, inbox.id, { is: 'text', text: latin[500]! }))
await timed('SEARCH TEXT prefix', 1, () => search(store, inbox.id, { is: 'text', text: latin[10]!.slice(0, 2) }))
await timed('SEARCH BODY two words', 1, () =>
  search(store, inbox.id, { is: 'body', text: `${latin[300]} ${latin[400]}` }),
)
await timed('SEARCH BODY two Han', 1, () => search(store, inbox.id, { is: 'body', text: '一丂' }))
await timed('SORT SUBJECT', 1, () => sort(store, inbox.id, all, [{ by: 'subject', reverse: false }]))
await timed('THREAD REFERENCES', 1, () => threads(store, inbox.id, all, 'references'))

const size = await db.one<{ n: number; t: number; tr: number }>(
  'select sum(size) as n, sum(length(tree)) as t, count(*) as tr from mail',
)
const files = async (path: string): Promise<number> => {
  let sum = 0
  for (const name of await readdir(path, { recursive: true })) {
    const file = await stat(join(path, name))
    if (file.isFile() && !name.endsWith('-wal') && !name.endsWith('-shm')) sum += file.size
  }
  return sum
}
console.log('raw', size!.n, 'mails', size!.tr, 'tree bytes', size!.t, 'blobs', await files(folder))
if ('folder' in place) {
  console.log('database', await files(place.folder as string))
  const parts = await db
    .all('select name, sum(pgsize) as bytes from dbstat group by name order by 2 desc limit 16')
    .catch((error: Error) => error.message)
  console.log(parts)
}
await store.close()
await blobs.close()
await drop()
await rm(folder, { recursive: true })
