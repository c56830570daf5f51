// The result of a run grows here: what may stand beside what, and how often.        RFC 5228 §2.10, RFC 5429 §2.5
//
// Invariants: one fileinto for each mailbox and one redirect for each address (RFC 5228 §2.10.3); reject stands
// with none of keep, fileinto, redirect, vacation; the number of actions is limited.

import type { Action, Enclosure, HeaderLine, Keep, NewBody, Outcome, Remembered, ReplacedPart } from './actions.ts'
import type { Problem } from './problems.ts'
import type { Session } from './session.ts'

const conflicts: Record<string, string[]> = {
  reject: ['keep', 'fileinto', 'redirect', 'vacation', 'reject', 'ereject'],
  ereject: ['keep', 'fileinto', 'redirect', 'vacation', 'reject', 'ereject'],
  vacation: ['reject', 'ereject', 'vacation'],
  keep: ['reject', 'ereject'],
  fileinto: ['reject', 'ereject'],
  redirect: ['reject', 'ereject'],
}

export class Result {
  actions: Action[] = []
  remember: Remembered[] = []
  warnings: Problem[] = []
  private lines = new Map<Action, number>()
  private session: Session
  private keepCancelled = false
  private body: NewBody | undefined

  constructor(session: Session) {
    this.session = session
  }

  /** Adds an action; one that is there already is replaced by the later one, in its place. */
  add(action: Action): void {
    const { session } = this
    session.spend(1)
    for (const other of this.actions) {
      if (!conflicts[action.do]?.includes(other.do)) continue
      if (other.do === action.do) session.fail('twice', { name: action.do })
      session.fail('actions-conflict', { name: action.do, other: other.do })
    }
    const same = this.actions.findIndex((other) => isSame(other, action))
    if (same !== -1) {
      const one = merged(this.actions[same]!, action)
      this.actions[same] = one
      this.lines.set(one, session.place.line)
      return
    }
    if (this.actions.length >= session.limits.actions) {
      session.fail('too-many-actions', { limit: session.limits.actions })
    }
    this.limit('redirect', action, session.limits.redirects, 'too-many-redirects')
    this.limit('notify', action, session.limits.notifications, 'too-many-actions')
    this.actions.push(action)
    this.lines.set(action, session.place.line)
  }

  private limit(
    what: Action['do'],
    action: Action,
    limit: number,
    code: 'too-many-redirects' | 'too-many-actions',
  ): void {
    if (action.do !== what) return
    if (this.actions.filter((other) => other.do === what).length >= limit) this.session.fail(code, { limit })
  }

  /** RFC 5228 §2.10.2: the mail is not kept unless an action says so. */
  cancelKeep(): void {
    this.keepCancelled = true
  }

  rememberKey(remembered: Remembered): void {
    const { limits } = this.session
    if (this.remember.length >= limits.actions) this.session.fail('too-many-actions', { limit: limits.actions })
    this.remember.push(remembered)
  }

  replacePart(part: ReplacedPart): void {
    const { replaced, enclosed } = this.body ?? { replaced: [], enclosed: [] }
    // A later replacement wins over an earlier one of the same part.
    const others = replaced.filter((other) => other.part.join() !== part.part.join())
    this.body = { replaced: [...others, part], enclosed }
    this.limitBody()
  }

  enclose(enclosure: Enclosure): void {
    const { replaced, enclosed } = this.body ?? { replaced: [], enclosed: [] }
    this.body = { replaced, enclosed: [...enclosed, enclosure] }
    this.limitBody()
  }

  private limitBody(): void {
    const { limits } = this.session
    const { replaced, enclosed } = this.body!
    if (replaced.length + enclosed.length > limits.edits) this.session.fail('too-many-edits', { limit: limits.edits })
  }

  /** The mail as it stands now, for an action that stores or sends it. */
  changed(): { header?: HeaderLine[]; body?: NewBody } {
    const { header } = this.session
    return { ...(header && { header }), ...(this.body && { body: this.body }) }
  }

  isEmpty(): boolean {
    return this.actions.length === 0
  }

  outcome(): Outcome {
    const { session, actions, lines, remember, warnings } = this
    const keepsImplicitly = !this.keepCancelled
    const keeps = keepsImplicitly && !actions.some(isKeep)
    const keep: Action[] = keeps
      ? [{ do: 'keep', implicit: true, ...(session.flags && { flags: session.flags }), ...this.changed() }]
      : []
    return { actions: [...actions, ...keep], keepsImplicitly, lines, remember, warnings, steps: session.steps }
  }

  /** A run that went wrong: nothing of it is done, the mail as it came is kept. RFC 5228 §2.10.6. */
  failed(problem: Problem): Outcome {
    const { session, warnings } = this
    const actions: Action[] = [{ do: 'keep', implicit: true }]
    return { actions, keepsImplicitly: true, remember: [], problem, warnings, steps: session.steps }
  }
}

function isSame(a: Action, b: Action): boolean {
  if (a.do === 'fileinto' && b.do === 'fileinto') {
    return sameMailbox(a.mailbox, b.mailbox) && a.specialUse === b.specialUse && a.mailboxId === b.mailboxId
  }
  if (a.do === 'redirect' && b.do === 'redirect') return a.address.toLowerCase() === b.address.toLowerCase()
  if (isKeep(a) && isKeep(b)) return true
  return a.do === b.do && a.do === 'discard'
}

/** INBOX in any case is one mailbox. RFC 9051 §5.1. */
function sameMailbox(a: string, b: string): boolean {
  return a === b || (isInbox(a) && isInbox(b))
}

function isInbox(name: string): boolean {
  return name.toUpperCase() === 'INBOX'
}

/** Puts the mail where keep does. */
function isKeep(action: Action): boolean {
  if (action.do !== 'fileinto') return action.do === 'keep'
  return isInbox(action.mailbox) && action.specialUse === undefined && action.mailboxId === undefined
}

/** The later of two alike, where the earlier stood; it stays a keep if one of them is. */
function merged(earlier: Action, later: Action): Action {
  if (earlier.do === 'fileinto' && later.do === 'fileinto') {
    return { ...later, create: earlier.create || later.create, copy: earlier.copy && later.copy }
  }
  if (!isKeep(earlier) || !isKeep(later)) return later
  const { flags, header, body } = { ...earlier, ...later } as Keep
  return { do: 'keep', implicit: false, ...(flags && { flags }), ...(header && { header }), ...(body && { body }) }
}
