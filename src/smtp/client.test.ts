// The client by transcripts: it says the C lines and hears the S lines.

import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { play, testPeer, type Way } from '../../test/transcript.ts'
import { smtpClient, type ClientOptions } from './client.ts'
import type { Outcome, Outgoing, Report } from './outgoing.ts'

const tls = { protocol: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256' }

function letter(over: Partial<Outgoing> & { text?: string } = {}): Outgoing {
  const bytes = Buffer.from(over.text ?? 'Subject: hello\r\n\r\n.dot\r\n', 'latin1')
  return {
    sender: 'a@uni.example',
    recipients: [{ address: 'b@peer.example' }],
    size: bytes.length,
    body: '7BIT',
    smtputf8: false,
    dsn: {},
    async *content() {
      yield bytes
    },
    ...over,
  }
}

const to = (...names: string[]): { address: string }[] => names.map((name) => ({ address: `${name}@peer.example` }))

interface Case {
  mails?: Outgoing[]
  options?: Partial<ClientOptions>
  secured?: boolean
  /** 'accepted 250 2.0.0 end' for each recipient of each mail. */
  outcomes: string[][]
  ways?: Way[]
  check?: (reports: Report[]) => void
}

const short = ({ result, code, status, stage }: Outcome): string => `${result} ${code} ${status} ${stage}`

function dialog(what: string, text: string, { mails, options, secured, outcomes, ways, check }: Case): void {
  test(what, () =>
    play(
      text,
      () => {
        const left = mails ? [...mails] : [letter()]
        const reports: Report[] = []
        const conversation = smtpClient({
          protocol: 'smtp',
          hostname: 'uni.example',
          tls: 'offered',
          next: async () => left.shift(),
          report: (_, report) => void reports.push(report),
          ...options,
        })
        return {
          conversation,
          after() {
            deepEqual(
              reports.map((report) => report.outcomes.map(short)),
              outcomes,
            )
            check?.(reports)
          },
        }
      },
      { as: 'client', ways, peer: testPeer(secured ? { tls } : {}) },
    ),
  )
}

const greeted = (...offers: string[]): string => `
  S: 220 mx.peer.example ESMTP
  C: EHLO uni.example
  ${['mx.peer.example', ...offers].map((line, i) => `S: 250${i < offers.length ? '-' : ' '}${line}`).join('\n')}
`
const goodbye = `
  C: QUIT
  S: 221 2.0.0 Bye
  -- close
`
const delivered = 'accepted 250 2.0.0 end'

dialog(
  'a mail to a peer that offers nothing goes step by step',
  `${greeted()}
  C: MAIL FROM:<a@uni.example>
  S: 250 ok
  C: RCPT TO:<b@peer.example>
  S: 250 ok
  C: DATA
  S: 354 go
  C: Subject: hello
  C:
  C: ..dot
  C: .
  S: 250 2.0.0 queued
  ${goodbye}`,
  { outcomes: [[delivered]] },
)

dialog(
  'a mail to a peer that pipelines goes in two steps',
  `${greeted('PIPELINING', 'SIZE 1000', '8BITMIME')}
  C: MAIL FROM:<a@uni.example> SIZE=24 BODY=8BITMIME
  C: RCPT TO:<b@peer.example>
  C: RCPT TO:<c@peer.example>
  C: RCPT TO:<d@peer.example>
  C: DATA
  S: 250 2.1.0 ok
  S: 250 2.1.5 ok
  S: 550 5.1.1 nobody
  S: 451 later
  S: 354 go
  C: Subject: hello
  C:
  C: ..dot
  C: .
  S: 250-2.0.0 queued
  S: 250 2.0.0 as 17
  ${goodbye}`,
  {
    mails: [letter({ recipients: to('b', 'c', 'd'), body: '8BITMIME' })],
    outcomes: [[delivered, 'refused 550 5.1.1 rcpt', 'later 451 4.0.0 rcpt']],
    check: ([report]) => equal(report?.outcomes[0]?.text, 'queued as 17'),
  },
)

dialog(
  'a mail in one chunk',
  `${greeted('PIPELINING', 'CHUNKING')}
  C: MAIL FROM:<a@uni.example>
  C: RCPT TO:<b@peer.example>
  S: 250 ok
  S: 250 ok
  C: BDAT 24 LAST
  C: Subject: hello
  C:
  C: .dot
  S: 250 2.0.0 queued
  ${goodbye}`,
  { outcomes: [[delivered]] },
)

dialog(
  'HELO for a peer that knows no EHLO',
  `
  S: 220-welcome
  S: 220 to the past
  C: EHLO uni.example
  S: 502 what?
  C: HELO uni.example
  S: 250 hello
  C: MAIL FROM:<>
  S: 250 ok
  C: RCPT TO:<b@peer.example>
  S: 250 ok
  C: DATA
  S: 354 go
  C: x
  C: .
  S: 250 queued
  ${goodbye}`,
  { mails: [letter({ sender: '', text: 'x' })], outcomes: [['accepted 250 2.0.0 end']] },
)

// -- nothing can be sent

const turnedAway: [string, string, string][] = [
  ['a greeting that refuses', 'S: 554 5.7.1 not you\n-- close', 'later 554 5.7.1 greeting'],
  ['a greeting that says later', 'S: 421 4.3.2 busy\n-- close', 'later 421 4.3.2 greeting'],
  ['no greeting', '-- silence\n-- close', 'later 0 4.4.2 greeting'],
  ['a peer that goes away', '-- gone', 'later 0 4.4.2 greeting'],
  ['a peer that speaks POP3', 'S: +OK ready\n-- close', 'later 0 4.5.0 greeting'],
  ['a peer that speaks HTTP', 'S: HTTP/1.1 400 Bad Request\n-- close', 'later 0 4.5.0 greeting'],
  ['EHLO refused for now', 'S: 220 x\nC: EHLO uni.example\nS: 451 4.7.1 later\n-- close', 'later 451 4.7.1 hello'],
  [
    'EHLO and HELO refused',
    'S: 220 x\nC: EHLO uni.example\nS: 550 no\nC: HELO uni.example\nS: 550 no\n-- close',
    'later 550 5.0.0 hello',
  ],
  [
    'codes that change in a reply',
    'S: 220 x\nC: EHLO uni.example\nS: 250-x\nS: 251 x\n-- close',
    'later 0 4.5.0 hello',
  ],
  ['a reply without end', `S: 220 x\nC: EHLO uni.example\n${'S: 250-x\n'.repeat(201)}-- close`, 'later 0 4.5.0 hello'],
  ['a line without end', `S: 220 ${'x'.repeat(5000)}\n-- close`, 'later 0 4.5.0 greeting'],
]
for (const [what, text, outcome] of turnedAway) dialog(what, text, { outcomes: [[outcome]] })

dialog(
  'a MAIL that is refused is refused to all',
  `${greeted('PIPELINING')}
  C: MAIL FROM:<a@uni.example>
  C: RCPT TO:<b@peer.example>
  C: RCPT TO:<c@peer.example>
  C: DATA
  S: 550 5.7.1 not you
  S: 503 no
  S: 503 no
  S: 503 no
  C: MAIL FROM:<a@uni.example>
  C: RCPT TO:<d@peer.example>
  C: DATA
  S: 250 ok
  S: 250 ok
  S: 354 go
  C: x
  C: .
  S: 250 2.0.0 ok
  ${goodbye}`,
  {
    mails: [letter({ recipients: to('b', 'c') }), letter({ recipients: to('d'), text: 'x\r\n' })],
    outcomes: [['refused 550 5.7.1 mail', 'refused 550 5.7.1 mail'], [delivered]],
    check: (reports) =>
      deepEqual(
        reports.map(({ mailsBefore }) => mailsBefore),
        [0, 1],
      ),
  },
)

dialog(
  'no recipient is left: RSET before the next mail, and an empty mail where a 354 came',
  `${greeted('PIPELINING')}
  C: MAIL FROM:<a@uni.example>
  C: RCPT TO:<b@peer.example>
  C: DATA
  S: 250 ok
  S: 550 5.1.1 nobody
  S: 354 go
  C: .
  S: 554 5.5.1 nobody
  C: RSET
  C: MAIL FROM:<a@uni.example>
  C: RCPT TO:<c@peer.example>
  C: DATA
  S: 250 ok
  S: 250 ok
  S: 550 5.1.1 nobody
  S: 503 5.5.1 no recipients
  C: RSET
  C: MAIL FROM:<a@uni.example>
  C: RCPT TO:<d@peer.example>
  C: DATA
  S: 250 ok
  S: 250 ok
  S: 250 ok
  S: 452 4.3.1 full
  ${goodbye}`,
  {
    mails: ['b', 'c', 'd'].map((name) => letter({ recipients: to(name) })),
    outcomes: [['refused 550 5.1.1 rcpt'], ['refused 550 5.1.1 rcpt'], ['later 452 4.3.1 data']],
  },
)

dialog(
  'a peer that says 421 in the middle',
  `${greeted('PIPELINING')}
  C: MAIL FROM:<a@uni.example>
  C: RCPT TO:<b@peer.example>
  C: RCPT TO:<c@peer.example>
  C: DATA
  S: 250 ok
  S: 550 5.1.1 nobody
  S: 421 4.3.2 stopping
  -- close
  `,
  {
    mails: [letter({ recipients: to('b', 'c') }), letter()],
    outcomes: [['refused 550 5.1.1 rcpt', 'later 421 4.3.2 rcpt']],
  },
)

dialog(
  'what is not answered after the end is not known: later',
  `${greeted()}
  C: MAIL FROM:<a@uni.example>
  S: 250 ok
  C: RCPT TO:<b@peer.example>
  S: 250 ok
  C: DATA
  S: 354 go
  C: x
  C: .
  -- silence
  -- close
  `,
  { mails: [letter({ text: 'x\r\n' })], outcomes: [['later 0 4.4.2 end']] },
)

dialog(
  'the end is refused',
  `${greeted('CHUNKING')}
  C: MAIL FROM:<a@uni.example>
  S: 250 ok
  C: RCPT TO:<b@peer.example>
  S: 250 ok
  C: BDAT 3 LAST
  C: x
  S: 554 5.7.1 spam
  C: RSET
  S: 250 ok
  C: MAIL FROM:<a@uni.example>
  S: 250 ok
  C: RCPT TO:<b@peer.example>
  S: 550 no
  ${goodbye}`,
  {
    mails: [letter({ text: 'x\r\n' }), letter()],
    outcomes: [['refused 554 5.7.1 end'], ['refused 550 5.0.0 rcpt']],
  },
)

// -- extensions

dialog(
  'a mail over the size of the peer is not sent',
  `${greeted('SIZE 23')}
  ${goodbye}`,
  { outcomes: [['refused 0 5.3.4 mail']] },
)

dialog(
  'SMTPUTF8 where it is offered',
  `${greeted('SMTPUTF8', '8BITMIME')}
  C: MAIL FROM:<a@uni.example> SMTPUTF8
  S: 250 ok
  C: RCPT TO:<測@peer.example>
  S: 550 5.1.1 no
  ${goodbye}`,
  { mails: [letter({ recipients: to('測') })], outcomes: [['refused 550 5.1.1 rcpt']] },
)

dialog(
  'only who needs SMTPUTF8 fails where it is not offered',
  `${greeted()}
  C: MAIL FROM:<a@uni.example>
  S: 250 ok
  C: RCPT TO:<b@peer.example>
  S: 250 ok
  C: DATA
  S: 354 go
  C: x
  C: .
  S: 250 2.0.0 ok
  ${goodbye}`,
  {
    mails: [
      letter({ recipients: to('測', 'b'), text: 'x\r\n' }),
      letter({ smtputf8: true }),
      letter({ sender: '測@uni.example' }),
    ],
    outcomes: [['refused 0 5.6.7 mail', delivered], ['refused 0 5.6.7 mail'], ['refused 0 5.6.7 mail']],
  },
)

const asciiForm = {
  size: 3,
  body: '7BIT' as const,
  smtputf8: false,
  async *content() {
    yield Buffer.from('x\r\n')
  },
}

dialog(
  'a mail that knows how is recoded for a peer that offers less',
  `${greeted('SIZE 1000')}
  C: MAIL FROM:<a@uni.example> SIZE=3
  S: 250 ok
  C: RCPT TO:<b@peer.example>
  S: 250 ok
  C: DATA
  S: 354 go
  C: x
  C: .
  S: 250 2.0.0 ok
  ${goodbye}`,
  {
    mails: [
      letter({ smtputf8: true, body: '8BITMIME', fitted: async () => asciiForm }),
      letter({ smtputf8: true, fitted: async () => undefined }),
    ],
    outcomes: [[delivered], ['refused 0 5.6.7 mail']],
  },
)

dialog(
  'a mail that cannot be read for that is tried again later',
  `${greeted()}
  -- close`,
  {
    mails: [letter({ fitted: () => Promise.reject(new Error('the disk')) })],
    outcomes: [['later 0 4.4.2 data']],
  },
)

dialog(
  'DSN is passed on where it is offered',
  `${greeted('DSN')}
  C: MAIL FROM:<a@uni.example> RET=HDRS ENVID=x+2By
  S: 250 ok
  C: RCPT TO:<b@peer.example> NOTIFY=NEVER ORCPT=rfc822;b+2Bx@uni.example
  S: 550 no
  C: RCPT TO:<c@peer.example> NOTIFY=SUCCESS,DELAY ORCPT=utf-8;\\x{6E2C}@uni.example
  S: 550 no
  ${goodbye}`,
  {
    mails: [
      letter({
        dsn: { ret: 'HDRS', envid: 'x+y' },
        recipients: [
          { address: 'b@peer.example', notify: 'never', originalRecipient: 'rfc822;b+x@uni.example' },
          {
            address: 'c@peer.example',
            notify: { success: true, failure: false, delay: true },
            originalRecipient: 'utf-8;測@uni.example',
          },
        ],
      }),
    ],
    outcomes: [['refused 550 5.0.0 rcpt', 'refused 550 5.0.0 rcpt']],
    check: ([report]) => equal(report?.dsnPassedOn, true),
  },
)

dialog(
  'the LIMITS of the peer are kept',
  `${greeted('PIPELINING', 'LIMITS RCPTMAX=2 MAILMAX=1')}
  C: MAIL FROM:<a@uni.example>
  C: RCPT TO:<b@peer.example>
  C: RCPT TO:<c@peer.example>
  C: DATA
  S: 250 ok
  S: 250 ok
  S: 250 ok
  S: 354 go
  C: x
  C: .
  S: 250 2.0.0 ok
  C: MAIL FROM:<a@uni.example>
  C: RCPT TO:<d@peer.example>
  C: DATA
  S: 250 ok
  S: 250 ok
  S: 354 go
  C: x
  C: .
  S: 250 2.0.0 ok
  ${goodbye}`,
  {
    mails: [letter({ recipients: to('b', 'c', 'd'), text: 'x\r\n' }), letter()],
    outcomes: [[delivered, delivered, delivered]],
  },
)

dialog(
  'recipients too many for one mail come in the next',
  `${greeted('PIPELINING', 'CHUNKING')}
  C: MAIL FROM:<a@uni.example>
  C: RCPT TO:<b@peer.example>
  C: RCPT TO:<c@peer.example>
  S: 250 ok
  S: 250 ok
  S: 452 4.5.3 too many
  C: BDAT 3 LAST
  C: x
  S: 250 2.0.0 ok
  C: MAIL FROM:<a@uni.example>
  C: RCPT TO:<c@peer.example>
  S: 250 ok
  S: 452 4.5.3 too many
  ${goodbye}`,
  {
    mails: [letter({ recipients: to('b', 'c'), text: 'x\r\n' })],
    outcomes: [[delivered, 'later 452 4.5.3 rcpt']],
  },
)

// -- TLS and AUTH

dialog(
  'TLS when it is offered, and nothing said before it counts',
  `${greeted('STARTTLS', 'PIPELINING')}
  C: STARTTLS
  S: 220 go
  S: 250-injected
  S: 250 CHUNKING
  -- tls
  C: EHLO uni.example
  S: 250 mx.peer.example
  C: MAIL FROM:<a@uni.example>
  S: 550 5.7.1 no
  ${goodbye}`,
  {
    outcomes: [['refused 550 5.7.1 mail']],
    check: ([report]) => equal(report?.tls?.protocol, 'TLSv1.3'),
  },
)

dialog(
  'TLS refused by the peer: in clear, where that is allowed',
  `${greeted('STARTTLS')}
  C: STARTTLS
  S: 454 4.7.0 not now
  C: MAIL FROM:<a@uni.example>
  S: 550 5.7.1 no
  ${goodbye}`,
  { outcomes: [['refused 550 5.7.1 mail']] },
)

dialog(
  'TLS refused by the peer where it is required',
  `${greeted('STARTTLS')}
  C: STARTTLS
  S: 454 4.7.0 not now
  -- close
  `,
  { options: { tls: 'required' }, outcomes: [['later 454 4.7.0 tls']] },
)

dialog('TLS required and not offered', `${greeted()}\n-- close`, {
  options: { tls: 'required' },
  outcomes: [['later 0 4.7.10 tls']],
})

dialog(
  'TLS not wanted',
  `${greeted('STARTTLS')}
  C: MAIL FROM:<a@uni.example>
  S: 550 5.7.1 no
  ${goodbye}`,
  { options: { tls: 'never' }, outcomes: [['refused 550 5.7.1 mail']] },
)

dialog(
  'a handshake that is not good enough',
  `${greeted('STARTTLS')}
  C: STARTTLS
  S: 220 go
  -- tls
  C: EHLO uni.example
  S: 250 mx.peer.example
  -- close
  `,
  { options: { judgeTls: () => 'wrong name' }, outcomes: [['later 0 4.7.10 tls']] },
)

const login = { name: 'house', password: 'secret' }

dialog(
  'PLAIN at a smart host',
  `${greeted('AUTH LOGIN PLAIN')}
  C: AUTH PLAIN AGhvdXNlAHNlY3JldA==
  S: 235 ok
  C: MAIL FROM:<a@uni.example>
  S: 550 5.7.1 no
  ${goodbye}`,
  { options: { login }, secured: true, outcomes: [['refused 550 5.7.1 mail']] },
)

dialog(
  'LOGIN at a smart host',
  `${greeted('AUTH=LOGIN')}
  C: AUTH LOGIN
  S: 334 VXNlcm5hbWU6
  C: aG91c2U=
  S: 334 UGFzc3dvcmQ6
  C: c2VjcmV0
  S: 535 5.7.8 wrong
  -- close
  `,
  { options: { login }, secured: true, outcomes: [['later 535 5.7.8 auth']] },
)

dialog('no password without TLS', `${greeted('AUTH PLAIN')}\n-- close`, {
  options: { login },
  outcomes: [['later 0 4.7.11 auth']],
})

dialog('no way to sign in', `${greeted('AUTH NTLM')}\n-- close`, {
  options: { login },
  secured: true,
  outcomes: [['later 0 4.7.0 auth']],
})

// -- LMTP

dialog(
  'LMTP hears of each recipient',
  `
  S: 220 lmtp
  C: LHLO uni.example
  S: 250-lmtp
  S: 250 PIPELINING
  C: MAIL FROM:<a@uni.example>
  C: RCPT TO:<b@peer.example>
  C: RCPT TO:<c@peer.example>
  C: RCPT TO:<d@peer.example>
  C: DATA
  S: 250 ok
  S: 250 ok
  S: 550 5.1.1 nobody
  S: 250 ok
  S: 354 go
  C: x
  C: .
  S: 250 2.0.0 ok
  S: 452 4.2.2 full
  ${goodbye}`,
  {
    options: { protocol: 'lmtp' },
    mails: [letter({ recipients: to('b', 'c', 'd'), text: 'x\r\n' })],
    outcomes: [[delivered, 'refused 550 5.1.1 rcpt', 'later 452 4.2.2 end']],
  },
)

// -- the mail itself

const smugglers = ['a\n.\r\nMAIL', 'a\r.\r\n', 'a\n', 'a\r', 'a\0\r\n']
for (const text of smugglers) {
  for (const offer of ['PIPELINING', 'CHUNKING']) {
    dialog(
      `${JSON.stringify(text)} is never finished (${offer})`,
      `${greeted(offer)}
      C: MAIL FROM:<a@uni.example>
      ${offer === 'CHUNKING' ? 'S: 250 ok' : ''}
      C: RCPT TO:<b@peer.example>
      ${offer === 'CHUNKING' ? '' : 'C: DATA\nS: 250 ok'}
      S: 250 ok
      ${offer === 'CHUNKING' ? `C: BDAT ${text.length} LAST` : 'S: 354 go'}
      C*
      -- close
      `,
      { mails: [letter({ text })], outcomes: [['refused 0 5.6.0 data']] },
    )
  }
}

dialog(
  'a mail that cannot be read, or is longer than said, is not finished',
  `${greeted('CHUNKING')}
  C: MAIL FROM:<a@uni.example>
  S: 250 ok
  C: RCPT TO:<b@peer.example>
  S: 250 ok
  C: BDAT 3 LAST
  -- close
  `,
  { mails: [letter({ size: 3 })], options: { failed() {} }, outcomes: [['later 0 4.4.2 data']] },
)

dialog(
  'an address that would write a command',
  `${greeted()}
  ${goodbye}`,
  {
    mails: [letter({ recipients: [{ address: 'b@x>\r\nRCPT TO:<c@x' }] }), letter({ sender: 'a\r\n@x' })],
    outcomes: [['refused 0 5.1.3 mail'], ['refused 0 5.1.3 mail']],
  },
)

dialog(
  'a house that stops finishes the mail in hand',
  `${greeted()}
  -- stopping
  C: MAIL FROM:<a@uni.example>
  S: 550 5.7.1 no
  ${goodbye}`,
  { mails: [letter(), letter()], outcomes: [['refused 550 5.7.1 mail']] },
)

test('a connection that is let go of in the middle is reported', async () => {
  const reports: Report[] = []
  let mails = 1
  const talk = smtpClient({
    protocol: 'smtp',
    hostname: 'uni.example',
    tls: 'never',
    next: async () => (mails-- > 0 ? letter() : undefined),
    report: (_, report) => void reports.push(report),
  })({ next: async () => Buffer.from('220 x\r\n'), wake() {}, patience() {} }, testPeer())
  equal((await talk.next()).value, 'EHLO uni.example\r\n')
  await talk.return()
  deepEqual(
    reports.map(({ outcomes }) => outcomes.map(short)),
    [['later 0 4.4.2 hello']],
  )
})

test('no mail, no word', async () => {
  const talk = smtpClient({
    protocol: 'smtp',
    hostname: 'uni.example',
    tls: 'never',
    next: async () => undefined,
    report() {},
  })({ next: async () => undefined, wake() {}, patience() {} }, testPeer())
  equal(typeof (await talk.next()).value, 'symbol')
})
