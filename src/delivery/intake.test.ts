import { deepEqual, doesNotMatch, equal, match, ok, rejects } from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { play, testPeer } from '../../test/transcript.ts'
import {
  mailsOf,
  send,
  smallHouse,
  type Sending,
  type SmallHouse,
  type SmallHouseOptions,
} from '../../test/smallhouse.ts'
import { smtpServer } from '../smtp/conversation.ts'
import { createAlias } from '../directory/aliases.ts'
import { changeAccount } from '../directory/accounts.ts'
import { createClass } from '../directory/classes.ts'
import { changeDomain, insertDomain } from '../directory/domains.ts'
import { createMailbox, mailboxByPath } from '../store/mailboxes.ts'
import { messagesIn } from '../store/messages.ts'
import { quotaOf } from '../store/quota.ts'
import { findEntries } from '../queue/entries.ts'
import { eachEngine } from '../../test/engines.ts'
import { migrations } from '../schema.ts'
import { Trouble } from '../wire/troubles.ts'
import { findEvents } from '../tracking/events.ts'
import type { SmtpRole } from '../smtp/intake.ts'

async function house(t: TestContext, options: SmallHouseOptions = {}): Promise<SmallHouse> {
  const made = await smallHouse(options)
  t.after(() => made.close())
  return made
}

function speak(made: SmallHouse, text: string, role: SmtpRole = 'mx', peer = {}): Promise<void> {
  return play(
    text,
    () => smtpServer(made.delivery.intake, { role, hostname: 'mx.uni.example', authOffered: role !== 'lmtp' }),
    { peer: testPeer({ listener: role === 'mx' ? 'smtp' : role, ...peer }), ways: ['by line'] },
  )
}

test('a mail for one of us lies in the mailbox, with its trace, when it is acknowledged', async (t) => {
  const made = await house(t)
  const wang = await made.person('wang@uni.example')
  await speak(
    made,
    `S* 
     S: 220 mx.uni.example ESMTP...
     C: EHLO mx.else.example
     S*
     S: /^250 /
     C: MAIL FROM:<li@else.example>
     S: 250...
     C: RCPT TO:<Wang@uni.example>
     S: 250...
     C: DATA
     S: 354...
     C: Subject: hello
     C: Return-Path: <forged@else.example>
     C: Authentication-Results: mx.uni.example; dkim=pass
     C:
     C: Good day
     C: .
     S: /^250 2\\.0\\.0 .*[0-9a-z]{16}/
     C: QUIT
     S: 221...
     -- close`,
  )
  const [mail, ...others] = await mailsOf(made, wang)
  equal(others.length, 0)
  match(
    mail!,
    /^Return-Path: <li@else\.example>\r\nDelivered-To: wang@uni\.example\r\nReceived: from mx\.else\.example \(\[127\.0\.0\.1\]\)\r\n\tby mx\.uni\.example with ESMTP id [0-9a-z]{16}\r\n\tfor <Wang@uni\.example>;\r\n\tThu, 15 Jan 2026 04:00:00 \+0000\r\nAuthentication-Results: mx.uni.example; spf=none\r\nSubject: hello\r\n\r\nGood day\r\n$/,
  )
  const id = / id ([0-9a-z]{16})/.exec(mail!)![1]!
  const events = await findEvents(made.db, { mail: id })
  deepEqual(
    events.map(({ kind, address, account }) => [kind, address, account]),
    [
      ['received', 'li@else.example', undefined],
      ['placed', 'wang@uni.example', wang.id],
    ],
  )
})

const letter = 'From: li@else.example\nTo: wang@uni.example\nSubject: hello\n\nGood day\n'
const own = 'From: wang@uni.example\nTo: li@else.example\nSubject: hello\n\nGood day\n'
const fromStranger: Pick<Sending, 'from' | 'text'> = { from: 'li@else.example', text: letter }

// -- nobody relays (SECURITY.md 6)

