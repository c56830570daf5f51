// One run: connects to one account elsewhere, takes what is new, and says how it went.
//
// Invariants:
//   the address was judged after its name was resolved, and is the one that is connected to (SECURITY 21)
//   a mail, its place and its name among those taken are one transaction of whoever holds the claim: a crash at any
//   moment loses no mail and doubles none
//   all of it ends in time

import { isIP } from 'node:net'
import { boundTaken, forgetTaken, hasTaken, holdClaim, noteTaken, takenNames } from '../directory/externals.ts'
import type { ExternalAccount } from '../directory/externals.ts'
import { isAbsent, type Resolver } from '../dns/resolver.ts'
import { MimeReader } from '../mime/reader.ts'
import { outsideOf } from '../net/addresses.ts'
import { dial } from '../net/dial.ts'
import type { Stored } from '../blobs/blobs.ts'
import { insertMail } from '../store/mails.ts'
import { announce, placeMail, type Placement } from '../store/messages.ts'
import { quotaOf } from '../store/quota.ts'
import type { Store } from '../store/store.ts'
import { writeEvents } from '../tracking/events.ts'
import { newId } from '../tracking/ids.ts'
import type { Conversation } from '../wire/conversation.ts'
import { Trouble } from '../wire/troubles.ts'
import { Failure, failureCodes, type FailureCode } from './failure.ts'
import { imapFetch } from './imap.ts'
import type { FetchingLimits } from './limits.ts'
import { pop3Fetch } from './pop3.ts'
import type { Login, Mark, Offered, Taking } from './taking.ts'

export interface FetchingWorld {
  store: Store
  resolver: Pick<Resolver, 'a' | 'aaaa'>
  /** Networks that may be connected to although they are private, at any port. */
  allowed: { has(address: string): boolean }
  authorities?: string[] // PEM, besides the system's
  hostname: string
  limits: FetchingLimits
  clock: () => number
  failed(error: unknown): void
}

export interface Outcome {
  result: 'ok' | FailureCode
  said: string
  fetched: number
  skipped: number
  isMore: boolean // there is more to fetch than one run takes
}

/** Never rejects for what the other side does; `signal` ends it at once. */
export async function runOnce(
  world: FetchingWorld,
  external: ExternalAccount,
  claim: string,
  password: string,
  signal: AbortSignal,
): Promise<Outcome> {
  const outcome: Outcome = { result: 'ok', said: '', fetched: 0, skipped: 0, isMore: false }
  const taking = openTaking(world, external, claim, outcome)
  const { tls, username, folder, keep, protocol } = external
  const login: Login = { tls, username, password, folder, keep }
  const fetch = protocol === 'pop3' ? pop3Fetch : imapFetch
  try {
    const talk = fetch(login, taking, world.limits)
    await converse(world, external, talk, AbortSignal.any([signal, AbortSignal.timeout(world.limits.runMilliseconds)]))
    await holdClaim(world.store.db, external.id, claim, taking.mark)
    await boundTaken(world.store.db, external.id, world.limits.seenKept)
  } catch (error) {
    const failure = asFailure(error)
    if (!failure) throw error
    outcome.result = failure.code
    outcome.said = failure.said
  }
  return outcome
}

function asFailure(error: unknown): Failure | undefined {
  if (error instanceof Failure) return error
  const code = error instanceof Trouble ? error.code : undefined
  return failureCodes.includes(code as FailureCode) ? new Failure(code as FailureCode) : undefined
}

// -- connecting

async function converse(
  world: FetchingWorld,
  external: ExternalAccount,
  talk: Conversation,
  signal: AbortSignal,
): Promise<void> {
  let failure: unknown = new Failure('lost')
  const conversation: Conversation = async function* (ear, peer) {
    try {
      yield* talk(ear, peer)
      failure = undefined
    } catch (error) {
      failure = error
    }
  }
  const pumped = await dialOne(world, external, conversation, signal)
  const end = (): void => pumped.destroy()
  signal.addEventListener('abort', end, { once: true })
  await pumped.ended
  signal.removeEventListener('abort', end)
  if (failure !== undefined && signal.aborted) throw new Failure('timeout')
  if (failure !== undefined) throw failure
}

async function dialOne(
  world: FetchingWorld,
  { host, port, tls }: ExternalAccount,
  conversation: Conversation,
  signal: AbortSignal,
): ReturnType<typeof dial> {
  let last: unknown
  for (const address of (await addressesOf(world, host)).slice(0, world.limits.addresses)) {
    if (signal.aborted) throw new Failure('timeout')
    const options = {
      address,
      port,
      servername: host,
      implicitTls: tls === 'tls',
      verify: false, // the conversation judges the certificate before it says anything, and knows what is wrong with it
      authorities: world.authorities,
      connectMilliseconds: world.limits.connectMilliseconds,
      failed: world.failed,
    }
    try {
      return await dial(options, conversation)
    } catch (error) {
      last = error
    }
  }
  throw ofSystem(last)
}

