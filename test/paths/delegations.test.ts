// Somebody lets another act for him: what the other then may at every door, what he may not, and that it ends.

import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ImapFlow } from 'imapflow'
import nodemailer from 'nodemailer'
import { createSharedMailbox } from '../../src/people/delegations.ts'
import { jmapPerson } from '../jmapperson.ts'
import { client, type Client } from '../webclient.ts'
import { openWorld, password, type WorldHouse } from '../world.ts'

let house: WorldHouse
let http: Client
const [wang, lee, chen] = ['wang@uni.example', 'lee@uni.example', 'chen@uni.example'] as const
const office = 'office@uni.example'

before(async () => {
  house = await openWorld({ hostname: 'mail.uni.example', people: [wang, lee, chen] })
  await createSharedMailbox(house.db, { address: office, name: 'Office' }, [lee], { address: 'operator' })
  http = client(house, 'http')
})
after(() => house?.close())

const headersOf = (who: string) => ({ authorization: `Basic ${Buffer.from(`${who}:${password}`).toString('base64')}` })

const api = async (who: string, method: string, path: string, json?: object) =>
  http.ask(method, path, { headers: await bearer(who), ...(json && { json }) })

const tokens = new Map<string, string>()
async function bearer(who: string): Promise<Record<string, string>> {
  if (!tokens.has(who)) {
    const answer = await http.ask('POST', '/api/session', { json: { name: who, password, kind: 'token' } })
    tokens.set(who, answer.json.token)
  }
  return { authorization: `Bearer ${tokens.get(who)}` }
}

async function imap(who: string, pass = password): Promise<ImapFlow> {
  const made = new ImapFlow({
    host: '127.0.0.1',
    port: house.port('imaps'),
    secure: true,
    auth: { user: who, pass },
    tls: { rejectUnauthorized: false },
    logger: false,
  })
  await made.connect()
  return made
}

function send(who: string, { from, sender, envelope }: { from: string; sender?: string; envelope?: string }) {
  const transport = nodemailer.createTransport({
    host: '127.0.0.1',
    port: house.port('submissions'),
    secure: true,
    auth: { user: who, pass: password },
    tls: { rejectUnauthorized: false },
  })
  const raw = `From: ${from}\r\n${sender ? `Sender: ${sender}\r\n` : ''}To: ${chen}\r\nSubject: x\r\n\r\nx\r\n`
  return transport.sendMail({ raw, envelope: { from: envelope ?? from, to: chen } })
}

async function lastMailOf(who: string): Promise<string> {
  const person = await jmapPerson(house, who.split('@')[0]!)
  const { ids } = await person.one('Email/query', { sort: [{ property: 'receivedAt', isAscending: false }], limit: 1 })
  const { list } = await person.one('Email/get', { ids, properties: ['blobId'] })
  const path = `/jmap/download/${person.account}/${list[0].blobId}/mail?accept=message/rfc822`
  return (await http.ask('GET', path, { headers: headersOf(who) })).text
}

const give = async (rights: string[], more: object = {}) => {
  const answer = await api(wang, 'POST', '/api/delegations', { delegate: lee, rights, ...more })
  equal(answer.status, 201, answer.text)
  return answer.json
}

const box = `Other Users/${wang}/INBOX`

test('a stranger to a mailbox finds nothing, at any door', async () => {
  const door = await imap(lee)
  await rejects(door.mailboxOpen(box))
  deepEqual(
    (await door.list()).filter(({ path }) => path.includes(wang)),
    [],
  )
  await door.logout()
  equal(await (await jmapPerson(house, 'lee', 'wang')).one('Mailbox/get'), 'accountNotFound')
  await rejects(send(lee, { from: wang }), /553/)
  await rejects(send(lee, { from: wang, envelope: lee }), /not-your-address|does not belong/)
  await rejects(send(lee, { from: lee, sender: wang }), /does not belong/)
  equal((await api(lee, 'GET', `/api/delegations?owner=${wang}`)).status, 403)
  equal((await api(lee, 'GET', `/api/delegations/history?owner=${wang}`)).status, 403)
  equal((await api(lee, 'POST', '/api/delegations', { owner: wang, delegate: lee, rights: ['read'] })).status, 403)
})

