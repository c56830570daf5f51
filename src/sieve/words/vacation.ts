// vacation.                                             RFC 5230, :seconds RFC 6131, :fcc RFC 8580
//
// Here it is only decided that a reply is wanted, and which; whether it may be sent (RFC 5230 §4.5, §4.6: not to lists,
// not to machines, not twice, only when the person was addressed) is delivery's business.

import { createHash } from 'node:crypto'
import type { Fcc } from '../actions.ts'
import { outgoingAddress } from '../addresses.ts'
import type { Session } from '../session.ts'
import type { Text } from '../text.ts'
import type { ActionWord, Given, Tag } from '../word.ts'
import { placeTags, readPlace } from './deliver.ts'
import { flagsTag, readFlags } from './imap4flags.ts'

/** RFC 8580: where a copy of what is sent goes. The other options have no meaning without :fcc. */
export const fccTags: readonly Tag[] = [
  { name: 'fcc', takes: 'string', needs: 'fcc' },
  { ...flagsTag, with: 'fcc' },
  ...placeTags.map((tag) => ({ ...tag, with: 'fcc' })),
]

export function readFcc(given: Given): (session: Session) => { fcc?: Fcc } {
  if (!given.has(':fcc')) return () => ({})
  const place = readPlace(given, ':fcc')
  const flags = given.has(':flags') ? readFlags(given) : () => ({})
  return (session) => ({ fcc: { ...place(session), ...flags(session) } })
}

/** An address the script sends from. */
export function readFrom(given: Given): (session: Session) => { from?: string } {
  const text = given.text(':from')
  if (text === undefined) return () => ({})
  if (typeof text === 'string' && outgoingAddress(text) === undefined) {
    given.problem('bad-address', { address: text }, ':from')
  }
  return (session) => {
    const from = session.text(text)
    if (outgoingAddress(from) === undefined) session.fail('bad-address', { address: from })
    return { from }
  }
}

function secondsBetween(given: Given): number {
  const { vacationMinimum, vacationDays, vacationMaximum } = given.limits
  const days = given.number(':days')
  const seconds = given.number(':seconds')
  const wanted = seconds ?? (days === undefined ? vacationDays : Math.max(days, 1)) * 86_400
  return Math.min(Math.max(wanted, vacationMinimum), vacationMaximum)
}

export const vacation: ActionWord = {
  name: 'vacation',
  needs: ['vacation', 'vacation-seconds'],
  tags: [
    { name: 'days', takes: 'number', group: 'period' },
    { name: 'seconds', takes: 'number', needs: 'vacation-seconds', group: 'period' },
    { name: 'subject', takes: 'string' },
    { name: 'from', takes: 'string' },
    { name: 'addresses', takes: 'list' },
    { name: 'mime' },
    { name: 'handle', takes: 'string' },
    ...fccTags,
  ],
  takes: [['reason', 'string']],

  read(given) {
    const from = readFrom(given)
    const fcc = readFcc(given)
    const subject = given.text(':subject')
    const handle = given.text(':handle')
    const addresses = given.list(':addresses')
    const reason = given.text('reason') ?? ''
    const mime = given.has(':mime')
    const seconds = secondsBetween(given)
    return (session) => {
      const text = session.text(reason)
      const told = subject === undefined ? {} : { subject: oneLine(session.text(subject)) }
      const sender = from(session)
      session.result.add({
        do: 'vacation',
        reason: text,
        mime,
        ...told,
        ...sender,
        addresses: session.list(addresses),
        seconds,
        handle: handleOf(session, handle, [told.subject ?? '', sender.from ?? '', String(mime), text]),
        ...fcc(session),
      })
    }
  },
}

/** Without :handle a reply that says something else is another reply. RFC 5230 §4.2. */
function handleOf(session: Session, handle: Text | undefined, said: string[]): string {
  if (handle !== undefined) return `named ${createHash('sha256').update(session.text(handle)).digest('base64url')}`
  return createHash('sha256').update(JSON.stringify(said)).digest('base64url')
}

function oneLine(text: string): string {
  return text.replace(/[\r\n\0]+/g, ' ').trim()
}
