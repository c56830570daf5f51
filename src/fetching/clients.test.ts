// Our clients, line by line, as other servers see them; and what they make of servers that are not as they should be.

import { deepEqual, equal, fail } from 'node:assert/strict'
import { test } from 'node:test'
import { fuzz } from '../../test/fuzz.ts'
import { play, testPeer } from '../../test/transcript.ts'
import type { Conversation, TlsFacts } from '../wire/conversation.ts'
import { Failure } from './failure.ts'
import { target, undot } from './fetching.fuzz.ts'
import { encodeFolder, imapFetch } from './imap.ts'
import { fetchingDefaults } from './limits.ts'
import { pop3Fetch } from './pop3.ts'
import { openSecrets } from './secrets.ts'
import type { Login, Taking } from './taking.ts'

const tls: TlsFacts = { protocol: 'TLSv1.3', cipher: 'x', verified: true }

interface Seen {
  taken: string[] // key and text
  forgotten: string[]
  failure: string
}

function expect(
  what: string,
  protocol: 'pop3' | 'imap',
  transcript: string,
  wanted: Partial<Seen>,
  { login = {}, peerTls = tls, before = [] }: { login?: Partial<Login>; peerTls?: TlsFacts; before?: string[] } = {},
): void {
  test(`${protocol}: ${what}`, () =>
    play(
      transcript,
      () => {
        const seen: Seen = { taken: [], forgotten: [], failure: '' }
        const taking: Taking = {
          goesOn: () => true,
          fits: async (size) => size < 1000,
          async take({ key, flags }, pieces) {
            let text = ''
            for await (const piece of pieces) text += piece.toString('latin1')
            seen.taken.push([key, ...flags, JSON.stringify(text)].join(' '))
          },
          mark: { validity: 7, uid: 4 },
          seen: async (prefix) => new Set(before.filter((key) => key.startsWith(prefix))),
          forget: async (keys) => void seen.forgotten.push(...keys),
          complete: () => undefined,
        }
        const whole: Login = { tls: 'tls', username: 'ann', password: 'se cret', folder: 'INBOX', keep: true, ...login }
        const talk = (protocol === 'pop3' ? pop3Fetch : imapFetch)(whole, taking, fetchingDefaults)
        const conversation: Conversation = async function* (ear, peer) {
          try {
            yield* talk(ear, peer)
          } catch (error) {
            if (!(error instanceof Failure)) throw error
            seen.failure = error.code
          }
        }
        const after = (): void => deepEqual(seen, { taken: [], forgotten: [], failure: '', ...wanted })
        return { conversation, after }
      },
      { as: 'client', peer: testPeer({ tls: peerTls }), tls },
    ))
}

const plain = Buffer.from('\0ann\0se cret').toString('base64')
const signedIn = `
  S: +OK hello
  C: CAPA
  S: +OK
  S: SASL LOGIN PLAIN
  S: UIDL
  S: .
  C: AUTH PLAIN ${plain}
  S: +OK
`

expect(
  'new mails only, dots undone, byte for byte',
  'pop3',
  `${signedIn}
  C: LIST
  S: +OK
  S: 1 10
  S: 2 20
  S: 3 5000
  S: .
  C: UIDL
  S: +OK
  S: 1 old
  S: 2 new
  S: 3 large
  S: .
  C: RETR 2
  S: +OK
  S~ ..\\r\\n.. a\\nb\\rc\\r\\n\\r\\n.\\r\\n
  C: QUIT
  S: +OK
  `,
  { taken: ['new ".\\r\\n. a\\nb\\rc\\r\\n\\r\\n"'], forgotten: ['gone'] },
  { before: ['old', 'gone'] },
)

expect(
  'without keeping: deleted after it is placed, and what an earlier session placed too',
  'pop3',
  `${signedIn}
  C: LIST
  S: +OK
  S: 1 10
  S: 2 20
  S: .
  C: UIDL
  S: +OK
  S: 1 old
  S: 2 new
  S: .
  C: DELE 1
  S: +OK
  C: RETR 2
  S: +OK
  S: x
  S: .
  C: DELE 2
  S: +OK
  C: QUIT
  S: +OK
  `,
  { taken: ['new "x\\r\\n"'] },
  { before: ['old'], login: { keep: false } },
)

expect(
  'two mails under one name, or none with names: their bytes say what was taken',
  'pop3',
  `${signedIn}
  C: LIST
  S: +OK
  S: 1 10
  S: 2 10
  S: .
  C: UIDL
  S: +OK
  S: 1 same
  S: 2 same
  S: .
  C: RETR 1
  S: +OK
  S: .
  C: DELE 1
  S: +OK
  C: RETR 2
  S: +OK
  S: .
  C: DELE 2
  S: +OK
  C: QUIT
  S: +OK
  `,
  { taken: [' ""', ' ""'], forgotten: ['same'] },
  { before: ['same'], login: { keep: false } },
)

expect(
  'STLS, and what was offered before it is asked anew; USER and PASS',
  'pop3',
  `
  S: +OK
  C: STLS
  S: +OK
  -- tls
  C: CAPA
  S: -ERR
  C: USER ann
  S: +OK
  C: PASS se cret
  S: -ERR no
  `,
  { failure: 'wrong-password' },
  { login: { tls: 'starttls' }, peerTls: { ...tls, verified: false } },
)

