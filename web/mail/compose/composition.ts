// A mail being written: its draft, where it is kept, its uploads. One per open composer.
//
// Invariants:
//   every change goes through `change`, which keeps it (saver.ts); what is on the server follows
//   a composer that is opened again in the same tab, after a reload or a crash, finds its draft by the tab's memory
//   the lock of a draft is held while its composer is open, so that no other tab takes it for a lost one

import { cell, type Cell } from '../../parts/cell.ts'
import type { Mail } from '../mailstate.ts'
import { loadPreferences, preferences } from '../preferences.ts'
import type { Compose } from '../route.ts'
import { Problem } from '../../parts/api.ts'
import { forgetTab, rememberTab, tabKey } from './tab.ts'
import { isSame, type Draft } from './draft.ts'
import { readIdentities, type Identity } from './identities.ts'
import { dropDraft, keepDraft, keptDraft, keptDrafts, spillDraft, type Kept } from './localdrafts.ts'
import { startDraft } from './original.ts'
import { openSaver, type Saver, type SaveState } from './saver.ts'
import { destroyDraft, findVersion, saveDraft, type Desk } from './serverdrafts.ts'
import { sign, writtenBy } from './signing.ts'
import { openUploads, type Uploads } from './uploads.ts'

export interface Composition {
  mail: Mail
  start: Compose
  desk: Desk
  draft: Cell<Draft>
  state: Cell<SaveState>
  isConflict: Cell<boolean>
  identities: readonly Identity[]
  uploads: Uploads
  saver: Saver
  change(part: Partial<Draft>): void
  /** Asks the editor for what was typed and not told yet. */
  gather: { current: () => void }
  /** Fields that make recipients of what is half typed, when it is time. */
  taking: Set<() => void>
  as(identity: Identity): Promise<void>
  /** A change of the text that does not come from where it is written: the editor takes it over. */
  rewrite(part: Partial<Draft>): void
  revision: Cell<number>
  /** Keeps everything and lets go. */
  close(): Promise<void>
  discard(): Promise<void>
  /** Saves what is written even if it is as it was opened. False: it did not reach the server. */
  settle(): Promise<boolean>
  /** Lets go of a mail that was sent, or that waits on this device to be. */
  leave(waiting?: Pick<Kept, 'sending'>): Promise<void>
}

export async function openComposition(mail: Mail, start: Compose): Promise<Composition> {
  const accountId = mail.jmap.account
  const desk: Desk = {
    jmap: mail.jmap,
    accountId,
    mailboxes: () => mail.accountOf(accountId).mailboxes.get(),
    zone: mail.zone,
  }
  const key = tabKey(start)
  const [identities, kept] = await Promise.all([
    readIdentities(mail.jmap).catch((error: unknown) => {
      if (error instanceof Problem && error.status === 0) return []
      throw error
    }),
    findKept(accountId, start, key),
    loadPreferences(),
  ])
  const first = kept?.draft ?? (await signed(await startDraft(mail, start, key ?? newKey(), identities), identities))
  const composition = build({
    mail,
    start,
    desk,
    identities: identities.length > 0 ? identities : [lone(mail)],
    first,
    kept,
  })
  rememberTab(start, first.key)
  return composition
}

function lone({ me }: Mail): Identity {
  return {
    id: '',
    name: me.name,
    email: me.address,
    replyTo: null,
    bcc: null,
    textSignature: '',
    htmlSignature: '',
    mayDelete: false,
  }
}

function newKey(): string {
  return crypto.randomUUID()
}

async function findKept(
  accountId: string,
  { kind, emailId }: Compose,
  key: string | undefined,
): Promise<Kept | undefined> {
  const own = key === undefined ? undefined : await keptDraft(accountId, key)
  if (own || kind !== 'draft') return own
  return (await keptDrafts(accountId)).find(({ draft }) => draft.serverId === emailId)
}

/** With the identity's signature, in a draft that is new. */
async function signed(draft: Draft, identities: readonly Identity[]): Promise<Draft> {
  const identity = identities.find(({ id }) => id === draft.identityId)
  if (!identity || draft.serverId !== null) return draft
  if (draft.source !== null && !preferences.get().signOnAnswers) return draft
  return { ...draft, ...(await sign(draft, identity)) }
}

interface Parts {
  mail: Mail
  start: Compose
  desk: Desk
  identities: readonly Identity[]
  first: Draft
  kept: Kept | undefined
}

