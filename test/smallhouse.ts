// A house for tests of transit: the real directory, store, blobs and history over one database, names from
// a zone text, and a clock that the test turns. Only the mail world outside is played.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { openVolumes } from '../src/blobs/volumes.ts'
import { openDelivery, type Delivery } from '../src/delivery/delivery.ts'
import type { House } from '../src/delivery/house.ts'
import { deliveryDefaults, type DeliverySettings } from '../src/delivery/limits.ts'
import { openSrs } from '../src/delivery/srs.ts'
import { createAccount, type Account } from '../src/directory/accounts.ts'
import { createDomain } from '../src/directory/domains.ts'
import { zoneResolver } from '../src/dns/zone.ts'
import type { Mailauth } from '../src/mailauth/mailauth.ts'
import { defaultDomain, isLocalDomain } from '../src/directory/domains.ts'
import { addToQueue } from '../src/queue/entries.ts'
import { queueDefaults, type QueueSettings } from '../src/queue/limits.ts'
import { startQueue, type Queue } from '../src/queue/queue.ts'
import { migrations } from '../src/schema.ts'
import type { Database } from '../src/sql/sql.ts'
import { together, type TogetherLimits } from '../src/sql/together.ts'
import type { Accepted, Envelope, Recipient, SmtpSession } from '../src/smtp/intake.ts'
import { createAccountStore, mailboxByRole, type Role } from '../src/store/mailboxes.ts'
import { messagesIn } from '../src/store/messages.ts'
import { openStore, type Store } from '../src/store/store.ts'
import { openTracking } from '../src/tracking/tracking.ts'
import type { Peer } from '../src/wire/conversation.ts'
import { Trouble } from '../src/wire/troubles.ts'
import { freshSqlite } from './engines.ts'
import { testPeer } from './transcript.ts'

export interface SmallHouse {
  db: Database
  store: Store
  house: House
  delivery: Delivery
  queue: Queue | undefined
  clock: { now: number }
  warnings: unknown[]
  /** An account of ours; its password is 'secret'. */
  person(address: string, quota?: number): Promise<Account>
  close(): Promise<void>
}

export interface SmallHouseOptions {
  db?: Database // a fresh SQLite one when not given
  zone?: string
  settings?: Partial<DeliverySettings>
  mailauth?: Mailauth
  queue?: Partial<QueueSettings> // starts one
  hostname?: string
  clock?: { now: number }
  together?: TogetherLimits
}

