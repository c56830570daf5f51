// What takes two sessions, or a client that says everything at once.

import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { pop3 } from './conversation.ts'
import { openLocks } from './locks.ts'
import { client, plain, secure, stand } from '../../test/poptown.ts'

const first = 'Subject: one\r\n\r\nhello\r\n'
const second = 'Subject: two\r\n\r\nno line end'

test('a mailbox is open in one session at a time', async () => {
  const locks = openLocks()
  const made = await stand([first], { locks })
  const holder = client(made, secure)
  await holder.say('USER ann\r\nPASS se cret\r\n', 3)
  const other = client(made, secure)
  const [, , refused] = await other.say('USER ann\r\nPASS se cret\r\n', 3)
  equal(refused, '-ERR [IN-USE] Another session has this mailbox open')
  await holder.end()
  const again = await other.say('USER ann\r\nPASS se cret\r\nQUIT\r\n', 3)
  deepEqual(again.slice(0, 2), ['+OK Now the password', '+OK Logged in'])
})

test('what was said before TLS does not count after it', async () => {
  const made = await stand([first])
  const { say, secured, deeds } = client(made, plain)
  // All in one piece: the USER behind STLS was heard in clear.
  const said = await say('STLS\r\nUSER ann\r\nQUIT\r\n', 2)
  deepEqual(said, ['+OK pop.uni.example Postern ready', '+OK Begin TLS'])
  await secured()
  const [answer] = await say('PASS se cret\r\n', 1)
  deepEqual(deeds, ['tls'])
  equal(answer, '-ERR USER comes first')
})

test('many pipelined RETRs, large mails among them', async () => {
  const large = `Subject: large\r\n\r\n${'.line of a large mail\r\n'.repeat(40_000)}`
  const mails = Array.from({ length: 150 }, (_, i) =>
    i === 70 ? large : `Subject: ${i}\r\n\r\n${'.'.repeat(i % 4)}x\r\n`,
  )
  const made = await stand(mails)
  const { say } = client(made, secure)
  await say('USER ann\r\nPASS se cret\r\n', 3)
  const lines = mails.map((mail) => mail.split('\r\n').length + 1)
  const total = lines.reduce((sum, count) => sum + count, 0)
  const said = await say(mails.map((_, i) => `RETR ${i + 1}\r\n`).join('') + 'RETR 999\r\n', total + 1)
  equal(said.pop(), '-ERR There is no such message')
  let at = 0
  mails.forEach((mail, i) => {
    equal(said[at++], `+OK ${mail.length} octets`)
    const body = said.slice(at, at + lines[i]! - 1)
    at += lines[i]! - 1
    equal(body.pop(), '.')
    equal(body.map((line) => (line.startsWith('.') ? line.slice(1) : line)).join('\r\n') + '\r\n', mail)
  })
})

test('pipelined RETRs of mails that grow on their way', async () => {
  for (const [count, lines] of [
    [12, 300],
    [60, 3_000],
  ] as const) {
    const mails = Array.from({ length: count }, (_, i) => `Subject: ${i}\r\n\r\n${`.\r\n..${i}\r\n`.repeat(lines)}`)
    const made = await stand(mails)
    const { say } = client(made, secure)
    await say('USER ann\r\nPASS se cret\r\n', 3)
    const answers = mails.map((mail) => `+OK ${mail.length} octets\r\n${mail.replaceAll('\r\n.', '\r\n..')}.\r\n`)
    const expected = answers.join('').split('\r\n').slice(0, -1)
    const said = await say(mails.map((_, i) => `RETR ${i + 1}\r\n`).join(''), expected.length)
    ok(said.join('\r\n') === expected.join('\r\n'), `${count} mails of ${lines} lines`)
  }
})

test('unique ids outlive the session, numbers do not', async () => {
  const made = await stand([first, second, first])
  const one = client(made, secure)
  await one.say('USER ann\r\nPASS se cret\r\nDELE 1\r\nQUIT\r\n', 5)
  await one.end()
  const two = client(made, secure)
  const said = await two.say('USER ann\r\nPASS se cret\r\nUIDL\r\n', 7)
  deepEqual(said.slice(4, 6), ['1 7.2', '2 7.3'])
})

test('a mail whose bytes are lost costs that mail only', async () => {
  const made = await stand([first, second])
  const blobs = made.host.store.blobs
  const store = {
    ...made.host.store,
    blobs: {
      ...blobs,
      read: async (ref: string, from?: number, to?: number) => {
        const bytes = await blobs.read(ref, from, to)
        if (bytes.includes('one')) throw new Error('lost')
        return bytes
      },
    },
  }
  const { say } = client({ ...made, conversation: pop3({ ...made.host, store }) }, secure)
  const said = await say('USER ann\r\nPASS se cret\r\nRETR 1\r\nRETR 2\r\n', 8)
  equal(said[3], '-ERR [SYS/TEMP] There is no such message')
  equal(said[4], '+OK 27 octets')
  equal(made.mistakes.length, 1)
})

test('our own mistake is reported, said to be temporary, and costs one command', async () => {
  const made = await stand([first])
  const { say } = client(made, secure)
  const said = await say('USER broken\r\nPASS x\r\nUSER ann\r\nPASS se cret\r\n', 5)
  equal(said[2], '-ERR [SYS/TEMP] Something is out of order here, try again later')
  equal(said[4], '+OK Logged in')
  equal(made.mistakes.length, 1)
})

test('QUIT does not say +OK for what it could not remove', async () => {
  const made = await stand([first])
  const { store } = made.host
  const transaction = (): Promise<never> => Promise.reject(new Error('disk'))
  const db = Object.assign(Object.create(store.db) as typeof store.db, { transaction })
  const { say } = client({ conversation: pop3({ ...made.host, store: { ...store, db } }) }, secure)
  const said = await say('USER ann\r\nPASS se cret\r\nDELE 1\r\nQUIT\r\n', 5)
  equal(said[4], '-ERR [SYS/TEMP] The deleted messages could not be removed, try again later')
  deepEqual(await made.uids(), [1])
})
