// Fuzz targets: what strangers say to our server, and what servers say to our client.

import { deepEqual, equal, ok } from 'node:assert/strict'
import { Content, type BareLines } from './content.ts'
import { smtpClient } from './client.ts'
import { smtpServer } from './conversation.ts'
import { Framer } from './framer.ts'
import { decodeXtext, encodeXtext, readParameters, readPath, Scanner } from './grammar.ts'
import { clientLimits, serverLimits } from './limits.ts'
import type { Report } from './outgoing.ts'
import { hearOut, playedHouse, split } from './played.ts'
import { Fault, ReplyReader } from './reader.ts'
import { Refusal } from './replies.ts'
import { Stuffing } from './stuffing.ts'

interface Target {
  name: string
  corpus: (Buffer | string)[]
  run(input: Buffer): void | Promise<void>
}

// Ways to split; the third is as odd as the input.
const ways = (input: Buffer): number[][] => [
  [input.length],
  [1],
  Array.from(input.subarray(0, 16), (byte) => byte % 40),
]

const mail = 'EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@uni.example>\r\n'

export const server: Target = {
  name: 'smtp server',
  corpus: [
    `${mail}DATA\r\nSubject: x\r\n\r\n..y\r\n.\r\nQUIT\r\n`,
    `${mail}BDAT 10\r\n0123456\r\n.BDAT 3 LAST\r\nab\nNOOP\r\nRSET\r\n`,
    'HELO x\r\nMAIL FROM:<>\r\nRCPT TO:<postmaster>\r\nDATA\r\n\n.\n\r.\r\r\n.\0\r\n.\r\n',
    'EHLO x\r\nAUTH PLAIN AGEAYg==\r\nAUTH LOGIN\r\nYQ==\r\n*\r\nSTARTTLS\r\nNOOP\r\n',
    'EHLO [IPv6:::1]\r\nMAIL FROM:<測@x> SMTPUTF8 SIZE=1 BODY=8BITMIME RET=FULL ENVID=a+2B AUTH=<>\r\n',
    'LHLO x\r\nGET / HTTP/1.1\r\nVRFY\r\nEXPN a\r\nHELP\r\nNOOP\r\n\r\n',
    `EHLO x\r\nNOOP ${'x'.repeat(2100)}\r\nQUIT\r\n`,
    `${mail}RCPT TO:<d@uni.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a+2Bb\r\nDATA\r\n.\r\n`,
  ],
  async run(input) {
    const played = async (lengths: number[], role: 'mx' | 'lmtp', bareLines: BareLines): Promise<unknown> => {
      const house = playedHouse()
      const conversation = smtpServer(house, {
        role,
        hostname: 'mx.uni.example',
        tlsAvailable: true,
        bareLines,
        // Longer than any input: when a line or a refused mail is long enough to hang up is counted by the pieces
        // heard, so it may differ by one of them.
        limits: { size: 2000, recipients: 3, swallowed: 100_000 },
        failed: (error) => {
          throw error
        },
      })
      const { said, closed } = await hearOut(conversation, split(input, lengths))
      equal(house.open, 0)
      equal(house.closedSessions, 1)
      for (const line of said.split(/\r\n|(?:<startTls>)/)) ok(/^(?:[2345]\d\d[ -][\x20-\x7e]*)?$/.test(line), line)
      for (const { bytes } of house.mails) ok(!/\0|\r(?!\n)|(?<!\r)\n/.test(bytes))
      return { said, closed, mails: house.mails.map(({ bytes }) => bytes) }
    }
    for (const role of ['mx', 'lmtp'] as const) {
      const bareLines = role === 'mx' ? 'refuse' : 'repair'
      const [whole, ...others] = await Promise.all(ways(input).map((lengths) => played(lengths, role, bareLines)))
      for (const other of others) deepEqual(other, whole)
    }
  },
}

