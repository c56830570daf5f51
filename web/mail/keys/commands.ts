// What each key does; the palette does the same by name.

import { moveToRole, hasTargets, setKeyword, targets, toggleStar } from '../acts.ts'
import { toggleSelected } from '../list/selecting.ts'
import { openDrawer } from '../frame/drawer.ts'
import { mailboxAt } from '../mailboxes.ts'
import { nothingSelected, type Mail } from '../mailstate.ts'
import type { ComposeKind } from '../route.ts'
import type { Command } from './map.ts'

const place = (name: string) => (mail: Mail) => {
  mail.go({ accountId: undefined, place: name, emailId: undefined, words: '', show: undefined, compose: undefined })
  focusList()
}

const write = (kind: ComposeKind) => (mail: Mail) => {
  const emailId = targets(mail)[0]
  if (kind === 'new') mail.go({ compose: { kind } })
  else if (emailId !== undefined) mail.go({ compose: { kind, emailId, accountId: mail.account().id } })
}

export const acts: Record<Command, (mail: Mail) => unknown> = {
  search(mail) {
    const isPhone = matchMedia('(max-width: 900px)').matches
    if (isPhone && mail.route.get().place !== 'search') mail.go({ place: 'search', words: '', emailId: undefined })
    const field = document.querySelector<HTMLInputElement>(isPhone ? '#search-phone' : '#search')
    field?.focus()
    field?.select()
  },
  palette: (mail) => mail.dialog.set('palette'),
  help: (mail) => mail.dialog.set('help'),
  goInbox: place('inbox'),
  goSent: place('sent'),
  goDrafts: place('drafts'),
  goArchive: place('archive'),
  goSelf: () => location.assign('/self/'),
  goAdmin: (mail) => mail.me.administrator && location.assign('/admin/'),
  escape(mail) {
    const { emailId, place: here, show } = mail.route.get()
    const { ids, isAll } = mail.selection.get()
    if (openDrawer.get()) openDrawer.set(false)
    else if (isAll || ids.size > 0) mail.selection.set(nothingSelected)
    else if (emailId !== undefined) acts.back(mail)
    else if (show !== undefined) mail.go({ show: undefined })
    else if (here === 'search') place('inbox')(mail)
  },
  next: (mail) => step(mail, 1),
  previous: (mail) => step(mail, -1),
  open(mail) {
    const { idAt, emails } = mail.listing.get()
    const id = idAt(mail.active.get())
    if (id === undefined) return
    if (emails.get(id)?.keywords['$draft'])
      mail.go({ compose: { kind: 'draft', emailId: id, accountId: mail.account().id } })
    else mail.go({ emailId: id })
  },
  back(mail) {
    mail.go({ emailId: undefined })
    focusList()
  },
  select: (mail) => toggleSelected(mail, mail.active.get()),
  archive: (mail) => moveToRole(mail, 'archive').finally(focusList),
  trash: (mail) => moveToRole(mail, 'trash').finally(focusList),
  junk(mail) {
    const isJunk = mailboxAt(mail.account().mailboxes.get(), mail.route.get().place)?.role === 'junk'
    return moveToRole(mail, isJunk ? 'inbox' : 'junk').finally(focusList)
  },
  star(mail) {
    const [id, ...others] = targets(mail)
    if (mail.selection.get().isAll || others.length > 0) return setKeyword(mail, '$flagged', true)
    return id === undefined ? undefined : toggleStar(mail, id)
  },
  markRead: (mail) => setKeyword(mail, '$seen', true),
  markUnread: (mail) => setKeyword(mail, '$seen', false),
  move: (mail) => hasTargets(mail) && mail.dialog.set('move'),
  reply: write('reply'),
  replyAll: write('replyAll'),
  forward: write('forward'),
  compose: write('new'),
  undo(mail) {
    const { undo } = mail.toast.get() ?? {}
    if (!undo) return
    mail.toast.set(undefined)
    return undo()
  },
  nextInThread: () => stepInThread(1),
  previousInThread: () => stepInThread(-1),
  fold() {
    const mails = openMails()
    const id = mails[current(mails)]?.dataset['mail']
    if (id !== undefined) document.dispatchEvent(new CustomEvent('postern-fold', { detail: id }))
  },
}

export function focusList(): void {
  document.getElementById('list')?.focus({ preventScroll: true })
}

function step(mail: Mail, by: number): void {
  if (isInReader()) return openNeighbour(mail, by)
  const total = mail.listing.get().view.get().total ?? 0
  if (total === 0) return
  const to = Math.min(Math.max(mail.active.get() + by, 0), total - 1)
  mail.active.set(to)
  mail.shown.reveal(to)
}

/** Opens the row above (-1) or below (1) the open mail. */
export function openNeighbour(mail: Mail, by: number): void {
  const listing = mail.listing.get()
  const { emailId } = mail.route.get()
  const here = (emailId === undefined ? undefined : listing.positionOf(emailId)) ?? mail.active.get()
  const id = listing.idAt(here + by)
  if (id === undefined) return
  const isFocusInside = isInReader()
  mail.active.set(here + by)
  mail.shown.reveal(here + by)
  mail.go({ emailId: id }, { replace: true })
  if (isFocusInside) requestAnimationFrame(() => document.getElementById('reader')?.focus())
}

export function isInReader(): boolean {
  return document.getElementById('reader')?.contains(document.activeElement) === true
}

function openMails(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>('#reader [data-mail]')]
}

/** The mail of the thread that has the focus, else the last one. */
function current(mails: readonly HTMLElement[]): number {
  const at = mails.findIndex((one) => one.contains(document.activeElement))
  return at < 0 ? mails.length - 1 : at
}

function stepInThread(by: number): void {
  const mails = openMails()
  const next = mails[current(mails) + by]
  const target = next?.querySelector<HTMLElement>(':scope > button') ?? next
  target?.focus()
  next?.scrollIntoView({ block: 'nearest' })
}
