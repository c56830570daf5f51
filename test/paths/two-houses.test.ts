// Two houses, one on SQLite and one on PostgreSQL, send mail to each other; people of both use clients that
// we did not write.

import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { ImapFlow, type FetchMessageObject } from 'imapflow'
import nodemailer from 'nodemailer'
import { resolverFrom } from '../../src/dns/conveniences.ts'
import { zoneResolver } from '../../src/dns/zone.ts'
import { addKey, advanceKeys, keyRecord, readKeys } from '../../src/mailauth/keys.ts'
import { join } from 'node:path'
import { findEvents } from '../../src/tracking/events.ts'
import { freshPostgres } from '../engines.ts'
import { freePort } from '../ports.ts'
import { openWorld, password, type WorldHouse } from '../world.ts'

let uni: WorldHouse
let far: WorldHouse
let postgres: Awaited<ReturnType<typeof freshPostgres>>

const zone = [
  'uni.example. MX 10 mail.uni.example.',
  'uni.example. TXT "v=spf1 a:mail.uni.example -all"',
  '_dmarc.uni.example. TXT "v=DMARC1; p=reject"',
  'mail.uni.example. A 127.0.0.1',
  'far.example. MX 5 gone.far.example.',
  'far.example. MX 10 mail.far.example.',
  'mail.far.example. A 127.0.0.1',
  'nomail.example. MX 0 .',
]
let names = zoneResolver(zone.join('\n'))

before(async () => {
  postgres = await freshPostgres([])
  const [uniPort, farPort] = [await freePort(), await freePort()]
  const resolver = resolverFrom(
    (name, type) => names.resolve(name, type),
    async () => undefined,
  )
  const listener = (port: number) => [{ name: 'smtp' as const, port, proxies: [] }]
  uni = await openWorld({
    hostname: 'mail.uni.example',
    people: ['wang@uni.example', 'lee@uni.example'],
    resolver,
    config: { listener: listener(uniPort), 'queue.port': farPort },
  })
  far = await openWorld({
    hostname: 'mail.far.example',
    database: postgres.url,
    people: ['chen@far.example'],
    resolver,
    config: { listener: listener(farPort), 'queue.port': uniPort },
  })
})

after(async () => {
  await uni?.close()
  await far?.close()
  await postgres?.drop()
})

const send = (
  house: WorldHouse,
  user: string,
  mail: Parameters<ReturnType<typeof nodemailer.createTransport>['sendMail']>[0],
) => {
  const transport = nodemailer.createTransport({
    host: '127.0.0.1',
    port: house.port('submissions'),
    secure: true,
    auth: { user, pass: password },
    tls: { rejectUnauthorized: false },
  })
  return transport.sendMail(mail).finally(() => transport.close())
}

/** Waits in IDLE until a message comes whose subject is `subject`, and gives its source. */
async function arrival(house: WorldHouse, user: string, subject: RegExp): Promise<FetchMessageObject> {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port: house.port('imaps'),
    secure: true,
    auth: { user, pass: password },
    tls: { rejectUnauthorized: false },
    logger: false,
  })
  client.on('error', () => undefined)
  await client.connect()
  try {
    await client.mailboxOpen('INBOX')
    for (let looked = 0; ;) {
      const count = client.mailbox ? client.mailbox.exists : 0
      if (count === looked) await Promise.race([once(client, 'exists'), client.idle()])
      else {
        looked = count
        for await (const message of client.fetch('1:*', { source: true, envelope: true, flags: true })) {
          if (subject.test(message.envelope?.subject ?? '')) return message
        }
      }
    }
  } finally {
    await client.logout().catch(() => client.close())
  }
}

test('keys sign once they are in the DNS, and the other house finds both signatures good', async () => {
  const keys = { db: uni.db, folder: join(uni.config.data, 'keys') }
  await addKey(keys, 'uni.example', 'rsa')
  await addKey(keys, 'uni.example', 'ed25519')
  equal((await advanceKeys(keys, names)).length, 0)
  const records = (await readKeys(uni.db, 'uni.example')).map(keyRecord)
  const lines = records.map(
    ({ name, text }) => `${name}. TXT ${(text.match(/.{1,200}/g) ?? []).map((part) => `"${part}"`).join(' ')}`,
  )
  names = zoneResolver([...zone, ...lines].join('\n'))
  equal((await advanceKeys(keys, names)).length, 2)

  // What was read of the keys is kept for some seconds; another process of the house would wait as well.
  let results = ''
  for (let i = 0; !results.includes('dkim=pass'); i++) {
    await send(uni, 'wang@uni.example', {
      from: 'wang@uni.example',
      to: 'chen@far.example',
      subject: `signed ${i}`,
      text: '簽章',
    })
    const source = (await arrival(far, 'chen@far.example', new RegExp(`^signed ${i}$`))).source?.toString() ?? ''
    results = /^Authentication-Results: (?:.*\r\n[ \t])*.*/m.exec(source)?.[0] ?? ''
    match(results, /spf=pass/)
  }
  equal(results.match(/dkim=pass/g)?.length, 2, results)
  match(results, /dmarc=pass/)
})

