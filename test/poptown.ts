// For tests of POP3: a house with a real store on SQLite, in which every scene has people of its own,
// and a client that talks to a conversation without a socket.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { openVolumes } from '../src/blobs/volumes.ts'
import type { SignIn } from '../src/login/login.ts'
import { migrate } from '../src/sql/dialect.ts'
import { openSqlite } from '../src/sql/sqlite.ts'
import { createAccountStore, mailboxByRole } from '../src/store/mailboxes.ts'
import { appendMessages } from '../src/store/messages.ts'
import { messagesIn } from '../src/store/rows.ts'
import { migrations } from '../src/store/migrations.ts'
import { openStore, type Store } from '../src/store/store.ts'
import { newMail } from './mailstore.ts'
import { close, startTls, type Conversation, type Ear, type Heard, type Peer } from '../src/wire/conversation.ts'
import { Trouble } from '../src/wire/troubles.ts'
import { pop3 } from '../src/pop3/conversation.ts'
import { openLocks } from '../src/pop3/locks.ts'
import type { Pop3Host, Pop3Options } from '../src/pop3/session.ts'

async function openTown(): Promise<{ store: Store; close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-pop3-'))
  const db = await openSqlite(join(folder, 'postern.sqlite'))
  await migrate(db, migrations)
  const blobs = await openVolumes(folder)
  const store = openStore(db, blobs)
  return {
    store,
    async close() {
      await store.close()
      await blobs.close()
      await db.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

let town: ReturnType<typeof openTown> | undefined
after(async () => (await town)?.close())
let accounts = 0

export interface Stand {
  host: Pop3Host
  conversation: Conversation
  inbox: number
  /** Uids left in the mailbox. */
  uids: () => Promise<number[]>
  mistakes: unknown[]
}

/** Ann with these mails in her INBOX (octets; with a trace, one line). Her password is 'se cret'. */
export async function stand(
  mails: (string | Buffer)[],
  options: Partial<Pop3Options> = {},
  trace = '',
): Promise<Stand> {
  const { store } = await (town ??= openTown())
  const accountId = ++accounts
  await store.db.transaction((sql) => createAccountStore(sql, accountId, 0))
  const inbox = (await mailboxByRole(store.db, accountId, 'inbox'))!
  // UIDVALIDITY is a time; transcripts want a number they know.
  await store.db.run('update mailbox set uid_validity = 7 where id = $1', [inbox.id])
  for (const mail of mails) {
    const bytes = typeof mail === 'string' ? Buffer.from(mail, 'latin1') : mail
    const item = { mail: await newMail(store, bytes, trace), flags: 0, keywords: [], receivedAt: 1 }
    await appendMessages(store, inbox.id, [item])
  }
  const mistakes: unknown[] = []
  const signIn = (async ({ name, password }) => {
    if (name === 'shut') throw new Trouble('protocol-off')
    if (name === 'locked') throw new Trouble('too-many-failures')
    if (name === 'down') throw new Trouble('unavailable')
    if (name === 'broken') throw new Error('broken')
    if (!['ann', 'ann@uni.example', '安'].includes(name) || password !== 'se cret') throw new Trouble('wrong-password')
    return { id: accountId }
  }) as SignIn
  const host: Pop3Host = {
    store,
    signIn,
    options: { hostname: 'pop.uni.example', locks: openLocks(), ...options },
    report: (error) => mistakes.push(error),
  }
  return {
    host,
    conversation: pop3(host),
    inbox: inbox.id,
    uids: async () => (await messagesIn(store.db, inbox.id, 1, 1e9, 1e6)).map(({ uid }) => uid),
    mistakes,
  }
}

const tls = { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' }
export const secure: Partial<Peer> = { listener: 'pop3s', tls }
export const plain: Partial<Peer> = { listener: 'pop3' }

export interface Client {
  /** Says bytes in one piece, then waits for so many lines. */
  say: (text: string, lines: number) => Promise<string[]>
  /** Waits until TLS is there: what is said before that is lost. */
  secured: () => Promise<void>
  end: () => Promise<void>
  deeds: string[]
}

const nobody: Peer = { address: '127.0.0.1', port: 40000, localAddress: '127.0.0.1', localPort: 110, listener: 'pop3' }

/** A client that talks to a conversation without a socket. */
export function client(made: Pick<Stand, 'conversation'>, peer: Partial<Peer>): Client {
  const queue: (Heard | undefined)[] = []
  let waiter: ((heard: Heard | undefined) => void) | undefined
  let heard = ''
  let wake: (() => void) | undefined
  const deeds: string[] = []
  const give = (what: Heard | undefined): void => {
    const taker = waiter
    waiter = undefined
    if (taker) taker(what)
    else queue.push(what)
  }
  const ear: Ear = {
    next: () => (queue.length > 0 ? Promise.resolve(queue.shift()) : new Promise((resolve) => (waiter = resolve))),
    wake: () => give({ is: 'woken' }),
    patience: () => undefined,
  }
  const run = (async () => {
    for await (const said of made.conversation(ear, { ...nobody, ...peer })) {
      if (said === startTls) {
        deeds.push('tls')
        queue.length = 0
        give({ is: 'secured', tls })
      } else if (said === close) deeds.push('close')
      else heard += typeof said === 'string' ? said : Buffer.from(said as Uint8Array).toString('latin1')
      wake?.()
    }
  })()
  return {
    deeds,
    async say(text, lines) {
      give(Buffer.from(text, 'latin1'))
      for (;;) {
        const all = heard.split('\r\n')
        if (all.length > lines) {
          heard = all.slice(lines).join('\r\n')
          return all.slice(0, lines)
        }
        await new Promise<void>((resolve) => (wake = resolve))
      }
    },
    async secured() {
      while (!deeds.includes('tls')) await new Promise<void>((resolve) => (wake = resolve))
    },
    async end() {
      give(undefined)
      await run
    },
  }
}
