// What "send" does: saves, hands over, says so, and can take it back.                  design/ui.md section 10
//
// Invariant: the toast says sent only when the server says that it left; without the server the mail waits on this
// device and says so.

import { Problem } from '../../parts/api.ts'
import { fullDate } from '../../parts/dates.ts'
import type { Mail } from '../mailstate.ts'
import type { Composition } from './composition.ts'
import type { Draft } from './draft.ts'
import { dropDraft } from './localdrafts.ts'
import { recoverDrafts } from './recover.ts'
import { hasLeft, isLost, longestHold, mark, submit, takeBack, type Submitted, type When } from './sending.ts'
import { Refused, type Desk } from './serverdrafts.ts'
import { words } from './words.ts'

/** '': it is on its way and the composer may close; else why not, in a sentence. */
export async function dispatch(composition: Composition, wanted: When): Promise<string> {
  const { mail, desk, saver, draft, state } = composition
  const when = wanted.at === undefined ? { hold: Math.min(wanted.hold, longestHold(mail.jmap)) } : wanted
  if (!(await composition.settle())) {
    const now = state.get()
    const why = now.is === 'local' ? now.why : undefined
    if (why instanceof Problem && why.status === 0) return wait(composition, when, false)
    return words.failed(reasonOf(why))
  }
  await saver.keepNow()
  const sent = draft.get()
  try {
    const submitted = await submit(desk, sent, when, false)
    await composition.leave()
    tell(mail, desk, sent, submitted, when)
    return ''
  } catch (error) {
    return isLost(error) ? wait(composition, when, true) : words.failed(reasonOf(error))
  }
}

async function wait(composition: Composition, when: When, isUnsure: boolean): Promise<string> {
  await composition.leave({ sending: { ...when, isUnsure } })
  const { mail } = composition
  mail.toast.set({ text: words.queued })
  const drop = mail.isReachable.watch(() => {
    if (!mail.isReachable.get()) return
    drop()
    void recoverDrafts(mail)
  })
  addEventListener('online', () => void recoverDrafts(mail), { once: true })
  return ''
}

export function reasonOf(error: unknown): string {
  if (error instanceof Refused) return words.reasons[error.error.type] ?? error.message
  if (error instanceof Problem && error.status === 0) return words.unreachable
  return error instanceof Error ? error.message : ''
}

function tell(mail: Mail, desk: Desk, draft: Draft, submitted: Submitted, { hold, at }: When): void {
  const subject = draft.subject.trim() || words.untitled
  if (draft.source) void mark(mail.jmap, draft.source, true)
  if (at === undefined && hold === 0) {
    void dropDraft(draft.key)
    return mail.toast.set({ text: words.done })
  }
  const text =
    at === undefined ? words.holding(hold, subject) : words.scheduled(fullDate(at, mail.zone, mail.language), subject)
  const timer =
    at === undefined ? setTimeout(() => void follow(mail, desk, draft, submitted, 0), hold * 1000 + 500) : undefined
  mail.toast.set({
    text,
    undo: async () => {
      clearTimeout(timer)
      await undo(mail, desk, draft, submitted)
    },
  })
}

const asks = 5

async function follow(mail: Mail, desk: Desk, draft: Draft, submitted: Submitted, asked: number): Promise<void> {
  const left = await hasLeft(desk, submitted)
  if (left) {
    void dropDraft(draft.key)
    mail.toast.set({ text: words.done })
  } else if (asked < asks) setTimeout(() => void follow(mail, desk, draft, submitted, asked + 1), 1000 * 2 ** asked)
}

async function undo(mail: Mail, desk: Desk, draft: Draft, submitted: Submitted): Promise<void> {
  try {
    if (!(await takeBack(desk, submitted))) return mail.toast.set({ text: words.tooLateToUndo })
    if (draft.source) void mark(mail.jmap, draft.source, false)
    // The device still has it as it was; the composer finds it by the id of the saved version.
    mail.go({ compose: { kind: 'draft', emailId: submitted.emailId, accountId: desk.accountId } })
    mail.toast.set({ text: words.undone })
  } catch (error) {
    mail.toast.set({ text: words.failed(reasonOf(error)) })
  }
}
