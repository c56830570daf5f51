// Mail is fetched from another maker's server.

import { deepEqual, equal, match } from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { dovecotUser, hasDovecot, startDovecot, type Dovecot } from '../dovecot.ts'
import { client, type Client } from '../webclient.ts'
import { openWorld, password, type WorldHouse } from '../world.ts'

let dovecot: Dovecot
let house: WorldHouse
let http: Client
let headers: Record<string, string>

const options = { skip: !hasDovecot && 'no Dovecot here' }
before(async () => {
  if (!hasDovecot) return
  dovecot = await startDovecot()
  house = await openWorld({
    hostname: 'mail.uni.example',
    people: ['wang@uni.example'],
    zone: `${dovecotUser.host}. A 127.0.0.1\n`,
    config: { 'fetching.networks': ['127.0.0.0/8'], 'fetching.authorities': [dovecot.authority] },
  })
  http = client(house, 'http')
  const signed = await http.signIn({ name: 'wang', password })
  headers = { ...signed.headers, origin: http.origin, 'sec-fetch-site': 'same-origin' }
})
after(async () => {
  await house?.close()
  await dovecot?.stop()
})

async function add(more: object): Promise<string> {
  const { name, host } = dovecotUser
  const json = { host, username: name, password: dovecotUser.password, active: false, ...more }
  const answer = await http.ask('POST', '/api/external-accounts', { json, headers })
  equal(answer.status, 201, answer.text)
  return answer.json.id
}

async function run(id: string): Promise<any> {
  return (await http.ask('POST', `/api/external-accounts/${id}/run`, { headers })).json.last
}

/** How many mails there are whose subject ends so. */
async function count(ending: string): Promise<number> {
  const text = 'select mail.subject from message join mail on mail.id = message.mail_id'
  const rows = await house.db.all<{ subject: string }>(text)
  return rows.filter(({ subject }) => subject.toLowerCase().endsWith(ending)).length
}

const empty = (): string => dovecot.admin('expunge', '-u', dovecotUser.name, 'mailbox', '*', 'all')

for (const protocol of ['pop3', 'imap'] as const) {
  for (const tls of ['tls', 'starttls'] as const) {
    test(`${protocol} with ${tls}: once, then what is new, then without keeping`, options, async () => {
      empty()
      const which = `${protocol} ${tls}`
      for (const one of ['one', 'two']) dovecot.save(`Subject: ${one} ${which}\n\n.\n..${one}\n`)
      const port = dovecot[`${protocol}${tls === 'tls' ? 's' : ''}`]
      const id = await add({ protocol, tls, port })
      deepEqual([(await run(id)).result, await count(which)], ['ok', 2])
      equal((await run(id)).fetched, 0)
      dovecot.save(`Subject: three ${which}\n\n3\n`)
      const patched = await http.ask('PATCH', `/api/external-accounts/${id}`, { json: { keep: false }, headers })
      equal(patched.status, 200)
      const last = await run(id)
      deepEqual([last.result, last.fetched], ['ok', 1])
      equal(await count(which), 3)
      const left = dovecot.admin('search', '-u', dovecotUser.name, 'mailbox', 'INBOX', 'all')
      equal(left.trim(), '')
    })
  }
}

test('flags and folders of IMAP; a folder anew with another UIDVALIDITY gives nothing twice', options, async () => {
  empty()
  const user = dovecotUser.name
  dovecot.admin('mailbox', 'create', '-u', user, '專案 & more')
  const fill = (): void => {
    dovecot.save('Subject: kept\n\nbody\n')
    dovecot.admin('flags', 'add', '-u', user, '\\Seen \\Flagged', 'mailbox', 'INBOX', 'all')
    dovecot.admin('move', '-u', user, '專案 & more', 'mailbox', 'INBOX', 'all')
  }
  fill()
  const id = await add({
    protocol: 'imap',
    tls: 'tls',
    port: dovecot.imaps,
    folder: '專案 & more',
    keyword: 'elsewhere',
  })
  const first = await run(id)
  deepEqual([first.result, first.fetched], ['ok', 1])
  const row = await house.db.one<{ flags: number; keywords: string }>(
    'select flags, keywords from message order by uid desc',
  )
  deepEqual([row!.flags, row!.keywords], [5, 'elsewhere'])
  dovecot.admin('mailbox', 'delete', '-u', user, '專案 & more')
  dovecot.admin('mailbox', 'create', '-u', user, '專案 & more')
  fill()
  const again = await run(id)
  deepEqual([again.result, again.fetched], ['ok', 0])
  await http.ask('PATCH', `/api/external-accounts/${id}`, { json: { password: 'no' }, headers })
  const { result, said } = await run(id)
  equal(result, 'wrong-password')
  match(said, /AUTHENTICATIONFAILED/)
})
