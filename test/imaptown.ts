// For tests of this room: a house with a real store on SQLite, in which every scene has people of its own, and
// a client that talks to a conversation without a socket.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { freshSqlite } from './engines.ts'
import { play, testPeer, type PlayOptions, type Scene } from './transcript.ts'
import { openVolumes } from '../src/blobs/volumes.ts'
import { createAccountStore, mailboxByPath } from '../src/store/mailboxes.ts'
import { migrations } from '../src/store/migrations.ts'
import { openStore, type Store } from '../src/store/store.ts'
import type { Act } from '../src/tracking/acts.ts'
import { append, type AppendOptions, type Letter } from './mailstore.ts'
import { close, compress, startTls, type Conversation, type Ear, type Heard } from '../src/wire/conversation.ts'
import { Trouble } from '../src/wire/troubles.ts'
import { imap } from '../src/imap/conversation.ts'
import type { ImapLimits } from '../src/imap/limits.ts'
import type { ImapHost, Person } from '../src/imap/session.ts'

export const noon = Date.UTC(2026, 0, 15, 4)

export interface Town {
  store: Store
  close(): Promise<void>
}

/** A store on a fresh SQLite database. */
export async function openTown(): Promise<Town> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-imap-'))
  const { db, drop } = await freshSqlite(migrations)
  const blobs = await openVolumes(folder)
  const store = openStore(db, blobs, { clock: () => noon })
  return {
    store,
    async close() {
      await store.close()
      await blobs.close()
      await drop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

let town: Promise<Town> | undefined
after(async () => (await town)?.close())
let accounts = 0

export interface Stand {
  store: Store
  host: ImapHost
  conversation: Conversation
  ann: Person
  bob: Person
  /** Puts a mail into a mailbox of Ann's. */
  put(path: string, mail?: Buffer | Letter, options?: AppendOptions): Promise<void>
  mailboxId(path: string): Promise<number>
  /** Another client of the same house, signed in. */
  client(name?: 'ann' | 'bob'): Promise<Client>
  mistakes: unknown[]
  acts: Act[]
}

export interface StandOptions {
  quota?: number
  limits?: Partial<ImapLimits>
  plainLogin?: boolean
  /** The mails that stand there at first are \Recent: no session was told of them. */
  recent?: boolean
}

/** Ann and Bob, new people in the town of this test file. Their password is 'secret'. */
export async function stand(options: StandOptions = {}): Promise<Stand> {
  const { store } = await (town ??= openTown())
  const ann: Person = { id: ++accounts, address: 'ann@uni.example' }
  const bob: Person = { id: ++accounts, address: 'bob@uni.example' }
  await store.db.transaction(async (sql) => {
    await createAccountStore(sql, ann.id, options.quota ?? 0)
    await createAccountStore(sql, bob.id, 0)
  })
  const people = [ann, bob]
  const mistakes: unknown[] = []
  const acts: Act[] = []
  const host: ImapHost = {
    store,
    async signIn({ name, password }) {
      const person = people.find(({ address }) => address === name || address.split('@')[0] === name)
      if (!person || password !== 'secret') throw new Trouble('wrong-password')
      return person
    },
    accountOf: async (address) => people.find((person) => person.address === address),
    addressOf: async (id) => people.find((person) => person.id === id)?.address,
    newHistoryId: () => `h${accounts}`,
    acted: async (act) => void acts.push(act),
    report: (error) => mistakes.push(error),
    options: { hostname: 'mail.uni.example', version: '0', plainLogin: options.plainLogin ?? true, ...options },
  }
  const mailboxId = async (path: string) => (await mailboxByPath(store.db, ann.id, path.split('/')))!.id
  const conversation = imap(host)
  return {
    store,
    host,
    conversation,
    ann,
    bob,
    mistakes,
    acts,
    mailboxId,
    async put(path, mail, more) {
      await append(store, await mailboxId(path), mail, more)
    },
    async client(name = 'ann') {
      const client = openClient(conversation)
      await client.say(`l LOGIN ${name} secret`)
      return client
    },
  }
}

/** Plays a transcript in a stand of its own for each of the three ways. Mistakes of ours fail the test. */
export async function scene(
  text: string,
  prepare: (stand: Stand) => Promise<Record<string, () => unknown> | void> = async () => {},
  options: StandOptions & PlayOptions = {},
): Promise<void> {
  await play(
    text,
    async (): Promise<Scene> => {
      const made = await stand(options)
      const actions = (await prepare(made)) ?? {}
      const { store, ann } = made
      if (!options.recent)
        await store.db.run('update mailbox set recent_uid = uid_next where account_id = $1', [ann.id])
      return {
        conversation: made.conversation,
        actions,
        after() {
          if (made.mistakes.length > 0) throw made.mistakes[0]
        },
      }
    },
    { ...options, peer: { listener: 'imap', ...options.peer } },
  )
}

/** The lines every transcript of a signed-in client starts with. */
export const signedIn = `
  S: * OK [CAPABILITY ...
  C: l LOGIN ann secret
  S: l OK [CAPABILITY ...`

export interface Client {
  /** Says a line and gives all that was said up to its tagged answer (or a "+"), without the tagged line's CRLF. */
  say(line: string): Promise<string>
  /** Says bytes and waits for nothing. */
  send(bytes: Buffer | string): void
  /** Waits until what was said since the last answer matches, and takes it. */
  until(pattern: RegExp): Promise<string>
  ended: Promise<void>
  gone(): void
}

/** Drives a conversation without a socket. */
export function openClient(conversation: Conversation): Client {
  const queue: Heard[] = []
  let asking: ((heard: Heard | undefined) => void) | undefined
  let woken = false
  let over = false
  let said = ''
  let watchers: (() => void)[] = []
  const give = (heard: Heard | undefined) => {
    const ask = asking
    asking = undefined
    if (ask) ask(heard)
    else if (heard !== undefined) queue.push(heard)
  }
  const ear: Ear = {
    next() {
      const heard = queue.shift()
      if (heard !== undefined) return Promise.resolve(heard)
      if (woken) {
        woken = false
        return Promise.resolve({ is: 'woken' })
      }
      if (over) return Promise.resolve(undefined)
      return new Promise((resolve) => (asking = resolve))
    },
    wake() {
      if (asking) give({ is: 'woken' })
      else woken = true
    },
    patience() {},
  }
  const tell = () => {
    for (const watcher of watchers.splice(0)) watcher()
  }
  const run = async () => {
    try {
      for await (const piece of conversation(ear, testPeer({ listener: 'imap' }))) {
        if (piece === close) break
        if (piece === startTls || piece === compress) continue
        said += typeof piece === 'string' ? piece : Buffer.from(piece).toString()
        tell()
      }
    } finally {
      over = true
      tell()
    }
  }
  const ended = run()
  const until = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const match = pattern.exec(said)
      if (match) {
        const taken = said.slice(0, match.index + match[0].length)
        said = said.slice(taken.length)
        return taken
      }
      if (over) throw new Error(`the conversation ended before ${pattern}: ${said}`)
      await new Promise<void>((resolve) => watchers.push(resolve))
    }
  }
  return {
    async say(line) {
      const tag = line.split(' ')[0]!
      give(Buffer.from(`${line}\r\n`))
      return until(new RegExp(`^(?:${tag} (?:OK|NO|BAD)|\\+ ).*\r\n`, 'm'))
    },
    send: (bytes) => give(Buffer.from(bytes as string)),
    until,
    ended,
    gone() {
      over = true
      give(undefined)
    },
  }
}
