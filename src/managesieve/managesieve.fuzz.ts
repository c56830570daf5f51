// Fuzz target of this door: whatever is said to it, it answers, and where an input is cut does not matter.

import { equal, ok } from 'node:assert/strict'
import type { Account } from '../directory/accounts.ts'
import type { Database } from '../sql/sql.ts'
import type { Ear, Heard, Peer } from '../wire/conversation.ts'
import { manageSieve } from './conversation.ts'
import type { ManageSieveHost } from './session.ts'

const script = { id: 1, name: 'a', size: 5, digest: 'x', active: 1, text: 'keep;' }

/** A table of one script: the grammar is the target, not the database. */
const tiny = {
  all: async () => [script],
  one: async () => script,
  run: async () => 1,
  transaction: (work: (sql: unknown) => unknown) => work(tiny),
} as unknown as Database

const login = 'AUTHENTICATE "PLAIN" "AGEAYg=="\r\n'

export const target = {
  name: 'managesieve/conversation',
  corpus: [
    `${login}LISTSCRIPTS\r\nGETSCRIPT "a"\r\nSETACTIVE ""\r\nDELETESCRIPT "a"\r\nLOGOUT\r\n`,
    `${login}PUTSCRIPT "a" {9+}\r\nkeep;\r\n#\r\n\r\nCHECKSCRIPT {3+}\r\nx;y\r\nHAVESPACE "a" 99\r\nNOOP "t"\r\n`,
    'AUTHENTICATE "PLAIN"\r\n{8+}\r\nAGEAYg==\r\nRENAMESCRIPT {1+}\r\na {2+}\r\n"\\\r\nUNAUTHENTICATE\r\nCAPABILITY\r\n',
    'STARTTLS\r\nNOOP {99999999+}\r\nNOOP\r\nnoop "\\"\\\\"\r\n{5+}\r\n\r\n \0',
  ],

  async run(input: Buffer): Promise<void> {
    const mistakes: unknown[] = []
    const host: ManageSieveHost = {
      db: tiny,
      signIn: async () => ({ id: 1, address: 'a@uni.example' }) as Account,
      options: {},
      report: (error) => mistakes.push(error),
    }
    for (const secured of [true, false]) {
      const whole = await talk(host, secured, [input])
      const third = Math.ceil(input.length / 3)
      const cut = [input.subarray(0, third), input.subarray(third, 2 * third), input.subarray(2 * third)]
      equal(await talk(host, secured, cut), whole)
      ok(whole.endsWith('\r\n'), 'said in lines')
    }
    equal(mistakes.length, 0)
  },
}

/** What is said, as octets. */
async function talk(host: ManageSieveHost, secured: boolean, pieces: Buffer[]): Promise<string> {
  const queue: Heard[] = pieces.filter((piece) => piece.length > 0)
  let at = 0
  const ear: Ear = { next: async () => queue[at++], wake: () => undefined, patience: () => undefined }
  const peer: Peer = { address: '::1', port: 1, localAddress: '::1', localPort: 4190, listener: 'managesieve' }
  if (secured) peer.tls = { protocol: '', cipher: '' }
  const said: Buffer[] = []
  for await (const piece of manageSieve(host)(ear, peer)) {
    if (typeof piece !== 'symbol') said.push(Buffer.from(piece as Uint8Array))
  }
  return Buffer.concat(said).toString('latin1')
}
