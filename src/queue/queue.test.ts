import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { TLSSocket } from 'node:tls'
import { eachEngine } from '../../test/engines.ts'
import {
  mailsOf,
  send,
  silentMailauth,
  smallHouse,
  type SmallHouse,
  type SmallHouseOptions,
} from '../../test/smallhouse.ts'
import { createAlias } from '../directory/aliases.ts'
import { createDomain } from '../directory/domains.ts'
import { listen } from '../net/listen.ts'
import { selfSigned } from '../net/selfsigned.ts'
import { migrations } from '../schema.ts'
import { createMailbox, mailboxByPath } from '../store/mailboxes.ts'
import { smtpServer } from '../smtp/conversation.ts'
import type { ServerOptions } from '../smtp/command.ts'
import { PlayedHouse } from '../smtp/played.ts'
import { Refusal, reply } from '../smtp/replies.ts'
import { findEvents } from '../tracking/events.ts'
import { findEntries } from './entries.ts'
import { queueDefaults, routeDefaults, type QueueSettings } from './limits.ts'
import { dropEntries, holdEntries, retryEntries } from './orders.ts'
import { startQueue } from './queue.ts'

const hour = 3_600_000

interface Remote {
  house: PlayedHouse
  port: number
}

/** A mail host of the world outside, on a loopback address. */
async function remote(
  t: TestContext,
  options: Partial<ServerOptions> = {},
  secure: (socket: Socket) => TLSSocket = () => {
    throw new Error('no TLS here')
  },
): Promise<Remote> {
  const house = new PlayedHouse()
  const listening = await listen({
    name: 'smtp',
    host: '127.0.0.1',
    port: 0,
    proxies: [],
    implicitTls: false,
    secure,
    conversation: smtpServer(house, { role: 'mx', hostname: 'mx.else.example', tlsAvailable: false, ...options }),
    full: '421 4.7.0 full\r\n',
    connections: 100,
    connectionsPerAddress: 100,
    failed: (error) => t.diagnostic(String(error)),
  })
  t.after(() => listening.stop(0))
  return { house, port: listening.port }
}

const world = `
else.example.     MX  10 mx.else.example.
mx.else.example.  A   127.0.0.1
null.example.     MX  0 .
circle.example.   MX  10 mx.uni.example.
mx.uni.example.   A   192.0.2.1
closed.example.   MX  10 mx.closed.example.
mx.closed.example. A  127.0.0.9
`

async function house(
  t: TestContext,
  queue: Partial<QueueSettings>,
  options: SmallHouseOptions = {},
): Promise<SmallHouse> {
  const made = await smallHouse({ zone: world, queue: { allowPrivate: true, ...queue }, ...options })
  t.after(() => made.close())
  return made
}

const letter =
  'From: Wang <wang@uni.example>\nTo: somebody\nSubject: 你好\nDate: Thu, 15 Jan 2026 12:00:00 +0800\nMessage-ID: <1@uni.example>\n\nGood day\n'

test('a mail to somebody elsewhere is carried there, once', async (t) => {
  const { house: else_, port } = await remote(t)
  const made = await house(t, { port })
  const wang = await made.person('wang@uni.example')
  const { id } = await send(made, { from: 'wang@uni.example', to: ['li@else.example'], text: letter, login: wang })
  await made.queue!.idle()

  const [mail, ...others] = else_.mails
  equal(others.length, 0)
  equal(mail!.envelope.sender, 'wang@uni.example')
  deepEqual(
    mail!.envelope.recipients.map(({ address }) => address),
    ['li@else.example'],
  )
  match(mail!.bytes, /^Received: from client\.example \(\[127\.0\.0\.1\]\)\r\n\tby mx\.uni\.example with ESMTPA id/)
  equal((await findEntries(made.db, {})).length, 0)
  equal(await made.db.one('select id from queue_mail'), undefined)
  deepEqual(await made.db.arrays('select held from mail'), [[0]])
  const events = await findEvents(made.db, { mail: id })
  deepEqual(
    events.map(({ kind }) => kind),
    ['received', 'queued', 'delivered'],
  )
  const { details, peer } = events[2]!
  equal(peer, '127.0.0.1')
  equal(details['host'], 'mx.else.example')
  match(String(details['words']), /^250 2\.\d\.\d /)
  deepEqual(made.warnings, [])
})

