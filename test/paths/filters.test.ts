// People's Sieve scripts and absences in a whole house: what a rule says happens to the next mail.

import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { ImapFlow } from 'imapflow'
import nodemailer from 'nodemailer'
import { resolverFrom } from '../../src/dns/conveniences.ts'
import { zoneResolver } from '../../src/dns/zone.ts'
import { accountByAddress, switchProtocols } from '../../src/directory/accounts.ts'
import { activateScript, putScript } from '../../src/directory/scripts.ts'
import { setVacation } from '../../src/directory/vacations.ts'
import { findEvents } from '../../src/tracking/events.ts'
import { freePort } from '../ports.ts'
import { openWorld, password, type WorldHouse } from '../world.ts'

let uni: WorldHouse
let far: WorldHouse

const zone = [
  'uni.example. MX 10 mail.uni.example.',
  'uni.example. TXT "v=spf1 ip4:127.0.0.1 -all"',
  'mail.uni.example. A 127.0.0.1',
  'far.example. MX 10 mail.far.example.',
  'far.example. TXT "v=spf1 ip4:127.0.0.1 -all"',
  'mail.far.example. A 127.0.0.1',
]

before(async () => {
  const [uniPort, farPort] = [await freePort(), await freePort()]
  const names = zoneResolver(zone.join('\n'))
  const resolver = resolverFrom(
    (name, type) => names.resolve(name, type),
    async () => undefined,
  )
  const listener = (port: number) => [{ name: 'smtp' as const, port, proxies: [] }]
  const people = ['wang', 'lee', 'lin', 'chen', 'ho', 'su'].map((name) => `${name}@uni.example`)
  const config = { listener: listener(uniPort), 'queue.port': farPort }
  uni = await openWorld({ hostname: 'mail.uni.example', people, resolver, config })
  far = await openWorld({
    hostname: 'mail.far.example',
    people: ['friend@far.example', 'other@far.example'],
    resolver,
    config: { listener: listener(farPort), 'queue.port': uniPort },
  })
})
after(async () => {
  await uni?.close()
  await far?.close()
})

async function idOf(house: WorldHouse, address: string): Promise<number> {
  return (await accountByAddress(house.db, address))!.id
}

async function script(house: WorldHouse, address: string, text: string): Promise<void> {
  const id = await idOf(house, address)
  await house.db.transaction(async (sql) => {
    const { id: made } = await putScript(sql, id, 'rules', text)
    await activateScript(sql, id, made)
  })
}

/** Sends as somebody of a house who signs in there. */
async function send(house: WorldHouse, from: string, to: string | string[], more: object = {}): Promise<string> {
  const transport = nodemailer.createTransport({
    host: '127.0.0.1',
    port: house.port('submission'),
    auth: { user: from, pass: password },
    tls: { rejectUnauthorized: false },
  })
  try {
    return (await transport.sendMail({ from, to, subject: 'hello', text: 'text', ...more })).response
  } finally {
    transport.close()
  }
}

async function imap(house: WorldHouse, user: string): Promise<ImapFlow> {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port: house.port('imaps'),
    secure: true,
    auth: { user, pass: password },
    tls: { rejectUnauthorized: false },
    logger: false,
  })
  await client.connect()
  return client
}

interface Seen {
  subject: string
  flags: string[]
  source: string
}

/** The mails of a mailbox, when there are so many of them. */
async function mails(house: WorldHouse, user: string, mailbox: string, count: number): Promise<Seen[]> {
  const client = await imap(house, user)
  try {
    const id = await idOf(house, user)
    let there = 0
    for (;;) {
      let done: () => void = () => undefined
      const changed = new Promise<void>((resolve) => (done = resolve))
      const stop = house.store.changes.watch({ accountId: id }, done)
      const list = await client.list({ statusQuery: { messages: true } })
      there = list.find(({ path }) => path === mailbox)?.status?.messages ?? 0
      if (there >= count) {
        stop()
        break
      }
      await changed
      stop()
    }
    await client.mailboxOpen(mailbox)
    if (there === 0) return []
    const found: Seen[] = []
    for await (const one of client.fetch('1:*', { envelope: true, flags: true, source: true })) {
      found.push({
        subject: one.envelope?.subject ?? '',
        flags: [...(one.flags ?? [])].sort(),
        source: one.source?.toString() ?? '',
      })
    }
    equal(found.length, count)
    return found
  } finally {
    await client.logout()
  }
}

