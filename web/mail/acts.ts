// What one does with mails: archive, delete, junk, move, star, read. Shown at once, then said to the server, and
// undone by what was there before.
//
// Invariants:
//   a row of a list of threads stands for the thread's mails in that mailbox
//   nothing is lost: a refused change is taken back by asking the list again, and the person reads why
//   only deleting out of the bin is for ever, and asks first

import { Problem } from '../parts/api.ts'
import type { Operator } from './jmap/filters.ts'
import { every } from './jmap/filters.ts'
import type { Query, SetAnswer } from './jmap/types.ts'
import { byRole } from './mailboxes.ts'
import { nothingSelected, type Mail } from './mailstate.ts'

type Keywords = Record<string, true>
type Patch = Record<string, unknown>

/** Rows that an act means: those selected, else the open mail, else the row that is active. */
export function targets(mail: Mail): string[] {
  const { ids, isAll } = mail.selection.get()
  if (isAll) return []
  if (ids.size > 0) return [...ids]
  const { emailId } = mail.route.get()
  const id = emailId ?? mail.listing.get().idAt(mail.active.get())
  return id === undefined ? [] : [id]
}

/** The mails behind rows. */
export function mailsOf(mail: Mail, rows: readonly string[]): string[] {
  const { query, emails } = mail.listing.get()
  if (!query.collapse) return [...rows]
  const found = rows.flatMap((id) => {
    const email = emails.get(id)
    const thread = (email && emails.thread(email.threadId)) ?? []
    const here = thread.filter(
      (one) => query.mailboxId === undefined || emails.member(one)?.mailboxIds[query.mailboxId],
    )
    return here.includes(id) ? here : [id, ...here]
  })
  return [...new Set(found)]
}

export async function moveTo(mail: Mail, mailboxId: string, said: (n: number) => string): Promise<void> {
  const { mailboxId: from } = mail.listing.get().query
  if (from === mailboxId) return
  // Out of a mailbox a mail leaves that one alone; found elsewhere it is moved out of all.
  const patch: Patch = from
    ? { [`mailboxIds/${from}`]: null, [`mailboxIds/${mailboxId}`]: true }
    : { mailboxIds: { [mailboxId]: true } }
  await change(mail, { patch, takesAway: true, said })
}

export async function moveToRole(mail: Mail, role: 'archive' | 'trash' | 'junk' | 'inbox'): Promise<void> {
  const { words } = mail
  const mailbox = byRole(mail.account().mailboxes.get(), role)
  if (!mailbox) return mail.toast.set({ text: words.noSuchMailbox })
  const said = { archive: words.archived, trash: words.deleted, junk: words.junked, inbox: words.unjunked }[role]
  if (role === 'trash' && mail.listing.get().query.mailboxId === mailbox.id) {
    if (hasTargets(mail)) mail.dialog.set('delete')
    return
  }
  await moveTo(mail, mailbox.id, said)
}

export function hasTargets(mail: Mail): boolean {
  return mail.selection.get().isAll || targets(mail).length > 0
}

export function setKeyword(mail: Mail, keyword: '$seen' | '$flagged', isSet: boolean, ids?: string[]): Promise<void> {
  const { words } = mail
  const said =
    keyword === '$seen' ? (isSet ? words.markedRead : words.markedUnread) : isSet ? words.starred : words.unstarred
  return change(mail, { patch: { [`keywords/${keyword}`]: isSet ? true : null }, takesAway: false, said, ids })
}

/** A star belongs to one mail: the row's own. */
export function toggleStar(mail: Mail, id: string): Promise<void> {
  const isStarred = mail.account().emails.member(id)?.keywords['$flagged'] === true
  return setKeyword(mail, '$flagged', !isStarred, [id])
}

/** Marks as read without a word: they were opened. */
export function markOpened(mail: Mail, ids: string[]): Promise<void> {
  return change(mail, { patch: { 'keywords/$seen': true }, takesAway: false, said: undefined, ids })
}

interface Change {
  patch: Patch
  takesAway: boolean // the rows leave the list
  said: ((n: number) => string) | undefined
  ids?: string[] | undefined // else the targets
}

async function change(mail: Mail, { patch, takesAway, said, ids }: Change): Promise<void> {
  if (!ids && mail.selection.get().isAll) return changeAll(mail, patch, said)
  const { emails } = mail.account()
  const listing = mail.listing.get()
  const rows = ids ?? targets(mail)
  if (rows.length === 0) return
  const mails = ids ?? mailsOf(mail, rows)
  const before: Record<string, Patch> = {}
  const update: Record<string, Patch> = {}
  for (const id of mails) {
    const known = emails.member(id)
    update[id] = patch
    if (!known) continue
    const { keywords, mailboxIds } = known
    before[id] = takesAway ? { mailboxIds } : { keywords }
    emails.change(id, applied(patch, keywords, mailboxIds))
  }
  if (takesAway) leave(mail, rows)
  const undo = async (): Promise<void> => {
    for (const [id, was] of Object.entries(before)) emails.change(id, was)
    await say(mail, before)
    if (mail.listing.get() === listing) await mail.sync()
  }
  if (said) mail.toast.set({ text: said(rows.length), undo })
  await say(mail, update)
}