function ofSystem(error: unknown): Failure {
  const { code = '', message } = error as NodeJS.ErrnoException
  if (code === 'ECONNREFUSED') return new Failure('refused')
  if (code === 'ETIMEDOUT' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH') return new Failure('timeout')
  if (/SSL|TLS/i.test(code + message)) return new Failure('no-tls', message)
  return new Failure('lost', message)
}

/** The addresses of a host that may be connected to, IPv4 first. Throws Failure no-such-host, not-allowed. */
async function addressesOf({ resolver, allowed }: FetchingWorld, host: string): Promise<string[]> {
  const asked = isIP(host) > 0 ? [] : [resolver.a(host), resolver.aaaa(host)]
  const answers = await Promise.allSettled(asked)
  const found = isIP(host) > 0 ? [host] : answers.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
  if (found.length === 0) {
    const isThere = answers.some((one) => one.status === 'rejected' && !isAbsent(one.reason))
    throw new Failure(isThere ? 'timeout' : 'no-such-host')
  }
  const outside = new Set(outsideOf(found))
  const usable = found.filter((address) => outside.has(address) || allowed.has(address))
  if (usable.length === 0) throw new Failure('not-allowed')
  return usable
}

// -- taking

function openTaking(world: FetchingWorld, external: ExternalAccount, claim: string, outcome: Outcome): Taking {
  const { store, limits, clock } = world
  const { id, accountId } = external
  let mails = 0
  let bytes = 0
  return {
    mark: { validity: external.validity, uid: external.lastUid },
    goesOn() {
      outcome.isMore ||= mails >= limits.mailsPerRun || bytes >= limits.bytesPerRun
      return !outcome.isMore
    },
    async fits(size) {
      if (size > limits.mailBytes) {
        outcome.skipped++
        return false
      }
      const { used, quota } = await quotaOf(store.db, accountId)
      if (quota > 0 && used + size > quota) throw new Failure('over-quota')
      return true
    },
    async take(offered, pieces) {
      const { blob, tree, isOurs } = await keepBytes(pieces)
      mails++
      bytes += blob.size
      const isPlaced = await place({ ...offered, blob, tree, isOurs, mark: this.mark })
      if (isPlaced) outcome.fetched++
      else await store.blobs.drop(blob.ref)
    },
    seen: (prefix) => takenNames(store.db, id, prefix),
    forget: (keys) => forgetTaken(store.db, id, keys),
    complete: () => void (outcome.isMore = false),
  }

  async function keepBytes(pieces: AsyncIterable<Buffer>) {
    const writer = store.blobs.writer()
    const reader = new MimeReader()
    try {
      let size = 0
      let head = '\r\n'
      for await (const piece of pieces) {
        size += piece.length
        if (head.length < headLooked) head += piece.toString('latin1', 0, headLooked)
        if (size > limits.mailBytes) throw new Failure('nonsense', 'A mail is larger than it was said to be')
        reader.push(piece)
        await writer.write(piece)
      }
      return {
        tree: reader.end(),
        blob: await writer.finish(),
        isOurs: head.includes(`\r\n${markOf(world.hostname, id)}`),
      }
    } catch (error) {
      await writer.abandon()
      throw error
    }
  }

  type Arrived = Offered & { isOurs: boolean; blob: Stored; tree: ReturnType<MimeReader['end']>; mark: Mark }

  /** False: these bytes were taken before, or come back in a circle. */
  async function place(arrived: Arrived): Promise<boolean> {
    const { blob, tree, flags, mark } = arrived
    const now = clock()
    const hash = Buffer.from(blob.hash, 'hex')
    const name = arrived.key ?? `sha256 ${blob.hash}`
    const historyId = newId(now)
    let placement: Placement | undefined
    try {
      await store.db.transaction(async (sql) => {
        placement = undefined
        if (!(await holdClaim(sql, id, claim, mark))) throw new Failure('busy', 'Changed in the meantime')
        const isKnown = arrived.isOurs || (await hasTaken(sql, id, hash))
        await noteTaken(sql, id, name, hash, now)
        if (isKnown) return
        const receivedAt = arrived.receivedAt ?? tree.headers.date ?? now
        const at = receivedAt > 0 && receivedAt < now ? receivedAt : now
        const trace = traceOf(world.hostname, external, historyId, now) + markOf(world.hostname, id)
        const row = await insertMail(sql, { blob, tree, trace, receivedAt: at, historyId })
        const keywords = external.keyword === '' ? [] : [external.keyword]
        placement = await placeMail(sql, row, [
          { accountId, flags, keywords, ...(external.mailboxId !== undefined && { mailboxId: external.mailboxId }) },
        ])
        const { mailboxId } = placement[0]!
        const details = { from: external.host, protocol: external.protocol, external: id, mailboxId, size: blob.size }
        await writeEvents(sql, [
          {
            at: now,
            kind: 'received',
            mail: historyId,
            account: accountId,
            details: { ...details, listener: 'fetching' },
          },
          { at: now, kind: 'placed', mail: historyId, account: accountId, details },
        ])
      })
    } catch (error) {
      // What the transaction itself refused is not there; of anything else nobody knows.
      const isRefused = error instanceof Failure || (error instanceof Trouble && error.code !== 'unavailable')
      if (isRefused) await store.blobs.drop(blob.ref)
      throw error
    }
    if (!placement) return false
    announce(store, placement)
    return true
  }
}

const headLooked = 16 << 10 // characters at the top of a mail, where trace lines are

/** A line of our own: a mail that has it was fetched by this very account before, and has come round. */
function markOf(hostname: string, id: number): string {
  return `X-Postern-Fetched: ${id} ${hostname}\r\n`
}

/** RFC 5321 §4.4: a trace line of our own. The protocol is none of SMTP's: `with` says so in its own words. */
function traceOf(hostname: string, { host, protocol }: ExternalAccount, id: string, now: number): string {
  const date = new Date(now).toUTCString().replace('GMT', '+0000')
  return `Received: from ${host} by ${hostname} with ${protocol.toUpperCase()} id ${id};\r\n\t${date}\r\n`
}