test('a rule acts on the next mail: folders, flags, a header of its own', async () => {
  const wang = 'wang@uni.example'
  await script(
    uni,
    wang,
    `require ["fileinto", "imap4flags", "mailbox", "editheader", "special-use"];
     if header :contains "subject" "work" { fileinto :create :flags ["\\\\Seen", "$work"] "專案/甲"; stop; }
     if header :contains "subject" "spam" { fileinto :specialuse "\\\\Junk" "Nowhere"; stop; }
     if header :contains "subject" "gone" { discard; stop; }
     if header :contains "subject" "marked" { addheader "X-Mark" "標記"; addflag "\\\\Flagged"; keep; stop; }
     if header :contains "subject" "lost" { fileinto "No/Such"; stop; }`,
  )
  for (const subject of ['work 1', 'spam', 'gone', 'marked', 'plain']) {
    await send(uni, 'lee@uni.example', wang, { subject })
  }
  const [work] = await mails(uni, wang, '專案/甲', 1)
  deepEqual(
    work!.flags.filter((flag) => flag !== '\\Recent'),
    ['$work', '\\Seen'],
  )
  equal((await mails(uni, wang, 'Junk', 1))[0]!.subject, 'spam')
  const inbox = await mails(uni, wang, 'INBOX', 2)
  deepEqual(
    inbox.map(({ subject }) => subject),
    ['marked', 'plain'],
  )
  match(inbox[0]!.source, /^X-Mark: =\?utf-8\?/im)
  ok(inbox[0]!.flags.includes('\\Flagged'))

  await send(uni, 'lee@uni.example', wang, { subject: 'lost' })
  await send(uni, 'lee@uni.example', wang, { subject: 'lost too' })
  const after = await mails(uni, wang, 'INBOX', 5) // both, and one notice
  equal(after.filter(({ source }) => source.includes('Auto-Submitted: auto-generated')).length, 1)
  const kinds = await findEvents(uni.db, { account: await idOf(uni, wang), kind: 'filter-failed' })
  equal(kinds.length, 2)
  const discarded = await findEvents(uni.db, { account: await idOf(uni, wang), kind: 'discarded' })
  deepEqual(
    discarded.map(({ details }) => details),
    [{ script: 'rules', line: 4 }],
  )
})

test('a redirect leaves with a kept copy, and does not go in circles', async () => {
  const lee = 'lee@uni.example'
  await script(uni, lee, 'require "copy"; redirect :copy "friend@far.example"; redirect :copy "ho@uni.example";')
  await script(uni, 'ho@uni.example', `redirect "${lee}";`)
  await send(far, 'other@far.example', lee, { subject: 'onwards' })
  equal((await mails(uni, lee, 'INBOX', 1))[0]!.subject, 'onwards')
  const [there] = await mails(far, 'friend@far.example', 'INBOX', 1)
  match(there!.source, /^Return-Path: <SRS0=[^>]*@uni\.example>/m)
  match(there!.source, /^X-Sieve-Redirected-From: lee@uni\.example/m)
  match(there!.source, /^Delivered-To: lee@uni\.example/m)
  // Ho's rule would send it back to Lee: it stays with Ho, who is told.
  const his = await mails(uni, 'ho@uni.example', 'INBOX', 2)
  ok(his.some(({ subject }) => subject === 'onwards'))
})

test('an absence is answered once to each sender, and never to machines', async () => {
  const lin = 'lin@uni.example'
  const id = await idOf(uni, lin)
  const away = { enabled: true, from: null, to: null, subject: '休假中', text: '下週回來', html: '<b>下週回來</b>' }
  await uni.db.transaction((sql) => setVacation(sql, id, away))
  await send(far, 'friend@far.example', lin, { subject: 'first' })
  await send(far, 'friend@far.example', lin, { subject: 'second' })
  await send(far, 'other@far.example', lin, { subject: 'list', headers: { 'List-Id': '<l.far.example>' } })
  await send(far, 'other@far.example', lin, { subject: 'bulk', headers: { Precedence: 'bulk' } })
  await mails(uni, lin, 'INBOX', 4)
  const replies = await mails(far, 'friend@far.example', 'INBOX', 2) // the redirect of before, and one reply
  const reply = replies.find(({ subject }) => subject === '休假中')!
  match(reply.source, /^Return-Path: <>/m)
  match(reply.source, /^Auto-Submitted: auto-replied/m)
  match(reply.source, /^Content-Type: multipart\/alternative/m)
  match(reply.source, /^References: </m)
  const told = await findEvents(uni.db, { account: id, kind: 'replied' })
  equal(told.length, 1)
})