test('a held mail moves nowhere before its time; then everybody gets it once', async (t) => {
  const { house: else_, port } = await remote(t)
  const made = await house(t, { port, pollMilliseconds: 10 })
  const wang = await made.person('wang@uni.example')
  const li = await made.person('li@uni.example')
  await createAlias(made.db, 'both@uni.example', ['li@uni.example', 'wang@uni.example'])
  await createMailbox(made.store, li.id, { path: ['lab'] })
  const to = [
    { address: 'li+lab@uni.example', notify: { success: true, failure: true, delay: false } },
    'both@uni.example',
    'ann@else.example',
  ]
  const hold = { seconds: 3_600 }
  await send(made, {
    from: 'wang@uni.example',
    to: to.map((one) => (typeof one === 'string' ? { address: one } : one)),
    text: letter,
    login: wang,
    hold,
  })
  const lab = async () => {
    const mailbox = await mailboxByPath(made.db, li.id, ['lab'])
    return [mailbox!.total, (await mailsOf(made, li)).length, (await mailsOf(made, wang)).length, else_.mails.length]
  }
  await made.queue!.idle()
  made.clock.now += 3_599_999
  made.queue!.wake()
  await made.queue!.idle()
  deepEqual(await lab(), [0, 0, 0, 0])
  made.clock.now += 1
  made.queue!.wake()
  await made.queue!.idle()
  deepEqual(await lab(), [1, 0, 2, 1]) // Wang as one of both@, and the report he asked for
  match((await mailsOf(made, wang)).join(), /Final-Recipient: rfc822; li\+lab@uni\.example\r\nAction: delivered/)
  equal((await findEntries(made.db, {})).length, 0)
  deepEqual(await made.db.arrays('select held from mail where id = 1'), [[0]])
  deepEqual(made.warnings, [])
})

test('a recipient refused for good comes back to the sender as a report', async (t) => {
  const { port } = await remote(t)
  const made = await house(t, { port })
  const wang = await made.person('wang@uni.example')
  const { id } = await send(made, {
    from: 'wang@uni.example',
    to: ['nobody@else.example', 'li@else.example'],
    text: letter,
    login: wang,
    dsn: { envid: 'E1', ret: 'FULL' },
  })
  await made.queue!.idle()
  const [report, ...others] = await mailsOf(made, wang)
  equal(others.length, 0)
  match(report!, /^Return-Path: <>\r\n/)
  match(report!, /Content-Type: multipart\/report; report-type=delivery-status/)
  match(report!, /Original-Envelope-Id: E1\r\nReporting-MTA: dns; mx\.uni\.example\r\n/)
  match(
    report!,
    /Final-Recipient: rfc822; nobody@else\.example\r\nAction: failed\r\nStatus: 5\.1\.1\r\nRemote-MTA: dns; mx\.else\.example\r\nDiagnostic-Code: smtp; 550 5\.1\.1 No such mailbox here\r\n/,
  )
  match(report!, /Content-Type: message\/rfc822\r\n/)
  match(report!, /Good day/)
  ok(!report!.includes('Final-Recipient: rfc822; li@else.example'))
  const kinds = (await findEvents(made.db, { mail: id })).map(({ kind, address }) => `${kind} ${address}`)
  deepEqual(kinds.slice(-3).sort(), [
    'bounced nobody@else.example',
    'delivered li@else.example',
    'notice wang@uni.example',
  ])
  deepEqual(made.warnings, [])
})

