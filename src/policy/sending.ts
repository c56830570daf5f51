// Who may send what, and how fast.
//
// Pure: facts in, verdict out. delivery/ gathers the facts, settings hold the numbers, and the door
// that asked turns the trouble into its own words.

import { pass, type Verdict } from '../mail/verdict.ts'

/** What was counted of one login or one address in a time, and how much of it there may be. */
export interface RateWindow {
  of: 'mails' | 'recipients'
  per: 'minute' | 'hour' | 'day'
  counted: number // before this
  limit: number
}

/** The speed limits. Never "no" for good: the mail program tries again. `adding`: mails or recipients asked for now. */
export function sendingRate(windows: RateWindow[], adding: number): Verdict {
  const full = windows.find(({ counted, limit }) => counted + adding > limit)
  if (!full) return pass
  const { of, per, limit } = full
  return {
    outcome: 'later',
    trouble: of === 'mails' ? 'too-many-mails' : 'too-many-recipients',
    text: `More than ${limit} ${of} in a${per === 'hour' ? 'n' : ''} ${per}, try again later`,
    limit,
  }
}

/** An address that a mail says it is from, and by what right the one who signed in uses it; undefined: by none. */
export interface Author {
  address: string
  field: 'from' | 'sender'
  by: 'self' | 'granted' | 'as' | 'behalf' | undefined
}

export interface AuthorFacts {
  submitted: boolean // by somebody who signed in
  fromFields: number
  senderFields: number
  authors: Author[] // every address of From and Sender
}

/**
 * Whom the mail says it is from. Mail of strangers may say anything once (mailauth judges it), but only once:
 * programs differ in which of two From fields they show. What is submitted names the one who signed in, or somebody who
 * lets him write: on behalf of another his own address stands in Sender (RFC 5322 §3.6.2), which the house adds where
 * it is missing (isOnBehalf).
 */
export function authorship(facts: AuthorFacts): Verdict {
  if (facts.fromFields > 1 || facts.senderFields > 1) {
    return { outcome: 'refuse', trouble: 'policy', text: 'More than one From or Sender field (RFC 5322 §3.6)' }
  }
  if (!facts.submitted) return pass
  if (facts.fromFields === 0 || !facts.authors.some(({ field }) => field === 'from')) {
    return { outcome: 'refuse', trouble: 'policy', text: 'The From field is missing or names nobody' }
  }
  const foreign = facts.authors.find(({ by }) => by === undefined)
  if (foreign) {
    return {
      outcome: 'refuse',
      trouble: 'not-your-address',
      text: `${printable(foreign.address)} in From or Sender does not belong to the signed-in account`,
    }
  }
  const hidden = isOnBehalf(facts) && facts.authors.find(({ field, by }) => field === 'sender' && by !== 'self')
  if (!hidden) return pass
  return {
    outcome: 'refuse',
    trouble: 'not-your-address',
    text: `Who writes on behalf of another names himself in Sender, not ${printable(hidden.address)}`,
  }
}

/** Whether somebody writes on behalf of another: his own address belongs into Sender. */
export function isOnBehalf({ authors }: Pick<AuthorFacts, 'authors'>): boolean {
  return authors.some(({ by }) => by === 'behalf')
}

/** It goes into a reply line. */
function printable(address: string): string {
  return /^[\x21-\x7e]{1,200}$/.test(address) ? address : 'An address'
}
