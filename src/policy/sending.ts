// Who may send what, and how fast.
//
// Pure: facts in, verdict out. delivery/ gathers the facts, settings hold the numbers, and the door
// that asked turns the trouble into its own words.

import { pass, type Verdict } from '../mail/verdict.ts'

export interface RateFacts {
  mailsThisMinute: number // before this one
  recipientsThisHour: number // before these
  recipients: number // that are asked for now
  mailsPerMinute: number
  recipientsPerHour: number
}

/** The speed limit of one login or one address. Never "no" for good: the mail program tries again. */
export function sendingRate(facts: RateFacts): Verdict {
  if (facts.mailsThisMinute >= facts.mailsPerMinute) {
    return { outcome: 'later', trouble: 'too-many-mails', limit: facts.mailsPerMinute }
  }
  if (facts.recipientsThisHour + facts.recipients > facts.recipientsPerHour) {
    return { outcome: 'later', trouble: 'too-many-recipients', limit: facts.recipientsPerHour }
  }
  return pass
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
