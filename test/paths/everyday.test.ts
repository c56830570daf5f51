// A working day of one person with two programs open at once: what one does the other hears; many folders.

import { deepEqual, equal } from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { ImapFlow } from 'imapflow'
import { openWorld, password, type WorldHouse } from '../world.ts'

let house: WorldHouse
const user = 'wang@uni.example'

before(async () => {
  house = await openWorld({ hostname: 'mail.uni.example', people: [user] })
})
after(() => house?.close())

async function open(mailbox = 'INBOX'): Promise<ImapFlow> {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port: house.port('imaps'),
    secure: true,
    auth: { user, pass: password },
    tls: { rejectUnauthorized: false },
    logger: false,
  })
  await client.connect()
  await client.mailboxOpen(mailbox)
  return client
}

const letter = (subject: string): string => `From: a@x.example\r\nSubject: ${subject}\r\n\r\n內文 ${subject}\r\n`

test('two programs in IDLE hear of a new mail, its flags and its going', async () => {
  const [desk, phone, web] = await Promise.all([open(), open(), open()])
  const both = (event: string) => Promise.all([once(desk, event), once(phone, event)])
  void desk.idle()
  void phone.idle()

  let heard = both('exists')
  await web.append('INBOX', letter('一'))
  for (const [news] of await heard) equal(news.count, 1)

  heard = both('flags')
  await web.messageFlagsAdd('1', ['\\Flagged', '$Work'])
  for (const [news] of await heard) deepEqual(news.flags, new Set(['\\Flagged', '$Work']))

  heard = both('expunge')
  await web.messageMove('1', 'Archive')
  for (const [news] of await heard) equal(news.seq, 1)
  await Promise.all([desk, phone, web].map((client) => client.logout()))
})

test('two hundred folders, renamed by their parent', async () => {
  const client = await open()
  for (let n = 0; n < 200; n++) await client.mailboxCreate(['資料夾', `第 ${n} 號`])
  await client.append('資料夾/第 7 號', letter('七'))
  await client.mailboxRename('資料夾', '改名')
  const all = await client.list({ statusQuery: { messages: true } })
  const inside = all.filter(({ path }) => path.startsWith('改名/'))
  equal(inside.length, 200)
  deepEqual(
    inside.filter(({ status }) => status?.messages === 1).map(({ path }) => path),
    ['改名/第 7 號'],
  )
  await client.logout()
})