expect(
  'no STLS: nothing secret is said',
  'pop3',
  'S: +OK\nC: STLS\nS: -ERR what',
  { failure: 'no-tls' },
  { login: { tls: 'starttls' } },
)
expect(
  'a wrong certificate: nothing secret is said',
  'pop3',
  'S: +OK',
  { failure: 'certificate' },
  {
    peerTls: { ...tls, verified: false, flaw: 'CERT_HAS_EXPIRED' },
  },
)
expect('in use', 'pop3', signedIn.replace(/S: \+OK\n$/, 'S: -ERR [IN-USE] locked\n'), { failure: 'busy' })
expect('another protocol', 'pop3', 'S: 220 mx ESMTP', { failure: 'busy' })

const opened = (verb: string, offers = 'SASL-IR AUTH=PLAIN'): string => `
  S: * OK hello
  C: f1 CAPABILITY
  S: * CAPABILITY IMAP4rev1 ${offers}
  S: f1 OK
  C: f2 AUTHENTICATE PLAIN ${plain}
  S: f2 OK
  C: f3 CAPABILITY
  S: * CAPABILITY IMAP4rev1 ${offers}
  S: f3 OK
  C: f4 ${verb} "INBOX"
  S: * FLAGS (\\Seen)
  S: * OK [UIDVALIDITY 7] yes
  S: f4 OK
  C: f5 UID FETCH 5:* (UID RFC822.SIZE FLAGS INTERNALDATE)
`

expect(
  'what has a larger UID, with its flags; the rest of the line may say more',
  'imap',
  `${opened('EXAMINE')}
  S: * 3 FETCH (FLAGS (\\Seen $x) UID 6 RFC822.SIZE 4 INTERNALDATE " 7-Jul-2025 02:44:25 -0700")
  S: * 2 FETCH (UID 4 RFC822.SIZE 4 FLAGS ())
  S: * 9 FETCH (UID 9 RFC822.SIZE 4000 FLAGS ())
  S: f5 OK
  C: f6 UID FETCH 6 (UID BODY.PEEK[])
  S: * 9 FETCH (FLAGS (\\Seen))
  S: * 3 FETCH (BODY[] {4}
  S~ )\\r\\n(
  S:  UID 6)
  S: f6 OK
  C: f7 LOGOUT
  S: * BYE
  S: f7 OK
  `,
  { taken: ['7 6 seen ")\\r\\n("'] },
)

expect(
  'without UIDPLUS nothing is expunged while others have marked theirs',
  'imap',
  `${opened('SELECT')}
  S: f5 OK
  C: f6 UID STORE 2,3 +FLAGS.SILENT (\\Deleted)
  S: f6 OK
  C: f7 UID SEARCH DELETED
  S: * SEARCH 1 2 3
  S: f7 OK
  C: f8 LOGOUT
  S: f8 OK
  `,
  {},
  { before: ['7 2', '7 3', '6 9'], login: { keep: false } },
)

expect(
  'with UIDPLUS ours go',
  'imap',
  `${opened('SELECT', 'SASL-IR AUTH=PLAIN UIDPLUS')}
  S: f5 OK
  C: f6 UID STORE 2,3 +FLAGS.SILENT (\\Deleted)
  S: f6 OK
  C: f7 UID EXPUNGE 2,3
  S: f7 OK
  C: f8 LOGOUT
  S: f8 OK
  `,
  { forgotten: ['7 2', '7 3'] },
  { before: ['7 2', '7 3', '6 9'], login: { keep: false } },
)

expect(
  'LOGIN with literals where there is no SASL',
  'imap',
  `
  S: * OK
  C: f1 CAPABILITY
  S: * CAPABILITY IMAP4rev1
  S: f1 OK
  C: f2 LOGIN {3}
  S: + go
  C: ann {7}
  S: + go
  C: se cret
  S: f2 NO [AUTHENTICATIONFAILED] no
  `,
  { failure: 'wrong-password' },
)

test('dots come out the same however they are split', () => {
  const bytes = Buffer.from('..a\r\n...\r\n\r\n.\nb\r.\r\n.\r\n+OK')
  for (let cut = 0; cut <= bytes.length; cut++) {
    const { text, rest } = undot(bytes, [cut])
    deepEqual([text.toString(), rest?.toString()], ['.a\r\n..\r\n\r\n\nb\r.\r\n', '+OK'], `cut at ${cut}`)
  }
})

test('folders in modified UTF-7', () => {
  equal(encodeFolder('INBOX'), 'INBOX')
  equal(encodeFolder('專案 & more'), '&XAhoSA- &- more')
})

test('a seal opens for what it was made for, and for nothing else', () => {
  const secrets = openSecrets(Buffer.alloc(32, 7))
  const what = { accountId: 1, protocol: 'imap', host: 'a.example', port: 993, username: 'ann' }
  const sealed = secrets.seal('密碼', what)
  equal(secrets.open(sealed, what), '密碼')
  for (const other of [
    { accountId: 2 },
    { host: 'b.example' },
    { port: 143 },
    { username: 'bob' },
    { protocol: 'pop3' },
  ]) {
    equal(secrets.open(sealed, { ...what, ...other }), undefined)
  }
  for (let i = 0; i < sealed.length; i++) {
    const bent = Buffer.from(sealed)
    bent[i]! ^= 1
    equal(secrets.open(bent, what), undefined)
    equal(secrets.open(sealed.subarray(0, i), what), undefined)
  }
  equal(openSecrets(Buffer.alloc(32, 8)).open(sealed, what), undefined)
})

test('whatever servers say, a client ends', async () => {
  const { finding } = await fuzz(target, 2, 1)
  if (finding) fail(`${JSON.stringify(finding.input.toString('latin1'))}: ${String(finding.error)}`)
})
