// Fuzz targets of this room: a text comes out of its dots byte for byte however it was split, and whatever a server
// says to one of our clients, the client ends: well, or with a Failure.

import { deepEqual, ok } from 'node:assert/strict'
import type { Ear, Heard, Peer } from '../wire/conversation.ts'
import { startTls } from '../wire/conversation.ts'
import { Undotted } from './dots.ts'
import { Failure } from './failure.ts'
import { imapFetch } from './imap.ts'
import { fetchingDefaults } from './limits.ts'
import { pop3Fetch } from './pop3.ts'
import type { Login, Taking } from './taking.ts'

const verified = { protocol: 'TLSv1.3', cipher: 'x', verified: true }

/** Reads a dotted text in pieces; the text and what follows it. */
export function undot(bytes: Buffer, cuts: readonly number[]): { text: Buffer; rest: Buffer | undefined } {
  const reader = new Undotted()
  const pieces: Buffer[] = []
  let from = 0
  for (const cut of [...cuts, bytes.length]) {
    if (reader.rest) reader.rest = Buffer.concat([reader.rest, bytes.subarray(from, cut)])
    else pieces.push(...reader.read(bytes.subarray(from, cut)).map((piece) => Buffer.from(piece)))
    from = cut
  }
  return { text: Buffer.concat(pieces), rest: reader.rest }
}

/** The same by the grammar alone, for small texts. */
function plainly(bytes: Buffer): { text: string; rest: string | undefined } {
  const all = bytes.toString('latin1')
  const end = all.startsWith('.\r\n') ? -2 : all.indexOf('\r\n.\r\n')
  const isOver = end !== -1
  const body = isOver ? all.slice(0, end + 2) : all
  return { text: body.replace(/(^|\r\n)\./g, '$1'), rest: isOver ? all.slice(end + 5) : undefined }
}

/** Lets a client hear the bytes, then the end of the connection. */
async function hearOut(protocol: 'pop3' | 'imap', input: Buffer, keep: boolean): Promise<void> {
  const login: Login = { tls: 'tls', username: 'u', password: 'p', folder: 'INBOX', keep }
  let mails = 0
  const taking: Taking = {
    goesOn: () => mails < 5,
    fits: async (size) => size < 1_000_000,
    async take(_, pieces) {
      mails++
      for await (const piece of pieces) ok(piece.length > 0)
    },
    mark: { validity: 1, uid: 2 },
    seen: async (prefix) => new Set([`${prefix}2`, 'a']),
    forget: async () => undefined,
    complete: () => undefined,
  }
  const heard: Heard[] = []
  for (let at = 0; at < input.length; at += 50) heard.push(input.subarray(at, at + 50))
  const ear: Ear = { next: async () => heard.shift(), wake: () => undefined, patience: () => undefined }
  const peer: Peer = {
    address: '192.0.2.1',
    port: 1,
    localAddress: '',
    localPort: 1,
    listener: 'dialed',
    tls: verified,
  }
  const limits = { ...fetchingDefaults, lineBytes: 2_000, listed: 50 }
  const talk = (protocol === 'pop3' ? pop3Fetch : imapFetch)(login, taking, limits)(ear, peer)
  try {
    for await (const said of talk) ok(said !== startTls)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
  }
}

export const target = {
  name: 'fetching/servers',
  corpus: [
    '+OK hi\r\n+OK\r\nSASL PLAIN\r\nUIDL\r\n.\r\n+OK\r\n+OK\r\n1 10\r\n2 20\r\n.\r\n+OK\r\n1 a\r\n2 b\r\n.\r\n+OK\r\nx\r\n..\r\n.\r\n+OK bye\r\n',
    '+OK\r\n-ERR\r\n+OK\r\n-ERR [AUTH] no\r\n',
    '* OK hi\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS\r\nf1 OK\r\nf2 OK\r\n* CAPABILITY IMAP4rev1 UIDPLUS\r\nf3 OK\r\n* OK [UIDVALIDITY 1] x\r\nf4 OK\r\n* 1 FETCH (UID 3 RFC822.SIZE 4 FLAGS (\\Seen) INTERNALDATE "17-Jul-1996 02:44:25 -0700")\r\nf5 OK\r\n* 1 FETCH (UID 3 BODY[] {4}\r\nabcd)\r\nf6 OK\r\nf7 OK\r\n* BYE\r\nf8 OK\r\n',
    '* OK\r\n* CAPABILITY IMAP4rev1\r\nf1 OK\r\n+ go\r\n+ go\r\nf2 NO [AUTHENTICATIONFAILED] {3}\r\nabc\r\n',
    '.\r\nrest',
    'a\r\n..b\r\n.c\r\n\r.\r\n\n.\r\n.\r\nx',
  ],

  async run(input: Buffer): Promise<void> {
    const wanted = plainly(input.subarray(0, 300))
    const small = input.subarray(0, 300)
    const everywhere = Array.from({ length: Math.max(0, small.length - 1) }, (_, i) => i + 1)
    for (const cuts of [[], everywhere, everywhere.filter((at) => at % 7 === 3)]) {
      const { text, rest } = undot(small, cuts)
      if (wanted.rest === undefined) {
        // What may still turn out to be the end is held back.
        const left = wanted.text.length - text.length
        ok(left >= 0 && left <= 3 && wanted.text.startsWith(text.toString('latin1')))
      } else {
        deepEqual([text.toString('latin1'), rest?.toString('latin1')], [wanted.text, wanted.rest])
      }
    }
    await hearOut('pop3', input, true)
    await hearOut('pop3', input, false)
    await hearOut('imap', input, false)
  },
}
