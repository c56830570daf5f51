// The queue at work: claims what is due, sorts it into lanes, opens connections, settles.
//
// Several nodes may run over one database: entries are claimed with a lease (entries.ts), and what others
// change (the command line, other nodes) is seen within settings.pollMilliseconds.

import { splitAddress } from '../mail/address.ts'
import { newId } from '../tracking/ids.ts'
import type { Writer } from '../sql/sql.ts'
import {
  addToQueue,
  claimDue,
  domainOf,
  nextDue,
  readQueueMails,
  releaseAll,
  releaseEntries,
  removeEntry,
  removeFinished,
  renewLeases,
  type Added,
  type NewQueueMail,
  type NewQueueRecipient,
  type QueueEntry,
  type QueueMail,
} from './entries.ts'
import { openFresh, type Fresh } from './fresh.ts'
import { openLanes, type Job, type Lane } from './lanes.ts'
import { runLine, type LineDesk } from './line.ts'
import type { QueueHouse } from './port.ts'
import { wayTo } from './routes.ts'
import { isWanted, writeReports } from './returns.ts'
import { eventOf, followed, settle, type Outcome } from './settle.ts'
import { beginSubmissions, noteOutcomes, type SubmissionNews } from './submissions.ts'
import { writeEvents } from '../tracking/events.ts'

export interface Queue {
  /** Something may be due. */
  wake(): void
  /**
   * Adds a mail that may leave as soon as it is accepted, inside the caller's transaction. The answer is called after
   * the commit, with the mail where it is in memory: what there is room for is then sent without a look at the table.
   */
  handOver(sql: Writer, mail: NewQueueMail, recipients: NewQueueRecipient[]): Promise<(fresh?: Fresh) => void>
  /** Resolves when nothing is in hand and nothing is due. */
  idle(): Promise<void>
  /** Takes nothing more, finishes the mails that are being sent, gives the rest back. */
  stop(): Promise<void>
}

type Mails = Map<number, QueueMail>

