// Mail is fetched from accounts elsewhere: two houses, POP3 and IMAP over real sockets and TLS, on both engines.

import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { FetchingLimits } from '../../src/fetching/limits.ts'
import { migrations } from '../../src/schema.ts'
import { setQuota } from '../../src/store/quota.ts'
import { findEvents } from '../../src/tracking/events.ts'
import { freshPostgres } from '../engines.ts'
import { append } from '../mailstore.ts'
import { client, type Client } from '../webclient.ts'
import { openWorld, password, type WorldHouse } from '../world.ts'

const zone = 'mail.other.example. A 127.0.0.1\nwrong.other.example. A 127.0.0.1\ninside.example. A 10.1.2.3\n'

let there: WorldHouse
let data: string
before(async () => {
  data = await mkdtemp(join(tmpdir(), 'postern-there-'))
  there = await openWorld({ hostname: 'mail.other.example', people: ['ann@other.example'], data })
})
after(async () => {
  await there?.close()
  await rm(data, { recursive: true, force: true })
})

interface Here {
  house: WorldHouse
  http: Client
  headers: Record<string, string>
  add(more?: object): Promise<any>
  run(id: string): Promise<any>
  /** Bodies of what is in the INBOX, as they are stored. */
  inbox(): Promise<string[]>
  close(): Promise<void>
}

async function here(
  database: string | undefined,
  config: object = {},
  fetching: Partial<FetchingLimits> = {},
): Promise<Here> {
  const house = await openWorld({
    hostname: 'mail.uni.example',
    people: ['wang@uni.example'],
    zone,
    fetching,
    ...(database !== undefined && { database }),
    config: {
      'fetching.networks': ['127.0.0.0/8'],
      'fetching.authorities': [join(data, 'certificates', 'self-signed.pem')],
      ...config,
    },
  })
  const http = client(house, 'http')
  const { headers: signed } = await http.signIn({ name: 'wang', password })
  const headers = { ...signed, origin: http.origin, 'sec-fetch-site': 'same-origin' }
  return {
    house,
    http,
    headers,
    async add(more = {}) {
      // Not active: the test alone says when it runs.
      const choice = {
        protocol: 'pop3',
        host: 'mail.other.example',
        username: 'ann@other.example',
        password,
        active: false,
      }
      const json = { ...choice, port: there.port('pop3s'), ...more }
      const answer = await http.ask('POST', '/api/external-accounts', { json, headers })
      equal(answer.status, 201, answer.text)
      return answer.json
    },
    async run(id) {
      const answer = await http.ask('POST', `/api/external-accounts/${id}/run`, { headers })
      equal(answer.status, 200, answer.text)
      return answer.json.last
    },
    async inbox() {
      const rows = await house.db.all<{ blob_ref: string }>(
        `select mail.blob_ref from message join mail on mail.id = message.mail_id
           join holder on holder.inbox_id = message.mailbox_id order by message.uid`,
      )
      return Promise.all(rows.map(async ({ blob_ref: ref }) => (await house.store.blobs.read(ref)).toString('latin1')))
    },
    close: () => house.close(),
  }
}

/** Empties the other INBOX and puts mails there; gives what they are as POP3 and IMAP hand them out. */
async function putThere(bodies: string[]): Promise<void> {
  const { inbox_id: inbox } = (await there.db.one<{ inbox_id: number }>(
    'select inbox_id from holder order by account_id desc',
  ))!
  const mailbox = (await there.db.one<{ id: number }>('select id from mailbox where id = $1', [inbox]))!
  for (const [i, body] of bodies.entries()) await append(there.store, mailbox.id, { subject: `No ${i}`, body })
}

async function emptyThere(): Promise<void> {
  const { expunge, messagesIn } = await import('../../src/store/messages.ts')
  const { inbox_id: inbox } = (await there.db.one<{ inbox_id: number }>(
    'select inbox_id from holder order by account_id desc',
  ))!
  const uids = (await messagesIn(there.db, inbox, 1, 1e9, 1e6)).map(({ uid }) => uid)
  await expunge(there.store, inbox, uids)
}