const tricks: [what: string, recipient: string, reply: RegExp][] = [
  ['plainly', 'li@else.example', /^Refusal: 550 5\.7\.1/],
  ['with a percent sign', 'li%else.example@uni.example', /^Refusal: 550 5\.1\.1/],
  ['with a bang path', 'else.example!li@uni.example', /^Refusal: 550 5\.1\.1/],
  ['with a quoted address', '"li@else.example"@uni.example', /^Refusal: 550 5\.1\.1/],
  ['with a quoted percent sign', '"li%else.example"@uni.example', /^Refusal: 550 5\.1\.1/],
  ['with a quoted bang path', '"else.example!li"@uni.example', /^Refusal: 550 5\.1\.1/],
  ['with an address in an address', 'li@else.example@uni.example', /^Refusal: 5\d\d 5\.1\.[13]/],
  ['with our address in theirs', 'wang@uni.example@else.example', /^Refusal: 5\d\d 5\.[17]\.[13]/],
  ['with a domain literal', 'li@[192.0.2.25]', /^Refusal: 550 5\.7\.1/],
  ['with our address as a literal', 'li%else.example@[127.0.0.1]', /^Refusal: 550 5\.7\.1/],
  ['with a literal in a quoted part', '"li@[192.0.2.25]"@uni.example', /^Refusal: 550 5\.1\.1/],
  ['with a domain below ours', 'li@else.uni.example', /^Refusal: 550 5\.7\.1/],
  ['with a name that ends like ours', 'li@notuni.example', /^Refusal: 550 5\.7\.1/],
  ['with a trailing dot', 'li@else.example.', /^Refusal: 550 5\.7\.1/],
  ['without a domain', 'li', /^Refusal: 5\d\d 5\.1\.3/],
]
for (const [what, recipient, reply] of tricks) {
  test(`a stranger does not relay ${what}`, async (t) => {
    const made = await house(t)
    await made.person('wang@uni.example')
    for (const from of ['li@else.example', '', 'wang@uni.example']) {
      await rejects(send(made, { from, to: [recipient], text: letter }), reply)
    }
    deepEqual(await findEntries(made.db, {}), [])
  })
}

test('a catch-all takes such addresses in; nothing leaves', async (t) => {
  const made = await house(t)
  const wang = await made.person('wang@uni.example')
  await changeDomain(made.db, 'uni.example', { catchAll: 'wang@uni.example' })
  for (const to of ['li%else.example@uni.example', '"li@else.example"@uni.example', 'else.example!li@uni.example']) {
    await send(made, { ...fromStranger, to: [to] })
  }
  equal((await mailsOf(made, wang)).length, 3)
  deepEqual(await findEntries(made.db, {}), [])
})

test('source routes are dropped by the grammar, and what is left is not relayed', async (t) => {
  const made = await house(t)
  await speak(
    made,
    `S: 220...
     C: EHLO x.example
     S*
     S: /^250 /
     C: MAIL FROM:<li@else.example>
     S: 250...
     C: RCPT TO:<@uni.example:li@else.example>
     S: 550 5.7.1...
     C: QUIT
     S: 221...
     -- close`,
  )
})

test('trusted networks relay, loopback alone does not', async (t) => {
  const made = await house(t, { settings: { trustedNetworks: ['192.0.2.0/28', '2001:db8::/64'] } })
  for (const address of ['192.0.2.7', '2001:db8::7', '::ffff:192.0.2.7']) {
    await send(made, { from: 'a@uni.example', to: ['li@else.example'], text: own, peer: { address } })
  }
  equal((await findEntries(made.db, {})).length, 3)
  for (const address of ['127.0.0.1', '::1', '192.0.2.16', '2001:db8:0:1::7']) {
    await rejects(
      send(made, { from: 'a@uni.example', to: ['li@else.example'], text: own, peer: { address } }),
      /5\.[17]\.[18]/,
    )
  }
})