test('what fails for now is tried again on schedule, told once, and returned in the end', async (t) => {
  const { house: else_, port } = await remote(t)
  const made = await house(t, { port, retries: [hour], expire: 6 * hour, delayNotice: 4 * hour })
  const wang = await made.person('wang@uni.example')
  await send(made, { from: 'wang@uni.example', to: ['full@else.example'], text: letter, login: wang })
  await made.queue!.idle()
  const [entry] = await findEntries(made.db, {})
  equal(entry!.attempts, 1)
  equal(entry!.lastWords, '452 4.2.2 Mailbox is full')
  equal(entry!.nextAt, made.clock.now + hour)

  for (let tries = 2; tries <= 7; tries++) {
    made.clock.now += hour
    made.queue!.wake()
    await made.queue!.idle()
    const mails = await mailsOf(made, wang)
    equal(mails.length, tries < 5 ? 0 : tries < 7 ? 1 : 2, `after ${tries} tries`)
  }
  const [delay, failure] = await mailsOf(made, wang)
  match(delay!, /Action: delayed\r\nStatus: 4\.2\.2\r\n/)
  match(delay!, /Will-Retry-Until: Thu, 15 Jan 2026 10:00:00 \+0000/)
  match(failure!, /Action: failed\r\nStatus: 4\.4\.7\r\n/)
  match(failure!, /It could not be delivered in time\.\r\n {4}The mailbox is full\.\r\n/)
  equal((await findEntries(made.db, {})).length, 0)
  equal(else_.mails.length, 0)
})

const noWays: [what: string, domain: string, status: string][] = [
  ['a null MX', 'null.example', '5.1.10'],
  ['a domain that is not there', 'nowhere.example', '5.1.2'],
  ['a domain that points to us', 'circle.example', '5.4.6'],
]
for (const [what, domain, status] of noWays) {
  test(`${what} is returned at once (${status})`, async (t) => {
    const made = await house(t, {})
    const wang = await made.person('wang@uni.example')
    await send(made, { from: 'wang@uni.example', to: [`li@${domain}`], text: letter, login: wang })
    await made.queue!.idle()
    const [report] = await mailsOf(made, wang)
    match(report!, new RegExp(`Action: failed\\r\\nStatus: ${status.replaceAll('.', '\\.')}\\r\\n`))
  })
}

test('names from DNS do not lead into private networks', async (t) => {
  const { house: else_, port } = await remote(t)
  const made = await house(t, { port, allowPrivate: false })
  const wang = await made.person('wang@uni.example')
  await send(made, { from: 'wang@uni.example', to: ['li@else.example'], text: letter, login: wang })
  await made.queue!.idle()
  match((await mailsOf(made, wang))[0]!, /Status: 5\.4\.4/)
  equal(else_.sessions.length, 0)
})

test('a host that does not answer: the next one takes it; none: all mails wait, and the destination is left alone', async (t) => {
  const { house: else_, port } = await remote(t)
  const zone = `
    else.example.  MX 10 a.else.example.
    else.example.  MX 20 b.else.example.
    a.else.example. A 127.0.0.7
    b.else.example. A 127.0.0.1
    gone.example. MX 10 a.else.example.`.replace(/^ +/gm, '')
  const made = await house(t, { port }, { zone })
  const wang = await made.person('wang@uni.example')
  await send(made, { from: 'wang@uni.example', to: ['li@else.example'], text: letter, login: wang })
  await made.queue!.idle()
  equal(else_.mails.length, 1)

  const to = ['a@gone.example', 'b@gone.example']
  await send(made, { from: 'wang@uni.example', to, text: letter, login: wang })
  await made.queue!.idle()
  const waiting = await findEntries(made.db, { domain: 'gone.example' })
  deepEqual(
    waiting.map(({ attempts, state }) => [attempts, state]),
    [
      [1, 'ready'],
      [1, 'ready'],
    ],
  )
  ok(waiting.every(({ lastStatus }) => lastStatus === '4.4.1'))
  await send(made, { from: 'wang@uni.example', to: ['c@gone.example'], text: letter, login: wang })
  await made.queue!.idle()
  const [third] = await findEntries(made.db, { address: 'c@gone.example' })
  equal(third!.attempts, 0)
  equal(third!.nextAt, made.clock.now + 60_000)
})

