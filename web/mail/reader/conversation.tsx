// The mails of a thread, oldest first: each a line, or open. What lies in the bin or among junk is left out unless
// that is where one looks.

import { useEffect, useState } from 'react'
import { useCell } from '../../parts/cell.ts'
import { mailDate } from '../../parts/dates.ts'
import { sealColour, sealOf, shortName } from '../../parts/names.ts'
import type { Listed } from '../jmap/types.ts'
import { byRole, mailboxAt } from '../mailboxes.ts'
import type { MailAccount } from '../mailstate.ts'
import { useMail } from '../words.ts'
import { Message } from './message.tsx'
import { lettersOf } from './letters.ts'
import css from './reader.module.css'

interface Props {
  account: MailAccount
  thread: readonly string[]
  asked: string // the mail that was opened
  unread: ReadonlySet<string> // when the conversation was opened
}

export function Conversation({ account, thread, asked, unread }: Props) {
  const mail = useMail()
  const { place } = useCell(mail.route)
  const letters = lettersOf(mail.jmap, account)
  const mailboxes = account.mailboxes.get()
  const here = mailboxAt(mailboxes, place)?.id
  const hidden = ['trash', 'junk', 'drafts']
    .flatMap((role) => byRole(mailboxes, role)?.id ?? [])
    .filter((id) => id !== here)
  const shown = thread.filter((id) => {
    const { mailboxIds = {} } = account.emails.get(id) ?? {}
    return id === asked || !hidden.some((box) => mailboxIds[box])
  })
  const [open, setOpen] = useState<ReadonlySet<string>>(() => {
    const lastUnread = shown.findLast((id) => unread.has(id))
    return new Set([lastUnread ?? (place === 'search' ? asked : shown.at(-1)!)])
  })
  const missing = [...open].filter((id) => !letters.get(id)).join(' ')
  useEffect(() => {
    if (missing !== '') letters.read(missing.split(' ')).catch(() => mail.toast.set({ text: mail.words.mailFailed }))
  }, [letters, missing, mail])
  useEffect(() => {
    const turn = (event: Event): void => {
      const id = (event as CustomEvent<string>).detail
      setOpen((before) => toggled(before, id))
    }
    document.addEventListener('postern-fold', turn)
    return () => document.removeEventListener('postern-fold', turn)
  }, [])

  return (
    <ol className={css['thread']}>
      {shown.map((id) => {
        const row = account.emails.get(id)
        if (!row) return null
        const letter = open.has(id) ? letters.get(id) : undefined
        return (
          <li key={id} data-mail={id} className={letter ? css['open'] : css['fold']} {...(letter && { tabIndex: -1 })}>
            {letter ? (
              <Message
                account={account}
                letter={letter}
                fold={shown.length > 1 ? () => setOpen(toggled(open, id)) : undefined}
              />
            ) : (
              <Folded email={row} own={account.address} unfold={() => setOpen(toggled(open, id))} />
            )}
          </li>
        )
      })}
    </ol>
  )
}

function toggled(before: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const after = new Set(before)
  if (!after.delete(id)) after.add(id)
  return after
}

function Folded({ email, own, unfold }: { email: Listed; own: string; unfold(): void }) {
  const { words: w, zone } = useMail()
  const from = email.from?.[0] ?? { name: null, email: '' }
  const isMe = from.email.toLowerCase() === own.toLowerCase()
  return (
    <button type="button" aria-expanded="false" onClick={unfold}>
      <span className={`seal s ${sealColour(from.email)}`} aria-hidden="true">
        {sealOf(from)}
      </span>
      <span className={css['name']}>{isMe ? w.me : shortName(from)}</span>
      <span className="cut quiet">{email.preview}</span>
      <time className="meta nb" dateTime={email.receivedAt}>
        {mailDate(Date.parse(email.receivedAt), Date.now(), zone, w.today)}
      </time>
    </button>
  )
}