test('LMTP takes mail for us only', async (t) => {
  const made = await house(t, { settings: { trustedNetworks: ['127.0.0.0/8'] } })
  await made.person('wang@uni.example')
  await rejects(send(made, { ...fromStranger, role: 'lmtp', to: ['li@else.example'] }), /550 5\.7\.1/)
  const { each } = await send(made, { ...fromStranger, role: 'lmtp', to: ['wang@uni.example'] })
  deepEqual(each, [undefined])
})

// -- who is who

test('a submission is by somebody, and from him', async (t) => {
  const made = await house(t)
  const login = await made.person('wang@uni.example')
  await made.person('li@uni.example')
  const to = ['li@else.example']
  await rejects(send(made, { from: 'wang@uni.example', to, text: own, role: 'submission' }), /530 5\.7\.0/)
  await rejects(send(made, { from: 'li@uni.example', to, text: own, login }), /553 5\.7\.1/)
  await rejects(send(made, { from: 'x@else.example', to, text: own, login }), /553 5\.7\.1/)
  const texts: [text: string, reply: RegExp][] = [
    ['From: li@uni.example\n\nx\n', /550 5\.7\.1 li@uni\.example/],
    ['From: wang@uni.example, li@uni.example\n\nx\n', /550 5\.7\.1/],
    ['From: wang@uni.example\nSender: li@uni.example\n\nx\n', /550 5\.7\.1/],
    ['From: wang@uni.example\nFrom: li@uni.example\n\nx\n', /550 5\.7\.1 More than one/],
    ['Subject: nobody\n\nx\n', /550 5\.7\.1/],
    ['From: "wang@uni.example" <li@uni.example>\n\nx\n', /550 5\.7\.1/],
  ]
  for (const [text, reply] of texts) await rejects(send(made, { from: 'wang@uni.example', to, text, login }), reply)
  await send(made, { from: 'wang@uni.example', to, text: own, login })
  await send(made, { from: 'wang+list@uni.example', to, text: own, login })
  await send(made, { from: '', to, text: own, login })
  equal((await findEntries(made.db, {})).length, 3)
})

test('a submission gets the Date and Message-ID it lacks, and loses its Bcc', async (t) => {
  const made = await house(t)
  const login = await made.person('wang@uni.example')
  const li = await made.person('li@uni.example')
  const text =
    'From: wang@uni.example\nBcc: secret@else.example,\n more@else.example\nResent-Bcc: x@else.example\nTo: li@uni.example\n\nBcc: not me\n'
  await send(made, { from: 'wang@uni.example', to: ['li@uni.example'], text, login })
  const [mail] = await mailsOf(made, li)
  match(
    mail!,
    /\r\nDate: Thu, 15 Jan 2026 04:00:00 \+0000\r\nMessage-ID: <[0-9a-z]{16}@mx\.uni\.example>\r\nFrom: wang/,
  )
  doesNotMatch(mail!, /else\.example/)
  match(mail!, /To: li@uni\.example\r\n\r\nBcc: not me\r\n$/)
})

test('fields that speak in our name do not cross the border; others do', async (t) => {
  const made = await house(t)
  const wang = await made.person('wang@uni.example')
  const text =
    'Authentication-Results: (comment) MX.uni.example; dkim=pass\nAuthentication-Results: mx.uni.example 1;\n spf=pass\n' +
    'Authentication-Results: mx.else.example; spf=pass\nReturn-Path: <x@y.example>\nBcc: kept@else.example\n' +
    letter
  await send(made, { from: 'li@else.example', to: ['wang@uni.example'], text, pieces: 17 })
  const [mail] = await mailsOf(made, wang)
  equal(mail!.match(/^Authentication-Results: mx\.uni\.example/gim)!.length, 1)
  match(mail!, /\r\nAuthentication-Results: mx\.else\.example; spf=pass\r\nBcc: kept@else\.example\r\nFrom/)
  equal(mail!.match(/Return-Path/g)!.length, 1)
})

