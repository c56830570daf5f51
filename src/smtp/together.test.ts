// Our client against our server in memory, the two against the bytes of any mail, and every fuzz target's corpus.

import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { testPeer } from '../../test/transcript.ts'
import { smtpClient, type ClientOptions } from './client.ts'
import type { ServerOptions } from './command.ts'
import { smtpServer } from './conversation.ts'
import type { Outgoing, Report } from './outgoing.ts'
import { hearOut, playedHouse, split, type PlayedHouse } from './played.ts'
import * as targets from './smtp.fuzz.ts'
import { close, startTls, type Conversation, type Ear, type Heard } from '../wire/conversation.ts'

interface End {
  ear: Ear
  hear(heard: Heard | undefined): void
}

function openEnd(): End {
  const queue: (Heard | undefined)[] = []
  let asking: ((heard: Heard | undefined) => void) | undefined
  return {
    ear: {
      next: () => (queue.length > 0 ? Promise.resolve(queue.shift()) : new Promise((resolve) => (asking = resolve))),
      wake() {},
      patience() {},
    },
    hear(heard) {
      if (asking) asking(heard)
      else queue.push(heard)
      asking = undefined
    },
  }
}

/** Lets two conversations talk to each other until both are done. */
async function join(left: Conversation, right: Conversation, lengths: number[] = []): Promise<void> {
  const ends = [openEnd(), openEnd()] as const
  const tls = { protocol: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256' }
  const run = async (talk: Conversation, mine: End, other: End): Promise<void> => {
    for await (const said of talk(mine.ear, testPeer())) {
      if (said === close) break
      if (said === startTls) mine.hear({ is: 'secured', tls })
      else if (typeof said !== 'symbol')
        for (const piece of split(Buffer.from(said as string), lengths)) other.hear(piece)
    }
    other.hear(undefined)
  }
  await Promise.all([run(left, ends[0], ends[1]), run(right, ends[1], ends[0])])
}

interface Delivery {
  house: PlayedHouse
  reports: Report[]
}

async function deliver(
  mails: Outgoing[],
  server: Partial<ServerOptions> = {},
  client: Partial<ClientOptions> = {},
  lengths: number[] = [],
): Promise<Delivery> {
  const house = playedHouse()
  const reports: Report[] = []
  const left = [...mails]
  await join(
    smtpClient({
      protocol: server.role === 'lmtp' ? 'lmtp' : 'smtp',
      hostname: 'out.example',
      tls: 'offered',
      next: async () => left.shift(),
      report: (_, report) => void reports.push(report),
      ...client,
    }),
    smtpServer(house, { role: 'mx', hostname: 'mx.uni.example', tlsAvailable: true, ...server }),
    lengths,
  )
  equal(house.open, 0)
  return { house, reports }
}

function letter(bytes: Buffer, over: Partial<Outgoing> = {}, lengths: number[] = []): Outgoing {
  return {
    sender: 'a@out.example',
    recipients: [{ address: 'b@uni.example' }],
    size: bytes.length,
    body: '8BITMIME',
    smtputf8: false,
    dsn: {},
    async *content() {
      yield* split(bytes, lengths)
    },
    ...over,
  }
}

const results = ({ outcomes }: Report): string[] => outcomes.map(({ result, status }) => `${result} ${status}`)

test('mails go from our client to our server, over TLS, in one connection', async () => {
  const recipients = ['b', 'nobody', 'full', '測'].map((name) => ({ address: `${name}@uni.example` }))
  const text = Buffer.from('Subject: one\r\n\r\n.\r\n..\r\nend\r\n')
  const { house, reports } = await deliver([
    letter(text, { recipients, dsn: { ret: 'HDRS', envid: 'id=1' } }),
    letter(text, { sender: 'spam@out.example' }),
    letter(text, { sender: '' }),
  ])
  deepEqual(reports.map(results), [
    ['accepted 2.0.0', 'refused 5.1.1', 'later 4.2.2', 'accepted 2.0.0'],
    ['refused 5.7.1'],
    ['accepted 2.0.0'],
  ])
  deepEqual(
    house.mails.map(({ bytes }) => bytes),
    [text.toString(), text.toString()],
  )
  equal(house.mails[0]?.envelope.dsn.envid, 'id=1')
  equal(house.sessions[0]?.peer.tls?.protocol, 'TLSv1.3')
  ok(reports.every(({ tls, dsnPassedOn }) => tls && dsnPassedOn))
})

test('a submission with a login', async () => {
  const { house, reports } = await deliver(
    [letter(Buffer.from('x\r\n'))],
    { role: 'submission' },
    { login: { name: 'a@out.example', password: 'secret' }, tls: 'required' },
  )
  deepEqual(reports.map(results), [['accepted 2.0.0']])
  equal(house.sessions[0]?.login?.address, 'a@out.example')
})

test('LMTP, each recipient by itself', async () => {
  const recipients = ['b', 'over', 'nobody', 'c'].map((name) => ({ address: `${name}@uni.example` }))
  const { reports } = await deliver([letter(Buffer.from('x\r\n'), { recipients })], { role: 'lmtp' })
  deepEqual(reports.map(results), [['accepted 2.0.0', 'later 4.2.2', 'refused 5.1.1', 'accepted 2.0.0']])
})

test('more recipients than the server takes at once', async () => {
  const recipients = Array.from({ length: 25 }, (_, i) => ({ address: `b${i}@uni.example` }))
  const { house, reports } = await deliver([letter(Buffer.from('x\r\n'), { recipients })], {
    limits: { recipients: 10 },
  })
  deepEqual(
    house.mails.map(({ envelope }) => envelope.recipients.length),
    [10, 10, 5],
  )
  deepEqual(reports.map(results), [recipients.map(() => 'accepted 2.0.0')])
})

const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 })
const line = fc.oneof(
  fc.constantFrom('', '.', '..', '.x', 'x.', 'From: a', '測試'),
  fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => text.replace(/[\r\n\0]/g, '')),
)