test('an alias that points outside: our sender, Delivered-To, and a return that finds the way back', async (t) => {
  const { house: else_, port } = await remote(t)
  const made = await house(t, { port })
  await createAlias(made.db, 'out@uni.example', ['li@else.example'])
  await send(made, { from: 'chen@else.example', to: ['out@uni.example'], text: letter })
  await made.queue!.idle()
  const [mail] = else_.mails
  match(mail!.envelope.sender, /^SRS0=[a-z2-7]{8}=[a-z2-7]{2}=else\.example=chen@uni\.example$/)
  match(mail!.bytes, /^Delivered-To: out@uni\.example\r\nReceived: from /)

  await send(made, { from: '', to: [mail!.envelope.sender], text: 'From: <>\nSubject: returned\n\nno\n' })
  await made.queue!.idle()
  deepEqual(
    else_.mails[1]!.envelope.recipients.map(({ address }) => address),
    ['chen@else.example'],
  )
  await rejects(
    send(made, { from: 'spam@else.example', to: [mail!.envelope.sender], text: 'x' }),
    /550 5\.1\.1/,
    'only returns go back',
  )
  await rejects(send(made, { from: '', to: [mail!.envelope.sender.replace('chen', 'zhao')], text: 'x' }), /550 5\.1\.1/)
})

test('nothing is reported to a sender who may be forged, nor about a report', async (t) => {
  const { port } = await remote(t)
  const made = await house(t, { port })
  await createAlias(made.db, 'out@uni.example', ['nobody@else.example'])
  const { id } = await send(made, { from: 'chen@else.example', to: ['out@uni.example'], text: letter })
  await made.queue!.idle()
  equal((await findEntries(made.db, {})).length, 0)
  const kinds = (await findEvents(made.db, { mail: id })).map(({ kind }) => kind)
  deepEqual(kinds, ['received', 'queued', 'bounced'])
})

test('NOTIFY: success is passed on where the host can, else told by us; NEVER is kept', async (t) => {
  const { port, house: else_ } = await remote(t)
  const made = await house(t, { port })
  const wang = await made.person('wang@uni.example')
  const success = { success: true, failure: false, delay: false }
  await send(made, {
    from: 'wang@uni.example',
    to: [
      { address: 'li@else.example', notify: success, originalRecipient: 'rfc822;li@else.example' },
      { address: 'nobody@else.example', notify: 'never' },
    ],
    text: letter,
    login: wang,
  })
  await made.queue!.idle()
  deepEqual(else_.mails[0]!.envelope.recipients[0]!.notify, success)
  deepEqual(await mailsOf(made, wang), [])
})

test('NOTIFY=SUCCESS for one of us is answered by a report', async (t) => {
  const made = await house(t, {})
  const wang = await made.person('wang@uni.example')
  await made.person('li@uni.example')
  const notify = { success: true, failure: false, delay: false }
  await send(made, { from: 'wang@uni.example', to: [{ address: 'li@uni.example', notify }], text: letter, login: wang })
  await made.queue!.idle()
  match(
    (await mailsOf(made, wang))[0]!,
    /Final-Recipient: rfc822; li@uni\.example\r\nAction: delivered\r\nStatus: 2\.1\.5/,
  )
})

