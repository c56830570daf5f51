import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { eachEngine } from '../../test/engines.ts'
import { mailsOf, send, smallHouse, type SmallHouse, type SmallHouseOptions } from '../../test/smallhouse.ts'
import type { Account } from '../directory/accounts.ts'
import { createAlias } from '../directory/aliases.ts'
import { changeClass } from '../directory/classes.ts'
import { activateScript, forgetExpired, putScript } from '../directory/scripts.ts'
import { setVacation } from '../directory/vacations.ts'
import { findEntries } from '../queue/entries.ts'
import { migrations } from '../schema.ts'
import { listMailboxes, mailboxByPath } from '../store/mailboxes.ts'
import { messagesIn } from '../store/messages.ts'
import { quotaOf, setQuota } from '../store/quota.ts'
import { findEvents } from '../tracking/events.ts'

async function house(t: TestContext, options: SmallHouseOptions = {}): Promise<SmallHouse> {
  const made = await smallHouse(options)
  t.after(() => made.close())
  return made
}

async function filter({ db }: SmallHouse, { id }: Account, text: string, name = 'rules'): Promise<void> {
  await db.transaction(async (sql) => activateScript(sql, id, (await putScript(sql, id, name, text)).id))
}

const li = 'li@else.example'
const letter = (more = ''): string => `From: ${li}\nTo: wang@uni.example\nSubject: hello\n${more}\nGood day\n`
const toWang = { from: li, to: ['wang@uni.example'], text: letter() }

async function count(made: SmallHouse, { id }: Account, ...path: string[]): Promise<number> {
  return (await mailboxByPath(made.db, id, path))?.total ?? -1
}

const kindsOf = async (made: SmallHouse, { id }: Account): Promise<string[]> =>
  (await findEvents(made.db, { account: id })).map(({ kind }) => kind)

eachEngine('a mail to many is placed as each of them wants, in one transaction', migrations, async (t, db) => {
  const made = await house(t, { db })
  const [wang, chen, lin] = [
    await made.person('wang@uni.example'),
    await made.person('chen@uni.example'),
    await made.person('lin@uni.example'),
  ]
  await filter(made, wang, 'require ["fileinto", "copy"]; redirect :copy "x@far.example"; fileinto "Archive";')
  await filter(made, chen, 'discard;')
  const to = ['wang@uni.example', 'chen@uni.example', 'lin@uni.example']
  await send(made, { ...toWang, to })
  deepEqual([await count(made, wang, 'INBOX'), await count(made, wang, 'Archive')], [0, 1])
  deepEqual([await count(made, chen, 'INBOX'), await count(made, lin, 'INBOX')], [0, 1])
  const [entry] = await findEntries(made.db, {})
  equal(entry!.address, 'x@far.example')

  // When the queue cannot take the copy, nobody has the mail.
  const { queue } = made.house
  const { handOver } = queue
  queue.handOver = () => Promise.reject(new Error('no'))
  await rejects(send(made, { ...toWang, to }))
  queue.handOver = handOver
  deepEqual([await count(made, wang, 'Archive'), await count(made, lin, 'INBOX')], [1, 1])
  deepEqual((await findEntries(made.db, {})).length, 1)
  deepEqual(await kindsOf(made, chen), ['discarded'])
})

test('of one mail everything can be wanted: flags, edited copies, a copy as it came', async (t) => {
  const made = await house(t)
  const wang = await made.person('wang@uni.example')
  await filter(
    made,
    wang,
    `require ["fileinto", "imap4flags", "editheader", "mailbox", "foreverypart", "mime", "replace"];
     fileinto :flags ["\\\\Seen", "$a", "\\\\Recent", "bad(keyword"] "Archive";
     addheader "X-Filtered" "yes";
     fileinto :create "New/Deep";
     deleteheader "Subject";
     keep;`,
  )
  await send(made, toWang)
  const archive = (await mailboxByPath(made.db, wang.id, ['Archive']))!
  const [row] = await messagesIn(made.db, archive.id, 1, 9, 9)
  deepEqual([row!.flags, row!.keywords], [1, '$a'])
  equal(await count(made, wang, 'New', 'Deep'), 1)
  const [inbox] = await mailsOf(made, wang)
  match(inbox!, /^Return-Path: <li@else\.example>\r\nDelivered-To: wang@uni\.example\r\nReceived: /)
  match(inbox!, /\r\nX-Filtered: yes\r\nFrom: li@else\.example\r\nTo: wang@uni\.example\r\n\r\nGood day\r\n$/)
})