test('a delegate reads, writes on behalf, and is named; until it ends, everywhere at once', async () => {
  const made = await give(['read', 'reply'])
  deepEqual([made.mailboxes, made.until, made.inForce], [null, null, true])
  const door = await imap(lee)
  await door.mailboxOpen(box)

  await send(lee, { from: wang })
  match(await lastMailOf(chen), /^Sender: <lee@uni\.example>\r\n/m)
  await send(lee, { from: wang, sender: lee, envelope: lee })
  await rejects(send(lee, { from: wang, sender: wang }), /names himself in Sender/)
  await rejects(send(chen, { from: wang }), /553/)
  await rejects(send(wang, { from: lee }), /553/) // one way only
  const identities = (await (await jmapPerson(house, 'lee')).one('Identity/get')).list as { email: string }[]
  ok(identities.some(({ email }) => email === wang))

  // He may not give more, nor change what he was given.
  await rejects(exec(door, 'SETACL', box, chen, 'lr'), { responseStatus: 'NO' })
  await rejects(exec(door, 'DELETEACL', box, lee), { responseStatus: 'NO' })
  equal((await api(lee, 'PATCH', `/api/delegations/${made.id}`, { rights: ['delete'] })).status, 404)
  equal((await api(lee, 'DELETE', `/api/delegations/${made.id}`)).status, 404)
  equal((await api(lee, 'POST', '/api/delegations', { owner: wang, delegate: chen, rights: ['read'] })).status, 403)

  const ended = new Promise((resolve) => door.once('close', resolve))
  equal((await api(wang, 'DELETE', `/api/delegations/${made.id}`)).status, 204)
  await door.noop().catch(() => undefined)
  await ended // the selected mailbox is no longer open to him
  await rejects(send(lee, { from: wang }), /553/)
  equal(await (await jmapPerson(house, 'lee', 'wang')).one('Mailbox/get'), 'accountNotFound')
})

/** A command that the library has no words for. */
function exec(door: ImapFlow, verb: string, ...words: string[]): Promise<unknown> {
  const self = door as unknown as { exec(verb: string, words: { type: string; value: string }[]): Promise<unknown> }
  return self.exec(
    verb,
    words.map((value) => ({ type: 'STRING', value })),
  )
}

test('send-as has no Sender; a delegation that is past or to come is none', async () => {
  const made = await give(['read', 'send'])
  await send(lee, { from: wang })
  ok(!/^Sender:/m.test(await lastMailOf(chen)))
  const door = await imap(lee)
  await door.mailboxOpen(box)
  const until = new Date(Date.now() + 60_000).toISOString()
  for (const dates of [
    { from: '2020-01-01T00:00:00Z', until: '2021-01-01T00:00:00Z' },
    { from: until, until: null },
  ]) {
    const answer = await api(wang, 'PATCH', `/api/delegations/${made.id}`, dates)
    equal(answer.status, 200, answer.text)
    equal(answer.json.inForce, false)
    await rejects(send(lee, { from: wang }), /553/)
    const other = await imap(lee)
    await rejects(other.mailboxOpen(box))
    await other.logout()
    equal(await (await jmapPerson(house, 'lee', 'wang')).one('Email/query'), 'accountNotFound')
  }
  equal((await api(wang, 'DELETE', `/api/delegations/${made.id}`)).status, 204)
})