test('many mails to one place share connections', async (t) => {
  const { port, house: else_ } = await remote(t)
  const made = await house(t, { port })
  const wang = await made.person('wang@uni.example')
  const all = Array.from({ length: 60 }, (_, i) => `p${i}@else.example`)
  await Promise.all(all.map((to) => send(made, { from: 'wang@uni.example', to: [to], text: letter, login: wang })))
  await made.queue!.idle()
  equal(else_.mails.length, 60)
  equal(new Set(else_.mails.map(({ envelope }) => envelope.recipients[0]!.address)).size, 60)
  ok(else_.sessions.length <= 20, `${else_.sessions.length} connections`)
})

test('a host that closes the connection we kept costs the next mail no attempt', async (t) => {
  const { house: else_, port } = await remote(t)
  else_.sender = async () => {
    if (else_.mails.length === 1 && else_.sessions.length === 1) throw new Refusal(reply(421, '4.4.2', 'Idle too long'))
  }
  const made = await house(t, { port })
  const wang = await made.person('wang@uni.example')
  for (const turn of [1, 2]) {
    await send(made, { from: 'wang@uni.example', to: ['a@else.example'], text: letter, login: wang })
    await made.queue!.idle()
    equal(else_.mails.length, turn)
  }
  equal(else_.sessions.length, 2)
  equal((await findEvents(made.db, { kind: 'attempt' })).length, 0)
})

test('what a node that died had in hand is taken over when its lease ends', async (t) => {
  const { port, house: else_ } = await remote(t)
  const made = await house(t, { port })
  const wang = await made.person('wang@uni.example')
  await made.queue!.stop()
  await send(made, { from: 'wang@uni.example', to: ['li@else.example'], text: letter, login: wang })
  await made.db.run(`update queue_entry set state = 'sending', node = 'dead', next_at = $1`, [made.clock.now + 60_000])
  const second = startQueue({
    ...made.house,
    settings: { ...queueDefaults, port, allowPrivate: true, idleMilliseconds: 50 },
    isLocalDomain: async () => false,
    deliverLocal: made.delivery.deliverLocal,
  })
  t.after(() => second.stop())
  await second.idle()
  equal(else_.mails.length, 0)
  made.clock.now += 60_000
  second.wake()
  await second.idle()
  equal(else_.mails.length, 1)
})

test('a new mail leaves from memory, without a claim and without a look at the disk', async (t) => {
  const { port, house: else_ } = await remote(t)
  const made = await house(t, { port })
  const wang = await made.person('wang@uni.example')
  await made.queue!.idle()
  const { blobs } = made.store
  const forbidden = () => Promise.reject(new Error('read from the disk'))
  Object.assign(made.store, { blobs: { ...blobs, read: forbidden, stream: forbidden } })
  const { id } = await send(made, { from: 'wang@uni.example', to: ['li@else.example'], text: letter, login: wang })
  await made.queue!.idle()
  equal(else_.mails.length, 1)
  equal((await findEvents(made.db, { mail: id })).at(-1)!.kind, 'delivered')
  deepEqual(made.warnings, [])
})

test('a mail whose handing over got lost is sent when its lease ends; one that was rolled back is not', async (t) => {
  const { port, house: else_ } = await remote(t)
  const made = await house(t, { port, leaseMilliseconds: 90_000 })
  const wang = await made.person('wang@uni.example')
  const { id } = await send(made, { from: 'wang@uni.example', to: ['wang@uni.example'], text: letter, login: wang })
  const stored = (await made.db.one<{ id: number }>('select id from mail'))!
  const mail = {
    mailId: stored.id,
    historyId: id,
    at: made.clock.now,
    sender: '',
    smtputf8: false,
    body: '7BIT' as const,
  }
  await rejects(
    made.db.transaction(async (sql) => {
      await made.queue!.handOver(sql, mail, [{ address: 'nobody@else.example' }])
      throw new Error('rolled back')
    }),
  )
  await made.db.transaction((sql) => made.queue!.handOver(sql, mail, [{ address: 'li@else.example' }]))
  await made.queue!.idle()
  equal(else_.mails.length, 0)
  made.clock.now += 90_000
  made.queue!.wake()
  await made.queue!.idle()
  deepEqual(
    else_.mails.map(({ envelope }) => envelope.recipients[0]!.address),
    ['li@else.example'],
  )
})

