// The scripts of those a mail is delivered to: each decides where its owner's copy goes, before anything is placed.
//                                                                                          RFC 5228 §2.10
//
// Invariants:
//   a script that goes wrong, or our running of it, never loses a mail: the copy lies in INBOX, the owner is told
//   nothing happens here: what is to be done comes back as data, and stands or falls with the placing of the mail
//   who has no script costs one question for all recipients together

import { setImmediate } from 'node:timers/promises'
import { accountById } from '../directory/accounts.ts'
import { filteringsOf, findScript, type Filtering } from '../directory/scripts.ts'
import { isAway, vacationOf } from '../directory/vacations.ts'
import { absenceReply } from '../mail/absence.ts'
import type { Mail } from '../mail/mail.ts'
import { sieveMail } from '../mail/sievemail.ts'
import type { Action, Outcome } from '../sieve/actions.ts'
import { compileScript } from '../sieve/checker.ts'
import type { SieveField } from '../sieve/mail.ts'
import { SieveError } from '../sieve/problems.ts'
import type { Program } from '../sieve/program.ts'
import { runScript } from '../sieve/run.ts'
import type { Target } from '../store/messages.ts'
import type { Store } from '../store/store.ts'
import type { Event } from '../tracking/events.ts'
import { Trouble } from '../wire/troubles.ts'
import { carryOut } from './filtered.ts'
import { worldOf } from './filterworld.ts'
import type { House } from './house.ts'
import type { Companion, Leaves, Memory } from './place.ts'
import { openRate, type Rate } from './rates.ts'

/** A mail whose copies are filtered, as it came by SMTP or out of the queue. */
export interface Incoming {
  id: string // in the history
  at: number // milliseconds
  sender: string // of the envelope; '' is the null sender
  auth?: string // who signed in to send it
  mail: Pick<Mail, 'tree' | 'headerBlock' | 'size' | 'read' | 'stream'>
  before: string // header lines that its copy carries in front
  trace: string // of the mail as it is stored
  smtputf8: boolean
  body: '7BIT' | '8BITMIME' | 'BINARYMIME'
  isLmtp: boolean // each recipient has a reply of his own
  genuine: boolean // the sender is who it says: failures may be told to it
  signed: boolean // written by one of us
  junk: boolean
  /** The ARC set of a copy that is sent on; '' without one. */
  seal(mail: { headerBlock: Buffer; stream(): AsyncIterable<Buffer> }): Promise<string>
}

export interface FilterCopy {
  accountId: number
  recipient: string // as the mail named it
  delivered: string // the account's primary address
  mailbox?: { id: number; path: string[] } // where it goes when nothing else is said; undefined: INBOX
}

/** What a script made of a copy. */
export interface Filtered {
  targets: Target[] // for the mail as it came
  leaves: Leaves[] // copies of it that leave
  companions: Companion[] // other mails: changed copies, replies, notices
  memories: Memory[] // RFC 7352
  rejected?: { reason: string; how: 'reject' | 'ereject' }
  events: Event[]
}

export interface Filters {
  /** By account; an account without an entry has its copy where it would go anyhow. Throws Trouble unavailable. */
  filter(incoming: () => Incoming | Promise<Incoming>, copies: readonly FilterCopy[]): Promise<Map<number, Filtered>>
}

/** What all runs share. */
export interface FilterRoom {
  house: House
  rate: Rate // what filters sent, by kind and account
  /** Throws SieveError for a script that is none. undefined: it is gone. */
  programOf(accountId: number, script: { id: number; digest: string }): Promise<Program | undefined>
}

const hour = 3_600_000

export function openFilters(house: House): Filters {
  const { store, settings } = house
  const rate = openRate(hour, settings.watchedAddresses)
  const programOf = openPrograms(store, settings.scriptsKept)
  const room = { house, rate, programOf }

  return {
    async filter(read, copies) {
      const found = new Map<number, Filtered>()
      if (copies.length === 0) return found
      const filterings = await filteringsOf(
        store.db,
        copies.map(({ accountId }) => accountId),
      )
      if (filterings.length === 0) return found
      const incoming = await read()
      for (const filtering of filterings) {
        const copy = copies.find(({ accountId }) => accountId === filtering.accountId)!
        const filtered = await one(room, incoming, copy, filtering)
        if (filtered) found.set(copy.accountId, filtered)
      }
      return found
    },
  }
}

