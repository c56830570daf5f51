// Opens, wires, listens, stops: the only file that knows everything.
//
// Order of opening: data folder, database, blobs, keepers, checks, transit, doors. Closing goes the
// other way. Nothing listens before everything behind it is open.

import { readFileSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pino, destination, type Logger } from 'pino'
import { openVolumes } from './blobs/volumes.ts'
import { holdFolder } from './config/folder.ts'
import { readSpan } from './config/kinds.ts'
import { planListeners, type ListenerName, type ListenerPlan } from './config/listeners.ts'
import type { Config } from './config/settings.ts'
import { deliveryDefaults, type DeliverySettings } from './delivery/limits.ts'
import { openDelivery } from './delivery/delivery.ts'
import { readNetworks } from './delivery/networks.ts'
import { openSrs, srsKey } from './delivery/srs.ts'
import { accountByAddress, accountById } from './directory/accounts.ts'
import { defaultDomain, isLocalDomain } from './directory/domains.ts'
import { forgetExpired, listScripts } from './directory/scripts.ts'
import { openResolver, type DnsSettings } from './dns/stub.ts'
import type { Resolver } from './dns/resolver.ts'
import type { LetterPage } from './http/letters.ts'
import { startFetching, type Fetching } from './fetching/fetching.ts'
import { fetchingDefaults, type FetchingLimits } from './fetching/limits.ts'
import { openSecrets } from './fetching/secrets.ts'
import { fileDefaults } from './http/filelimits.ts'
import { httpDefaults, pictureDefaults, type HttpLimits, type PictureLimits } from './http/limits.ts'
import type { Web } from './http/web.ts'
import { imap } from './imap/conversation.ts'
import { jmapDefaults } from './jmap/limits.ts'
import type { Push } from './jmap/push.ts'
import { openLogin, type LoginSettings } from './login/login.ts'
import { openPresence, type Presence } from './login/presence.ts'
import { openSessions } from './login/sessions.ts'
import { openKeyring } from './mailauth/keyring.ts'
import { advanceKeys } from './mailauth/keys.ts'
import { openMailauth, type MailauthSettings } from './mailauth/mailauth.ts'
import { manageSieve } from './managesieve/conversation.ts'
import { openCertificates, type Certificates } from './net/certificates.ts'
import { listen, type Listening } from './net/listen.ts'
import { pop3 } from './pop3/conversation.ts'
import { openLocks } from './pop3/locks.ts'
import { addToQueue } from './queue/entries.ts'
import { queueDefaults, type QueueSettings } from './queue/limits.ts'
import { startQueue, type Queue } from './queue/queue.ts'
import { sweepSubmissions } from './queue/submissions.ts'
import { smtpServer, type ServerOptions } from './smtp/conversation.ts'
import { openDatabase } from './sql/open.ts'
import type { Database } from './sql/sql.ts'
import { together } from './sql/together.ts'
import { openStore, type Store } from './store/store.ts'
import { sweepShares, watchShares } from './store/shares.ts'
import { startSweeper } from './store/sweep.ts'
import { writeActs } from './tracking/acts.ts'
import { newId } from './tracking/ids.ts'
import { migrations } from './schema.ts'
import { openTracking } from './tracking/tracking.ts'
import type { Conversation } from './wire/conversation.ts'
import { openPool } from './workers/pool.ts'
import { collectWhenQuiet } from './workers/quiet.ts'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

export interface Running {
  listeners: Record<string, { host: string; port: number }>
  /** The house's parts, for tests that look behind the doors. */
  store: Store
  db: Database
  /** Stops accepting, finishes what is in hand, closes everything. */
  stop(): Promise<void>
}

export interface ServeOptions {
  config: Config
  clock?: () => number
  /** Replaces the DNS of the settings. */
  resolver?: Resolver
  log?: Logger
  /** For tests: where the built web pages lie when not in web/dist, and other limits of the web door. */
  web?: { folder?: string; limits?: Partial<HttpLimits>; pictures?: Partial<PictureLimits> }
  /** For tests: other limits of fetching from accounts elsewhere. */
  fetching?: Partial<FetchingLimits>
  /** Called when the database is open and nothing listens yet: the first start makes its domain here. */
  prepare?(db: Database): Promise<void>
}

