// Who is signed in where. A session whose account is suspended, closed, shut out of its door or given a new
// password ends within a few seconds, at every door; nobody has to ask.
//
// Invariants:
//   a check reads each signed-in account once, however many sessions it has, in bounded pages
//   a database that cannot answer ends nobody's session

import { presenceOf, type Presence as Standing } from '../directory/names.ts'
import type { Account } from '../directory/accounts.ts'
import type { Database } from '../sql/sql.ts'
import type { Peer } from '../wire/conversation.ts'
import type { SignIn } from './login.ts'
import type { Attempt } from './steps.ts'

export const presenceLimits = { everyMilliseconds: 5_000, accountsAtOnce: 500 }

export interface Presence {
  /** A sign-in that remembers who came in over which connection. */
  signIn: SignIn
  /** A connection is open; `end` says goodbye to it. Gives what to call when it is gone. */
  opened(peer: Peer, end: () => void): () => void
  /** Looks at everybody now. */
  check(): Promise<void>
  stop(): Promise<void>
}

interface Session {
  end(): void
  account?: number
  door?: Attempt['door']
  standing?: string // what the account's password was when the session began
}

export function openPresence(db: Database, signIn: SignIn, failed: (error: unknown) => void): Presence {
  const sessions = new Map<Peer, Session>()
  let checking: Promise<void> | undefined

  async function look(): Promise<void> {
    const signedIn = [...sessions.values()].filter(({ account }) => account !== undefined)
    const accounts = [...new Set(signedIn.map(({ account }) => account as number))]
    for (let from = 0; from < accounts.length; from += presenceLimits.accountsAtOnce) {
      const page = accounts.slice(from, from + presenceLimits.accountsAtOnce)
      const standing = new Map(await Promise.all(page.map(async (id) => [id, await presenceOf(db, id)] as const)))
      for (const session of signedIn) {
        if (standing.has(session.account as number) && !mayStay(session, standing.get(session.account as number))) {
          session.end()
        }
      }
    }
  }
  const check = (): Promise<void> => {
    checking ??= look()
      .catch(failed)
      .finally(() => (checking = undefined))
    return checking
  }
  const timer = setInterval(() => void check(), presenceLimits.everyMilliseconds).unref()

  return {
    async signIn(attempt): Promise<Account> {
      const account = await signIn(attempt)
      const session = sessions.get(attempt.peer)
      if (session) {
        const standing = await presenceOf(db, account.id)
        Object.assign(session, { account: account.id, door: attempt.door, standing: standing?.password })
      }
      return account
    },
    opened(peer, end) {
      sessions.set(peer, { end })
      return () => sessions.delete(peer)
    },
    check,
    async stop() {
      clearInterval(timer)
      await checking
    },
  }
}

function mayStay({ door, standing }: Session, now: Standing | undefined): boolean {
  if (!now || now.account.status !== 'active') return false
  return now.password === standing && door !== undefined && now.account.protocols[door]
}