// DATA said again, byte by byte, as the RFC puts it.
function plainlyRead(
  input: Buffer,
  repair: boolean,
): { mail: string; ended: boolean; fault?: 'bare' | 'nul'; used: number } {
  const text = input.toString('latin1')
  const end = text.startsWith('.\r\n') ? 0 : text.indexOf('\r\n.\r\n') + 2
  const ended = end !== 1
  const content = ended ? text.slice(0, end) : text
  const unstuffed = content.replace(/(^|\r\n)\./g, '$1')
  const isBare = /\r(?!\n)|(?<!\r)\n/.test(content)
  const fault = content.includes('\0') ? 'nul' : isBare && !repair ? 'bare' : undefined
  const mail = unstuffed.replace(/\r\n|\r|\n/g, (found) => (found === '\r' ? '' : '\r\n'))
  return { mail: fault ? '' : mail, ended, fault, used: ended ? end + 3 : text.length }
}

export const content: Target = {
  name: 'smtp content',
  corpus: [
    'a\r\n..b\r\n.\r\nNOOP',
    '.\r\n',
    '\n.\n\r.\r\r\n\r\n.\r\n',
    '...\r\n.\r.\r\n.\r\n',
    'a\0\r\n.\r\n',
    '\r\n.\r\r\n.\r\n',
  ],
  run(input) {
    for (const bare of ['refuse', 'repair'] as const) {
      const expected = plainlyRead(input, bare === 'repair')
      for (const lengths of ways(input)) {
        const reader = new Content('dots', bare)
        const given: Buffer[] = []
        let used = 0
        for (const piece of split(input, lengths)) {
          for (let at = 0; at < piece.length && !reader.ended; at += reader.taken, used += reader.taken) {
            given.push(Buffer.from(reader.read(piece, at)))
          }
        }
        equal(reader.ended, expected.ended)
        // Without an end, the last bytes may be held back, and a CR among them is not yet known to be bare.
        if (!expected.ended) continue
        equal(reader.fault, expected.fault)
        equal(used, expected.used)
        if (!expected.fault) equal(Buffer.concat(given).toString('latin1'), expected.mail)
      }
    }
  },
}

export const stuffing: Target = {
  name: 'smtp stuffing',
  corpus: ['.a\r\n..\r\n', 'a\r\n.b', '\r\n.\r\n', 'a\r', '\n.'],
  run(input) {
    for (const lengths of ways(input)) {
      const writer = new Stuffing()
      const wire = Buffer.concat([
        ...split(input, lengths).map((piece) => writer.stuff(piece)),
        Buffer.from(writer.end()),
      ])
      const text = input.toString('latin1')
      const whole = text === '' || text.endsWith('\r\n') ? text : `${text}\r\n`
      // What is bare stays bare on this way and is refused on the other; dots and ends must fit in any case.
      const expected = plainlyRead(wire, true)
      equal(expected.used, wire.length)
      const repaired = whole.replace(/\r\n|\r|\n/g, (found) => (found === '\r' ? '' : '\r\n'))
      if (!text.includes('\0')) equal(expected.mail, repaired)
    }
  },
}

export const framer: Target = {
  name: 'smtp framer',
  corpus: [
    'NOOP\r\nQUIT\r\n',
    'a\nb\r\n\r\r\n',
    `${'x'.repeat(2100)}\r\nAUTH ${'x'.repeat(2100)}\r\n`,
    '測\xff\r\n\0\r\n',
  ],
  run(input) {
    const read = (lengths: number[]): unknown[] => {
      const lines: unknown[] = []
      const reader = new Framer(serverLimits)
      for (const piece of split(input, lengths)) {
        reader.push(piece)
        for (let line = reader.line(); line !== undefined; line = reader.line()) lines.push(line)
      }
      return lines
    }
    const [whole, ...others] = ways(input).map(read)
    for (const other of others) deepEqual(other, whole)
    equal(whole?.length, input.toString('latin1').split('\r\n').length - 1)
  },
}