/** Opens the house and listens. Throws a Trouble or the system's error when it cannot; nothing stays open then. */
export async function serve(options: ServeOptions): Promise<Running> {
  const closers: (() => unknown)[] = []
  const closeAll = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close()
  }
  try {
    return await open(options, (close) => closers.push(close), closeAll)
  } catch (error) {
    await closeAll()
    throw error
  }
}

async function open(
  { config, clock = Date.now, prepare, ...options }: ServeOptions,
  atEnd: (close: () => unknown) => void,
  stop: () => Promise<void>,
): Promise<Running> {
  const log = options.log ?? openLog(config)
  const failed = (error: unknown): void => log.error({ err: error }, 'a mistake of ours')

  await mkdir(config.data, { recursive: true, mode: 0o700 })
  const lock = await holdFolder(config.data)
  atEnd(() => lock.release())
  const db = await openDatabase(config.database, config.data, migrations)
  atEnd(() => db.close())
  const blobs = await openVolumes(join(config.data, 'blobs'))
  atEnd(() => blobs.close())
  const store = openStore(db, blobs, { clock })
  atEnd(() => store.close())
  await prepare?.(db)

  const tracking = openTracking(db, clock, { retention: config['tracking.retention'] })
  atEnd(() => tracking.close())
  const sweeper = startSweeper(store)
  atEnd(() => sweeper.stop())
  const shares = watchShares(store, failed)
  atEnd(() => shares.stop())
  atEnd(every(hour, () => sweepShares(db, clock()), failed))
  const presence = openPresence(db, openLogin(db, loginSettings(config), clock, tracking.note), failed)
  atEnd(() => presence.stop())
  const { signIn } = presence
  const resolver = options.resolver ?? openResolver(dnsSettings(config))
  atEnd(() => resolver.close())
  const keyFolder = join(config.data, 'keys')
  const mailauth = openMailauth(resolver, mailauthSettings(config, clock), openKeyring(db, keyFolder, clock))
  atEnd(() => mailauth.close())
  atEnd(every(hour, () => advanceKeys({ db, folder: keyFolder }, resolver), failed))
  atEnd(every(hour, () => forgetExpired(db, clock()), failed))
  atEnd(collectWhenQuiet())

  const mainDomain = async (): Promise<string> => (await defaultDomain(db)) ?? config.hostname
  const warn = (what: string, error: unknown): void => log.warn({ err: error }, what)
  let queue: Queue | undefined
  let followers: Push | undefined // opened with the web door
  const inOneGo = together(db)
  const delivery = openDelivery({
    store,
    inOneGo,
    signIn,
    tracking,
    mailauth,
    queue: {
      add: addToQueue,
      handOver: (sql, mail, recipients) => queue!.handOver(sql, mail, recipients),
      wake: () => queue?.wake(),
    },
    resolver,
    srs: openSrs(await srsKey(join(keyFolder, 'srs.key'))),
    settings: deliverySettings(config),
    mainDomain,
    clock,
    warn,
  })
  queue = startQueue({
    store,
    inOneGo,
    resolver,
    mailauth,
    settings: queueSettings(config),
    mainDomain,
    clock,
    warn,
    isLocalDomain: (domain) => isLocalDomain(db, domain),
    deliverLocal: delivery.deliverLocal,
    submissionsChanged: ({ accountId, modseq }) => followers?.tell(accountId, { EmailSubmission: String(modseq) }),
  })
  const isThere = async (id: number): Promise<boolean> => (await accountById(db, id)) !== undefined
  const forget = () => sweepSubmissions(db, clock() - jmapDefaults.submissionsKept, isThere)
  atEnd(every(hour, forget, failed))
  atEnd(() => queue?.stop())
  atEnd(() => delivery.settled())

  const certificates = await openCertificates({
    pairs: config['tls.certificates'],
    folder: join(config.data, 'certificates'),
    hostname: config.hostname,
    oldest: config['tls.oldest'],
    clock,
  })
  atEnd(watchCertificates(certificates, log))

  const fetching = config['fetching.on'] ? await openFetching() : undefined
  async function openFetching(): Promise<Fetching> {
    const made = startFetching({
      store,
      resolver,
      allowed: readNetworks(config['fetching.networks']),
      authorities: await Promise.all(config['fetching.authorities'].map((file) => readFile(file, 'utf8'))),
      hostname: config.hostname,
      limits: { ...fetchingDefaults, mailBytes: config['smtp.max_size'], ...options.fetching },
      clock,
      failed,
      secrets: openSecrets(await srsKey(join(keyFolder, 'external.key'))),
    })
    atEnd(() => made.stop())
    return made
  }

  /** What was changed by ManageSieve, to those who follow it by JMAP. */
  async function scriptsChanged(accountId: number): Promise<void> {
    if (!followers) return
    const { scriptsState } = await import('./jmap/scriptobjects.ts')
    followers.tell(accountId, { SieveScript: scriptsState(await listScripts(db, accountId)) })
  }

  let httpsPort: number | undefined
  let listeners: Running['listeners'] = {}
  const locks = openLocks(db.between)
  const doors: Doors = {
    smtp: (role, plan) =>
      smtpServer(delivery.intake, {
        ...smtpOptions(config, role, plan, (error) => failed(error)),
        hold: { seconds: longestHold, now: clock },
      }),
    imap: (plan) =>
      imap({
        store,
        signIn,
        accountOf: (address) => accountByAddress(db, address),
        addressOf: async (id) => (await accountById(db, id))?.address,
        newHistoryId: () => newId(clock()),
        acted: (act) => writeActs(db, [act]),
        report: (error, about) => log.error({ err: error, ...about }, 'a mistake of ours'),
        options: {
          hostname: plan.hostname ?? config.hostname,
          version,
          plainLogin: config['login.tls'] === 'optional',
          limits: { append: config['smtp.max_size'], idle: config['imap.idle'] },
        },
      }),
    pop3: (plan) =>
      pop3({
        store,
        signIn,
        report: failed,
        options: {
          hostname: plan.hostname ?? config.hostname,
          version,
          plainLogin: config['login.tls'] === 'optional',
          locks,
          limits: { idle: config['pop3.idle'] },
        },
      }),
    manageSieve: () =>
      manageSieve({
        db,
        signIn,
        changed: (accountId) => void scriptsChanged(accountId).catch(failed),
        report: failed,
        options: { version, plainLogin: config['login.tls'] === 'optional' },
      }),
    web: once(async () => {
      // Loaded when the doors of mail stand open already: they need none of it.
      const [{ openWeb }, { openOutward }, { openPush }, { openSubscriptions }, { openPoster }, { openVapid }] =
        await Promise.all([
          import('./http/web.ts'),
          import('./http/outward.ts'),
          import('./jmap/push.ts'),
          import('./jmap/subscriptions.ts'),
          import('./jmap/post.ts'),
          import('./jmap/webpush.ts'),
        ])
      const sessions = openSessions(db, clock, failed, {
        idleMilliseconds: config['http.session_idle'],
        absoluteMilliseconds: config['http.session_life'],
      })
      atEnd(() => sessions.stop())
      const report = (error: unknown, about: object): void => log.error({ err: error, ...about }, 'a mistake of ours')
      const limits = { ...jmapDefaults, maxSizeUpload: config['smtp.max_size'] }
      const push = openPush(store, limits, failed)
      followers = push
      atEnd(() => push.stop())
      const vapid = openVapid(await srsKey(join(keyFolder, 'vapid.key')), `mailto:postmaster@${await mainDomain()}`)
      const poster = openPoster({ resolver, allowPrivate: config['queue.allow_private'], milliseconds: 30_000 })
      const subscriptions = openSubscriptions({ store, push, poster, vapid, failed })
      atEnd(() => subscriptions.stop())
      const letters = openPool(new URL('http/letters.worker.ts', import.meta.url), { time: 10_000, memory: 192 })
      atEnd(() => letters.close())
      const web = await openWeb({
        hostname: config.hostname,
        version,
        store,
        sessions,
        signIn,
        jmap: {
          store,
          intake: delivery.intake,
          push,
          subscriptions,
          vapid,
          limits,
          hostname: config.hostname,
          visibility: config['contacts.directory'],
          accountById: (id) => accountById(db, id),
          report: (error, reference) => report(error, { reference }),
        },
        contacts: { groupsOpen: config['contacts.groups'] === 'open', visibility: config['contacts.directory'] },
        limits: { ...httpDefaults, ...options.web?.limits },
        clock,
        viewKey: await srsKey(join(keyFolder, 'view.key')),
        writeLetter: async (letter) => (await letters.run({ input: letter })) as LetterPage,
        outward: openOutward({
          resolver,
          allowed: readNetworks(config['http.picture_networks']),
          limits: { ...pictureDefaults, ...options.web?.pictures },
          clock,
        }),
        fetching,
        files: {
          ...fileDefaults,
          fileBytes: config['files.max_size'],
          accountBytes: config['files.quota'],
          milliseconds: config['files.life'],
        },
        webFolder: options.web?.folder ?? fileURLToPath(new URL('../web/dist', import.meta.url)),
        allowPlain: config['http.allow_plain'],
        httpsPort: () => httpsPort,
        listeners: () => listeners,
        report,
      })
      atEnd(() => web.stop())
      return web
    }),
  }
  const listening = await openListeners(config, doors, certificates, presence, failed)
  httpsPort = listening.get('https')?.port
  atEnd(() => Promise.all([...listening.values()].map((one) => one.stop(config.grace))))
  listeners = Object.fromEntries([...listening].map(([name, { host, port }]) => [name, { host, port }]))
  log.info({ listeners, pid: process.pid }, 'listening')
  return { listeners, store, db, stop }
}