export function startQueue(house: QueueHouse): Queue {
  const { settings, store, clock, warn } = house
  const { db } = store
  const node = newId(clock())
  const lanes = openLanes(settings)
  const lines = new Set<{ stop(): void; destroy(): void }>()
  const working = new Set<Promise<void>>()
  let watchers: (() => void)[] = []
  let lineCount = 0
  const inHand = new Set<number>() // ids of entries
  const fresh = openFresh(settings.freshBytes)
  let handed: Added[] = [] // over, and not yet in their lanes
  let wanted = false
  let more = false // something is due that there was no room for
  let claiming: Promise<void> | undefined
  let stopping = false

  const poll = setInterval(wake, settings.pollMilliseconds).unref()
  const lease = setInterval(
    () => void renew().catch((error: unknown) => warn('queue', error)),
    settings.leaseMilliseconds / 3,
  ).unref()

  function renew(): Promise<void> {
    const until = clock() + settings.leaseMilliseconds
    return db.transaction((sql) => renewLeases(sql, { node, until }, [...inHand]))
  }

  // -- claiming

  function wake(): void {
    wanted = true
    claiming ??= claim()
      .catch((error: unknown) => warn('queue', error))
      .finally(() => {
        claiming = undefined
        if (wanted && !stopping) wake() // somebody called meanwhile
        changed()
      })
  }

  async function claim(): Promise<void> {
    while (wanted && !stopping) {
      wanted = false
      const most = settings.claimAtOnce - inHand.size
      const now = clock()
      more = most <= 0
      const due = more ? undefined : await nextDue(db)
      if (due === undefined || due > now) return
      const until = now + settings.leaseMilliseconds
      const except = [...lanes.all()].filter(isFull).map(({ key }) => key)
      const entries = await db.transaction((sql) => claimDue(sql, { node, now, until, most, except }))
      if (entries.length === 0) return
      for (const { id } of entries) inHand.add(id)
      more = entries.length === most || except.length > 0
      await sortIntoLanes(entries, () => readQueueMails(db, [...new Set(entries.map(({ queueMail }) => queueMail))]))
    }
  }

  function isFull({ inHand: waiting }: Lane): boolean {
    return waiting >= settings.claimPerDestination
  }

  async function sortIntoLanes(entries: QueueEntry[], read: () => Mails | Promise<Mails>): Promise<void> {
    const facts = await factsOf(entries, read)
    const jobs = new Map<string, { lane: Lane; job: Job }>()
    for (const entry of entries) {
      const mail = facts.mails.get(entry.queueMail)
      if (!mail) {
        inHand.delete(entry.id) // dropped this moment
        continue
      }
      const { domain } = entry
      const isOurs = facts.ours.has(domain)
      if (isOurs || domain === '') {
        track(isOurs ? deliverHere(mail, entry) : refuseBadAddress(mail, entry))
        continue
      }
      const way = wayTo(domain, house)
      const lane = lanes.of(way.lane)
      if (entry.urgent) lane.blockedUntil = 0
      if (lane.blockedUntil > clock()) {
        track(release([entry.id], lane.blockedUntil))
        continue
      }
      lane.inHand++
      const key = `${entry.queueMail} ${way.lane}`
      const open = jobs.get(key)
      if (open && open.job.entries.length < settings.recipientsPerMail) open.job.entries.push(entry)
      else {
        const job = { mail, entries: [entry], way }
        jobs.set(key, { lane, job })
        lane.jobs.push(job)
      }
    }
    for (const lane of new Set([...jobs.values()].map((one) => one.lane))) openLines(lane)
  }

  /** Their mails, and the domains among theirs that are ours. Where they cannot be read, the lease brings them back. */
  async function factsOf(entries: QueueEntry[], read: () => Mails | Promise<Mails>) {
    try {
      const mails = await read()
      await begin(mails)
      const ours = new Set<string>()
      for (const domain of new Set(entries.map((entry) => entry.domain))) {
        if (domain !== '' && (await house.isLocalDomain(domain))) ours.add(domain)
      }
      return { mails, ours }
    } catch (error) {
      for (const { id } of entries) inHand.delete(id)
      throw error
    }
  }

  /** What somebody could have taken back until now is on its way. */
  async function begin(mails: Mails): Promise<void> {
    const followed = [...mails.values()].filter(({ submission }) => submission).map(({ historyId }) => historyId)
    if (followed.length === 0) return
    for (const news of await beginSubmissions(db, followed)) house.submissionsChanged?.(news)
  }

  async function release(ids: number[], at: number): Promise<void> {
    try {
      await db.transaction((sql) => releaseEntries(sql, node, ids, at))
    } finally {
      for (const id of ids) inHand.delete(id)
    }
  }

  // -- mails that are new

  async function handOver(sql: Writer, mail: NewQueueMail, recipients: NewQueueRecipient[]) {
    const lease =
      mail.at <= clock() && mayLeaveAtOnce(recipients)
        ? { node, until: clock() + settings.leaseMilliseconds }
        : undefined
    const added = await addToQueue(sql, mail, recipients, lease)
    return (mailInMemory?: Fresh) => {
      if (!added || !lease) return wake()
      if (stopping) return // given back with the rest
      if (mailInMemory) fresh.keep(mailInMemory)
      for (const { id } of added.entries) inHand.add(id)
      handed.push(added)
      if (handed.length === 1) queueMicrotask(() => track(takeHanded())) // with the others of its transaction
    }
  }

  /** Not past mails that wait in the table already, and not beyond what is held in memory. */
  function mayLeaveAtOnce(recipients: NewQueueRecipient[]): boolean {
    if (stopping || more || inHand.size >= settings.claimAtOnce) return false
    if (recipients.length > settings.handOverRecipients) return false
    return recipients.every(({ address }) => {
      const domain = domainOf(address)
      const lane = domain === '' ? undefined : lanes.known(wayTo(domain, house).lane)
      return !lane || (!isFull(lane) && lane.blockedUntil <= clock())
    })
  }

  async function takeHanded(): Promise<void> {
    const added = handed
    handed = []
    const entries = added.flatMap((one) => one.entries)
    await sortIntoLanes(entries, () => new Map(added.map(({ mail }) => [mail.id, mail])))
  }

  // -- lines

  function openLines(lane: Lane): void {
    for (const wakeUp of lane.idle) {
      if (lane.jobs.length === 0) return
      wakeUp()
    }
    // A line that just opens will take a mail too: not more lines than mails.
    while (
      !stopping &&
      lane.jobs.length > lane.opening &&
      lane.lines < lane.limit &&
      lineCount < settings.connections
    ) {
      lane.lines++
      lane.opening++
      lineCount++
      track(runAndClose(lane))
    }
  }

  async function runAndClose(lane: Lane): Promise<void> {
    let opening = true
    const began = () => {
      if (opening) lane.opening--
      opening = false
    }
    try {
      const end = await runLine({ ...desk, take: (from) => take(from).finally(began) }, lane)
      if (end.is === 'unreachable' && !stopping) await nobodyAnswers(lane, end.outcome)
    } catch (error) {
      warn('queue line', error)
      await release(takeAll(lane), clock() + 60_000)
    } finally {
      began()
      lane.lines--
      lineCount--
      lanes.tidy(lane, clock())
      for (const other of lanes.all()) if (other.jobs.length > 0) openLines(other)
    }
  }

  /** While another connection to the same place works, one that fails is only one too many. */
  async function nobodyAnswers(lane: Lane, outcome: Omit<Outcome, 'entry'>): Promise<void> {
    if (lane.lines > 1 && outcome.result === 'later') return lanes.refused(lane)
    if (outcome.result === 'later') lanes.unreachable(lane, clock())
    for (let job = lane.jobs.shift(); job; job = lane.jobs.shift()) {
      await desk.settled(
        lane,
        job,
        job.entries.map((entry) => ({ entry, ...outcome })),
      )
    }
  }

  function takeAll(lane: Lane): number[] {
    const ids = lane.jobs.splice(0).flatMap(({ entries }) => entries.map(({ id }) => id))
    lane.inHand -= ids.length
    return ids
  }

  function take(lane: Lane): Promise<Job | undefined> {
    if (stopping) return Promise.resolve(undefined)
    const job = lane.jobs.shift()
    if (job) return Promise.resolve(job)
    return new Promise((resolve) => {
      const wakeUp = () => {
        clearTimeout(patience)
        lane.idle.delete(wakeUp)
        resolve(stopping ? undefined : lane.jobs.shift())
      }
      const patience = setTimeout(wakeUp, settings.idleMilliseconds).unref()
      lane.idle.add(wakeUp)
      changed()
    })
  }

  const desk: LineDesk = {
    house,
    fresh,
    take,
    isStopping: () => stopping,
    giveBack: (lane, job) => void lane.jobs.unshift(job),
    async settled(lane, job, outcomes) {
      if (outcomes.some(({ result }) => result === 'accepted')) lanes.went(lane)
      if (outcomes.some(({ turnedAway }) => turnedAway)) lanes.refused(lane)
      await settleSurely(job.mail, outcomes)
      lane.inHand -= job.entries.length
      for (const { id } of job.entries) inHand.delete(id)
      fresh.forget(job.mail.mailId)
      if (lane.jobs.length > 0) openLines(lane)
      if (more && (lane.inHand < settings.claimPerDestination / 2 || inHand.size < settings.claimAtOnce / 2)) wake()
      changed()
    },
    opened(line) {
      lines.add(line)
      return () => lines.delete(line)
    },
  }

  // -- settling

  /** A database that cannot answer must not make us send a mail twice: asked again for a while. */
  async function settleSurely(mail: QueueMail, outcomes: Outcome[]): Promise<void> {
    for (let pause = 500; ; pause *= 2) {
      try {
        return await settle(house, node, mail, outcomes)
      } catch (error) {
        warn('queue: an outcome could not be written', error)
        if (stopping || pause > 16_000) return
        await new Promise((resolve) => setTimeout(resolve, pause))
      }
    }
  }

  async function deliverHere(mail: QueueMail, entry: QueueEntry): Promise<void> {
    const ours = { entry, isLocal: true, isOurs: true }
    let news: SubmissionNews | undefined
    const placed: Outcome = { ...ours, result: 'accepted', status: '2.1.5', words: 'Delivered' }
    try {
      const report = isWanted(entry, 'delivered')
        ? await writeReports(house, mail, [{ entry, action: 'delivered', status: placed.status }])
        : undefined
      const { code, status, words } = await house.deliverLocal({ ...mail, at: clock() }, entry.address, async (sql) => {
        if (!(await removeEntry(sql, node, entry.id))) throw new Error('the entry was taken by somebody else')
        await report?.(sql)
        await removeFinished(sql, [mail.id])
        await writeEvents(sql, [eventOf(mail, placed, 'placed', clock())])
        news = mail.submission ? await noteOutcomes(sql, mail.historyId, [followed(placed, true)]) : undefined
      })
      if (code < 400) {
        if (news) house.submissionsChanged?.(news)
        return
      }
      await settleSurely(mail, [{ ...ours, result: code >= 500 ? 'refused' : 'later', status, words }])
    } finally {
      inHand.delete(entry.id)
    }
  }

  async function refuseBadAddress(mail: QueueMail, entry: QueueEntry): Promise<void> {
    const words = splitAddress(entry.address) ? 'No such domain' : 'That is not an address'
    await settleSurely(mail, [{ entry, result: 'refused', status: '5.1.3', words, isOurs: true }])
    inHand.delete(entry.id)
  }

  // -- who waits for us

  function track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => warn('queue', error))
      .finally(() => {
        working.delete(tracked)
        changed()
      })
    working.add(tracked)
  }

  function changed(): void {
    const told = watchers
    watchers = []
    for (const tell of told) tell()
  }

  wake()
  return {
    wake,
    handOver,
    async idle() {
      for (;;) {
        if (!claiming && handed.length === 0 && inHand.size === 0) {
          const due = await nextDue(db)
          if (!claiming && handed.length === 0 && inHand.size === 0 && (due === undefined || due > clock())) return
          if (!claiming && handed.length === 0 && inHand.size === 0) wake()
        }
        await new Promise<void>((resolve) => watchers.push(resolve))
      }
    },
    async stop() {
      stopping = true
      clearInterval(poll)
      clearInterval(lease)
      await claiming
      for (const lane of lanes.all()) for (const wakeUp of lane.idle) wakeUp()
      for (const line of lines) line.stop()
      // A line that still waits for a host to answer has nothing in hand: it is not waited for.
      await inTime(Promise.all(working), settings.stopMilliseconds)
      for (const line of lines) line.destroy()
      await inTime(Promise.all(working), 1_000)
      await releaseAll(db, node, clock()).catch((error: unknown) => warn('queue', error))
    },
  }
}

/** Resolves when `work` is done, or after so many milliseconds. */
async function inTime(work: Promise<unknown>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)))
  await Promise.race([work, late])
  clearTimeout(timer)
}