async function countThere(): Promise<number> {
  const row = await there.db.one<{ total: number }>(
    "select total from mailbox where role = 'inbox' order by account_id desc",
  )
  return row!.total
}

function onBoth(what: string, body: (database: string | undefined) => Promise<void>): void {
  test(`${what} (SQLite)`, () => body(undefined))
  test(`${what} (PostgreSQL)`, async () => {
    const { url, drop } = await freshPostgres(migrations)
    await body(url).finally(drop)
  })
}

const bodies = ['plain\r\n', '.\r\n..two\r\n.three\r\n', `${'x'.repeat(300_000)}\r\n.\r\n`]

for (const protocol of ['pop3', 'imap'] as const) {
  for (const tls of ['tls', 'starttls'] as const) {
    onBoth(`${protocol} with ${tls}: everything once, byte for byte, and what comes later`, async (database) => {
      const { add, run, inbox, close, http, headers } = await here(database)
      try {
        await emptyThere()
        await putThere(bodies)
        const port = there.port(tls === 'tls' ? `${protocol}s` : protocol)
        const { id } = await add({ protocol, tls, port })
        const first = await run(id)
        deepEqual([first.result, first.fetched, first.said], ['ok', 3, ''])
        const got = await inbox()
        deepEqual(
          got.map((mail) => mail.slice(mail.indexOf('\r\n\r\n') + 4)),
          bodies,
        )
        equal((await run(id)).fetched, 0)
        await putThere(['later\r\n'])
        equal((await run(id)).fetched, 1)
        equal((await inbox()).length, 4)
        equal(await countThere(), 4, 'they stay there')

        // Not to be kept any more: what was fetched goes, and nothing is fetched again.
        const changed = await http.ask('PATCH', `/api/external-accounts/${id}`, { json: { keep: false }, headers })
        equal(changed.status, 200, changed.text)
        await putThere(['last\r\n'])
        equal((await run(id)).fetched, 1)
        equal(await countThere(), 0)
        equal((await inbox()).length, 5)
      } finally {
        await close()
      }
    })
  }
}

test('what goes wrong is said in words, in both languages', async () => {
  const { add, http, headers, close } = await here(undefined)
  const cases: [object, string, RegExp][] = [
    [{ password: 'not it' }, 'wrong-password', /應用程式密碼/],
    [{ host: 'wrong.other.example' }, 'certificate', /憑證/],
    [{ host: 'nowhere.example' }, 'no-such-host', /找不到/],
    [{ host: 'inside.example' }, 'not-allowed', /私有網路/],
    [{ port: 1025 }, 'refused', /連接埠/],
    [{ protocol: 'imap', port: there.port('imaps'), folder: 'Nothing' }, 'no-remote-folder', /INBOX/],
    [{ protocol: 'imap', port: there.port('pop3s') }, 'nonsense', /通訊協定/],
  ]
  try {
    for (const [more, result, words] of cases) {
      const { id } = await add(more)
      const zh = { ...headers, 'accept-language': 'zh-TW' }
      const { json } = await http.ask('POST', `/api/external-accounts/${id}/run`, { headers: zh })
      equal(json.last.result, result)
      match(json.last.words, words)
      ok(!JSON.stringify(json).includes('not it'), 'no password comes out')
      equal((await http.ask('DELETE', `/api/external-accounts/${id}`, { headers })).status, 204)
    }
  } finally {
    await close()
  }
})

test('loopback and our own addresses are not connected to unless listed', async () => {
  const { add, run, close } = await here(undefined, { 'fetching.networks': [] })
  try {
    for (const host of ['127.0.0.1', '::1', 'mail.other.example', '10.0.0.1', '169.254.169.254', '::ffff:127.0.0.1']) {
      if (host.startsWith('::ffff')) continue
      equal((await run((await add({ host })).id)).result, 'not-allowed', host)
    }
  } finally {
    await close()
  }
})