// -- the doors

interface Doors {
  smtp(role: ServerOptions['role'], plan: ListenerPlan): Conversation
  imap(plan: ListenerPlan): Conversation
  pop3(plan: ListenerPlan): Conversation
  manageSieve(plan: ListenerPlan): Conversation
  web(): Promise<Web>
}

const tooMany = {
  smtp: (host: string) => `421 4.7.0 ${host} Too many connections, try again later\r\n`,
  imap: () => '* BYE [UNAVAILABLE] Too many connections, try again later\r\n',
  pop3: () => '-ERR [SYS/TEMP] Too many connections, try again later\r\n',
  manageSieve: () => 'BYE (TRYLATER) "Too many connections, try again later"\r\n',
  web: () => 'HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 30\r\ncontent-length: 0\r\n\r\n',
}

/** What answers at each listener: the conversation, whether TLS comes first, the words for one connection too many. */
const answering: Record<ListenerName, { implicitTls: boolean; door: keyof Doors; role?: ServerOptions['role'] }> = {
  smtp: { implicitTls: false, door: 'smtp', role: 'mx' },
  submission: { implicitTls: false, door: 'smtp', role: 'submission' },
  submissions: { implicitTls: true, door: 'smtp', role: 'submission' },
  lmtp: { implicitTls: false, door: 'smtp', role: 'lmtp' },
  imap: { implicitTls: false, door: 'imap' },
  imaps: { implicitTls: true, door: 'imap' },
  pop3: { implicitTls: false, door: 'pop3' },
  pop3s: { implicitTls: true, door: 'pop3' },
  managesieve: { implicitTls: false, door: 'manageSieve' },
  http: { implicitTls: false, door: 'web' },
  https: { implicitTls: true, door: 'web' },
}