test('some mailboxes, and no more than was given in them', async () => {
  const person = await jmapPerson(house, 'wang')
  const made = await give(['read'], { mailboxes: [person.box('sent')] })
  deepEqual(made.mailboxes, [person.box('sent')])
  const mail = await person.put({ subject: 'sent' }, { mailbox: person.box('sent') })
  const hidden = await person.put({ subject: 'hidden' })
  const delegate = await jmapPerson(house, 'lee', 'wang')
  deepEqual(
    (await delegate.one('Mailbox/get')).list.map(({ id }: { id: string }) => id),
    [person.box('sent')],
  )
  deepEqual((await delegate.one('Email/get', { ids: [hidden], properties: ['id'] })).notFound, [hidden])
  const { notDestroyed } = await delegate.one('Email/set', { destroy: [mail] })
  equal(notDestroyed[mail].type, 'forbidden')
  const { notUpdated } = await delegate.one('Email/set', { update: { [mail]: { 'keywords/$flagged': true } } })
  equal(notUpdated[mail].type, 'forbidden')
  const other = await jmapPerson(house, 'chen')
  equal(
    (await api(wang, 'POST', '/api/delegations', { delegate: chen, rights: ['read'], mailboxes: [other.box('inbox')] }))
      .status,
    404,
  )
  equal((await api(wang, 'DELETE', `/api/delegations/${made.id}`)).status, 204)
})

test('what is done by JMAP in the mail of another is told, and by whom', async () => {
  const person = await jmapPerson(house, 'wang')
  const made = await give(['read', 'send', 'delete', 'folders'])
  const mail = await person.put({ subject: 'x' })
  await person.one('Email/set', { update: { [mail]: { 'keywords/$flagged': true } } })
  const delegate = await jmapPerson(house, 'lee', 'wang')
  const inbox = person.box('inbox')
  const boxes = { [inbox]: true }
  await delegate.call(
    [
      'Email/set',
      { update: { [mail]: { 'keywords/$seen': true } }, create: { n: { mailboxIds: boxes, subject: 'y' } } },
    ],
    ['Mailbox/set', { create: { b: { name: 'Below', parentId: inbox } } }],
    ['Email/set', { update: { [mail]: { mailboxIds: { '#b': true } } } }],
    ['Email/set', { destroy: [mail] }],
  )
  const { json } = await api(wang, 'GET', '/api/delegations/history')
  const acts = (json.acts as { act: string; by: string; details: { door?: string } }[]).filter(
    ({ details }) => details.door === 'jmap',
  )
  deepEqual(
    acts.map(({ act, by }) => [act, by]),
    ['delete', 'move', 'folder', 'flags', 'add'].map((act) => [act, lee]),
  )
  equal((await api(wang, 'DELETE', `/api/delegations/${made.id}`)).status, 204)
})

test('a shared mailbox: its members use it, nobody signs in to it', async () => {
  for (const pass of [password, '']) await rejects(imap(office, pass))
  equal((await http.ask('POST', '/api/session', { json: { name: office, password } })).status, 403)
  await send(lee, { from: office })
  const mail = await lastMailOf(chen)
  match(mail, /^From: office@uni\.example/m)
  ok(!/^Sender:/m.test(mail))
  await rejects(send(chen, { from: office }), /553/)
  const door = await imap(lee)
  await door.append(`Other Users/${office}/INBOX`, 'Subject: note\r\n\r\nx\r\n')
  await door.mailboxOpen(`Other Users/${office}/INBOX`)
  await door.messageDelete('1:*')
  await rejects(exec(door, 'SETACL', `Other Users/${office}/INBOX`, chen, 'lr'), { responseStatus: 'NO' })
  await door.logout()
})

test('what a delegate did is in the history of the owner, with who it was', async () => {
  const { json } = await api(wang, 'GET', '/api/delegations/history')
  const acts = json.acts as { act: string; by: string }[]
  ok(acts.some(({ act, by }) => act === 'send' && by === lee))
  for (const act of ['granted', 'changed', 'ended'])
    ok(
      acts.some((one) => one.act === act && one.by === wang),
      act,
    )
  deepEqual((await api(lee, 'GET', '/api/delegations/history')).json.acts, [])
})