const senders: [sender: string, reply: RegExp | undefined][] = [
  ['', undefined],
  ['li@else.example', undefined],
  ['li@mx.else.example', undefined], // no MX, but an address
  ['li@nowhere.example', /550 5\.1\.8/],
  ['li@null.example', /550 5\.7\.27/],
  ['li@localhost', /553 5\.1\.8/],
  ['li@[192.0.2.9]', /553 5\.1\.8/],
  ['li@@else.example', /553 5\.1\.7/],
]
test('a stranger has a sender that can be answered', async (t) => {
  const made = await house(t, { settings: { senderDomainMustExist: true } })
  await made.person('wang@uni.example')
  for (const [from, reply] of senders) {
    const sent = send(made, { from, to: ['wang@uni.example'], text: letter })
    await (reply ? rejects(sent, reply, from) : sent)
  }
})

// -- whom it reaches

test('postmaster is there with and without a domain', async (t) => {
  const made = await house(t)
  await made.person('wang@uni.example')
  await rejects(send(made, { ...fromStranger, to: ['postmaster'] }), /550 5\.1\.1/, 'there is no administrator yet')
  await createAlias(made.db, 'postmaster@uni.example', ['wang@uni.example'])
  for (const to of ['postmaster', 'PostMaster@uni.example', 'postmaster@[127.0.0.1]']) {
    await send(made, { ...fromStranger, to: [to] })
  }
})

eachEngine('everybody gets one copy, in one transaction', migrations, async (t, db) => {
  const made = await house(t, { db })
  const wang = await made.person('wang@uni.example')
  const li = await made.person('li@uni.example')
  await createAlias(db, 'all@uni.example', ['wang@uni.example', 'li@uni.example', 'out@else.example'])
  await send(made, { ...fromStranger, to: ['all@uni.example', 'wang@uni.example', 'Li+news@uni.example'] })
  for (const account of [wang, li]) {
    const [mail, ...others] = await mailsOf(made, account)
    equal(others.length, 0)
    doesNotMatch(mail!, /Delivered-To|\tfor </, 'one recipient does not learn of the other')
  }
  deepEqual(await db.arrays('select count(*) from mail'), [[1]])
  const [entry] = await findEntries(db, {})
  equal(entry!.address, 'out@else.example')
  match(entry!.sender, /^SRS0=/)
})

test('mail to user+folder goes into that mailbox, where there is one', async (t) => {
  const made = await house(t)
  const wang = await made.person('wang@uni.example')
  const box = await createMailbox(made.store, wang.id, { path: ['lists'] })
  await send(made, { ...fromStranger, to: ['wang+lists@uni.example'] })
  await send(made, { ...fromStranger, to: ['wang+other@uni.example'] })
  equal((await messagesIn(made.db, box.id, 1, 99, 9)).length, 1)
  equal((await mailsOf(made, wang)).length, 1)
  equal(await mailboxByPath(made.db, wang.id, ['other']), undefined)
})

test('what the authentication sets aside goes to Junk; what it refuses is refused', async (t) => {
  const made = await house(t)
  const wang = await made.person('wang@uni.example')
  const real = made.house.mailauth.judge
  made.house.mailauth.judge = () => ({ verdict: { outcome: 'pass' }, junk: true })
  await send(made, { ...fromStranger, to: ['wang@uni.example'] })
  made.house.mailauth.judge = () => ({
    verdict: { outcome: 'refuse', trouble: 'policy', text: 'DMARC says no' },
    junk: true,
  })
  await rejects(send(made, { ...fromStranger, to: ['wang@uni.example'] }), /550 5\.7\.1 DMARC says no/)
  made.house.mailauth.judge = real
  equal((await mailsOf(made, wang)).length, 0)
  equal((await mailsOf(made, wang, 'junk')).length, 1)
  const [placed] = await findEvents(made.db, { kind: 'placed' })
  deepEqual([placed!.details['mailbox'], placed!.details['role']], ['Junk', 'junk'])
})

