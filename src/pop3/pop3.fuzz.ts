// Fuzz target of this door: whatever is said to it, it answers in lines, ends, and gives back its lock.

import { equal, ok } from 'node:assert/strict'
import type { Store } from '../store/store.ts'
import type { Ear, Heard, Peer } from '../wire/conversation.ts'
import { pop3 } from './conversation.ts'
import { openLocks } from './locks.ts'
import type { Pop3Host } from './session.ts'

const mails = [Buffer.from('Subject: x\r\n\r\n.dot\r\nbody\r\n'), Buffer.from('\n.\n..\n'), Buffer.alloc(0)]

/** A store of three mails in memory: the grammar is the target, not the database. */
function tinyStore(): Store {
  const rows = mails.map((bytes, i) => [i + 1, 1, i, 0, '', bytes.length, 0, 0])
  const boxRow = { id: 1, account_id: 1, parent_id: 0, name: 'INBOX', uid_validity: 7, keywords: '', role: 'inbox' }
  const row = (id: number): object => ({
    id,
    blobRef: `${id}`,
    size: mails[id]!.length,
    trace: '',
    packedTree: `[${mails[id]!.length},[],[]]`,
  })
  return {
    db: {
      arrays: async () => rows,
      all: async () => [boxRow],
      one: async () => boxRow,
    },
    mails: { get: async (ids: number[]) => new Map(ids.map((id) => [id, row(id)])) },
    blobs: {
      read: async (ref: string, from = 0, to = Infinity) => mails[Number(ref)]!.subarray(from, Math.min(to, 1e9)),
      async *stream(ref: string) {
        yield mails[Number(ref)]!
      },
      // In twos, and what was given is worth nothing once the next is asked for.
      async *batches(wanted: { ref: string }[]) {
        for (let i = 0; i < wanted.length; i += 2) {
          const batch = wanted.slice(i, i + 2).map(({ ref }) => Buffer.from(mails[Number(ref)]!))
          yield batch
          for (const bytes of batch) bytes.fill('!')
        }
      },
    },
  } as unknown as Store
}

const login = 'USER a\r\nPASS b\r\n'

export const target = {
  name: 'pop3/conversation',
  corpus: [
    `${login}STAT\r\nLIST\r\nUIDL 1\r\nRETR 1\r\nRETR 2\r\nRETR 9\r\nTOP 1 1\r\nDELE 1\r\nRSET\r\nNOOP\r\n`,
    'CAPA\r\nAUTH\r\nAUTH PLAIN\r\nAGEAYg==\r\nRETR 1\r\nRETR 1\r\n',
    'AUTH LOGIN YQ==\r\nYg==\r\nTOP 2 0\r\nLIST 3\r\n',
    'LANG\r\nLANG zh-TW\r\nUTF8\r\nSTLS\r\nQUIT\r\n',
    `${login}RETR 3\r\nTOP 3 5\r\nTOP 2 99\nLIST\nretr 2\r\n\r\n \0`,
  ],

  async run(input: Buffer): Promise<void> {
    const locks = openLocks()
    const mistakes: unknown[] = []
    const host: Pop3Host = {
      store: tinyStore(),
      signIn: (async () => ({ id: 1 })) as unknown as Pop3Host['signIn'],
      options: { hostname: 'h.example', locks },
      report: (error) => mistakes.push(error),
    }
    for (const secured of [true, false]) {
      // Where an input is cut must not matter to what is said.
      const whole = await talk(host, secured, [input])
      const third = Math.ceil(input.length / 3)
      const cut = [input.subarray(0, third), input.subarray(third, 2 * third), input.subarray(2 * third)]
      equal(await talk(host, secured, cut), whole)
      ok(whole.endsWith('\r\n'), 'said in lines')
    }
    equal(mistakes.length, 0)
    const release = await locks.take(1)
    ok(release, 'the lock is free again')
  },
}

/** What is said, as octets. */
async function talk(host: Pop3Host, secured: boolean, pieces: Buffer[]): Promise<string> {
  const queue: Heard[] = pieces.filter((piece) => piece.length > 0)
  let at = 0
  const ear: Ear = { next: async () => queue[at++], wake: () => undefined, patience: () => undefined }
  const peer: Peer = { address: '::1', port: 1, localAddress: '::1', localPort: 995, listener: 'pop3' }
  if (secured) peer.tls = { protocol: '', cipher: '' }
  const said: Buffer[] = []
  for await (const piece of pop3(host)(ear, peer)) {
    if (typeof piece !== 'symbol') said.push(Buffer.from(piece as Uint8Array))
  }
  return Buffer.concat(said).toString('latin1')
}