async function openListeners(
  config: Config,
  doors: Doors,
  certificates: Certificates,
  presence: Presence,
  failed: (error: unknown) => void,
): Promise<Map<ListenerName, Listening>> {
  const listening = new Map<ListenerName, Listening>()
  try {
    for (const plan of planListeners(config.ports, config.listener)) {
      const { implicitTls, door, role } = answering[plan.name]
      const conversation = door === 'smtp' ? doors.smtp(role ?? 'mx', plan) : await doors[door](plan)
      const one = await listen({
        ...plan,
        implicitTls,
        conversation,
        secure: certificates.secure,
        full: tooMany[door](plan.hostname ?? config.hostname),
        connections: config['net.connections'],
        connectionsPerAddress: config['net.connections_per_address'],
        opened: presence.opened,
        failed,
      })
      listening.set(plan.name, one)
    }
    return listening
  } catch (error) {
    await Promise.all([...listening.values()].map((one) => one.stop(0)))
    throw error
  }
}

/** The same answer for everybody who asks, made when the first does. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => (made ??= make())
}

const hour = 3_600_000
const longestHold = jmapDefaults.holdMilliseconds / 1_000 // seconds, by JMAP and by SMTP alike

/** Does it now and then; what it throws is logged, and the next turn comes all the same. */
function every(
  milliseconds: number,
  work: () => Promise<unknown>,
  failed: (error: unknown) => void,
): () => Promise<void> {
  let running: Promise<unknown> = Promise.resolve()
  const turn = (): void => {
    running = work().catch(failed)
  }
  const timer = setInterval(turn, milliseconds).unref()
  return async () => {
    clearInterval(timer)
    await running
  }
}