/** The server with the words struck out that would hide DATA's way behind BDAT's. */
const without = (conversation: Conversation, words: RegExp): Conversation =>
  async function* (ear, peer) {
    for await (const said of conversation(ear, peer)) yield typeof said === 'string' ? said.replace(words, '') : said
  }

test('every mail arrives byte for byte, however it was split', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 12 }),
      fc.boolean(),
      lengths,
      lengths,
      async (lines, ends, cut, wire) => {
        const bytes = Buffer.from(lines.join('\r\n') + (ends ? '\r\n' : ''))
        for (const way of ['chunks', 'data']) {
          const house = playedHouse()
          const left = [letter(bytes, {}, cut)]
          const reports: Report[] = []
          const server = smtpServer(house, { role: 'mx', hostname: 'mx.uni.example' })
          await join(
            smtpClient({
              protocol: 'smtp',
              hostname: 'out.example',
              tls: 'never',
              next: async () => left.shift(),
              report: (_, report) => void reports.push(report),
            }),
            way === 'data' ? without(server, /250-CHUNKING\r\n/) : server,
            wire,
          )
          const text = bytes.toString('latin1')
          const isEnded = text === '' || text.endsWith('\r\n')
          equal(house.mails[0]?.bytes, way === 'data' && !isEnded ? `${text}\r\n` : text)
          deepEqual(reports.map(results), [['accepted 2.0.0']])
        }
      },
    ),
    { numRuns: 60 },
  ))

const word = fc.constantFrom(
  ...[
    'EHLO x\r\n',
    'MAIL FROM:<a@b.example>\r\n',
    'RCPT TO:<c@uni.example>\r\n',
    'DATA\r\n',
    'BDAT 7\r\n',
    'BDAT 3 LAST\r\n',
  ],
  ...['\r\n.\r\n', '.', '\r', '\n', '\0', 'text', 'RSET\r\n', 'QUIT\r\n', 'NOOP\r\n', 'é', '..', '\r\n'],
)

test('any split of the bytes gives the same replies and the same mails', () =>
  fc.assert(
    fc.asyncProperty(fc.array(word, { maxLength: 40 }), lengths, async (words, cut) => {
      const bytes = Buffer.from(
        `EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@uni.example>\r\nDATA\r\n${words.join('')}`,
      )
      const play = async (pieces: Buffer[]): Promise<unknown> => {
        const house = playedHouse()
        const said = await hearOut(smtpServer(house, { role: 'mx', hostname: 'mx.uni.example' }), pieces)
        return [said, house.mails.map((mail) => mail.bytes)]
      }
      const whole = await play([bytes])
      deepEqual(await play(split(bytes, cut)), whole)
      deepEqual(await play(split(bytes, [1])), whole)
    }),
    { numRuns: 150 },
  ))

for (const target of Object.values(targets)) {
  test(`the corpus of ${target.name} keeps its promises`, async () => {
    for (const input of target.corpus) await target.run(Buffer.from(input as string))
  })
}