test('a duplicate is known until its time is over', async (t) => {
  const made = await house(t)
  const wang = await made.person('wang@uni.example')
  await filter(made, wang, 'require "duplicate"; if duplicate :seconds 100 { discard; }')
  const twice = { ...toWang, text: letter('Message-ID: <1@else.example>\n') }
  for (let n = 0; n < 3; n++) await send(made, twice)
  equal(await count(made, wang, 'INBOX'), 1)
  made.clock.now += 101_000
  await send(made, twice)
  equal(await count(made, wang, 'INBOX'), 2)
  made.clock.now += 101_000
  equal(await forgetExpired(made.db, made.clock.now), 1)
})

test('vacation: once for each sender, to the envelope’s sender, with a copy where wanted', async (t) => {
  const made = await house(t)
  const wang = await made.person('wang@uni.example')
  await createAlias(made.db, 'all@uni.example', ['wang@uni.example', 'x@far.example'])
  await filter(made, wang, 'require ["vacation", "fcc"]; vacation :days 1 :fcc "Sent" "away";')
  const answers = async (): Promise<string[]> =>
    (await findEntries(made.db, {})).map(({ address }) => address).filter((address) => address !== 'x@far.example')
  await Promise.all([send(made, toWang), send(made, toWang)])
  deepEqual(await answers(), [li])
  equal(await count(made, wang, 'Sent'), 1)
  for (const silent of [
    { ...toWang, from: '' },
    { ...toWang, text: letter('List-Id: <l.example>\n') },
    { ...toWang, from: 'b@else.example', text: letter('Auto-Submitted: auto-replied\n') },
    { from: 'c@else.example', to: ['all@uni.example'], text: `From: c@else.example\nTo: all@uni.example\n\nx\n` },
    { from: 'mailer-daemon@else.example', to: ['wang@uni.example'], text: letter() },
  ]) {
    await send(made, silent)
  }
  deepEqual(await answers(), [li])
  made.clock.now += 86_400_001
  await send(made, toWang)
  deepEqual(await answers(), [li, li])
  equal((await kindsOf(made, wang)).filter((kind) => kind === 'replied').length, 2)
})

test('an absence speaks where the script has kept the mail, within its dates', async (t) => {
  const made = await house(t)
  const wang = await made.person('wang@uni.example')
  const from = made.clock.now + 1_000
  const away = { enabled: true, from, to: from + 10_000, subject: null, text: 'away', html: null }
  await made.db.transaction((sql) => setVacation(sql, wang.id, away))
  await filter(made, wang, 'if header :is "Subject" "no" { discard; }')
  const answered = async (): Promise<number> => (await findEntries(made.db, {})).length
  await send(made, toWang)
  equal(await answered(), 0)
  made.clock.now += 2_000
  await send(made, { ...toWang, text: letter().replace('hello', 'no') })
  equal(await answered(), 0)
  await send(made, toWang)
  equal(await answered(), 1)
  made.clock.now += 20_000
  await send(made, { ...toWang, from: 'b@else.example' })
  equal(await answered(), 1)
})

test('a notification is mailed', async (t) => {
  const made = await house(t)
  const wang = await made.person('wang@uni.example')
  await filter(made, wang, 'require "enotify"; notify :message "新信" "mailto:phone@far.example";')
  await send(made, toWang)
  const [entry] = await findEntries(made.db, {})
  equal(entry!.address, 'phone@far.example')
  equal(await count(made, wang, 'INBOX'), 1)
  await send(made, { ...toWang, text: letter('Auto-Submitted: auto-generated\n') })
  equal((await findEntries(made.db, {})).length, 1)
})

test('a redirect that is not allowed keeps the mail', async (t) => {
  const made = await house(t, { settings: { redirectsPerHour: 1 } })
  const wang = await made.person('wang@uni.example')
  await filter(made, wang, 'redirect "x@far.example";')
  const inbox = (): Promise<number> => count(made, wang, 'INBOX')
  await send(made, toWang)
  equal(await inbox(), 0)
  await send(made, toWang) // over the rate: kept, and the owner is told
  equal(await inbox(), 2)
  made.clock.now += 7_200_000
  await send(made, { ...toWang, text: letter('X-Sieve-Redirected-From: wang@uni.example\n') })
  equal(await inbox(), 3)
  await changeClass(made.db, 'standard', { forwarding: false })
  await send(made, toWang)
  equal(await inbox(), 4)
  equal((await findEntries(made.db, {})).length, 1)
})