/** A house with the domain uni.example. */
export async function smallHouse(options: SmallHouseOptions = {}): Promise<SmallHouse> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-house-'))
  const own = options.db ? undefined : await freshSqlite(migrations)
  const db = options.db ?? own!.db
  const clock = options.clock ?? { now: Date.UTC(2026, 0, 15, 4) }
  const blobs = await openVolumes(join(folder, 'blobs'))
  const store = openStore(db, blobs)
  const tracking = openTracking(db, () => clock.now)
  const warnings: unknown[] = []
  const domain = 'uni.example'
  await createDomain(db, { name: domain })

  let queue: Queue | undefined
  const people = new Map<string, Account>()
  const house: House = {
    store,
    inOneGo: together(db, options.together),
    async signIn({ name, password }) {
      const account = people.get(name)
      if (!account || password !== 'secret') throw new Trouble('wrong-password')
      return account
    },
    tracking,
    mailauth: options.mailauth ?? silentMailauth,
    queue: {
      add: addToQueue,
      async handOver(sql, mail, recipients) {
        if (queue) return queue.handOver(sql, mail, recipients)
        await addToQueue(sql, mail, recipients)
        return () => undefined
      },
      wake: () => queue?.wake(),
    },
    resolver: zoneResolver(options.zone ?? zone),
    srs: openSrs(randomBytes(32)),
    settings: {
      ...deliveryDefaults,
      hostname: options.hostname ?? 'mx.uni.example',
      ...options.settings,
    },
    mainDomain: async () => (await defaultDomain(db)) ?? domain,
    clock: () => clock.now,
    warn: (what, error) => warnings.push([what, error]),
  }
  const delivery = openDelivery(house)
  if (options.queue) {
    queue = startQueue({
      ...house,
      settings: { ...queueDefaults, hostname: house.settings.hostname, idleMilliseconds: 50, ...options.queue },
      isLocalDomain: (name) => isLocalDomain(db, name),
      deliverLocal: delivery.deliverLocal,
    })
  }
  return {
    db,
    store,
    house,
    delivery,
    queue,
    clock,
    warnings,
    async person(address, quota = 0) {
      const account = await createAccount(db, { address }, (sql, made) => createAccountStore(sql, made.id, quota))
      people.set(address, account)
      return account
    },
    async close() {
      await queue?.stop()
      await delivery.settled()
      await tracking.close()
      await store.close()
      await blobs.close()
      await own?.drop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The names of the played world. */
export const zone = `
uni.example.        MX  10 mx.uni.example.
mx.uni.example.     A   192.0.2.1
else.example.       MX  10 mx.else.example.
mx.else.example.    A   192.0.2.25
null.example.       MX  0 .
silent.example.     TXT "no mail here"
`

/** Nothing is known of any mail. Signs nothing. */
export const silentMailauth = {
  async verify() {
    return {
      spf: { result: 'none', domain: '', identity: 'mailfrom' },
      dkim: [],
      dmarc: { result: 'none', domain: '' },
      arc: { result: 'none', sets: [] },
      author: { fields: 1, domains: [] },
      iprev: { result: 'none' },
      address: '',
      header: 'mx.uni.example; spf=none',
    }
  },
  judge: () => ({ verdict: { outcome: 'pass' }, junk: false }),
  sign: async () => '',
  seal: async () => '',
} as unknown as Mailauth

export interface Sending {
  from: string
  to: (string | Recipient)[]
  text: string // lines ended by \n
  login?: Account
  role?: SmtpSession['role']
  peer?: Partial<Peer>
  dsn?: Envelope['dsn']
  smtputf8?: boolean
  pieces?: number // in how many the bytes come
  hold?: Envelope['hold']
}

let sessions = 0

/** Brings one mail to the intake as a session would. Throws the first Refusal. */
export async function send({ delivery: { intake } }: SmallHouse, sending: Sending): Promise<Accepted> {
  const { from, to, text, login, role = login ? 'submission' : 'mx', peer, dsn = {}, smtputf8 = false } = sending
  const session: SmtpSession = {
    id: `s${++sessions}`,
    role,
    peer: testPeer({ listener: role === 'mx' ? 'smtp' : role, ...peer }),
    helo: 'client.example',
    protocol: 'ESMTP',
    facts: {},
  }
  await intake.connect(session)
  try {
    if (login) session.login = await intake.authenticate(session, login.address, 'secret')
    const { hold } = sending
    const open = { session, sender: from, body: '8BITMIME' as const, smtputf8, dsn }
    const envelope: Envelope = { ...open, recipients: [], ...(hold && { hold }) }
    await intake.sender(envelope)
    for (const one of to) {
      const recipient = typeof one === 'string' ? { address: one } : one
      await intake.recipient(envelope, recipient)
      envelope.recipients.push(recipient)
    }
    const sink = await intake.message(envelope)
    try {
      const bytes = Buffer.from(text.replace(/\r?\n/g, '\r\n'))
      const size = Math.ceil(bytes.length / (sending.pieces ?? 1))
      for (let at = 0; at < bytes.length; at += size) await sink.write(bytes.subarray(at, at + size))
      return await sink.finish()
    } catch (error) {
      await sink.abandon()
      throw error
    }
  } finally {
    intake.closed(session)
  }
}

/** What lies in a mailbox of an account, trace and bytes. */
export async function mailsOf({ db, store }: SmallHouse, account: Account, role: Role = 'inbox'): Promise<string[]> {
  const box = await mailboxByRole(db, account.id, role)
  const rows = await messagesIn(db, box!.id, 1, 1e9, 1_000)
  return Promise.all(
    rows.map(async ({ mailId }) => {
      const mail = await store.mails.one(mailId)
      return mail!.trace + (await store.blobs.read(mail!.blobRef)).toString()
    }),
  )
}