function build({ mail, start, desk, identities, first, kept }: Parts): Composition {
  const draft = cell(first)
  const state = cell<SaveState>(kept?.isSaved ? { is: 'saved', at: kept.keptAt } : { is: 'fresh' })
  const isConflict = cell(false)
  const gather = { current: (): void => undefined }
  let savedDraft: Draft | undefined = kept?.isSaved === false ? undefined : first
  let isUnsure = kept?.isUnsure ?? false
  let isOver = false

  const record = (isSaved: boolean): Kept => ({
    key: first.key,
    accountId: desk.accountId,
    draft: draft.get(),
    keptAt: Date.now(),
    isSaved,
    isUnsure,
  })

  const saver = openSaver<Draft>({
    read: () => {
      gather.current()
      return draft.get()
    },
    keep: async () => {
      if (!isOver) await keepDraft(record(savedDraft !== undefined && isSame(savedDraft, draft.get())))
    },
    save: async (wanted) => {
      if (savedDraft && isSame(savedDraft, wanted)) return
      if (isUnsure) await settle()
      const version = draft.get()
      isUnsure = true
      await keepDraft(record(false)).catch(() => undefined)
      try {
        const saved = await saveDraft(desk, version)
        isUnsure = false
        if (saved.isConflict) isConflict.set(true)
        follow(version, saved)
      } catch (error) {
        // Only a request without an answer leaves open whether it was heard.
        isUnsure = error instanceof Problem && (error.status === 0 || error.status >= 500)
        throw error
      }
      savedDraft = version
      if (!isOver) await keepDraft(record(isSame(version, draft.get()))).catch(() => undefined)
    },
    told: state.set,
    now: () => Date.now(),
    later(milliseconds, run) {
      const timer = setTimeout(run, milliseconds)
      return () => clearTimeout(timer)
    },
  })

  async function settle(): Promise<void> {
    const found = await findVersion(desk, draft.get())
    isUnsure = false
    if (found) follow(draft.get(), found)
  }

  /** The server has another version: later changes build on that one. */
  function follow(version: Draft, saved: { id: string; attachments: Draft['attachments'] }): void {
    const byKey = new Map(saved.attachments.map((one) => [one.key, one]))
    draft.update((now) => ({
      ...now,
      serverId: saved.id,
      attachments: now.attachments.map((one) => {
        const old = version.attachments.find(({ key }) => key === one.key)
        return old && old.blobId === one.blobId ? (byKey.get(one.key) ?? one) : one
      }),
    }))
  }

  function change(part: Partial<Draft>): void {
    draft.update((before) => ({ ...before, ...part }))
    saver.touched()
  }

  const revision = cell(0)
  function rewrite(part: Partial<Draft>): void {
    change(part)
    revision.update((n) => n + 1)
  }

  const uploads = openUploads(mail.jmap, desk.accountId, {
    attachments: () => draft.get().attachments,
    put: (attachments) => change({ attachments }),
  })

  const release = holdLock(first.key)
  const leaving = (): void => {
    gather.current()
    const isSaved = savedDraft !== undefined && isSame(savedDraft, draft.get())
    if (!isSaved) spillDraft(record(false))
    void saver.keepNow()
  }
  const back = (): void => {
    saver.wake()
    uploads.wake()
  }
  addEventListener('pagehide', leaving)
  addEventListener('visibilitychange', leaving)
  addEventListener('online', back)
  const dropReach = mail.isReachable.watch(() => void (mail.isReachable.get() && back()))
  const dropDialog = mail.dialog.watch(() => void (mail.dialog.get() === undefined && back()))
  if (kept?.isSaved === false) saver.touched()
  uploads.wake()

  function letGo(): void {
    isOver = true
    removeEventListener('pagehide', leaving)
    removeEventListener('visibilitychange', leaving)
    removeEventListener('online', back)
    dropReach()
    dropDialog()
    saver.close()
    forgetTab(start)
    release()
  }

  return {
    mail,
    start,
    desk,
    draft,
    state,
    isConflict,
    identities,
    uploads,
    saver,
    change,
    gather,
    revision,
    taking: new Set(),
    async as(identity) {
      gather.current()
      rewrite(await writtenBy(draft.get(), identity))
    },
    rewrite,
    async close() {
      gather.current()
      const isKept = await saver.flush()
      const { serverId, key } = draft.get()
      letGo()
      if (isKept && serverId === null) await dropDraft(key) // nothing was written
    },
    async discard() {
      const { key } = draft.get()
      uploads.stop()
      letGo()
      await dropDraft(key)
      const { serverId } = draft.get()
      if (serverId !== null) await destroyDraft(desk, serverId)
    },
    settle() {
      gather.current()
      if (draft.get().serverId === null) {
        savedDraft = undefined
        saver.touched()
      }
      return saver.flush()
    },
    async leave(waiting = {}) {
      const isSaved = savedDraft !== undefined && isSame(savedDraft, draft.get())
      letGo()
      await keepDraft({ ...record(isSaved), ...waiting }).catch(() => undefined)
    },
  }
}

/** Held until released, or until the tab is gone. */
function holdLock(key: string): () => void {
  let release = (): void => undefined
  void navigator.locks?.request(`postern-draft-${key}`, () => new Promise<void>((resolve) => (release = resolve)))
  return () => release()
}