test('what could not be sorted into its lane is sent when its lease ends', async (t) => {
  const { port, house: else_ } = await remote(t)
  const made = await house(t, { port })
  const wang = await made.person('wang@uni.example')
  await made.queue!.stop()
  await send(made, { from: 'wang@uni.example', to: ['li@else.example'], text: letter, login: wang })
  let failures = 1
  const second = startQueue({
    ...made.house,
    settings: { ...queueDefaults, port, allowPrivate: true, idleMilliseconds: 50, leaseMilliseconds: 90_000 },
    async isLocalDomain() {
      if (failures-- > 0) throw new Error('the database is away')
      return false
    },
    deliverLocal: made.delivery.deliverLocal,
  })
  t.after(() => second.stop())
  await second.idle()
  equal(else_.mails.length, 0)
  made.clock.now += 90_000
  second.wake()
  await second.idle()
  equal(else_.mails.length, 1)
})

test('a new mail waits in the table where there is no room for it in memory', async (t) => {
  const { port, house: else_ } = await remote(t)
  const made = await house(t, { port, handOverRecipients: 1, freshBytes: 0 })
  const wang = await made.person('wang@uni.example')
  const to = ['li@else.example', 'chen@else.example']
  await send(made, { from: 'wang@uni.example', to, text: letter, login: wang })
  await send(made, { from: 'wang@uni.example', to: ['wu@else.example'], text: letter, login: wang })
  await made.queue!.idle()
  equal(else_.mails.length, 2)
  equal((await findEntries(made.db, {})).length, 0)
})

function tls(): (socket: Socket) => TLSSocket {
  const { certificate: cert, key } = selfSigned(['mx.else.example'], Date.now())
  return (socket) => new TLSSocket(socket, { isServer: true, cert, key })
}

test('TLS is used where it is offered, whoever signed the certificate, and the history says so', async (t) => {
  const { port, house: else_ } = await remote(t, { tlsAvailable: true }, tls())
  const made = await house(t, { port })
  const wang = await made.person('wang@uni.example')
  const { id } = await send(made, { from: 'wang@uni.example', to: ['li@else.example'], text: letter, login: wang })
  await made.queue!.idle()
  equal(else_.mails[0]!.envelope.session.peer.tls?.protocol, 'TLSv1.3')
  const delivered = (await findEvents(made.db, { mail: id })).at(-1)
  match(String(delivered!.details['tls']), /^TLSv1\.3 TLS_AES/)
})

test('where its handshake fails, clear text; unless a route insists', async (t) => {
  const broken = (socket: Socket) => new TLSSocket(socket, { isServer: true, ciphers: 'ECDHE-ECDSA-AES128-SHA' })
  const { port, house: else_ } = await remote(t, { tlsAvailable: true }, broken)
  const made = await house(t, { port })
  const wang = await made.person('wang@uni.example')
  await send(made, { from: 'wang@uni.example', to: ['li@else.example'], text: letter, login: wang })
  await made.queue!.idle()
  equal(else_.mails.length, 1)
  equal(else_.mails[0]!.envelope.session.peer.tls, undefined)

  const route = { ...routeDefaults, domain: '*', host: '127.0.0.1', port, tls: 'required' as const }
  const strict = await house(t, { routes: [route] })
  const li = await strict.person('wang@uni.example')
  await send(strict, { from: 'wang@uni.example', to: ['li@else.example'], text: letter, login: li })
  await strict.queue!.idle()
  equal(else_.mails.length, 1)
  equal((await findEntries(strict.db, {}))[0]!.attempts, 1)
})