test('who refuses is told in the session where that is possible', async (t) => {
  const made = await house(t)
  const [wang, chen] = [await made.person('wang@uni.example'), await made.person('chen@uni.example')]
  await filter(made, wang, 'require "ereject"; ereject "not me";')
  await rejects(send(made, toWang), /Refusal: 550 5\.7\.1 not me/)
  const both = { ...toWang, to: ['wang@uni.example', 'chen@uni.example'] }
  await send(made, both) // a stranger whose address may be forged: no report
  equal((await findEntries(made.db, {})).length, 0)
  deepEqual([await count(made, wang, 'INBOX'), await count(made, chen, 'INBOX')], [0, 1])
  const { each } = await send(made, { ...both, role: 'lmtp' })
  deepEqual(
    each!.map((one) => one?.code),
    [550, undefined],
  )
  equal(await count(made, chen, 'INBOX'), 2)
  await filter(made, wang, 'require "reject"; reject "我不收";')
  await rejects(send(made, toWang), /550 5\.7\.1 The recipient refuses this mail/)
})

test('a script with mistakes loses nothing', async (t) => {
  const made = await house(t)
  const wang = await made.person('wang@uni.example')
  for (const text of ['nonsense', 'require "include"; include "gone";', 'keep; redirect "";', 'require "nothing";']) {
    await filter(made, wang, text)
    await send(made, toWang)
  }
  equal(await count(made, wang, 'INBOX'), 5) // and one notice
  deepEqual(made.warnings, [])
  equal((await kindsOf(made, wang)).filter((kind) => kind === 'filter-failed').length, 4)
})

test('other scripts of the same person are included', async (t) => {
  const made = await house(t)
  const wang = await made.person('wang@uni.example')
  await made.db.transaction((sql) => putScript(sql, wang.id, 'lists', 'require "fileinto"; fileinto "Junk"; stop;'))
  await filter(made, wang, 'require "include"; include :personal "lists"; keep;')
  await send(made, toWang)
  deepEqual([await count(made, wang, 'Junk'), await count(made, wang, 'INBOX')], [1, 0])
})

test('a full mailbox waits in the queue with all that its filter wanted', async (t) => {
  const made = await house(t)
  const [wang, chen] = [await made.person('wang@uni.example', 3000), await made.person('chen@uni.example')]
  await filter(made, wang, 'require "copy"; redirect :copy "x@far.example";')
  const { used } = await quotaOf(made.db, wang.id)
  const both = { from: li, to: ['wang@uni.example', 'chen@uni.example'], text: letter(`X: ${'y'.repeat(500)}\n`) }
  await send(made, both)
  const taken = (await quotaOf(made.db, wang.id)).used - used
  await made.db.transaction((sql) => setQuota(sql, wang.id, used + taken + 100))
  await send(made, both)
  equal(await count(made, chen, 'INBOX'), 2)
  const waiting = (await findEntries(made.db, {})).map(({ address }) => address).sort()
  deepEqual(waiting, ['wang@uni.example', 'x@far.example'])
})

test('what comes out of the queue is filtered too, and does not go in circles', async (t) => {
  const made = await house(t, { queue: {} })
  const [wang, chen] = [await made.person('wang@uni.example'), await made.person('chen@uni.example')]
  await filter(made, wang, 'redirect "chen@uni.example";')
  await filter(made, chen, 'redirect "wang@uni.example";')
  const arrived = new Promise<void>((resolve) => made.store.changes.watch({ accountId: chen.id }, () => resolve()))
  await send(made, toWang)
  await arrived
  ok((await count(made, chen, 'INBOX')) >= 1)
  equal(await count(made, wang, 'INBOX'), 0)
  ok((await kindsOf(made, chen)).includes('filter-failed'))
  equal(
    (await listMailboxes(made.db, chen.id)).reduce((sum, { total }) => sum + total, 0),
    2,
  ) // and the notice
})
