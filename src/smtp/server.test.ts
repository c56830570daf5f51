// The server by transcripts.

import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { play, testPeer } from '../../test/transcript.ts'
import type { ServerOptions } from './command.ts'
import { smtpServer } from './conversation.ts'
import { playedHouse, type PlayedHouse } from './played.ts'
import { Refusal, reply } from './replies.ts'

const tls = { protocol: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256' }

interface Case {
  options?: Partial<ServerOptions>
  secured?: boolean
  house?: (house: PlayedHouse) => void
  after?: (house: PlayedHouse) => void
}

function dialog(what: string, text: string, { options, secured, house, after }: Case = {}): void {
  test(what, () =>
    play(
      text,
      () => {
        const played = playedHouse()
        house?.(played)
        const conversation = smtpServer(played, {
          role: 'mx',
          hostname: 'mx.uni.example',
          tlsAvailable: true,
          newId: () => 's1',
          failed: (error) => {
            throw error
          },
          ...options,
        })
        return {
          conversation,
          after: () => {
            equal(played.open, 0, 'every sink is finished or abandoned')
            equal(played.closedSessions, 1)
            after?.(played)
          },
        }
      },
      { peer: testPeer(secured ? { tls } : {}) },
    ),
  )
}

dialog(
  'a mail comes in',
  `
  S: 220 mx.uni.example ESMTP Postern
  C: EHLO client.example
  S: 250-mx.uni.example greets client.example
  S: 250-PIPELINING
  S: 250-SIZE 52428800
  S: 250-8BITMIME
  S: 250-SMTPUTF8
  S: 250-CHUNKING
  S: 250-DSN
  S: 250-ENHANCEDSTATUSCODES
  S: 250-LIMITS MAILMAX=10000 RCPTMAX=1000
  S: 250-HELP
  S: 250 STARTTLS
  C: MAIL FROM:<a@client.example> SIZE=100 BODY=8BITMIME
  S: 250 2.1.0 Sender accepted
  C: RCPT TO:<b@uni.example>
  S: 250 2.1.5 Recipient accepted
  C: RCPT TO:<nobody@uni.example>
  S: 550 5.1.1 No such mailbox here
  C: DATA
  S: 354 Go ahead, end with <CRLF>.<CRLF>
  C: Subject: hello
  C:
  C: ..a dot
  C: .
  S: 250 2.0.0 Accepted as m1
  C: QUIT
  S: 221 2.0.0 Goodbye
  -- close
  `,
  {
    after({ mails: [mail] }) {
      equal(mail?.bytes, 'Subject: hello\r\n\r\n.a dot\r\n')
      equal(mail?.envelope.sender, 'a@client.example')
      deepEqual(mail?.envelope.recipients, [{ address: 'b@uni.example' }])
    },
  },
)

const hello = `
  S: 220 mx.uni.example ESMTP Postern
  C: EHLO client.example
  S: 250-mx.uni.example greets client.example
  S*
`
/** A mail up to the DATA that follows, each with its answer. */
const openMail = `${hello}
  C: MAIL FROM:<a@client.example>
  S: 250 2.1.0 Sender accepted
  C: RCPT TO:<b@uni.example>
  S: 250 2.1.5 Recipient accepted
`
const goodbye = `
  C: QUIT
  S: 221 2.0.0 Goodbye
  -- close
`

// -- commands

dialog(
  'HELO knows no extensions, and gets none',
  `
  S: 220...
  C: HELO client.example
  S: 250 mx.uni.example
  C: MAIL FROM:<a@client.example> SIZE=10
  S: 555 5.5.4 Parameter SIZE is not known here
  C: MAIL FROM:<a@client.example>
  S: 250 2.1.0 Sender accepted
  C: RCPT TO:<b@uni.example> NOTIFY=NEVER
  S: 555 5.5.4 Parameter NOTIFY is not known here
  ${goodbye}`,
  { after: ({ sessions }) => equal(sessions[0]?.protocol, 'SMTP') },
)

dialog(
  'commands out of order are refused, one by one',
  `
  S: 220...
  C: MAIL FROM:<a@client.example>
  S: 503 5.5.1 Say EHLO first
  C: DATA
  S: 503 5.5.1 Say EHLO first
  C: NOOP whatever
  S: 250 2.0.0 Done nothing
  C: RSET
  S: 250 2.0.0 Flushed
  C: MAIL FROM:<a@client.example>
  S: 503 5.5.1 Say EHLO first
  C: EHLO client.example
  S: 250-...
  S*
  C: RCPT TO:<b@uni.example>
  S: 503 5.5.1 Say MAIL first
  C: DATA
  S: 503 5.5.1 Say MAIL first
  C: MAIL FROM:<a@client.example>
  S: 250 2.1.0 Sender accepted
  C: MAIL FROM:<a@client.example>
  S: 503 5.5.1 A mail is open; RSET ends it
  C: DATA
  S: 503 5.5.1 No valid recipients
  C: RCPT TO:<b@uni.example>
  S: 250 2.1.5 Recipient accepted
  C: RSET
  S: 250 2.0.0 Flushed
  C: RCPT TO:<b@uni.example>
  S: 503 5.5.1 Say MAIL first
  C: LHLO client.example
  S: 500 5.5.1 Command is not known
  ${goodbye}`,
)

dialog(
  'EHLO in the middle forgets the mail',
  `${openMail}
  C: EHLO again.example
  S: 250-mx.uni.example greets again.example
  S*
  C: DATA
  S: 503 5.5.1 Say MAIL first
  ${goodbye}`,
)

dialog(
  'what is known, what is not, and what is never said',
  `${hello}
  C: VRFY postmaster
  S: 252 2.0.0 Cannot say, but send the mail and see
  C: VRFY
  S: 501 5.5.4 Syntax: VRFY name
  C: EXPN staff
  S: 502 5.5.1 EXPN is not done here
  C: HELP
  S: 214 2.0.0 See RFC 5321
  C: ETRN uni.example
  S: 502 5.5.1 Command is not implemented
  C: TURN
  S: 502 5.5.1 Command is not implemented
  C: noop
  S: 250 2.0.0 Done nothing
  C: RSET now
  S: 501 5.5.4 This command has no argument
  C: XYZZY
  S: 500 5.5.1 Command is not known
  C:
  S: 500 5.5.1 Command is not known
  C: quit
  S: 221 2.0.0 Goodbye
  -- close
  `,
)

dialog(
  'a client may have an odd name, not none',
  `
  S: 220...
  C: EHLO
  S: 501 5.5.4 Say your name
  C: EHLO two words
  S: 501 5.5.4 Not a name
  C: EHLO [192.0.2.1]
  S: 250-mx.uni.example greets [192.0.2.1]
  S*
  C: EHLO my_laptop
  S: 250-mx.uni.example greets my_laptop
  S*
  C: HELO [IPv6:2001:db8::1]
  S: 250 mx.uni.example
  ${goodbye}`,
)

// -- addresses

const senders: [string, string][] = [
  ['<>', '250 2.1.0 Sender accepted'],
  [' <a@client.example>', '250 2.1.0 Sender accepted'],
  ['<a@client.example.>', '250 2.1.0 Sender accepted'],
  ['<"a b"@client.example>', '250 2.1.0 Sender accepted'],
  ['<"a\\"b@c"@client.example>', '250 2.1.0 Sender accepted'],
  ['<a@[192.0.2.1]>', '250 2.1.0 Sender accepted'],
  ['<a@[IPv6:2001:db8::1]>', '250 2.1.0 Sender accepted'],
  ['<@relay.example,@other.example:a@client.example>', '250 2.1.0 Sender accepted'],
  ['<a+b=c@sub_domain.example>', '250 2.1.0 Sender accepted'],
  ['<a@xn--g6w251d.example>', '250 2.1.0 Sender accepted'],
  ['<postmaster>', '501 5.1.7 An address has a domain'],
  ['a@client.example', '501 5.1.7 An address stands between < and >'],
  ['<a@client.example', '501 5.1.7 Not an address'],
  ['<a@client.example>>', '501 5.5.4 A parameter follows a space'],
  ['<a b@client.example>', '501 5.1.7 An address has a domain'],
  ['<a@b@client.example>', '501 5.1.7 Not an address'],
  ['<@client.example>', '501 5.1.7 Not an address'],
  ['<a@>', '501 5.1.7 Not a domain name'],
  ['<a@-client.example>', '501 5.1.7 Not a domain name'],
  ['<a@client..example>', '501 5.1.7 Not a domain name'],
  ['<a@[300.0.2.1]>', '501 5.1.7 Not a domain name'],
  ['<a@[IPv6:2001::db8::1]>', '501 5.1.7 Not a domain name'],
  ['<"a@client.example>', '501 5.1.7 Not an address'],
  [`<${'a'.repeat(300)}@client.example>`, '501 5.1.7 Address is too long'],
  ['<測試@client.example>', '553 5.6.7 This address needs SMTPUTF8'],
  ['<a@測試.example>', '553 5.6.7 This address needs SMTPUTF8'],
  ['<測試@測試.example> SMTPUTF8', '250 2.1.0 Sender accepted'],
  ['<a@client.example> SMTPUTF8=yes', '501 5.5.4 SMTPUTF8 has no value'],
]
dialog(
  'sender addresses',
  `${hello}${senders.map(([path, answer]) => `\nC: MAIL FROM:${path}\nS: ${answer}\nC: RSET\nS: 250 2.0.0 Flushed`).join('')}`,
)

const recipients: [string, string][] = [
  ['<b@uni.example>', '250 2.1.5 Recipient accepted'],
  ['<postmaster>', '250 2.1.5 Recipient accepted'],
  ['<Postmaster>', '250 2.1.5 Recipient accepted'],
  ['<"b"@uni.example>', '250 2.1.5 Recipient accepted'],
  ['<@relay.example:b@uni.example>', '250 2.1.5 Recipient accepted'],
  ['<>', '501 5.1.3 Not an address'],
  ['<b>', '501 5.1.3 An address has a domain'],
  ['<測試@uni.example>', '553 5.6.7 This address needs SMTPUTF8'],
  ['<full@uni.example>', '452 4.2.2 Mailbox is full'],
  ['<b@uni.example> SIZE=1', '555 5.5.4 Parameter SIZE is not known here'],
]
dialog(
  'recipient addresses',
  `${hello}
  C: MAIL FROM:<a@client.example>
  S: 250 2.1.0 Sender accepted
  ${recipients.map(([path, answer]) => `\nC: RCPT TO:${path}\nS: ${answer}`).join('')}
  C: DATA
  S: 354...
  C: .
  S: 250 2.0.0 Accepted as m1
  ${goodbye}`,
  {
    after({ mails: [mail] }) {
      const admitted = ['b@uni.example', 'postmaster', 'Postmaster', '"b"@uni.example', 'b@uni.example']
      deepEqual(
        mail?.envelope.recipients.map(({ address }) => address),
        admitted,
      )
    },
  },
)

// -- parameters

const mailParameters: [string, string][] = [
  ['SIZE=52428800', '250 2.1.0 Sender accepted'],
  ['SIZE=52428801', '552 5.3.4 Mail is too large: at most 52428800 bytes, attachments counted as encoded'],
  ['SIZE=99999999999999999999', '552 5.3.4 Mail is too large: at most 52428800 bytes, attachments counted as encoded'],
  ['SIZE=1k', '501 5.5.4 SIZE is a number'],
  ['SIZE', '501 5.5.4 SIZE is a number'],
  ['SIZE=1 SIZE=1', '501 5.5.4 SIZE is given twice'],
  ['BODY=8bitmime', '250 2.1.0 Sender accepted'],
  ['BODY=7BIT', '250 2.1.0 Sender accepted'],
  ['BODY=BINARYMIME', '501 5.5.4 BODY is 7BIT or 8BITMIME'],
  ['RET=HDRS ENVID=QQ314159', '250 2.1.0 Sender accepted'],
  ['RET=ALL', '501 5.5.4 RET is FULL or HDRS'],
  ['ENVID=a+2Bb+3D', '250 2.1.0 Sender accepted'],
  ['ENVID=a+2b', '501 5.5.4 ENVID is not xtext'],
  ['ENVID=a+0D+0A', '501 5.5.4 ENVID holds control characters'],
  ['ENVID=', '501 5.5.4 A parameter follows a space'],
  [`ENVID=${'a'.repeat(101)}`, '501 5.5.4 ENVID has 1 to 100 characters'],
  ['AUTH=<>', '250 2.1.0 Sender accepted'],
  ['AUTH=', '501 5.5.4 A parameter follows a space'],
  ['REQUIRETLS', '555 5.5.4 Parameter REQUIRETLS is not known here'],
  ['MT-PRIORITY=3', '555 5.5.4 Parameter MT-PRIORITY is not known here'],
]
dialog(
  'parameters of MAIL',
  `${hello}${mailParameters.map(([parameter, answer]) => `\nC: MAIL FROM:<a@client.example> ${parameter}\nS: ${answer}\nC: RSET\nS: 250 2.0.0 Flushed`).join('')}`,
)

const recipientParameters: [string, string][] = [
  ['NOTIFY=NEVER', '250 2.1.5 Recipient accepted'],
  ['NOTIFY=success,FAILURE,Delay', '250 2.1.5 Recipient accepted'],
  ['NOTIFY=NEVER,SUCCESS', '501 5.5.4 NOTIFY is NEVER or a list of SUCCESS, FAILURE, DELAY'],
  ['NOTIFY=SUCCESS,SUCCESS', '501 5.5.4 NOTIFY is NEVER or a list of SUCCESS, FAILURE, DELAY'],
  ['NOTIFY=', '501 5.5.4 A parameter follows a space'],
  ['ORCPT=rfc822;Bob+2Bx@uni.example', '250 2.1.5 Recipient accepted'],
  ['ORCPT=utf-8;\\x{6E2C}@uni.example', '250 2.1.5 Recipient accepted'],
  ['ORCPT=rfc822', '501 5.5.4 ORCPT is type;address in xtext'],
  ['ORCPT=rfc822;a+zz', '501 5.5.4 ORCPT is not xtext'],
  ['ORCPT=rfc822;a+0Ab', '501 5.5.4 ORCPT holds control characters'],
]
dialog(
  'parameters of RCPT',
  `${hello}
  C: MAIL FROM:<a@client.example> RET=FULL ENVID=x+2By
  S: 250 2.1.0 Sender accepted
  ${recipientParameters.map(([parameter, answer]) => `\nC: RCPT TO:<b@uni.example> ${parameter}\nS: ${answer}`).join('')}
  C: DATA
  S: 354...
  C: .
  S: 250 2.0.0 Accepted as m1
  ${goodbye}`,
  {
    after({ mails: [mail] }) {
      deepEqual(mail?.envelope.dsn, { ret: 'FULL', envid: 'x+y' })
      deepEqual(mail?.envelope.recipients, [
        { address: 'b@uni.example', notify: 'never', originalRecipient: undefined },
        {
          address: 'b@uni.example',
          notify: { success: true, failure: true, delay: true },
          originalRecipient: undefined,
        },
        { address: 'b@uni.example', notify: undefined, originalRecipient: 'rfc822;Bob+x@uni.example' },
        { address: 'b@uni.example', notify: undefined, originalRecipient: 'utf-8;測@uni.example' },
      ])
    },
  },
)

dialog(
  'SMTPUTF8 is a property of the mail',
  `${hello}
  C: MAIL FROM:<測@client.example> SMTPUTF8 BODY=8BITMIME
  S: 250 2.1.0 Sender accepted
  C: RCPT TO:<試@uni.example>
  S: 250 2.1.5 Recipient accepted
  C: DATA
  S: 354...
  C: Subject: 信
  C: .
  S: 250 2.0.0 Accepted as m1
  ${goodbye}`,
  {
    after({ mails: [mail], sessions: [session] }) {
      equal(mail?.envelope.smtputf8, true)
      equal(session?.protocol, 'UTF8SMTP')
      equal(Buffer.from(mail?.bytes ?? '', 'latin1').toString(), 'Subject: 信\r\n')
    },
  },
)

dialog(
  'a line that is not UTF-8 is one bad line',
  `${hello}
  C~ MAIL FROM:<\\xff@client.example> SMTPUTF8\\r\\n
  S: 500 5.5.2 This is not UTF-8
  ${goodbye}`,
)

// -- lines

dialog(
  'a line with a bare CR, a bare LF or a NUL is one bad line up to its CRLF',
  `${hello}
  C~ NOOP\\nMAIL FROM:<a@client.example>\\r\\n
  S: 500 5.5.2 A line ends in CRLF; a bare CR, LF or NUL is not allowed
  C~ NOOP\\rMAIL FROM:<a@client.example>\\r\\n
  S: 500 5.5.2 A line ends in CRLF; a bare CR, LF or NUL is not allowed
  C~ NOOP\\r\\r\\n
  S: 500 5.5.2 A line ends in CRLF; a bare CR, LF or NUL is not allowed
  C~ \\nNOOP\\r\\n
  S: 500 5.5.2 A line ends in CRLF; a bare CR, LF or NUL is not allowed
  C~ NOOP\\0\\r\\n
  S: 500 5.5.2 A line ends in CRLF; a bare CR, LF or NUL is not allowed
  C: RCPT TO:<b@uni.example>
  S: 503 5.5.1 Say MAIL first
  ${goodbye}`,
)

dialog(
  'a line over the limit is answered once, and costs nothing more',
  `${hello}
  C: NOOP ${'x'.repeat(2041)}
  S: 250 2.0.0 Done nothing
  C: NOOP ${'x'.repeat(2042)}
  S: 500 5.5.2 Line is too long
  C: NOOP ${'x'.repeat(20_000)}
  S: 500 5.5.2 Line is too long
  C: AUTH ${'x'.repeat(3000)}
  S: 501 5.5.4 Syntax: AUTH mechanism [initial response]
  ${goodbye}`,
)

// -- the bytes of a mail

const bareFault = '554 5.6.0 Mail holds a bare CR or LF; lines end in CRLF (RFC 5321 section 2.3.8)'
const nulFault = '554 5.6.0 Mail holds a NUL (RFC 5322 section 3.5)'

// What follows the false end must never be obeyed; the mail goes on to its real end.
const smuggling: [string, string, string, string][] = [
  ['LF.LF', 'a\\n.\\n', bareFault, 'a\r\n.\r\n'],
  ['LF.CRLF', 'a\\n.\\r\\n', bareFault, 'a\r\n.\r\n'],
  ['CRLF.LF', 'a\\r\\n.\\n', bareFault, 'a\r\n\r\n'],
  ['CR.CR', 'a\\r.\\r', bareFault, 'a.'],
  ['CR.CRLF', 'a\\r.\\r\\n', bareFault, 'a.\r\n'],
  ['CRLF.CR', 'a\\r\\n.\\r', bareFault, 'a\r\n'],
  ['CRCRLF.CRCRLF', 'a\\r\\r\\n.\\r\\r\\n', bareFault, 'a\r\n\r\n'],
  ['LFCR.LFCR', 'a\\n\\r.\\n\\r', bareFault, 'a\r\n.\r\n'],
  ['CRLF.NUL CRLF', 'a\\r\\n.\\0\\r\\n', nulFault, ''],
  ['CRLF NUL.CRLF', 'a\\r\\n\\0.\\r\\n', nulFault, ''],
  ['CR NUL LF.CRLF', 'a\\r\\0\\n.\\r\\n', nulFault, ''],
  ['CRLF space.CRLF', 'a\\r\\n .\\r\\n', '', 'a\r\n .\r\n'],
  ['CRLF.space CRLF', 'a\\r\\n. \\r\\n', '', 'a\r\n \r\n'],
  ['CRLF..CRLF', 'a\\r\\n..\\r\\n', '', 'a\r\n.\r\n'],
]
for (const [what, bytes, fault, repaired] of smuggling) {
  const smuggled = `${bytes}MAIL FROM:<evil@client.example>\\r\\nRCPT TO:<b@uni.example>\\r\\nDATA\\r\\n.\\r\\n`
  const kept = `${repaired}MAIL FROM:<evil@client.example>\r\nRCPT TO:<b@uni.example>\r\nDATA\r\n`
  dialog(
    `smuggling by ${what} is refused`,
    `${openMail}
    C: DATA
    S: 354...
    C~ ${smuggled}
    S: ${fault || '250 2.0.0 Accepted as m1'}
    C: NOOP
    S: 250 2.0.0 Done nothing
    ${goodbye}`,
    {
      after: ({ mails }) =>
        deepEqual(
          mails.map((mail) => mail.bytes),
          fault ? [] : [kept],
        ),
    },
  )
  dialog(
    `smuggling by ${what} is repaired`,
    `${openMail}
    C: DATA
    S: 354...
    C~ ${smuggled}
    S: ${fault === nulFault ? nulFault : '250 2.0.0 Accepted as m1'}
    C: NOOP
    S: 250 2.0.0 Done nothing
    ${goodbye}`,
    {
      options: { bareLines: 'repair' },
      after: ({ mails }) =>
        deepEqual(
          mails.map((mail) => mail.bytes),
          fault === nulFault ? [] : [kept],
        ),
    },
  )
}

dialog(
  'long lines and all byte values but NUL are taken as they are',
  `${openMail}
  C: DATA
  S: 354...
  C: ${'x'.repeat(3000)}
  C~ \\x01\\x7f\\x80\\xff\\r\\n
  C: .
  S: 250 2.0.0 Accepted as m1
  ${goodbye}`,
  { after: ({ mails: [mail] }) => equal(mail?.bytes, `${'x'.repeat(3000)}\r\n\x01\x7f\x80\xff\r\n`) },
)

dialog(
  'a mail that grows over the limit is swallowed to its end',
  `${openMail}
  C: DATA
  S: 354...
  C: ${'x'.repeat(60)}
  C: ${'x'.repeat(60)}
  C: .
  S: 552 5.3.4 Mail is too large...
  C: MAIL FROM:<a@client.example>
  S: 250 2.1.0 Sender accepted
  C: RCPT TO:<b@uni.example>
  S: 250 2.1.5 Recipient accepted
  C: DATA
  S: 354...
  C: ${'x'.repeat(98)}
  C: .
  S: 250 2.0.0 Accepted as m1
  ${goodbye}`,
  { options: { limits: { size: 100 } }, after: ({ mails }) => equal(mails.length, 1) },
)

dialog(
  'a refused mail without end is left',
  `${openMail}
  C: DATA
  S: 354...
  C: ${'x'.repeat(60)}
  C: ${'x'.repeat(60)}
  S: 421 4.7.0 The refused mail does not end
  -- close
  `,
  { options: { limits: { size: 10, swallowed: 80 } } },
)

const sinks: [string, string, string][] = [
  ['the house refuses the mail', 'spam', '550 5.7.1 Looks like spam'],
  ['the sink cannot take more', 'disk-full', '452 4.3.1 No space left'],
  ['the sink is slow', 'slow', '250 2.0.0 Accepted as m1'],
]
for (const [what, sender, answer] of sinks) {
  dialog(
    what,
    `${hello}
    C: MAIL FROM:<${sender}@client.example>
    S: 250 2.1.0 Sender accepted
    C: RCPT TO:<b@uni.example>
    S: 250 2.1.5 Recipient accepted
    C: DATA
    S: 354...
    C: one
    C: two
    C: .
    S: ${answer}
    C: MAIL FROM:<a@client.example>
    S: 250 2.1.0 Sender accepted
    ${goodbye}`,
  )
}

dialog(
  'the house says no before the mail',
  `${hello}
  C: MAIL FROM:<no-data@client.example>
  S: 250 2.1.0 Sender accepted
  C: RCPT TO:<b@uni.example>
  S: 250 2.1.5 Recipient accepted
  C: DATA
  S: 452 4.3.1 No space left
  C: RSET
  S: 250 2.0.0 Flushed
  ${goodbye}`,
)

const mistakes: unknown[] = []
dialog(
  'our mistakes are answered "try later", and told',
  `${hello}
  C: MAIL FROM:<crash@client.example>
  S: 250 2.1.0 Sender accepted
  C: RCPT TO:<broken@uni.example>
  S: 451 4.3.0 Something is wrong here, try later
  C: RCPT TO:<b@uni.example>
  S: 250 2.1.5 Recipient accepted
  C: DATA
  S: 354...
  C: .
  S: 451 4.3.0 Something is wrong here, try later
  ${goodbye}`,
  {
    options: { failed: (error) => mistakes.push(error) },
    after: () => equal(mistakes.splice(0).length, 2),
  },
)

dialog(
  'a client that goes away leaves nothing open',
  `${openMail}
  C: DATA
  S: 354...
  C: half a mail
  -- gone
  `,
  { after: ({ mails }) => equal(mails.length, 0) },
)

// -- BDAT

dialog(
  'a mail in chunks',
  `${openMail}
  C: BDAT 10
  C~ ..dots\\r\\n12
  S: 250 2.0.0 10 bytes received
  C: BDAT 0
  S: 250 2.0.0 0 bytes received
  C: DATA
  S: 503 5.5.1 A mail is open; RSET ends it
  C: RCPT TO:<c@uni.example>
  S: 503 5.5.1 A mail is open; RSET ends it
  C: bdat 7 last
  C~ 34\\r\\n.\\r\\n
  S: 250 2.0.0 Accepted as m1
  ${goodbye}`,
  { after: ({ mails: [mail] }) => equal(mail?.bytes, '..dots\r\n1234\r\n.\r\n') },
)

dialog(
  'an empty last chunk ends a mail',
  `${openMail}
  C: BDAT 5
  C~ abc\\r\\n
  S: 250 2.0.0 5 bytes received
  C: BDAT 0 LAST
  S: 250 2.0.0 Accepted as m1
  ${goodbye}`,
  { after: ({ mails: [mail] }) => equal(mail?.bytes, 'abc\r\n') },
)

dialog(
  'chunks of a refused mail are swallowed, not obeyed',
  `${hello}
  C: BDAT 6
  C~ NOOP\\r\\n
  S: 503 5.5.1 Say MAIL and RCPT first
  C: MAIL FROM:<a@client.example>
  S: 250 2.1.0 Sender accepted
  C: RCPT TO:<nobody@uni.example>
  S: 550 5.1.1 No such mailbox here
  C: BDAT 6 LAST
  C~ NOOP\\r\\n
  S: 503 5.5.1 No valid recipients
  C: MAIL FROM:<no-data@client.example>
  S: 250 2.1.0 Sender accepted
  C: RCPT TO:<b@uni.example>
  S: 250 2.1.5 Recipient accepted
  C: BDAT 6
  C~ NOOP\\r\\n
  S: 452 4.3.1 No space left
  C: BDAT 6 LAST
  C~ NOOP\\r\\n
  S: 503 5.5.1 Say MAIL and RCPT first
  ${goodbye}`,
)

dialog(
  'a bare LF, half a CRLF and a NUL in chunks are found',
  `${openMail}
  C: BDAT 4 LAST
  C~ a\\nb\\r
  S: ${bareFault}
  C: MAIL FROM:<a@client.example>
  S: 250 2.1.0 Sender accepted
  C: RCPT TO:<b@uni.example>
  S: 250 2.1.5 Recipient accepted
  C: BDAT 2
  C~ a\\r
  S: 250 2.0.0 2 bytes received
  C: BDAT 1 LAST
  C~ \\n
  S: 250 2.0.0 Accepted as m1
  C: MAIL FROM:<a@client.example>
  S: 250 2.1.0 Sender accepted
  C: RCPT TO:<b@uni.example>
  S: 250 2.1.5 Recipient accepted
  C: BDAT 1 LAST
  C~ \\r
  S: ${bareFault}
  C: MAIL FROM:<a@client.example>
  S: 250 2.1.0 Sender accepted
  C: RCPT TO:<b@uni.example>
  S: 250 2.1.5 Recipient accepted
  C: BDAT 1
  C~ \\0
  S: ${nulFault}
  ${goodbye}`,
  {
    after: ({ mails }) =>
      deepEqual(
        mails.map(({ bytes }) => bytes),
        ['a\r\n'],
      ),
  },
)

dialog(
  'RSET in the middle of chunks forgets the mail',
  `${openMail}
  C: BDAT 3
  C~ abc
  S: 250 2.0.0 3 bytes received
  C: RSET
  S: 250 2.0.0 Flushed
  ${goodbye}`,
)

dialog(
  'chunks over the limit',
  `${openMail}
  C: BDAT 60
  C~ ${'x'.repeat(60)}
  S: 250 2.0.0 60 bytes received
  C: BDAT 60 LAST
  C~ ${'x'.repeat(60)}
  S: 552 5.3.4 Mail is too large...
  C: BDAT 1001
  S: 552 5.3.4 Mail is too large...
  -- close
  `,
  { options: { limits: { size: 100, swallowed: 1000 } } },
)

dialog(
  'a BDAT that cannot be measured costs the connection',
  `${openMail}
  C: BDAT ten LAST
  S: 501 5.5.4 Syntax: BDAT size [LAST]
  -- close
  `,
)

// -- pipelining

dialog(
  'a refused MAIL is no reason to punish what was pipelined behind it',
  `${hello}
  C: MAIL FROM:<later@client.example>
  S: 451 4.7.1 Not now
  ${'C: RCPT TO:<b@uni.example>\nS: 503 5.5.1 Say MAIL first\n'.repeat(30)}
  C: DATA
  S: 503 5.5.1 Say MAIL first
  ${goodbye}`,
)

test('what was heard together is answered together', async () => {
  const house = playedHouse()
  const server = smtpServer(house, { role: 'mx', hostname: 'mx.uni.example' })
  const heard = [
    'EHLO client.example\r\nMAIL FROM:<a@client.example>\r\nRCPT TO:<b@uni.example>\r\nDATA\r\nSubject: x\r\n.\r\nNOOP\r\nNO',
    'OP\r\nQUIT\r\n',
  ].map((text) => Buffer.from(text))
  const ear = { next: async () => heard.shift(), wake() {}, patience() {} }
  const said: unknown[] = []
  for await (const each of server(ear, testPeer())) said.push(each)
  equal(said.length, 4) // greeting, two answers, close
  equal(String(said[1]).split('\r\n').at(-3), '250 2.0.0 Accepted as m1')
})

// -- TLS and AUTH

dialog(
  'nothing heard or known before STARTTLS counts after it',
  `${openMail}
  C: STARTTLS
  C: NOOP injected
  C: NOOP injected
  S: 220 2.0.0 Begin TLS
  -- tls
  C: DATA
  S: 503 5.5.1 Say EHLO first
  C: EHLO client.example
  S: 250-mx.uni.example greets client.example
  S: 250-PIPELINING
  S: 250-SIZE 52428800
  S: 250-8BITMIME
  S: 250-SMTPUTF8
  S: 250-CHUNKING
  S: 250-DSN
  S: 250-ENHANCEDSTATUSCODES
  S: 250-LIMITS MAILMAX=10000 RCPTMAX=1000
  S: 250 HELP
  C: DATA
  S: 503 5.5.1 Say MAIL first
  C: STARTTLS
  S: 503 5.5.1 TLS is on already
  C: AUTH PLAIN AGFAYgBzZWNyZXQ=
  S: 502 5.5.1 AUTH is not offered
  ${goodbye}`,
  { after: ({ sessions: [session] }) => equal(session?.peer.tls?.protocol, 'TLSv1.3') },
)

dialog(
  'half a command before STARTTLS is not finished after it',
  `${hello}
  C~ STARTTLS\\r\\nNO
  S: 220 2.0.0 Begin TLS
  -- tls
  C: OP
  S: 500 5.5.1 Command is not known
  ${goodbye}`,
)

dialog(
  'STARTTLS where there is none',
  `${hello}
  C: STARTTLS
  S: 502 5.5.1 STARTTLS is not offered
  C: STARTTLS now
  S: 501 5.5.4 This command has no argument
  ${goodbye}`,
  { options: { tlsAvailable: false } },
)

dialog(
  'submission wants TLS before anything else',
  `
  S: 220...
  C: MAIL FROM:<a@uni.example>
  S: 530 5.7.0 Say STARTTLS first
  C: HELO client.example
  S: 530 5.7.0 Say STARTTLS first
  C: AUTH PLAIN AGFAdW5pLmV4YW1wbGUAc2VjcmV0
  S: 538 5.7.11 Encryption is required
  C: NOOP
  S: 250 2.0.0 Done nothing
  C: EHLO client.example
  S*
  S: 250 STARTTLS
  C: VRFY a
  S: 530 5.7.0 Say STARTTLS first
  C: STARTTLS
  S: 220 2.0.0 Begin TLS
  -- tls
  C: EHLO client.example
  S*
  S: 250 AUTH PLAIN LOGIN
  C: MAIL FROM:<a@uni.example>
  S: 530 5.7.0 Authentication required
  C: AUTH PLAIN AGFAdW5pLmV4YW1wbGUAc2VjcmV0
  S: 235 2.7.0 Signed in
  C: AUTH PLAIN AGFAdW5pLmV4YW1wbGUAc2VjcmV0
  S: 503 5.5.1 Signed in already
  C: MAIL FROM:<a@uni.example>
  S: 250 2.1.0 Sender accepted
  ${goodbye}`,
  {
    options: { role: 'submission' },
    after: ({ sessions: [session] }) => deepEqual(session?.login, { accountId: 1, address: 'a@uni.example' }),
  },
)

const held = { role: 'submission' as const, hold: { seconds: 3_600, now: () => Date.UTC(2026, 0, 1) } }

dialog(
  'submission holds mails for later where they ask for it (RFC 4865)',
  `
  S: 220...
  C: EHLO client.example
  S*
  S: 250 FUTURERELEASE 3600 2026-01-01T01:00:00Z
  C: STARTTLS
  S: 220...
  -- tls
  C: EHLO client.example
  S*
  S: 250 FUTURERELEASE 3600 2026-01-01T01:00:00Z
  C: AUTH PLAIN AGFAdW5pLmV4YW1wbGUAc2VjcmV0
  S: 235 2.7.0 Signed in
  C: MAIL FROM:<a@uni.example> HOLDFOR=3601
  S: 501 5.5.4 A mail is held for at most 3600 seconds
  C: MAIL FROM:<a@uni.example> HOLDFOR=soon
  S: 501 5.5.4 HOLDFOR is a number of seconds
  C: MAIL FROM:<a@uni.example> HOLDFOR=1 HOLDUNTIL=2026-01-01T00:30:00Z
  S: 501 5.5.4 HOLDFOR or HOLDUNTIL, not both
  C: MAIL FROM:<a@uni.example> HOLDUNTIL=2026-01-01T01:00:01Z
  S: 501 5.5.4 A mail is held for at most 3600 seconds
  C: MAIL FROM:<a@uni.example> HOLDUNTIL=tomorrow
  S: 501 5.5.4 HOLDUNTIL is a date and time (RFC 3339)
  C: MAIL FROM:<a@uni.example> HOLDUNTIL=2026-01-01T08:30:00+08:00
  S: 250 2.1.0 Sender accepted
  C: RCPT TO:<b@uni.example>
  S: 250 2.1.5 Recipient accepted
  C: DATA
  S: 354...
  C: x
  C: .
  S: 250...
  ${goodbye}`,
  {
    options: held,
    after: ({ mails: [mail] }) => deepEqual(mail?.envelope.hold, { until: Date.UTC(2026, 0, 1, 0, 30) }),
  },
)

dialog(
  'other doors know nothing of that',
  `
  S: 220...
  C: EHLO client.example
  S*
  S: 250 HELP
  C: MAIL FROM:<a@else.example> HOLDFOR=1
  S: 555 5.5.4 Parameter HOLDFOR is not known here
  ${goodbye}`,
  { options: { hold: held.hold, tlsAvailable: false } },
)

const base64 = (text: string): string => Buffer.from(text).toString('base64')

const ways: [string, string][] = [
  ['PLAIN with an initial response', `C: AUTH PLAIN ${base64('\0a@uni.example\0secret')}\nS: 235 2.7.0 Signed in`],
  ['PLAIN step by step', `C: auth plain\nS: 334 \nC: ${base64('\0a@uni.example\0secret')}\nS: 235 2.7.0 Signed in`],
  ['PLAIN as oneself', `C: AUTH PLAIN ${base64('a@u.example\0a@u.example\0secret')}\nS: 235 2.7.0 Signed in`],
  ['PLAIN as another', `C: AUTH PLAIN ${base64('b@u.example\0a@u.example\0secret')}\nS: 535 5.7.8...`],
  ['PLAIN with the wrong password', `C: AUTH PLAIN ${base64('\0a\0wrong')}\nS: 535 5.7.8 Name or password is wrong`],
  ['PLAIN without a password', `C: AUTH PLAIN ${base64('\0a\0')}\nS: 501 5.5.2 Not a PLAIN response`],
  ['PLAIN with a part too many', `C: AUTH PLAIN ${base64('\0a\0secret\0')}\nS: 501 5.5.2 Not a PLAIN response`],
  ['an empty initial response', 'C: AUTH PLAIN =\nS: 501 5.5.2 Not a PLAIN response'],
  [
    'LOGIN',
    `C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: ${base64('a')}\nS: 334 UGFzc3dvcmQ6\nC: ${base64('secret')}\nS: 235 2.7.0 Signed in`,
  ],
  [
    'LOGIN with a name',
    `C: AUTH LOGIN ${base64('a')}\nS: 334 UGFzc3dvcmQ6\nC: ${base64('secret')}\nS: 235 2.7.0 Signed in`,
  ],
  ['a password of other letters', `C: AUTH PLAIN ${base64('\0a\0密碼')}\nS: 535 5.7.8 Name or password is wrong`],
  ['a response over 2048 bytes', `C: AUTH PLAIN ${base64(`\0a\0${'x'.repeat(3000)}`)}\nS: 535 5.7.8...`],
  [
    'a response over 12288 bytes',
    `C: AUTH PLAIN\nS: 334 \nC: ${'A'.repeat(12_288)}\nS: 500 5.5.6 Authentication exchange line is too long\nC: NOOP\nS: 250...`,
  ],
  ['no base64', 'C: AUTH PLAIN !!!!\nS: 501 5.5.2 Not base64'],
  ['half base64', 'C: AUTH PLAIN AAA\nS: 501 5.5.2 Not base64'],
  ['bytes that are no text', 'C: AUTH PLAIN AP8A/wD/\nS: 501 5.5.2 Not UTF-8'],
  ['a cancelled exchange', 'C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: *\nS: 501 5.0.0 Cancelled'],
  ['NTLM', 'C: AUTH NTLM\nS: 504 5.5.4 Mechanism is not known here'],
  ['CRAM-MD5', 'C: AUTH CRAM-MD5\nS: 504 5.5.4 Mechanism is not known here'],
  ['no mechanism', 'C: AUTH\nS: 501 5.5.4 Syntax: AUTH mechanism [initial response]'],
  [
    'a broken directory',
    `C: AUTH PLAIN ${base64('\0broken\0secret')}\nS: 451 4.3.0 Something is wrong here, try later`,
  ],
]
for (const [what, text] of ways) {
  dialog(`AUTH: ${what}`, `S: 220...\nC: EHLO client.example\nS*\nS: 250 AUTH PLAIN LOGIN\n${text}\n${goodbye}`, {
    options: { role: 'submission', failed() {} },
    secured: true,
  })
}

dialog(
  'AUTH has its place',
  `
  S: 220...
  C: AUTH PLAIN ${base64('\0a\0secret')}
  S: 503 5.5.1 AUTH comes after EHLO and before MAIL
  C: EHLO client.example
  S*
  S: 250 AUTH PLAIN LOGIN
  C: MAIL FROM:<a@client.example>
  S: 250 2.1.0 Sender accepted
  C: AUTH PLAIN ${base64('\0a\0secret')}
  S: 503 5.5.1 AUTH comes after EHLO and before MAIL
  ${goodbye}`,
  { options: { authOffered: true }, secured: true },
)

dialog(
  'five wrong passwords are enough',
  `
  S: 220...
  C: EHLO client.example
  S*
  S: 250 AUTH PLAIN LOGIN
  ${`C: AUTH PLAIN ${base64('\0a\0wrong')}\nS: 535 5.7.8 Name or password is wrong\n`.repeat(5)}
  -- close
  `,
  { options: { role: 'submission' }, secured: true },
)

dialog(
  'a machine the house trusts needs no login',
  `
  S: 220...
  C: EHLO printer
  S*
  S: 250 AUTH PLAIN LOGIN
  C: MAIL FROM:<printer@uni.example>
  S: 250 2.1.0 Sender accepted
  ${goodbye}`,
  { options: { role: 'submission' }, secured: true, house: (house) => (house.trust = true) },
)

dialog(
  'our name may depend on SNI',
  `
  S: 220 clear ESMTP Postern
  C: STARTTLS
  S: 220 2.0.0 Begin TLS
  -- tls
  C: HELO client.example
  S: 250 over TLSv1.3
  ${goodbye}`,
  { options: { hostname: ({ tls: facts }) => (facts ? `over ${facts.protocol}` : 'clear') } },
)

// -- LMTP

dialog(
  'LMTP answers for each recipient',
  `
  S: 220 mx.uni.example LMTP Postern
  C: EHLO client.example
  S: 500 5.5.1 Command is not known
  C: LHLO client.example
  S: 250-mx.uni.example greets client.example
  S*
  S: 250 STARTTLS
  C: MAIL FROM:<a@client.example>
  S: 250 2.1.0 Sender accepted
  C: DATA
  S: 503 5.5.1 No valid recipients
  C: RCPT TO:<b@uni.example>
  S: 250 2.1.5 Recipient accepted
  C: RCPT TO:<nobody@uni.example>
  S: 550 5.1.1 No such mailbox here
  C: RCPT TO:<over@uni.example>
  S: 250 2.1.5 Recipient accepted
  C: DATA
  S: 354...
  C: hello
  C: .
  S: 250 2.0.0 Accepted as m1
  S: 452 4.2.2 Mailbox is full
  C: MAIL FROM:<spam@client.example>
  S: 250 2.1.0 Sender accepted
  C: RCPT TO:<b@uni.example>
  S: 250 2.1.5 Recipient accepted
  C: RCPT TO:<c@uni.example>
  S: 250 2.1.5 Recipient accepted
  C: BDAT 3
  C~ abc
  S: 250 2.0.0 3 bytes received
  C: BDAT 0 LAST
  S: 550 5.7.1 Looks like spam
  S: 550 5.7.1 Looks like spam
  C: BDAT 0 LAST
  S: 503 5.5.1 Say MAIL and RCPT first
  C: MAIL FROM:<a@client.example>
  S: 250 2.1.0 Sender accepted
  C: RCPT TO:<b@uni.example>
  S: 250 2.1.5 Recipient accepted
  C: RCPT TO:<c@uni.example>
  S: 250 2.1.5 Recipient accepted
  C: DATA
  S: 354...
  C~ a\\nb\\r\\n.\\r\\n
  S: ${bareFault}
  S: ${bareFault}
  ${goodbye}`,
  { options: { role: 'lmtp' }, after: ({ sessions: [session] }) => equal(session?.protocol, 'LMTP') },
)

// -- limits, silence, stopping

dialog(
  'too many recipients wait for the next mail',
  `${openMail}
  C: RCPT TO:<c@uni.example>
  S: 250 2.1.5 Recipient accepted
  C: RCPT TO:<d@uni.example>
  S: 452 4.5.3 At most 2 recipients in one mail
  C: DATA
  S: 354...
  C: .
  S: 250 2.0.0 Accepted as m1
  C: MAIL FROM:<a@client.example>
  S: 452 4.5.3 Too many mails in one connection
  ${goodbye}`,
  { options: { limits: { recipients: 2, mails: 1 } } },
)

dialog(
  'too many errors cost the connection',
  `${hello}
  C: XYZZY
  S: 500 5.5.1 Command is not known
  C: MAIL
  S: 501 5.5.4 Expected "FROM:"
  C: PLUGH
  S: 500 5.5.1 Command is not known
  S: 421 4.7.0 Too many errors
  -- close
  `,
  { options: { limits: { errors: 2 } } },
)

dialog(
  'guessing recipients costs the connection',
  `${openMail}
  C: RCPT TO:<nobody1@uni.example>
  S: 550 5.1.1 No such mailbox here
  C: RCPT TO:<nobody2@uni.example>
  S: 550 5.1.1 No such mailbox here
  C: RCPT TO:<nobody3@uni.example>
  S: 550 5.1.1 No such mailbox here
  S: 421 4.7.0 Too many errors
  -- close
  `,
  { options: { limits: { refusals: 2 } } },
)

dialog(
  'commands that move nothing are counted between mails',
  `${openMail}
  C: NOOP
  S: 250 2.0.0 Done nothing
  C: DATA
  S: 354...
  C: .
  S: 250 2.0.0 Accepted as m1
  C: NOOP
  S: 250 2.0.0 Done nothing
  C: RSET
  S: 250 2.0.0 Flushed
  C: NOOP
  S: 421 4.7.0 Too many commands without a mail
  -- close
  `,
  { options: { limits: { idleCommands: 2 } } },
)

for (const line of ['GET / HTTP/1.1', 'POST /x HTTP/1.0', 'CONNECT mx:25 HTTP/1.1', 'SSH-2.0-OpenSSH_9.7']) {
  dialog(
    `${line} is shown the door`,
    `
    S: 220...
    C: ${line}
    C: Host: mx.uni.example
    S: 421 4.7.0 This is not a web server
    -- close
    `,
  )
}

dialog(
  'a TLS handshake in clear is left without a word',
  `
  S: 220...
  C~ \\x16\\x03\\x01\\x02\\x00
  -- close
  `,
)

dialog(
  'silence ends a connection',
  `${hello}
  -- silence
  S: 421 4.4.2 Waited too long
  -- close
  `,
)

dialog(
  'silence in the middle of a mail ends it too',
  `${openMail}
  C: DATA
  S: 354...
  C: half
  -- silence
  S: 421 4.4.2 Waited too long
  -- close
  `,
)

dialog(
  'a house that stops says so',
  `${openMail}
  -- wake
  -- stopping
  S: 421 4.3.2 This server is stopping, try again later
  -- close
  `,
)

dialog(
  'a house that stops finishes the mail in hand',
  `${openMail}
  C: DATA
  S: 354...
  C: one
  -- stopping
  C: two
  C: .
  S: 250 2.0.0 Accepted as m1
  S: 421 4.3.2 This server is stopping, try again later
  -- close
  `,
  { after: ({ mails }) => equal(mails.length, 1) },
)

dialog(
  'a house that stops finishes the chunks in hand',
  `${openMail}
  C: BDAT 1
  C~ a
  S: 250 2.0.0 1 bytes received
  -- stopping
  C: BDAT 1 LAST
  C~ b
  S: 250 2.0.0 Accepted as m1
  S: 421 4.3.2 This server is stopping, try again later
  -- close
  `,
  { after: ({ mails }) => equal(mails[0]?.bytes, 'ab') },
)

dialog(
  'a 421 of the house closes the connection',
  `${openMail}
  C: RCPT TO:<enough@uni.example>
  C: NOOP
  S: 421 4.7.0 Enough of you
  -- close
  `,
)

dialog(
  'a 421 of the house at the end of a mail closes the connection',
  `${hello}
  C: MAIL FROM:<enough@client.example>
  S: 250 2.1.0 Sender accepted
  C: RCPT TO:<b@uni.example>
  S: 250 2.1.5 Recipient accepted
  C: DATA
  S: 354...
  C: .
  C: NOOP
  S: 421 4.7.0 Enough of you
  -- close
  `,
)

dialog('a connection that is turned away', 'S: 554 5.7.1 Not from there\n-- close', {
  house: (house) => (house.turnAway = new Refusal(reply(550, '5.7.1', 'Not from there'))),
})

dialog(
  'who waits for the greeting is welcome',
  `
  -- silence
  S: 220...
  ${goodbye}`,
  { options: { earlyTalkWait: 1000 } },
)

dialog(
  'who speaks before the greeting is not',
  `
  C: EHLO spammer.example
  S: 554 5.5.0 You spoke before the greeting
  -- close
  `,
  { options: { earlyTalkWait: 1000 } },
)