// -- circles

test('a mail that has gone through too many hosts, or comes back, is refused', async (t) => {
  const made = await house(t)
  await made.person('wang@uni.example')
  const to = ['wang@uni.example']
  const hops = (count: number) => 'Received: from a by b; Thu, 1 Jan 2026 00:00:00 +0000\n'.repeat(count) + letter
  await send(made, { from: 'li@else.example', to, text: hops(50) })
  await rejects(send(made, { from: 'li@else.example', to, text: hops(51) }), /554 5\.4\.6/)
  await send(made, { from: 'li@else.example', to, text: `Delivered-To: other@uni.example\n${letter}` })
  await rejects(
    send(made, { from: 'li@else.example', to, text: `Delivered-To: WANG@uni.example\n${letter}` }),
    /554 5\.4\.6/,
  )
})

// -- room

test('a full mailbox is said at RCPT, by the size that was declared', async (t) => {
  const made = await house(t)
  await made.person('wang@uni.example', 2_000)
  await send(made, { ...fromStranger, to: ['wang@uni.example'] })
  await speak(
    made,
    `S: 220...
     C: EHLO x.example
     S*
     S: /^250 /
     C: MAIL FROM:<li@else.example> SIZE=1990
     S: 250...
     C: RCPT TO:<wang@uni.example>
     S: 452 4.2.2...
     C: QUIT
     S: 221...
     -- close`,
  )
  made.house.settings.overQuota = 'refuse'
  await rejects(
    send(made, { from: 'li@else.example', to: ['wang@uni.example'], text: letter + 'x'.repeat(3_000) }),
    /552 5\.2\.2/,
  )
})

eachEngine('a mailbox too full for this mail does not keep it from the others', migrations, async (t, db) => {
  const made = await house(t, { db, queue: {} })
  const wang = await made.person('wang@uni.example', 1_000)
  const li = await made.person('li@uni.example')
  const to = ['wang@uni.example', 'li@uni.example']
  const text = letter + 'x'.repeat(3_000)
  await send(made, { from: 'li@else.example', to, text })
  equal((await mailsOf(made, li)).length, 1)
  await made.queue!.idle()
  const [waiting] = await findEntries(db, {})
  deepEqual([waiting!.address, waiting!.lastStatus], ['wang@uni.example', '4.2.2'])
  const { each } = await send(made, { from: 'li@else.example', to, text, role: 'lmtp' })
  deepEqual(
    each!.map((one) => one?.code),
    [452, undefined],
  )
  equal((await mailsOf(made, wang)).length, 0)
  await rejects(send(made, { from: 'li@else.example', to: ['wang@uni.example'], text }), /452 4\.2\.2/)
  equal((await quotaOf(db, wang.id)).used, 0)
})

test('the owner is told when the mailbox fills up, once for each step, even when it is full', async (t) => {
  const made = await house(t)
  const wang = await made.person('wang@uni.example', 10_000)
  const text = letter + 'x'.repeat(8_000)
  await send(made, { from: 'li@else.example', to: ['wang@uni.example'], text })
  await made.delivery.settled()
  const [, notice, ...others] = await mailsOf(made, wang)
  equal(others.length, 0)
  match(notice!, /Auto-Submitted: auto-generated/)
  match(notice!, /Content-Type: text\/plain; charset=utf-8/)
})

test('mail beyond the limits is refused: size, header', async (t) => {
  const made = await house(t, { settings: { mailBytes: 600_000, headerBytes: 5_000 } })
  const wang = await made.person('wang@uni.example')
  const to = ['wang@uni.example']
  await rejects(
    send(made, { from: 'li@else.example', to, text: letter + 'x'.repeat(600_000), pieces: 5 }),
    /552 5\.3\.4/,
  )
  await rejects(send(made, { from: 'li@else.example', to, text: `X: ${'y'.repeat(5_000)}\n${letter}` }), /552 5\.3\.4/)
  await rejects(send(made, { from: 'li@else.example', to, text: `X: ${'y'.repeat(9_000)}`, pieces: 9 }), /552 5\.3\.4/)
  const large = letter + 'z'.repeat(530_000) // more than two blocks
  for (const pieces of [1, 7, 530_000 / 16]) await send(made, { from: 'li@else.example', to, text: large, pieces })
  const mails = await mailsOf(made, wang)
  equal(mails.length, 3)
  ok(mails.every((mail) => mail.endsWith('Good day\r\n' + 'z'.repeat(530_000))))
})