test('a Chinese mail with an attachment goes to another house, and the answer comes back in the thread', async () => {
  await send(uni, 'wang@uni.example', {
    from: '王小明 <wang@uni.example>',
    to: '陳 <chen@far.example>',
    subject: '會議紀錄(附件)',
    text: '請見附件。\r\n.\r\n單獨的句點也要在。',
    attachments: [{ filename: '紀錄.bin', content: Buffer.alloc(200_000, 7) }],
  })
  const message = await arrival(far, 'chen@far.example', /^會議紀錄/)
  const source = message.source?.toString('latin1') ?? ''
  match(source, /^Return-Path: <wang@uni\.example>\r\n/)
  match(source, /Received: from mail\.uni\.example/)
  match(source, /with ESMTPS/)
  ok(source.includes('BwcHBwcHBwc'))

  await send(far, 'chen@far.example', {
    from: 'chen@far.example',
    to: 'wang@uni.example',
    subject: 'Re: 會議紀錄(附件)',
    inReplyTo: message.envelope?.messageId,
    text: '收到',
  })
  await arrival(uni, 'wang@uni.example', /^Re: 會議紀錄/)
})

test('a stranger who writes in the name of a domain that forbids it is refused', async () => {
  const transport = nodemailer.createTransport({
    host: '127.0.0.1',
    port: far.port('smtp'),
    tls: { rejectUnauthorized: false },
  })
  await rejects(
    transport.sendMail({
      envelope: { from: 'x@elsewhere.example', to: 'chen@far.example' },
      from: 'rector@uni.example',
      to: 'chen@far.example',
      subject: 'forged',
      text: 'x',
    }),
    /550.*DMARC/s,
  )
})

test('an address that is not there is refused in the session and returned with a reason in both languages', async () => {
  await send(uni, 'wang@uni.example', {
    from: 'wang@uni.example',
    to: ['nobody@far.example', 'x@nomail.example', 'x@nowhere.example'],
    subject: '退信測試',
    text: 'x',
  })
  const source = (await arrival(uni, 'wang@uni.example', /退|Undeliver|return/i)).source?.toString('utf8') ?? ''
  match(source, /^Return-Path: <>/m)
  match(source, /multipart\/report/)
  match(source, /Action: failed/)
  match(source, /Status: 5\./)
})

test('an alias brings a mail to both people with one blob', async () => {
  const { createAlias } = await import('../../src/directory/aliases.ts')
  await createAlias(uni.db, 'office@uni.example', ['wang@uni.example', 'lee@uni.example'])
  await send(far, 'chen@far.example', {
    from: 'chen@far.example',
    to: 'office@uni.example',
    subject: 'to the office',
    text: 'x',
  })
  const [one, two] = await Promise.all([
    arrival(uni, 'wang@uni.example', /^to the office$/),
    arrival(uni, 'lee@uni.example', /^to the office$/),
  ])
  deepEqual(one.source?.subarray(-100), two.source?.subarray(-100))
  const mails = await uni.db.all<{ n: number }>("select count(*) as n from mail where subject = 'to the office'")
  equal(mails[0]?.n, 1)
})

test('everything that happened to a mail is found by its id', async () => {
  const info = await send(uni, 'wang@uni.example', {
    from: 'wang@uni.example',
    to: 'chen@far.example',
    subject: 'traced',
    text: 'x',
  })
  const id = /Accepted as (\S+)/.exec(info.response)?.[1] ?? ''
  await arrival(far, 'chen@far.example', /^traced$/)
  // The remote's words are committed after its 250: the queue is idle when they are.
  let kinds: string[] = []
  while (!kinds.includes('delivered')) {
    kinds = (await findEvents(uni.db, { mail: id, limit: 50 })).map(({ kind }) => kind)
    await new Promise((resolve) => setImmediate(resolve))
  }
  for (const kind of ['received', 'queued', 'delivered']) ok(kinds.includes(kind), kinds.join())
})
