// The state of the mail page: who is in, which accounts, where one is, what is listed, chosen and said.
//
// Invariants:
//   what changes lies in cells; components watch them and call functions, never each other
//   after news of the server (push) counts and the list are asked again, one question at a time, with nothing lost:
//   news that come meanwhile are asked for afterwards

import { speak, whoIsIn, type SignedIn } from '../parts/api.ts'
import { cell, type Cell } from '../parts/cell.ts'
import type { Language } from '../words/words.ts'
import type { MailWords } from './words.ts'
import { openEmails, type Emails } from './emails.ts'
import { openJmap, type Jmap } from './jmap/client.ts'
import type { Changes, Get, Listed, Mailbox, Thread } from './jmap/types.ts'
import { openListing, rowProperties, type Listing } from './list/listing.ts'
import { listQueryOf } from './listquery.ts'
import { loadPreferences, preferences } from './preferences.ts'
import { readRoute, writeRoute, type Route } from './route.ts'

export interface MailAccount {
  id: string
  address: string
  domain: string
  isOwn: boolean
  emails: Emails
  mailboxes: Cell<readonly Mailbox[]>
  state: string | undefined // of Email, as far as it was heard
  quota: Cell<Quota | undefined>
}

export interface Quota {
  used: number
  hardLimit: number
}

export interface Selection {
  ids: ReadonlySet<string>
  isAll: boolean // all that the list has, but for ids
}

export interface Toast {
  text: string
  undo?: () => unknown
}

export type Dialog = 'help' | 'palette' | 'move' | 'ended' | 'delete' | 'mailbox'

export interface Mail {
  jmap: Jmap
  me: SignedIn
  language: Language
  words: MailWords
  zone: string
  accounts: Cell<readonly MailAccount[]>
  route: Cell<Route>
  go(change: Partial<Route>, how?: { replace?: boolean }): void
  listing: Cell<Listing>
  active: Cell<number> // position of the row that keys mean
  selection: Cell<Selection>
  shown: { first: number; last: number; moved(rows: number): void; reveal(position: number): void }
  fresh: Cell<number> // rows that came above what is shown
  toast: Cell<Toast | undefined>
  dialog: Cell<Dialog | undefined>
  isReachable: Cell<boolean>
  expires: Cell<string> // of the session, whatever one does
  /** Asks the server what changed, now. */
  sync(): Promise<void>
  account(): MailAccount
  accountOf(id: string | undefined): MailAccount
}

export const nothingSelected: Selection = { ids: new Set(), isAll: false }

/** Throws Problem: 401 when nobody is signed in. */
export async function openMail(language: Language, words: Promise<MailWords>): Promise<Mail> {
  speak(language)
  const dialog = cell<Dialog | undefined>(undefined)
  const [me, jmap] = await Promise.all([whoIsIn(), openJmap(() => dialog.set('ended'))])
  if (!me) throw new Error('nobody is signed in') // openJmap would have said so
  const { zone } = preferences.get()
  const first = openAccount(jmap, jmap.account)
  const others = Object.keys(jmap.session.accounts).filter((id) => id !== jmap.account)
  const accounts = cell<readonly MailAccount[]>([first])
  const route = cell(readRoute(location.hash))
  const accountOf = (id: string | undefined): MailAccount => accounts.get().find((one) => one.id === id) ?? first
  if (route.get().accountId === undefined) await readMailboxes(jmap, first)
  const beside = Promise.all(others.map((id) => openAccount(jmap, id)).map(async (one) => readMailboxes(jmap, one)))
  if (route.get().accountId !== undefined) await readMailboxes(jmap, first)
  void beside.then(
    (found) => accounts.set([first, ...found.filter((one) => one.mailboxes.get().length > 0)]),
    () => undefined,
  )
  if (route.get().accountId !== undefined) await beside.catch(() => undefined)

  const listingFor = (wanted: Route): Listing => {
    const account = accountOf(wanted.accountId)
    const heardState = (state: string): void => void (account.state ??= state)
    return openListing({ jmap, emails: account.emails, zone, heardState }, listQueryOf(wanted, account, zone))
  }
  const mail: Mail = {
    jmap,
    me,
    language,
    words: await words,
    zone,
    accounts,
    route,
    go(change, { replace = false } = {}) {
      const hash = writeRoute({ ...route.get(), ...change })
      if (hash === location.hash) return
      if (replace) history.replaceState(null, '', hash)
      else history.pushState(null, '', hash)
      follow()
    },
    listing: cell(listingFor(route.get())),
    active: cell(0),
    selection: cell(nothingSelected),
    shown: { first: 0, last: 20, moved: () => undefined, reveal: () => undefined },
    fresh: cell(0),
    toast: cell<Toast | undefined>(undefined),
    dialog,
    isReachable: cell(navigator.onLine),
    expires: cell(me.expires),
    sync,
    account: () => accountOf(route.get().accountId),
    accountOf,
  }

  function follow(): void {
    const before = route.get()
    const after = readRoute(location.hash)
    route.set(after)
    const isOther = (['accountId', 'place', 'words', 'show'] as const).some((key) => before[key] !== after[key])
    if (isOther) {
      mail.selection.set(nothingSelected)
      mail.active.set(0)
      mail.fresh.set(0)
      mail.listing.set(listingFor(after))
    }
  }
  addEventListener('popstate', follow)
  addEventListener('hashchange', follow)

  let syncing: Promise<void> | undefined
  let isAskedAgain = false
  function sync(): Promise<void> {
    if (syncing) isAskedAgain = true
    syncing ??= (async () => {
      try {
        do {
          isAskedAgain = false
          await look(mail)
        } while (isAskedAgain)
      } finally {
        syncing = undefined
      }
    })()
    return syncing
  }

  jmap.watch((accountId, states) => {
    const account = accounts.get().find(({ id }) => id === accountId)
    if (!account) return
    const isNews = states['Email'] !== undefined && states['Email'] !== account.state
    if (isNews || states['Mailbox'] !== undefined) void sync().catch(() => undefined)
  })
  jmap.watchReach((isReachable) => {
    const before = mail.isReachable.get()
    mail.isReachable.set(isReachable)
    if (isReachable && !before) void sync().catch(() => undefined)
  })
  addEventListener('online', () => void sync().catch(() => undefined))
  addEventListener('offline', () => mail.isReachable.set(false))
  void readQuota(jmap, first)
  void loadPreferences()
  return mail
}