/** Rows go: what was open is closed, what was selected is not any more. */
function leave(mail: Mail, rows: readonly string[]): void {
  mail.listing.get().remove(rows)
  const { emailId } = mail.route.get()
  if (emailId !== undefined && rows.includes(emailId)) mail.go({ emailId: undefined }, { replace: true })
  mail.selection.set(nothingSelected)
  const total = mail.listing.get().view.get().total ?? 0
  mail.active.update((at) => Math.max(Math.min(at, total - 1), 0))
}

function applied(patch: Patch, keywords: Keywords, mailboxIds: Keywords): { keywords: Keywords; mailboxIds: Keywords } {
  const after = { keywords: { ...keywords }, mailboxIds: { ...mailboxIds } }
  for (const [path, value] of Object.entries(patch)) {
    const [property, key] = path.split('/') as ['keywords' | 'mailboxIds', string | undefined]
    if (key === undefined) after[property] = { ...(value as Keywords) }
    else if (value === null) delete after[property][key]
    else after[property][key] = true
  }
  return after
}

async function say(mail: Mail, update: Record<string, Patch>): Promise<void> {
  const { jmap, words } = mail
  const accountId = mail.account().id
  const most = jmap.session.capabilities['urn:ietf:params:jmap:core'].maxObjectsInSet
  const all = Object.entries(update)
  try {
    for (let from = 0; from < all.length; from += most) {
      const answer = await jmap.call<SetAnswer>('Email/set', {
        accountId,
        update: Object.fromEntries(all.slice(from, from + most)),
      })
      const refused = Object.values(answer.notUpdated ?? {}).find(({ type }) => type !== 'notFound')
      if (refused) throw new Problem(0, refused.type, refused.description ?? '', '')
    }
  } catch (error) {
    mail.toast.set({ text: words.notDone(error instanceof Problem && error.status !== 0 ? error.message : '') })
    await mail.sync()
  }
}

/** All that the list has, window by window; ids are asked for only here, since each one is changed. */
async function changeAll(mail: Mail, patch: Patch, said: Change['said']): Promise<void> {
  const { jmap, words } = mail
  const { query, view } = mail.listing.get()
  const spared = mail.selection.get().ids
  const changed: string[] = []
  const most = jmap.session.capabilities['urn:ietf:params:jmap:core'].maxObjectsInSet
  mail.selection.set(nothingSelected)
  mail.toast.set({ text: words.working(view.get().total ?? 0) })
  const sparedMails = new Set(mailsOf(mail, [...spared]))
  const takesAway = Object.keys(patch).some((path) => path.startsWith('mailboxIds'))
  const before = { before: new Date().toISOString().replace(/\.\d+/, '') } // not what comes meanwhile
  const filter = every(query.filter as Operator | null, before)
  for (let position = 0; ;) {
    const { ids } = await jmap.call<Query>('Email/query', {
      accountId: query.accountId,
      filter,
      sort: [{ property: 'receivedAt', isAscending: false }],
      position,
      limit: most,
    })
    const wanted = ids.filter((id) => !sparedMails.has(id))
    if (wanted.length > 0) await say(mail, Object.fromEntries(wanted.map((id) => [id, patch])))
    changed.push(...wanted)
    if (ids.length < most) break
    // What went out of the list makes place for the next; what stays is stepped over.
    position += takesAway ? ids.length - wanted.length : ids.length
  }
  const back = takesAway && query.mailboxId ? { mailboxIds: { [query.mailboxId]: true } } : undefined
  const undo = back && (() => say(mail, Object.fromEntries(changed.map((id) => [id, back]))).then(() => mail.sync()))
  if (said) mail.toast.set({ text: said(changed.length), ...(undo && { undo }) })
  await mail.sync()
}

/** For ever: asked by the dialog. */
export async function destroy(mail: Mail): Promise<void> {
  const { jmap, words } = mail
  const rows = targets(mail)
  const ids = mailsOf(mail, rows)
  leave(mail, rows)
  try {
    await jmap.call<SetAnswer>('Email/set', { accountId: mail.account().id, destroy: ids })
    mail.toast.set({ text: words.destroyed(rows.length) })
  } catch {
    mail.toast.set({ text: words.notDone('') })
  }
  await mail.sync()
}
