// Sessions of the web door: who comes back with a secret we gave, and until when.
//
// Invariants:
//   a secret is 256 random bits, given out once, kept as its digest; a new one is made at each sign-in
//   a session is over after its idle time, after its absolute time, when its account is suspended, closed, shut out
//   of the web or given a new password, and when its owner ends it: at once at its next use, and within
//   `everyMilliseconds` for what it has open
//   writing down that a session was used is done once a minute at most, and nobody waits for it

import { createHash, createHmac, randomBytes } from 'node:crypto'
import type { Account } from '../directory/accounts.ts'
import { presenceOf } from '../directory/names.ts'
import type { Protocol } from '../directory/protocols.ts'
import {
  deleteOtherSessions,
  deleteSession,
  deleteStaleSessions,
  insertSession,
  listSessions,
  sessionByDigest,
  sessionById,
  touchSession,
  type WebSession,
} from '../directory/sessions.ts'
import type { Database } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'

export interface SessionLimits {
  idleMilliseconds: number // unused for so long, a session is over
  absoluteMilliseconds: number // after so long, whatever happens
  perAccount: number // then the longest unused goes
  touchMilliseconds: number // how exactly "last used" is kept
  proofMilliseconds: number // how long a password that comes with each request is not proved again
  proofs: number // kept in memory
  agent: number // characters kept of what a browser calls itself
  everyMilliseconds: number // between looks at those who have something open
  sweepMilliseconds: number
}

export const sessionDefaults: SessionLimits = {
  idleMilliseconds: 7 * 24 * 3_600_000,
  absoluteMilliseconds: 30 * 24 * 3_600_000,
  perAccount: 100,
  touchMilliseconds: 60_000,
  proofMilliseconds: 5 * 60_000,
  proofs: 20_000,
  agent: 300,
  everyMilliseconds: 5_000,
  sweepMilliseconds: 3_600_000,
}

/** Somebody who is signed in, by a session or (session undefined) by a password given with the request. */
export interface SignedIn {
  account: Account
  standing: string // of the password, as presenceOf() says it
  door: Protocol
  session?: WebSession
}

export interface From {
  address: string
  agent: string
}

export interface Sessions {
  /** A new session and its secret. Throws Trouble account-closed when the account went away meanwhile. */
  begin(account: Account, kind: WebSession['kind'], from: From): Promise<{ secret: string; signedIn: SignedIn }>
  /** Whose secret this is; undefined: nobody's, or it is over. */
  find(secret: string, from: From): Promise<SignedIn | undefined>
  /**
   * Somebody who gives his password with each request at a door; there is no session. `proof` is what he gave, and where
   * from: for a while the same needs not be proved again, and leaves no second line in the history. Throws what
   * `prove` throws.
   */
  withPassword(proof: string, door: Protocol, prove: () => Promise<Account>): Promise<SignedIn>
  list(accountId: number): Promise<WebSession[]>
  /** Ends one session of an account; false where there is none. */
  end(accountId: number, id: number): Promise<boolean>
  /** Ends all of an account but one; the number of those that ended. */
  endOthers(accountId: number, but: number): Promise<number>
  /** Calls `over` once when this sign-in does not hold any more. The answer ends the watch. */
  watch(signedIn: SignedIn, over: () => void): () => void
  /** Looks at everybody who is watched now. */
  check(): Promise<void>
  stop(): Promise<void>
}