test('odd mails are taken as they are: no header, no body, nothing, ten thousand parts', async (t) => {
  const made = await house(t)
  const wang = await made.person('wang@uni.example')
  const many = `Content-Type: multipart/mixed; boundary=b\n${letter}${'--b\n\nx\n'.repeat(10_001)}--b--\n`
  const texts = ['', '\n', '\njust a body\n', 'Subject: no body', 'no colon at all\n', many]
  for (const text of texts) await send(made, { from: 'li@else.example', to: ['wang@uni.example'], text })
  const mails = await mailsOf(made, wang)
  texts.forEach((text, i) => ok(mails[i]!.endsWith(text.replaceAll('\n', '\r\n')), `mail ${i}`))
})

// -- too much

test('rates: mails in a minute, recipients in an hour, by login and by address', async (t) => {
  const settings = { mailsPerMinute: 2, recipientsPerHour: 4, strangerMailsPerMinute: 1 }
  const made = await house(t, { settings })
  const login = await made.person('wang@uni.example')
  const one = { from: 'wang@uni.example', to: ['a@else.example'], text: own, login }
  await send(made, one)
  await send(made, one)
  await rejects(send(made, one), /450 4\.7\.1 More than 2 mails/)
  made.clock.now += 61_000
  await send(made, one)
  await rejects(send(made, { ...one, to: ['a@else.example', 'b@else.example'] }), /450 4\.7\.1 More than 4 recipients/)
  const stranger = { ...fromStranger, to: ['wang@uni.example'], peer: { address: '192.0.2.9' } }
  await send(made, stranger)
  await rejects(send(made, stranger), /450 4\.7\.1/)
  await send(made, { ...stranger, peer: { address: '192.0.2.10' } })
})

test('a class of service has its own limits', async (t) => {
  const made = await house(t)
  const limits = { messagesPerHour: 2, recipientsPerMail: 2, mailSize: 500 }
  await createClass(made.db, 'guests', { limits })
  const login = await made.person('wang@uni.example')
  await made.db.transaction((sql) => changeAccount(sql, login.id, { className: 'guests' }))
  login.className = 'guests'
  const one = { from: 'wang@uni.example', to: ['a@else.example'], text: own, login }
  await rejects(send(made, { ...one, to: ['a@else.example', 'b@else.example', 'c@else.example'] }), /452 4\.5\.3/)
  await rejects(send(made, { ...one, text: own + 'x'.repeat(500) }), /552 5\.3\.4/)
  await send(made, one)
  await rejects(send(made, one), /450 4\.7\.1 More than 2 mails in an hour/)
})

test('connections of one address are limited; an IPv6 network counts as one', async (t) => {
  const made = await house(t, { settings: { connectionsPerAddress: 2, connectionsPerMinute: 4 } })
  const { intake } = made.delivery
  const session = (address: string) =>
    ({ id: 's', role: 'mx', peer: testPeer({ address }), helo: '', protocol: 'SMTP', facts: {} }) as const
  const first = { ...session('2001:db8::1'), facts: {} }
  await intake.connect(first)
  await intake.connect({ ...session('2001:db8::2'), facts: {} })
  await rejects(intake.connect({ ...session('2001:db8:0:0:ffff::3'), facts: {} }), /421 4\.7\.0/)
  intake.closed(first)
  const third = { ...session('2001:db8::4'), facts: {} }
  await intake.connect(third)
  intake.closed(third)
  await intake.connect({ ...session('2001:db8::5'), facts: {} })
  for (let i = 0; i < 10; i++) await intake.connect({ ...session('127.0.0.1'), facts: {} })
  await made.house.tracking.flush()
  equal((await findEvents(made.db, { kind: 'refused' })).length, 1)
})