test('a route that wants a trusted certificate does not take a stranger’s', async (t) => {
  const { port, house: else_ } = await remote(t, { tlsAvailable: true }, tls())
  const route = { ...routeDefaults, domain: '*', host: '127.0.0.1', port, tls: 'required' as const, verify: true }
  const made = await house(t, { routes: [route] })
  const wang = await made.person('wang@uni.example')
  await send(made, { from: 'wang@uni.example', to: ['li@else.example'], text: letter, login: wang })
  await made.queue!.idle()
  equal(else_.mails.length, 0)
  equal((await findEntries(made.db, {}))[0]!.attempts, 1)
})

eachEngine('several nodes share one queue; every mail leaves once', migrations, async (t, db) => {
  const { port, house: else_ } = await remote(t)
  const made = await house(t, { port, claimAtOnce: 7 }, { db, settings: { mailsPerMinute: 1e6 } })
  const wang = await made.person('wang@uni.example')
  const settings = { ...queueDefaults, port, allowPrivate: true, idleMilliseconds: 50, claimAtOnce: 7 }
  const { deliverLocal } = made.delivery
  const others = [1, 2].map(() =>
    startQueue({ ...made.house, settings, isLocalDomain: async () => false, deliverLocal }),
  )
  t.after(() => Promise.all(others.map((other) => other.stop())))
  const all = Array.from({ length: 40 }, (_, i) => `p${i}@else.example`)
  await Promise.all(
    all.map(async (to) => {
      await send(made, { from: 'wang@uni.example', to: [to], text: letter, login: wang })
      for (const other of others) other.wake()
    }),
  )
  for (const each of [made.queue!, ...others]) await each.idle()
  const sent = else_.mails.map(({ envelope }) => envelope.recipients[0]!.address)
  deepEqual(sent.sort(), all.sort())
  deepEqual(made.warnings, [])
})

eachEngine('an operator holds, retries and drops', migrations, async (t, db) => {
  const { port, house: else_ } = await remote(t)
  const made = await house(t, { port }, { db })
  const wang = await made.person('wang@uni.example')
  else_.turnAway = new Refusal(reply(421, '4.3.2', 'Closed'))
  await send(made, { from: 'wang@uni.example', to: ['a@else.example', 'b@else.example'], text: letter, login: wang })
  await made.queue!.idle()
  equal((await findEntries(db, {}))[0]!.lastWords, '421 4.3.2 Closed')
  else_.turnAway = undefined

  const now = made.clock.now
  deepEqual(await holdEntries(db, { address: 'a@else.example' }, now), { done: 1, busy: 0 })
  made.clock.now += 24 * hour
  made.queue!.wake()
  await made.queue!.idle()
  deepEqual(
    else_.mails.map(({ envelope }) => envelope.recipients.map(({ address }) => address)),
    [['b@else.example']],
  )

  await retryEntries(db, { domain: 'else.example' }, made.clock.now)
  made.queue!.wake()
  await made.queue!.idle()
  equal(else_.mails.length, 2)
  await rejects(dropEntries(db, {}, now), { code: 'no-such-queue-entry' })

  await send(made, { from: 'wang@uni.example', to: ['full@else.example'], text: letter, login: wang })
  await made.queue!.idle()
  await dropEntries(db, { address: 'full@else.example' }, made.clock.now)
  deepEqual(await db.arrays('select held from mail order by id'), [[0], [0]])
  equal((await findEvents(db, { kind: 'dropped' })).length, 1)
})

test('retrying does not wait for a destination that is left alone', async (t) => {
  const { port, house: else_ } = await remote(t)
  const made = await house(t, { port })
  const wang = await made.person('wang@uni.example')
  else_.turnAway = new Refusal(reply(554, '5.3.2', 'Closed'))
  await send(made, { from: 'wang@uni.example', to: ['li@else.example'], text: letter, login: wang })
  await made.queue!.idle()
  else_.turnAway = undefined
  await retryEntries(made.db, {}, made.clock.now)
  made.queue!.wake()
  await made.queue!.idle()
  equal(else_.mails.length, 1)
})

