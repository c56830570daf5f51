import { deepEqual, equal, match, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import { eachEngine } from '../../test/engines.ts'
import { accountByAddress, listAccounts } from '../directory/accounts.ts'
import { createClass } from '../directory/classes.ts'
import { createDomain, listDomains } from '../directory/domains.ts'
import { resolveRecipient } from '../directory/recipients.ts'
import { openLogin } from '../login/login.ts'
import { migrations } from '../schema.ts'
import { listMailboxes } from '../store/mailboxes.ts'
import { quotaOf } from '../store/quota.ts'
import { Trouble } from '../wire/troubles.ts'
import {
  changePassword,
  changePerson,
  changeService,
  createPerson,
  deletePerson,
  firstDomain,
  firstStart,
  purgePerson,
  restorePerson,
  welcomeAdministrator,
  type FirstAdministrator,
} from './people.ts'

const peer = {
  address: '192.0.2.1',
  port: 1,
  localAddress: '::',
  localPort: 993,
  listener: 'imaps',
  tls: { protocol: 'TLSv1.3', cipher: 'x' },
}

eachEngine('a person is an account with mailboxes, or nothing', migrations, async (_t, db) => {
  await createDomain(db, { name: 'uni.example' })
  const wang = await createPerson(db, { address: 'wang@uni.example', password: 'correct horse', quota: 1000 })
  const mailboxes = await listMailboxes(db, wang.id)
  deepEqual(
    new Set(mailboxes.map((mailbox) => mailbox.role)),
    new Set(['archive', 'drafts', 'inbox', 'junk', 'sent', 'trash']),
  )
  equal((await quotaOf(db, wang.id)).quota, 1000)

  await rejects(createPerson(db, { address: 'li@uni.example', password: 'short' }), isTrouble('weak-password'))
  await rejects(createPerson(db, { address: 'li@uni.example', className: 'gold' }), isTrouble('no-such-class'))
  equal(await accountByAddress(db, 'li@uni.example'), undefined)
})

eachEngine('quotas of classes and people reach the store', migrations, async (_t, db) => {
  await createDomain(db, { name: 'uni.example' })
  await createClass(db, 'student', { quota: 500 })
  const li = await createPerson(db, { address: 'li@uni.example', className: 'student' })
  const own = await createPerson(db, { address: 'own@uni.example', className: 'student', quota: 7 })
  const quota = async (id: number) => (await quotaOf(db, id)).quota

  equal(await quota(li.id), 500)
  await changeService(db, 'student', { quota: 600 })
  deepEqual([await quota(li.id), await quota(own.id)], [600, 7])
  await changePerson(db, 'own@uni.example', { quota: null })
  equal(await quota(own.id), 600)
  await changePerson(db, 'li@uni.example', { className: 'standard' })
  equal(await quota(li.id), 100 * 2 ** 30)
})

eachEngine('a first password that could not be told does not count', migrations, async (_t, db) => {
  await firstStart(db, 'mail.uni.example')
  const silent = welcomeAdministrator(db, () => {
    throw new Error('nobody listens')
  })
  await rejects(silent, /nobody listens/)
  const told: FirstAdministrator[] = []
  await welcomeAdministrator(db, (first) => told.push(first))
  equal(told.length, 1)
})

eachEngine('who gave the first administrator a password need not be told another', migrations, async (_t, db) => {
  await firstStart(db, 'mail.uni.example')
  await changePassword(db, 'admin@uni.example', 'correct horse')
  await welcomeAdministrator(db, () => {
    throw new Error('told')
  })
})

eachEngine('the first start makes one domain and one administrator', migrations, async (_t, db) => {
  await Promise.all([firstStart(db, 'mail.uni.example'), firstStart(db, 'mail.uni.example')])
  await firstStart(db, 'mail.uni.example')
  const told: FirstAdministrator[] = []
  const welcome = () => welcomeAdministrator(db, (first) => told.push(first))
  await Promise.all([welcome(), welcome()])
  await welcome()
  const [first, ...others] = told
  equal(others.length, 0)
  equal(first?.address, 'admin@uni.example')
  match(first.password, /^([a-z0-9]{4}-){4}[a-z0-9]{4}$/)

  deepEqual(
    (await listDomains(db)).map((domain) => domain.name),
    ['uni.example'],
  )
  const [admin] = await listAccounts(db)
  deepEqual([admin?.address, admin?.admin, admin?.mustChange], ['admin@uni.example', true, true])
  equal((await resolveRecipient(db, 'postmaster@uni.example')).known, true)

  const signIn = openLogin(db)
  const attempt = { name: 'admin', password: first.password, door: 'imap', peer, sessionId: 's' } as const
  equal((await signIn(attempt)).address, 'admin@uni.example')
  await changePassword(db, 'admin@uni.example', 'another long one')
  await rejects(signIn(attempt), isTrouble('wrong-password'))
  equal((await accountByAddress(db, 'admin@uni.example'))?.mustChange, false)
})

eachEngine('deleting a person is undone, and done twice does no harm', migrations, async (_t, db) => {
  await createDomain(db, { name: 'uni.example' })
  await createPerson(db, { address: 'wang@uni.example' })
  await deletePerson(db, 'wang@uni.example')
  await deletePerson(db, 'wang@uni.example')
  equal((await accountByAddress(db, 'wang@uni.example'))?.status, 'closed')
  await restorePerson(db, 'wang@uni.example')
  equal((await accountByAddress(db, 'wang@uni.example'))?.status, 'active')
})

eachEngine('what is purged is gone, and its address is free', migrations, async (_t, db) => {
  await createDomain(db, { name: 'uni.example' })
  const wang = await createPerson(db, { address: 'wang@uni.example' })
  await rejects(purgePerson(db, 'wang@uni.example'), isTrouble('in-use'))
  equal((await listMailboxes(db, wang.id)).length, 6)
  await deletePerson(db, 'wang@uni.example')
  await purgePerson(db, 'wang@uni.example')
  equal((await listMailboxes(db, wang.id)).length, 0)
  await rejects(quotaOf(db, wang.id), isTrouble('no-such-account'))
  await createPerson(db, { address: 'wang@uni.example' })
})

const hosts: [hostname: string, domain: string][] = [
  ['mail.uni.example', 'uni.example'],
  ['mx1.cs.uni.example', 'cs.uni.example'],
  ['uni.example', 'uni.example'],
  ['mail.example', 'mail.example'],
  ['server', 'server'],
  ['localhost', 'localhost.localdomain'],
  ['192.0.2.1', 'localhost.localdomain'],
  ['', 'localhost.localdomain'],
  ['mail.大學.example', 'xn--pssu7c.example'],
]
for (const [hostname, domain] of hosts) {
  test(`a server called "${hostname}" begins with ${domain}`, () => equal(firstDomain(hostname), domain))
}

function isTrouble(code: string) {
  return (error: unknown) => error instanceof Trouble && error.code === code
}
