// Fuzz targets of this room: framer and grammar, and whole sessions over a real store.
//
// Properties: nothing a client says throws, or makes a mistake of ours; the same bytes are cut the same
// way however they come in pieces; every command that was read gets its tagged answer; never slow.

import { deepEqual, equal, ok } from 'node:assert/strict'
import { Refusal } from './answers.ts'
import { commands } from './commands.ts'
import { Framer, type Cut } from './framer.ts'
import { decodeName, encodeName, decodePattern, matches } from './names.ts'
import { Scanner } from './scanner.ts'
import { openClient, stand, type Stand } from '../../test/imaptown.ts'

const commandLines = [
  'CAPABILITY',
  'ID ("name" "x" "version" NIL)',
  'LOGIN {3+}\r\nann "sec\\"ret"',
  'AUTHENTICATE PLAIN AGFubgBzZWNyZXQ=',
  'ENABLE CONDSTORE QRESYNC IMAP4rev2 UTF8=ACCEPT',
  'LIST (SUBSCRIBED RECURSIVEMATCH) "" ("%" "*&AOk-*") RETURN (CHILDREN STATUS (MESSAGES UIDNEXT SIZE))',
  'LSUB "" *',
  'CREATE &W8RO9lCZTv0-/x (USE (\\Sent))',
  'RENAME a b/c',
  'DELETE "a b"',
  'STATUS INBOX (MESSAGES UNSEEN HIGHESTMODSEQ MAILBOXID DELETED-STORAGE)',
  'SELECT INBOX (QRESYNC (67890007 20050715194045000 41,43:211 (1:3 7:9)))',
  'EXAMINE INBOX (CONDSTORE)',
  'FETCH 1:*,2 (FLAGS UID ENVELOPE BODYSTRUCTURE BODY.PEEK[1.2.HEADER.FIELDS.NOT (a "b")]<0.10> BINARY.SIZE[1] PREVIEW (LAZY))',
  'UID FETCH 1:* (MODSEQ) (CHANGEDSINCE 12 VANISHED PARTIAL -1:-10)',
  'STORE 1:3 (UNCHANGEDSINCE 5) +FLAGS.SILENT (\\Seen $Work)',
  'SEARCH RETURN (MIN MAX COUNT SAVE) CHARSET BIG5 OR (FROM x NOT 1:2) UID $ SINCE 1-Feb-2026 HEADER a {1+}\r\nb LARGER 5',
  'UID SEARCH MODSEQ "/flags/\\\\draft" all 620162338 YOUNGER 5 EMAILID M1 $',
  'SORT (REVERSE DATE SUBJECT DISPLAYFROM) UTF-8 TEXT x',
  'UID THREAD REFERENCES UTF-8 ALL',
  'COPY 1:2 Sent',
  'UID MOVE $ Trash',
  'UID EXPUNGE 1:*',
  'APPEND INBOX (\\Seen) "17-Jul-1996 02:44:25 -0700" {12+}\r\nSubject: 1\r\n ~{3+}\r\nabc',
  'APPEND INBOX UTF8 (~{12+}\r\nSubject: 1\r\n)',
  'REPLACE 1 Drafts {12+}\r\nSubject: 2\r\n',
  'IDLE\r\nDONE',
  'GETQUOTAROOT INBOX',
  'SETACL INBOX bob@uni.example +lrs',
  'GETMETADATA (MAXSIZE 5 DEPTH infinity) "" (/private/a /shared)',
  'SETMETADATA INBOX (/private/comment ~{2+}\r\n\x00x)',
  'CLOSE',
  'LOGOUT',
]

/** All that is cut from the input in pieces of `size`; passed literals joined. */
function cutAll(input: Buffer, size: number): unknown[] {
  const framer = new Framer(4096, 8192)
  const cuts: unknown[] = []
  let passed = ''
  let literals = 0
  for (let at = 0; at < input.length; at += size) {
    framer.push(input.subarray(at, at + size))
    for (let cut: Cut | undefined; (cut = framer.next());) {
      if (cut.is === 'endless') return [...cuts, cut]
      if (cut.is === 'piece') {
        passed += cut.bytes.toString('latin1')
        if (cut.last) {
          cuts.push(passed)
          passed = ''
        }
        continue
      }
      cuts.push(cut)
      if (cut.is !== 'literal') continue
      // Each way to take a literal has its turn.
      if (cut.size > framer.room) framer.skip(true)
      else if (literals++ % 3 === 1) framer.pass()
      else framer.gather()
    }
  }
  return [...cuts, passed]
}

function readCommand(text: string, utf8: boolean): void {
  const scan = new Scanner(text, utf8)
  try {
    scan.tag()
    scan.space()
    const verb = scan.match(/UID [A-Z]+|[A-Z]+/iy)?.toUpperCase() ?? ''
    commands.get(verb)?.read(scan)
    scan.end()
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown
    ok(/^[\x20-\x7e]*$/.test(thrown.message), 'a refusal is one printable line')
  }
}

export const grammarTarget = {
  name: 'imap grammar',
  corpus: commandLines.map((line) => `a ${line}\r\n`),

  run(input: Buffer): void {
    const whole = cutAll(input, input.length || 1)
    deepEqual(cutAll(input, 7), whole)
    if (input.length < 2000) deepEqual(cutAll(input, 1), whole)
    for (const cut of whole as Cut[]) {
      if (cut.is !== 'command') continue
      readCommand(cut.text, false)
      readCommand(cut.text, true)
    }
  },
}

export const namesTarget = {
  name: 'imap mailbox names',
  corpus: ['INBOX', '~peter/mail/&U,BTFw-/&ZeVnLIqe-', '&-&-', 'a/%/*', '&2D3eAA-', 'x%*%*%*%*y'],

  run(input: Buffer): void {
    const octets = input.toString('latin1').slice(0, 2000)
    const pattern = decodePattern(octets.replace(/[\x80-\xff]/g, ''), false)
    matches(pattern.slice(0, 500), octets)
    for (const utf8 of [false, true]) {
      let name: string
      try {
        name = decodeName(octets, utf8)
      } catch (thrown) {
        if (!(thrown instanceof Refusal)) throw thrown
        continue
      }
      const again = Buffer.from(encodeName(name, utf8)).toString('latin1')
      equal(decodeName(again, utf8), name)
    }
  },
}

let people: Promise<Stand> | undefined
let visits = 0

// What a command costs grows with the mails it is asked about, and inputs append. People move in anew now and
// then, so that a slow input is slow by itself and not by what thousands before it have left behind.
const visitsPerSettlement = 300

async function settle(): Promise<Stand> {
  const made = await stand({ quota: 10_000, limits: { badCommands: 1e9, commandBeforeLogin: 65_536 } })
  for (let i = 0; i < 5; i++) await made.put('INBOX', { subject: `Mail ${i}` })
  return made
}

export const sessionTarget = {
  name: 'imap session',
  corpus: [
    ...commandLines.map((line) => `a LOGIN ann secret\r\nb SELECT INBOX\r\nc ${line}\r\n`),
    commandLines.map((line, i) => `t${i} ${line}\r\n`).join(''),
  ],

  async run(input: Buffer): Promise<void> {
    if (visits++ % visitsPerSettlement === 0) people = settle()
    const { conversation, mistakes } = await people!
    const client = openClient(conversation)
    client.send(input)
    client.gone()
    await client.ended
    const mistake = mistakes.splice(0)[0]
    if (mistake) throw mistake
  },
}
