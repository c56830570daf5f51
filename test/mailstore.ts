// For tests of the store: a store on real volumes, and mails to put into it.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { TestContext } from 'node:test'
import { eachEngine } from './engines.ts'
import { openVolumes } from '../src/blobs/volumes.ts'
import { readMail } from '../src/mime/reader.ts'
import type { Database } from '../src/sql/sql.ts'
import { createAccountStore, mailboxByRole, type Mailbox } from '../src/store/mailboxes.ts'
import type { NewMail } from '../src/store/mails.ts'
import { appendMessages, type Placement } from '../src/store/messages.ts'
import { migrations } from '../src/store/migrations.ts'
import { wordFileOf } from '../src/store/wordfile.ts'
import { openStore, type Store, type StoreOptions } from '../src/store/store.ts'

export interface World {
  t: TestContext
  store: Store
  inbox: Mailbox // of account 1
}

/** The test on both engines, with a fresh store in which accounts 1, 2 and 3 exist (without quota). */
export function eachStore(what: string, body: (world: World) => Promise<void>, options: StoreOptions = {}): void {
  eachEngine(what, migrations, async (t, db) => {
    const { store, close } = await freshStore(db, options)
    try {
      await body({ t, store, inbox: (await mailboxByRole(db, 1, 'inbox'))! })
    } finally {
      await close()
    }
  })
}

export async function freshStore(
  db: Database,
  options: StoreOptions = {},
): Promise<{ store: Store; close: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-store-'))
  const blobs = await openVolumes(folder)
  await db.transaction(async (sql) => {
    for (const accountId of [1, 2, 3]) await createAccountStore(sql, accountId, 0)
  })
  const store = openStore(db, blobs, options)
  return {
    store,
    async close() {
      await store.close()
      await blobs.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export interface Letter {
  subject?: string
  from?: string
  to?: string
  id?: string
  date?: string
  headers?: string // more header lines, CRLF ended
  body?: string
}

let letters = 0

/** The bytes of a small mail. */
export function letter({ subject, from, to, id, date, headers, body }: Letter = {}): Buffer {
  const n = ++letters
  return Buffer.from(
    `From: ${from ?? 'Ann <ann@uni.example>'}\r\nTo: ${to ?? 'Bob <bob@uni.example>'}\r\n` +
      `Subject: ${subject ?? `Letter ${n}`}\r\nMessage-ID: ${id ?? `<${n}@uni.example>`}\r\n` +
      `Date: ${date ?? 'Mon, 5 Jan 2026 10:00:00 +0800'}\r\n${headers ?? ''}\r\n${body ?? `Body ${n}\r\n`}`,
  )
}

/** A mail whose bytes are stored, ready to be inserted. */
export async function newMail(
  store: Store,
  bytes: Buffer,
  trace = '',
  receivedAt = 1_767_600_000_000,
): Promise<NewMail> {
  const blob = await store.blobs.put(bytes)
  return { blob, tree: readMail(bytes), trace, receivedAt, historyId: `h${letters}` }
}

/** Ids of mails whose words are not kept. */
export async function unindexed({ db }: Store): Promise<number[]> {
  const stale = await db.arrays('select id from mail where stale <> 0 order by id')
  if (db.engine === 'postgres') return stale.map((row) => row[0] as number)
  const words = new DatabaseSync(wordFileOf(db.file!))
  try {
    const { last } = words.prepare('select last from progress').get() as { last: number }
    const unread = words.prepare('select mail_id as id from unread').all() as { id: number }[]
    const fresh = await db.arrays('select id from mail where id > $1', [last])
    const ids = [...stale, ...fresh].map((row) => row[0] as number)
    return [...new Set([...ids, ...unread.map(({ id }) => id)])].sort((a, b) => a - b)
  } finally {
    words.close()
  }
}

export interface AppendOptions {
  flags?: number
  keywords?: string[]
  receivedAt?: number
}

export async function append(
  store: Store,
  mailboxId: number,
  mail: Buffer | Letter = {},
  { flags = 0, keywords = [], receivedAt = 1_767_600_000_000 }: AppendOptions = {},
): Promise<Placement[number]> {
  const bytes = Buffer.isBuffer(mail) ? mail : letter(mail)
  const [placed] = await appendMessages(store, mailboxId, [
    { mail: await newMail(store, bytes, '', receivedAt), flags, keywords, receivedAt },
  ])
  return placed!
}