function openAccount(jmap: Jmap, id: string): MailAccount {
  const address = jmap.session.accounts[id]!.name
  return {
    id,
    address,
    domain: address.slice(address.lastIndexOf('@') + 1).toLowerCase(),
    isOwn: id === jmap.account,
    emails: openEmails(),
    mailboxes: cell<readonly Mailbox[]>([]),
    state: undefined,
    quota: cell<Quota | undefined>(undefined),
  }
}

async function readMailboxes(jmap: Jmap, account: MailAccount): Promise<MailAccount> {
  account.mailboxes.set((await jmap.get<Mailbox>('Mailbox', { accountId: account.id, ids: null })).list)
  return account
}

async function readQuota(jmap: Jmap, account: MailAccount): Promise<void> {
  const got = await jmap
    .get<Quota & { resourceType: string }>('Quota', { accountId: account.id, ids: null })
    .catch(() => undefined)
  account.quota.set(got?.list.find(({ resourceType }) => resourceType === 'octets'))
}

/** Asks what changed in each account, and anew for the list that is shown. */
async function look(mail: Mail): Promise<void> {
  const { jmap, shown } = mail
  const listing = mail.listing.get()
  const listed = listing.refresh(shown.first, shown.last)
  await Promise.all([...mail.accounts.get().map((account) => lookAt(jmap, account)), listed])
  const { moved, more } = await listed
  if (mail.listing.get() !== listing) return
  if (moved !== 0) {
    shown.moved(moved)
    mail.active.update((at) => Math.max(at + moved, 0))
    if (moved > 0 && more > 0) mail.fresh.update((n) => n + Math.min(moved, more))
  }
  void readQuota(jmap, mail.accountOf(undefined))
}

async function lookAt(jmap: Jmap, account: MailAccount): Promise<void> {
  const { id: accountId, emails, state: sinceState } = account
  const boxes = readMailboxes(jmap, account)
  if (sinceState === undefined) return void (await boxes)
  const changes = await jmap
    .call<Changes>('Email/changes', { accountId, sinceState, maxChanges: 500 })
    .catch(() => undefined)
  await boxes
  const { emails: rows, members } = emails.known()
  if (!changes) {
    // Too long ago to be told: everything is asked again when it is shown.
    emails.drop([...rows, ...members])
    account.state = undefined
    return
  }
  account.state = changes.newState
  emails.drop(changes.destroyed)
  const known = new Set([...rows, ...members])
  const ids = changes.updated.filter((id) => known.has(id))
  if (ids.length > 0 || changes.created.length > 0) {
    const got = await jmap.get<Listed>('Email', {
      accountId,
      ids: [...ids, ...changes.created.slice(0, 100)],
      properties: rowProperties,
    })
    emails.put(got.list)
    emails.putMembers(got.list.filter(({ id }) => emails.member(id) !== undefined))
    const threadIds = [...new Set(got.list.map(({ threadId }) => threadId))]
    const threads: Get<Thread> = await jmap.get<Thread>('Thread', { accountId, ids: threadIds })
    emails.putThreads(threads.list)
  }
  if (changes.hasMoreChanges) await lookAt(jmap, account)
}
