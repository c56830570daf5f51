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

export interface AuthorFacts {
  submitted: boolean // by somebody who signed in
  fromFields: number
  senderFields: number
  authors: { address: string; owned: boolean }[] // every address of From and Sender
}

/**
 * Whom the mail says it is from. Mail of strangers may say anything once (mailauth judges it), but only once:
 * programs differ in which of two From fields they show. What is submitted names the one who signed in.
 */
export function authorship(facts: AuthorFacts): Verdict {
  if (facts.fromFields > 1 || facts.senderFields > 1) {
    return { outcome: 'refuse', trouble: 'policy', text: 'More than one From or Sender field (RFC 5322 §3.6)' }
  }
  if (!facts.submitted) return pass
  if (facts.fromFields === 0 || facts.authors.length === 0) {
    return { outcome: 'refuse', trouble: 'policy', text: 'The From field is missing or names nobody' }
  }
  const foreign = facts.authors.find((author) => !author.owned)
  if (!foreign) return pass
  return {
    outcome: 'refuse',
    trouble: 'not-your-address',
    text: `${printable(foreign.address)} in From or Sender does not belong to the signed-in account`,
  }
}

/** It goes into a reply line. */
function printable(address: string): string {
  return /^[\x21-\x7e]{1,200}$/.test(address) ? address : 'An address'
}
