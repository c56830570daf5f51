// What an earlier page could not bring to the server: drafts that a crash left on this device, mails that waited for
// the network. Called when the page opens and when the server is back.
//
// Invariants: a draft that a composer of any tab holds (its lock) is left alone; what was to be sent is sent once.

import type { Mail } from '../mailstate.ts'
import type { Draft } from './draft.ts'
import { dropDraft, keepDraft, keptDraft, keptDrafts, type Kept } from './localdrafts.ts'
import { mark, submit } from './sending.ts'
import { findVersion, saveDraft, type Desk } from './serverdrafts.ts'
import { tabKey } from './tab.ts'
import { words } from './words.ts'

const old = 14 * 86_400_000

export interface Recovered {
  drafts: number
  sent: number
  held: number // by a composer, or by a tab that has just crashed
}

/** `except`: the draft that this tab is about to open. Without the server everything stays where it is. */
export async function recoverDrafts(mail: Mail, except?: string): Promise<Recovered> {
  const accountId = mail.jmap.account
  const desk: Desk = {
    jmap: mail.jmap,
    accountId,
    mailboxes: () => mail.accountOf(accountId).mailboxes.get(),
    zone: mail.zone,
  }
  const result: Recovered = { drafts: 0, sent: 0, held: 0 }
  for (const { key } of await keptDrafts(accountId)) {
    if (key === except) continue
    const act = async (lock: Lock | null): Promise<void> => {
      if (!lock) return void result.held++
      const kept = await keptDraft(accountId, key)
      if (!kept) return
      if (kept.isSaved && !kept.sending) return kept.keptAt < Date.now() - old ? dropDraft(key) : undefined
      await bring(desk, kept)
      if (kept.sending) result.sent++
      else result.drafts++
    }
    await navigator.locks.request(`postern-draft-${key}`, { ifAvailable: true }, act).catch(() => undefined)
  }
  return result
}

async function bring(desk: Desk, kept: Kept): Promise<void> {
  let draft = await uploaded(desk, kept.draft)
  if (kept.isUnsure) {
    const found = await findVersion(desk, draft)
    if (found) draft = { ...draft, serverId: found.id, attachments: found.attachments }
  }
  if (!kept.isSaved || draft.serverId === null) {
    const { id, attachments } = await saveDraft(desk, draft)
    draft = { ...draft, serverId: id, attachments }
    await keepDraft({ ...kept, draft, isSaved: true, isUnsure: false })
  }
  if (!kept.sending) return
  await submit(desk, draft, kept.sending, kept.sending.isUnsure)
  if (draft.source) await mark(desk.jmap, draft.source, true)
  await dropDraft(draft.key)
}

async function uploaded({ jmap, accountId }: Desk, draft: Draft): Promise<Draft> {
  const attachments = await Promise.all(
    draft.attachments.map(async (one) => {
      if (one.blobId !== null || !one.file) return one
      return { ...one, blobId: (await jmap.upload(accountId, one.file)).blobId }
    }),
  )
  return { ...draft, attachments }
}

const heldAfter = 2000

/** When the page has opened. The draft of the composer that opens with it is left to that. */
export async function recoverAtStart(mail: Mail, again = 2): Promise<void> {
  const { compose } = mail.route.get()
  const except = compose && tabKey({ ...compose, accountId: compose.accountId ?? mail.account().id })
  const { drafts, sent, held } = await recoverDrafts(mail, except)
  if (sent > 0) mail.toast.set({ text: words.done })
  else if (drafts > 0) mail.toast.set({ text: words.recovered(drafts) })
  if (held > 0 && again > 0) setTimeout(() => void recoverAtStart(mail, again - 1), heldAfter)
}