test('a mail that everybody refuses is refused in the session, else by a report', async () => {
  const chen = 'chen@uni.example'
  await script(uni, chen, 'require "reject"; if header :is "subject" "no" { reject "I do not want this"; }')
  await rejects(send(uni, 'su@uni.example', chen, { subject: 'no' }), /550 5\.7\.1 I do not want this/)
  await send(uni, 'su@uni.example', [chen, 'wang@uni.example'], { subject: 'no' })
  const report = (await mails(uni, 'su@uni.example', 'INBOX', 1))[0]!
  match(report.source, /multipart\/report/)
  match(report.source, /I do not want this/)
  await mails(uni, chen, 'INBOX', 0)
})

/** A client of ManageSieve: says lines, hears up to the one that ends an answer. */
async function manageSieve(user: string): Promise<{ ask: (text: string) => Promise<string>; end: () => void }> {
  const plain = connect(uni.port('managesieve'), '127.0.0.1')
  let socket: Socket = plain
  let heard = ''
  let wake: () => void = () => undefined
  const listen = (): void => void socket.on('data', (piece) => ((heard += piece.toString()), wake()))
  const answer = async (): Promise<string> => {
    for (;;) {
      const found = /^(?:[\s\S]*?\r\n)?(?:OK|NO|BYE)\b.*\r\n/.exec(heard)
      if (found) {
        heard = heard.slice(found[0].length)
        return found[0]
      }
      await new Promise<void>((resolve) => (wake = resolve))
    }
  }
  const ask = (text: string): Promise<string> => {
    socket.write(text)
    return answer()
  }
  listen()
  match(await answer(), /"STARTTLS"/)
  await ask('STARTTLS\r\n')
  plain.removeAllListeners('data')
  socket = connectTls({ socket: plain, rejectUnauthorized: false })
  listen()
  match(await answer(), /"SASL" "PLAIN"/)
  const said = await ask(`AUTHENTICATE "PLAIN" "${Buffer.from(`\0${user}\0${password}`).toString('base64')}"\r\n`)
  if (!said.startsWith('OK')) throw new Error(said)
  return { ask, end: () => void socket.destroy() }
}

test('a script that a ManageSieve client changes counts for the next mail; a closed door is closed', async () => {
  const su = 'su@uni.example'
  const client = await manageSieve(su)
  const put = async (text: string): Promise<string> =>
    client.ask(`PUTSCRIPT "mine" {${Buffer.byteLength(text)}+}\r\n${text}\r\n`)
  match(await put('require "fileinto"; fileinto "Archive";'), /^OK/)
  match(await client.ask('SETACTIVE "mine"\r\n'), /^OK/)
  await send(uni, 'ho@uni.example', su, { subject: 'one' })
  await mails(uni, su, 'Archive', 1)
  match(await put('require "fileinto"; fileinto "Trash";'), /^OK/)
  await send(uni, 'ho@uni.example', su, { subject: 'two' })
  await mails(uni, su, 'Trash', 1)
  match(await put('require "fileinto"; fileinto;'), /^NO "line 1, column 21: /)
  match(await client.ask('SETACTIVE ""\r\n'), /^OK/)
  client.end()
  const off = { protocols: ['managesieve' as const], on: false, by: 'person' as const }
  await switchProtocols(uni.db, await idOf(uni, su), off)
  await rejects(manageSieve(su), /switched off/)
})

test('a script that cannot be run leaves the mail in the INBOX', async () => {
  const chen = 'chen@uni.example'
  await script(uni, chen, 'this is not sieve')
  await send(uni, 'su@uni.example', chen, { subject: 'still here' })
  const all = await mails(uni, chen, 'INBOX', 2)
  ok(all.some(({ subject }) => subject === 'still here'))
})