/** The programs of scripts; those used last are held ready, at most so many. */
export function openPrograms({ db }: Store, most: number): FilterRoom['programOf'] {
  const programs = new Map<string, Program | SieveError>()

  return async function programOf(accountId: number, { id, digest }: { id: number; digest: string }) {
    let known = programs.get(digest)
    programs.delete(digest)
    if (!known) {
      const script = await findScript(db, accountId, { id })
      if (!script) return undefined
      known = compiled(script.text)
      // Changed a moment ago: not under the old digest.
      if (script.digest !== digest) return runnable(known)
    }
    programs.set(digest, known) // the last in the Map was used last
    if (programs.size > most) programs.delete(programs.keys().next().value!)
    return runnable(known)
  }
}

function compiled(text: string): Program | SieveError {
  try {
    return compileScript(text)
  } catch (thrown) {
    if (thrown instanceof SieveError) return thrown
    throw thrown
  }
}

function runnable(known: Program | SieveError): Program {
  if (known instanceof SieveError) throw known
  return known
}

async function one(
  room: FilterRoom,
  incoming: Incoming,
  copy: FilterCopy,
  filtering: Filtering,
): Promise<Filtered | undefined> {
  const { house } = room
  const account = await accountById(house.store.db, copy.accountId)
  if (!account) return undefined
  try {
    const ran = await outcomeOf(room, incoming, copy, filtering)
    if (!ran) return undefined
    return await carryOut({ room, incoming, copy, account, script: filtering.script?.name, ...ran })
  } catch (error) {
    if (error instanceof Trouble) throw error
    house.warn(`the filter of ${account.address}`, error)
    return undefined
  }
}

const kept: Outcome = {
  actions: [{ do: 'keep', implicit: true }],
  keepsImplicitly: true,
  remember: [],
  warnings: [],
  steps: 0,
}

export interface Ran {
  outcome: Outcome
  fields: readonly SieveField[] // of the mail
}

/** What the script decides, and the reply of an absence where it keeps the mail. */
async function outcomeOf(
  room: FilterRoom,
  incoming: Incoming,
  copy: FilterCopy,
  { script, away }: Filtering,
): Promise<Ran | undefined> {
  const { house } = room
  const { db } = house.store
  const { mail, sender, auth } = incoming
  const vacation = away ? await vacationOf(db, copy.accountId) : undefined
  const answers = vacation !== undefined && isAway(vacation, incoming.at)
  if (!script && !answers) return undefined
  const envelope = { from: sender, to: copy.recipient, ...(auth !== undefined && { auth }) }
  let outcome = kept
  let seen: Awaited<ReturnType<typeof sieveMail>> | undefined
  if (script) {
    try {
      const program = await room.programOf(copy.accountId, script)
      if (!program) return undefined
      seen = await sieveMail(mail, envelope, program.requires)
      const { at, junk } = incoming
      const { store, settings } = house
      const world = { ...room, store, hostname: settings.hostname, accountId: copy.accountId, at, junk }
      outcome = await runScript(program, seen, worldOf(world))
      if (outcome.steps > house.settings.longRun) await setImmediate() // others have a turn
    } catch (error) {
      if (error instanceof Trouble) throw error
      if (!(error instanceof SieveError)) throw error
      outcome = { ...kept, problem: error.problems[0] }
    }
  }
  seen ??= await sieveMail(mail, envelope, new Set())
  if (answers && !incoming.junk && outcome.actions.some(keeps) && !outcome.actions.some(isReply)) {
    outcome = { ...outcome, actions: [...outcome.actions, absenceReply(vacation)] }
  }
  return { outcome, fields: seen.root.fields }
}

function keeps(action: Action): boolean {
  return action.do === 'keep' || action.do === 'fileinto'
}

function isReply(action: Action): boolean {
  return action.do === 'vacation'
}