/** New certificate files count within a minute, or at once with SIGHUP. */
function watchCertificates(certificates: Certificates, log: Logger): () => void {
  const look = (): void => {
    certificates.reload().then(
      (changed) => changed && log.info({ certificates: certificates.facts() }, 'certificates read again'),
      (error: unknown) => log.error({ err: error }, 'the new certificates cannot be used; the old ones stay'),
    )
  }
  const timer = setInterval(look, 60_000)
  timer.unref()
  process.on('SIGHUP', look)
  return () => {
    clearInterval(timer)
    process.off('SIGHUP', look)
  }
}

// -- settings, as each room wants them

function openLog(config: Config): Logger {
  return pino(
    { level: config.log, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    destination({ fd: 2, sync: true }),
  )
}

function dnsSettings(config: Config): DnsSettings {
  return {
    servers: config['dns.servers'],
    zoneFile: config['dns.zone_file'] || undefined,
    randomCase: config['dns.random_case'],
  }
}

function loginSettings(config: Config): Partial<LoginSettings> {
  return {
    requireTls: config['login.tls'] === 'required',
    failuresHere: config['login.failures'],
    failuresEverywhere: config['login.failures_everywhere'],
    prefix4: config['login.prefix4'],
    namesPerSource: config['login.names_per_source'],
    windowMilliseconds: config['login.window'],
    lockMilliseconds: config['login.lock'],
    passwordMinimum: config['login.password_minimum'],
  }
}

function mailauthSettings(config: Config, now: () => number): MailauthSettings {
  return {
    hostname: config.hostname,
    dmarc: config['mailauth.dmarc'],
    arcSealers: config['mailauth.trusted_sealers'],
    now,
  }
}

function deliverySettings(config: Config): DeliverySettings {
  return {
    ...deliveryDefaults,
    hostname: config.hostname,
    trustedNetworks: config['smtp.trusted_networks'],
    mailBytes: config['smtp.max_size'],
    senderDomainMustExist: config['smtp.sender_domain_must_exist'],
    hops: config['smtp.hops'],
    connectionsPerAddress: config['smtp.connections_per_address'],
    connectionsPerMinute: config['smtp.connections_per_minute'],
    mailsPerMinute: config['smtp.mails_per_minute'],
    recipientsPerHour: config['smtp.recipients_per_hour'],
    overQuota: config['smtp.over_quota'],
    plusFolders: config['smtp.plus_folders'],
  }
}

function queueSettings(config: Config): QueueSettings {
  return {
    ...queueDefaults,
    hostname: config.hostname,
    port: config['queue.port'],
    routes: config['queue.routes'],
    retries: config['queue.retries'].map(readSpan),
    expire: config['queue.expire'],
    expireLocal: config['queue.expire_local'],
    delayNotice: config['queue.delay_notice'],
    doubleBounceTo: config['queue.double_bounce'],
    connections: config['queue.connections'],
    connectionsPerDestination: config['queue.connections_per_destination'],
    localAddresses: config['queue.local_addresses'],
    allowPrivate: config['queue.allow_private'],
    allowLiterals: config['queue.allow_literals'],
  }
}

function smtpOptions(
  config: Config,
  role: ServerOptions['role'],
  plan: ListenerPlan,
  failed: (error: unknown) => void,
): ServerOptions {
  return {
    role,
    hostname: plan.hostname ?? config.hostname,
    tlsAvailable: role !== 'lmtp',
    tlsRequired: config['login.tls'] === 'optional' ? false : undefined,
    authOffered: role === 'submission' || (role === 'mx' && config['smtp.auth_on_mx']),
    bareLines: config['smtp.bare_lines'],
    banner: config['smtp.banner'] || undefined,
    earlyTalkWait: role === 'mx' ? config['smtp.early_talk_wait'] : 0,
    limits: { size: config['smtp.max_size'], recipients: config['smtp.recipients'] },
    failed,
  }
}
