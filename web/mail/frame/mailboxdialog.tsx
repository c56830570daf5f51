// A mailbox is made, named anew, put under another, or taken away when nothing is in it.         RFC 8621 §2.5

import { useState, type FormEvent } from 'react'
import { cell, useCell } from '../../parts/cell.ts'
import { composition, isComposing } from '../../parts/composing.ts'
import type { Mailbox, SetAnswer, SetError } from '../jmap/types.ts'
import { branches, withRoles } from '../mailboxes.ts'
import { mailboxName } from '../title.ts'
import { useMail, type MailWords } from '../words.ts'
import { Modal } from './modal.tsx'

/** The mailbox that the dialog is about; undefined: a new one. */
export const edited = cell<Mailbox | undefined>(undefined)

export function MailboxDialog() {
  const mail = useMail()
  const { words: w, jmap, language } = mail
  const account = mail.accountOf(undefined)
  const mailbox = useCell(edited)
  const mailboxes = useCell(account.mailboxes)
  const [name, setName] = useState(mailbox?.name ?? '')
  const [parentId, setParentId] = useState(mailbox?.parentId ?? '')
  const [problem, setProblem] = useState('')

  const inside = mailbox ? below(mailboxes, mailbox.id) : new Set<string>()
  const parents = [
    ...withRoles(mailboxes).map((one) => ({ id: one.id, label: mailboxName(one, w), rights: one.myRights })),
    ...branches(mailboxes, new Intl.Collator(language).compare).map((one) => ({
      id: one.mailbox.id,
      label: one.path,
      rights: one.mailbox.myRights,
    })),
  ].filter(({ id, rights }) => !inside.has(id) && rights.mayCreateChild)

  async function set(args: object, refused: keyof SetAnswer): Promise<void> {
    const answer = await jmap.call<SetAnswer>('Mailbox/set', { accountId: account.id, ...args }).catch(() => undefined)
    const [error] = Object.values((answer?.[refused] ?? {}) as Record<string, SetError>)
    if (!answer || error) return setProblem(problemWords(error, w))
    mail.dialog.set(undefined)
    await mail.sync().catch(() => undefined)
  }

  function submit(event: FormEvent): void {
    event.preventDefault()
    const wanted = { name: name.trim().normalize('NFC'), parentId: parentId === '' ? null : parentId }
    if (wanted.name === '') setProblem(w.nameMissing)
    else if (mailbox) void set({ update: { [mailbox.id]: wanted } }, 'notUpdated')
    else void set({ create: { made: { ...wanted, isSubscribed: true } } }, 'notCreated')
  }

  return (
    <Modal title={mailbox ? w.changeMailbox : w.newMailbox}>
      <form className="stack" onSubmit={submit} {...composition} noValidate>
        {problem !== '' && (
          <p className="err" role="alert">
            {problem}
          </p>
        )}
        <div className="field">
          <label htmlFor="mailbox-name">{w.mailboxName}</label>
          <input
            id="mailbox-name"
            className="in"
            data-first
            maxLength={100}
            value={name}
            onChange={(event) => setName(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && isComposing(event)) event.preventDefault()
            }}
          />
        </div>
        <div className="field">
          <label htmlFor="mailbox-parent">{w.mailboxParent}</label>
          <select
            id="mailbox-parent"
            className="in"
            value={parentId}
            onChange={(event) => setParentId(event.target.value)}
          >
            <option value="">{w.topLevel}</option>
            {parents.map(({ id, label }) => (
              <option key={id} value={id}>
                {label}
              </option>
            ))}
          </select>
        </div>
        <div className="row">
          <button className="btn go">{mailbox ? w.save : w.make}</button>
          <button type="button" className="btn" onClick={() => mail.dialog.set(undefined)}>
            {w.cancel}
          </button>
          {mailbox?.myRights.mayDelete && (
            <button
              type="button"
              className="btn stop push"
              onClick={() => void set({ destroy: [mailbox.id], onDestroyRemoveEmails: false }, 'notDestroyed')}
            >
              {w.deleteMailbox}
            </button>
          )}
        </div>
      </form>
    </Modal>
  )
}

/** A mailbox and all that is under it. */
function below(mailboxes: readonly Mailbox[], id: string): Set<string> {
  const found = new Set([id])
  for (let size = 0; size < found.size;) {
    size = found.size
    for (const { id: one, parentId } of mailboxes) if (parentId !== null && found.has(parentId)) found.add(one)
  }
  return found
}

function problemWords(error: SetError | undefined, w: MailWords): string {
  switch (error?.type) {
    case 'mailboxHasEmail':
      return w.mailboxHasMail
    case 'mailboxHasChild':
      return w.mailboxHasChild
    case 'invalidProperties':
    case 'alreadyExists':
      return w.nameRefused
    default:
      return w.notDone(error?.description ?? '')
  }
}