test('mail that cannot be returned either is told to whom the settings name', async (t) => {
  const { port } = await remote(t)
  const made = await house(t, { port, doubleBounceTo: 'postmaster@uni.example' })
  const wang = await made.person('wang@uni.example')
  await createAlias(made.db, 'postmaster@uni.example', ['wang@uni.example'])
  await createAlias(made.db, 'out@uni.example', ['nobody@else.example'])
  await send(made, { from: 'chen@else.example', to: ['out@uni.example'], text: letter })
  await made.queue!.idle()
  const [told, ...others] = await mailsOf(made, wang)
  match(told!, /Final-Recipient: rfc822; nobody@else\.example/)
  equal(others.length, 0)
})

test('a stop does not wait for a host that says nothing', async (t) => {
  const silent = createServer()
  t.after(() => silent.close())
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const { port } = silent.address() as AddressInfo
  const made = await house(t, { port, stopMilliseconds: 50 })
  const wang = await made.person('wang@uni.example')
  const connected = once(silent, 'connection')
  await send(made, { from: 'wang@uni.example', to: ['li@else.example'], text: letter, login: wang })
  const [socket] = (await connected) as [Socket]
  t.after(() => socket.destroy())
  await made.queue!.stop()
  equal((await findEntries(made.db, {}))[0]!.state, 'ready')
})

test('a stop gives back what was not sent', async (t) => {
  const { port } = await remote(t)
  const made = await house(t, { port })
  const wang = await made.person('wang@uni.example')
  const sending = send(made, { from: 'wang@uni.example', to: ['li@else.example'], text: letter, login: wang })
  await sending
  await made.queue!.stop()
  for (const { state } of await findEntries(made.db, {})) equal(state, 'ready')
})

test('what leaves is signed by the domain of its author, over the bytes that leave', async (t) => {
  const { port, house: else_ } = await remote(t)
  const signed: string[] = []
  const mailauth = {
    ...silentMailauth,
    async sign(domain: string, { headerBlock, body }: { headerBlock: Uint8Array; body: AsyncIterable<Uint8Array> }) {
      if (domain !== 'uni.example') return ''
      const pieces: Uint8Array[] = [headerBlock]
      for await (const piece of body) pieces.push(piece)
      signed.push(Buffer.concat(pieces).toString())
      return 'DKIM-Signature: v=1\r\n'
    },
  }
  const made = await house(t, { port }, { mailauth })
  const wang = await made.person('wang@uni.example')
  const text = 'From: wang@uni.example\nSubject: no date\n\nGood day\n'
  await send(made, { from: 'wang@uni.example', to: ['li@else.example'], text, login: wang })
  await made.queue!.idle()
  const { bytes } = else_.mails[0]!
  match(bytes, /^DKIM-Signature: v=1\r\nReceived: /)
  equal(signed[0], bytes.slice(bytes.indexOf('Received:')).replace('\r\n\r\n', '\r\n'))
  match(signed[0]!, /\r\nDate: /)
})

test('another main domain counts at once: for forwards, and for who reports are from', async (t) => {
  const { port, house: else_ } = await remote(t)
  const made = await house(t, { port })
  const wang = await made.person('wang@uni.example')
  await createAlias(made.db, 'out@uni.example', ['li@else.example'])
  const forwarded = { from: 'chen@far.example', to: ['out@uni.example'], text: letter }
  await send(made, forwarded)
  await createDomain(made.db, { name: 'new.example', isDefault: true })
  await send(made, forwarded)
  await send(made, { from: 'wang@uni.example', to: ['li@null.example'], text: letter, login: wang })
  await made.queue!.idle()
  const domains = else_.mails.map(({ envelope }) => envelope.sender.replace(/.*@/, ''))
  deepEqual(domains.sort(), ['new.example', 'uni.example'])
  match((await mailsOf(made, wang))[0]!, /\r\nFrom: [^\r]*<MAILER-DAEMON@new\.example>\r\n/)
})