export function openSessions(
  db: Database,
  clock: () => number,
  failed: (error: unknown) => void,
  overrides: Partial<SessionLimits> = {},
): Sessions {
  const limits = { ...sessionDefaults, ...overrides }
  const watched = new Set<{ signedIn: SignedIn; over(): void }>()
  const touched = new Map<number, number>() // last uses that may not be in the rows yet; forgotten by the sweep
  const proved = new Map<string, { signedIn: SignedIn; until: number }>()
  const proofKey = randomBytes(32)
  let checking: Promise<void> | undefined

  function isOver({ usedAt, expiresAt, id }: WebSession): boolean {
    const lastUsed = Math.max(usedAt, touched.get(id) ?? 0)
    return clock() >= expiresAt || clock() - lastUsed >= limits.idleMilliseconds
  }

  function noteUse(session: WebSession, { address, agent }: From): void {
    const now = clock()
    const isFresh = now - Math.max(session.usedAt, touched.get(session.id) ?? 0) < limits.touchMilliseconds
    if (isFresh && session.address === address) return
    touched.set(session.id, now)
    touchSession(db, session.id, { usedAt: now, address, agent: cut(agent) }).catch(failed)
  }
  const cut = (agent: string): string => agent.replace(/[^\x20-\x7e]/g, '').slice(0, limits.agent)

  async function look(): Promise<void> {
    const looked = new Map<string, Promise<boolean>>()
    for (const one of [...watched]) {
      const { account, session, standing, door } = one.signedIn
      const key = `${account.id} ${session?.id ?? ''} ${standing} ${door}`
      let holds = looked.get(key)
      if (!holds) looked.set(key, (holds = stillHolds(db, one.signedIn, isOver)))
      if (await holds) {
        if (session) noteUse(session, session)
      } else if (watched.delete(one)) one.over()
    }
  }
  const check = (): Promise<void> => {
    checking ??= look()
      .catch(failed) // a database that cannot answer ends nobody's session
      .finally(() => (checking = undefined))
    return checking
  }
  const checks = setInterval(() => watched.size > 0 && void check(), limits.everyMilliseconds).unref()
  const sweeps = setInterval(() => {
    const settled = clock() - limits.sweepMilliseconds / 2
    for (const [id, at] of touched) if (at < settled) touched.delete(id)
    deleteStaleSessions(db, clock(), clock() - limits.idleMilliseconds).catch(failed)
  }, limits.sweepMilliseconds).unref()

  return {
    async begin(account, kind, { address, agent }) {
      const standing = await presenceOf(db, account.id)
      if (!standing) throw new Trouble('account-closed', { status: 'closed', reason: '' })
      const secret = randomBytes(32).toString('base64url')
      const now = clock()
      const session = await db.transaction((sql) =>
        insertSession(
          sql,
          digestOf(secret),
          {
            accountId: account.id,
            kind,
            createdAt: now,
            usedAt: now,
            expiresAt: now + limits.absoluteMilliseconds,
            standing: standing.password,
            address,
            agent: cut(agent),
          },
          limits.perAccount,
        ),
      )
      return { secret, signedIn: { account, standing: standing.password, door: 'web', session } }
    },
    async find(secret, from) {
      if (!/^[A-Za-z0-9_-]{43}$/.test(secret)) return undefined
      const session = await sessionByDigest(db, digestOf(secret))
      if (!session) return undefined
      const now = await presenceOf(db, session.accountId)
      const holds = now && !isOver(session) && mayStay(session.standing, 'web', now)
      if (!holds) {
        await deleteSession(db, session.accountId, session.id)
        return undefined
      }
      noteUse(session, from)
      return { account: now.account, standing: now.password, door: 'web', session }
    },
    async withPassword(proof, door, prove) {
      const key = createHmac('sha256', proofKey).update(`${door} ${proof}`).digest('base64')
      const known = proved.get(key)
      if (known && known.until > clock() && (await stillHolds(db, known.signedIn, isOver))) return known.signedIn
      proved.delete(key)
      const account = await prove()
      const standing = await presenceOf(db, account.id)
      const signedIn = { account, standing: standing?.password ?? '', door }
      proved.set(key, { signedIn, until: clock() + limits.proofMilliseconds })
      if (proved.size > limits.proofs) proved.delete(proved.keys().next().value as string)
      return signedIn
    },
    async list(accountId) {
      return (await listSessions(db, accountId)).filter((session) => !isOver(session))
    },
    async end(accountId, id) {
      const ended = await deleteSession(db, accountId, id)
      if (ended) await check()
      return ended
    },
    async endOthers(accountId, but) {
      const ended = await db.transaction((sql) => deleteOtherSessions(sql, accountId, but))
      if (ended.length > 0) await check()
      return ended.length
    },
    watch(signedIn, over) {
      const one = { signedIn, over }
      watched.add(one)
      return () => watched.delete(one)
    },
    check,
    async stop() {
      clearInterval(checks)
      clearInterval(sweeps)
      await checking
    },
  }
}

async function stillHolds(
  db: Database,
  { account, standing, door, session }: SignedIn,
  isOver: (session: WebSession) => boolean,
): Promise<boolean> {
  const now = await presenceOf(db, account.id)
  if (!now || !mayStay(standing, door, now)) return false
  if (!session) return true
  const kept = await sessionById(db, session.id)
  return kept !== undefined && !isOver(kept)
}

function mayStay(standing: string, door: Protocol, now: { account: Account; password: string }): boolean {
  return now.account.status === 'active' && now.password === standing && now.account.protocols[door]
}

function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