test('a session that guesses names is closed', async (t) => {
  const made = await house(t, { settings: { unknownRecipients: 3 } })
  const { intake } = made.delivery
  const session = {
    id: 's',
    role: 'mx' as const,
    peer: testPeer({ address: '192.0.2.9' }),
    helo: '',
    protocol: 'SMTP' as const,
    facts: {},
  }
  await intake.connect(session)
  const envelope = { session, sender: '', body: '7BIT' as const, smtputf8: false, dsn: {}, recipients: [] }
  for (let i = 0; i < 3; i++) await rejects(intake.recipient(envelope, { address: `n${i}@uni.example` }), /550 5\.1\.1/)
  await rejects(intake.recipient(envelope, { address: 'n4@uni.example' }), /421 4\.7\.0/)
})

// -- trouble

test('what cannot be made durable is not acknowledged, and leaves nothing behind', async (t) => {
  const made = await house(t)
  const wang = await made.person('wang@uni.example')
  const mail = { ...fromStranger, to: ['wang@uni.example'] }
  const { blobs, db } = made.store
  const writer = blobs.writer.bind(blobs)
  blobs.writer = () => ({ ...writer(), finish: () => Promise.reject(new Trouble('disk-full')) })
  await rejects(send(made, mail), /452 4\.3\.1/)
  blobs.writer = writer
  const transaction = db.transaction.bind(db)
  const dropped: string[] = []
  blobs.drop = async (ref) => void dropped.push(ref)
  db.transaction = () => Promise.reject(new Trouble('unavailable'))
  await rejects(send(made, mail), /451 4\.3\.0/)
  deepEqual(dropped, [], 'the commit may have happened')
  db.transaction = () => Promise.reject(new Trouble('no-such-mailbox'))
  await rejects(send(made, mail), /451 4\.3\.0/)
  equal(dropped.length, 1)
  db.transaction = () => Promise.reject(new Error('a mistake'))
  await rejects(send(made, mail), /a mistake/)
  db.transaction = transaction
  await send(made, mail)
  equal((await mailsOf(made, wang)).length, 1)
  equal(made.warnings.length, 1)
})

eachEngine('of mails placed together, one that fails harms no other', migrations, async (t, db) => {
  const made = await house(t, { db, together: { most: 100, atOnce: 1 } })
  const wang = await made.person('wang@uni.example', 1_000)
  const li = await made.person('li@uni.example')
  const text = letter + 'x'.repeat(2_000)
  const results = await Promise.allSettled(
    Array.from({ length: 20 }, (_, i) =>
      send(made, { from: 'a@else.example', to: [i % 4 === 0 ? 'wang@uni.example' : 'li@uni.example'], text }),
    ),
  )
  deepEqual(
    results.map(({ status }) => status === 'fulfilled'),
    results.map((_, i) => i % 4 !== 0),
  )
  equal((await mailsOf(made, li)).length, 15)
  equal((await mailsOf(made, wang)).length, 0)
  deepEqual(await db.arrays('select count(*) from mail'), [[15]])
})

test('a sender without a dot is taken when the domain is ours: a machine with a short name', async (t) => {
  const made = await house(t)
  await insertDomain(made.db, { name: 'box' })
  await made.person('wang@box')
  await speak(
    made,
    `S: 220...
     C: HELO box
     S: 250...
     C: MAIL FROM:<root@other>
     S: 553 5.1.8...
     C: MAIL FROM:<root@box>
     S: 250...
     C: RCPT TO:<wang@box>
     S: 250...
     C: QUIT
     S: 221...
     -- close`,
  )
})
