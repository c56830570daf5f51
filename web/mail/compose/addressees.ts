// Who an answer goes to, and what it is called.                                    RFC 5322 §3.6.3, §3.6.4
//
// Pure. Invariants: an answer never goes to oneself, unless one wrote the mail to oneself alone; the references name
// the whole thread, the answered mail last, and stay below a line's length that all programs read.

import type { Address, Opened } from '../jmap/types.ts'
import { merge, type Recipient } from './recipients.ts'

export type Answering = 'reply' | 'replyAll' | 'forward'
type Answered = Pick<Opened, 'from' | 'to' | 'cc' | 'replyTo' | 'messageId' | 'references' | 'inReplyTo' | 'subject'>

export function people(addresses: readonly Address[] | null | undefined): Recipient[] {
  return (addresses ?? []).map(({ name, email }) => ({ name: name ?? '', email }))
}

export function addressees(
  mail: Answered,
  answering: Answering,
  own: readonly string[],
): { to: Recipient[]; cc: Recipient[] } {
  if (answering === 'forward') return { to: [], cc: [] }
  const mine = new Set(own.map((address) => address.toLowerCase()))
  const others = (list: readonly Recipient[]): Recipient[] => list.filter(({ email }) => !mine.has(email.toLowerCase()))
  const from = people(mail.from)
  const isOwn = from.length > 0 && others(from).length === 0
  // An answer to what one sent oneself goes on to the same people.
  const writers = isOwn ? people(mail.to) : people(mail.replyTo?.length ? mail.replyTo : mail.from)
  const first = others(writers).length > 0 ? others(writers) : merge([], writers)
  if (answering === 'reply') return { to: merge([], first), cc: [] }
  const to = merge(first, isOwn ? [] : others(people(mail.to)))
  const named = new Set(to.map(({ email }) => email.toLowerCase()))
  return { to, cc: merge([], others(people(mail.cc))).filter(({ email }) => !named.has(email.toLowerCase())) }
}

const marks: Record<Answering, RegExp> = {
  reply: /^\s*(?:re|回覆|答复|回复|aw|sv|antw)\s*[:：]\s*/i,
  replyAll: /^\s*(?:re|回覆|答复|回复|aw|sv|antw)\s*[:：]\s*/i,
  forward: /^\s*(?:fwd?|轉寄|转发|wg|tr)\s*[:：]\s*/i,
}

/** Re: and Fwd: stand once, whatever language they were in. */
export function answerSubject(subject: string | null, answering: Answering): string {
  let rest = subject ?? ''
  for (let bare = ''; bare !== rest;) {
    bare = rest
    rest = rest.replace(marks[answering], '')
  }
  return `${answering === 'forward' ? 'Fwd' : 'Re'}: ${rest}`.trimEnd()
}

const mostReferences = 30

export function threading(mail: Answered, answering: Answering): { inReplyTo: string[]; references: string[] } {
  const own = mail.messageId ?? []
  const before = mail.references?.length ? mail.references : (mail.inReplyTo ?? [])
  const all = [...before, ...own]
  const references = all.length > mostReferences ? [all[0]!, ...all.slice(1 - mostReferences)] : all
  return { inReplyTo: answering === 'forward' ? [] : own, references }
}

/** Which of one's addresses the mail was written to: the one to answer from. */
export function writtenTo(
  mail: Pick<Opened, 'to' | 'cc' | 'bcc' | 'from'>,
  own: readonly string[],
): string | undefined {
  const named = [...people(mail.to), ...people(mail.cc), ...people(mail.bcc), ...people(mail.from)]
  const addresses = new Set(named.map(({ email }) => email.toLowerCase()))
  return own.find((address) => addresses.has(address.toLowerCase()))
}