export const grammar: Target = {
  name: 'smtp grammar',
  corpus: [
    '<a@b.example> SIZE=1 BODY=8BITMIME',
    ' <@a,@b:"x\\"y"@[IPv6:::1]>',
    '<postmaster>',
    '<> RET=FULL ENVID=a+2Bb',
    '<測@試.example> SMTPUTF8',
    '<a@b.c.d.e.f.g-h.i_j>',
  ],
  run(input) {
    const text = input.toString()
    for (const kind of ['sender', 'recipient'] as const) {
      try {
        const scan = new Scanner(text)
        const address = readPath(scan, kind, 256)
        // What was read is an address that reads as itself again.
        const again = new Scanner(`<${address}>`)
        equal(readPath(again, kind, 256), address)
        ok(again.done)
        ok(!/[\x00-\x1f\x7f]/.test(address))
        const { ENVID } = readParameters(scan, ['SIZE', 'BODY', 'SMTPUTF8', 'RET', 'ENVID', 'AUTH'])
        if (ENVID) equal(decodeXtext(encodeXtext(decodeXtext(ENVID, 'x')), 'x'), decodeXtext(ENVID, 'x'))
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
      }
    }
  },
}

export const replies: Target = {
  name: 'smtp replies',
  corpus: [
    '220 hello\r\n250-a\r\n250-SIZE 10\r\n250 b\r\n',
    '250\r\n250-\n250 x\n',
    '550-5.1.1 no\r\n550 5.1.1 such\r\n',
    '250-a\r\n251 b\r\n',
    `250 ${'x'.repeat(4095)}\r\n`,
    '250-x\r\n'.repeat(201),
    '+OK\r\n',
  ],
  run(input) {
    const read = (lengths: number[]): unknown[] => {
      const found: unknown[] = []
      const reader = new ReplyReader(clientLimits)
      try {
        for (const piece of split(input, lengths)) {
          reader.push(piece)
          for (let each = reader.next(); each; each = reader.next()) {
            ok(each.code >= 200 && each.code < 600)
            ok(each.lines.join('').length <= clientLimits.replyText)
            found.push(each)
          }
        }
      } catch (error) {
        if (!(error instanceof Fault)) throw error
        found.push(error.message)
      }
      return found
    }
    const [whole, ...others] = ways(input).map(read)
    for (const other of others) deepEqual(other, whole)
  },
}

export const client: Target = {
  name: 'smtp client',
  corpus: [
    '220 x\r\n250 x\r\n250 ok\r\n250 ok\r\n354 go\r\n250 ok\r\n221 bye\r\n',
    '220 x\r\n250-x\r\n250-PIPELINING\r\n250 CHUNKING\r\n250 ok\r\n250 ok\r\n452 4.5.3 no\r\n250 ok\r\n250 ok\r\n250 ok\r\n',
    '220 x\r\n250-x\r\n250-PIPELINING\r\n250 LIMITS RCPTMAX=1 MAILMAX=1\r\n250 ok\r\n550 no\r\n354 go\r\n250 ok\r\n',
    '220 x\r\n250-x\r\n250 STARTTLS\r\n220 go\r\n',
    '220 x\r\n500 what\r\n250 ok\r\n421 bye\r\n',
  ],
  async run(input) {
    const played = async (lengths: number[]): Promise<unknown> => {
      const reports: Report[] = []
      let mails = 2
      const conversation = smtpClient({
        protocol: 'smtp',
        hostname: 'uni.example',
        tls: 'offered',
        report: (_, report) => void reports.push(report),
        next: async () =>
          mails-- <= 0
            ? undefined
            : {
                sender: 'a@uni.example',
                recipients: [{ address: 'b@x.example' }, { address: 'c@y.example' }],
                size: 4,
                body: '7BIT',
                smtputf8: false,
                dsn: {},
                async *content() {
                  yield Buffer.from('.x\r\n')
                },
              },
      })
      const { said } = await hearOut(conversation, split(input, lengths))
      equal(reports.length, 2 - Math.max(0, mails))
      for (const { outcomes } of reports) {
        equal(outcomes.filter((each) => /^(?:accepted|later|refused)$/.test(each.result)).length, 2)
      }
      return { said, reports }
    }
    const [whole, ...others] = await Promise.all(ways(input).map(played))
    for (const other of others) deepEqual(other, whole)
  },
}