test('a password is not said to another server than it was given for', async () => {
  const { add, http, headers, close } = await here(undefined)
  try {
    const { id } = await add()
    const patch = (json: object) => http.ask('PATCH', `/api/external-accounts/${id}`, { json, headers })
    for (const change of [{ host: 'evil.example' }, { port: 9999 }, { username: 'bob' }, { tls: 'starttls' }]) {
      equal((await patch(change)).status, 422)
    }
    equal((await patch({ everyMinutes: 30 })).json.everyMinutes, 30)
    equal((await patch({ port: 9999, password })).json.port, 9999)
    const listed = await http.ask('GET', '/api/external-accounts', { headers })
    ok(!listed.text.includes(password))
    equal((await http.ask('GET', '/api/external-accounts')).status, 401)
  } finally {
    await close()
  }
})

test('a mailbox that is fetched into itself does not fill up', async () => {
  const { house, add, run, inbox, close } = await here(undefined, {
    'fetching.authorities': [join(data, 'certificates', 'self-signed.pem')],
  })
  try {
    // The other house sends on to itself what it fetches here: as if one account were at both ends.
    const wang = (await there.db.one<{ id: number }>('select inbox_id as id from holder order by account_id desc'))!
    await emptyThere()
    await putThere(['round\r\n'])
    const { id } = await add()
    equal((await run(id)).fetched, 1)
    const row = await house.db.one<{ trace: string; blob_ref: string }>(
      'select trace, blob_ref from mail order by id desc',
    )
    const whole = row!.trace + (await house.store.blobs.read(row!.blob_ref)).toString('latin1')
    await append(there.store, wang.id, Buffer.from(whole, 'latin1'))
    equal((await run(id)).fetched, 0)
    equal((await inbox()).length, 1)
  } finally {
    await close()
  }
})

onBoth('a full mailbox stops it, and it goes on where it was; too large stays there', async (database) => {
  const { house, add, run, inbox, close } = await here(database, {}, { mailBytes: 5_000 })
  try {
    await emptyThere()
    await putThere(['a'.repeat(900), 'b'.repeat(900), 'c'.repeat(6_000), 'd'.repeat(900)])
    const { id: wang } = (await house.db.one<{ id: number }>("select id from account where address like 'wang@%'"))!
    const quota = (bytes: number) => house.db.transaction((sql) => setQuota(sql, wang, bytes))
    await quota(2_000)
    const { id } = await add({ keep: false })
    const first = await run(id)
    deepEqual([first.result, first.fetched], ['over-quota', 1])
    equal(await countThere(), 4, 'POP3 deletes at a good end only')
    await quota(0)
    const second = await run(id)
    deepEqual([second.result, second.fetched, second.skipped], ['ok', 2, 1])
    equal((await inbox()).length, 3)
    equal(await countThere(), 1)
  } finally {
    await close()
  }
})

test('it runs by itself; a password that is refused again and again is not tried any more', async () => {
  const { house, http, headers, add, run, close } = await here(undefined)
  try {
    await emptyThere()
    await putThere(['by itself\r\n'])
    const came = new Promise<void>((resolve) =>
      house.store.changes.watch({}, ({ kind }) => kind === 'arrived' && resolve()),
    )
    const { id } = await add({ active: true })
    await came
    const { id: wrong } = await add({ protocol: 'imap', port: there.port('imaps'), password: 'not it' })
    const patch = (json: object) => http.ask('PATCH', `/api/external-accounts/${wrong}`, { json, headers })
    const show = async () => (await http.ask('GET', '/api/external-accounts', { headers })).json.accounts.at(-1)
    await house.db.run('update external_account set active = 1, next_at = $2 where id = $1', [
      Number(wrong),
      Date.now() + 1e9,
    ])
    let before = 0
    for (let i = 0; i < 5; i++) {
      equal((await show()).active, true)
      equal((await run(wrong)).result, 'wrong-password')
      const { next } = await show()
      ok(i === 4 || Date.parse(next) > before, 'the pauses grow')
      before = Date.parse(next)
    }
    equal((await show()).active, false)
    equal((await patch({ password, active: false })).status, 200)
    equal((await run(wrong)).result, 'ok')
    equal((await http.ask('DELETE', `/api/external-accounts/${id}`, { headers })).status, 204)
    const events = await findEvents(house.db, { kind: 'external-removed' })
    equal(events[0]!.details['host'], 'mail.other.example')
  } finally {
    await close()
  }
})
