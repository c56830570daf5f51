// A row of the list (m02; m13 on phones): who, when, what about, how it begins, and marks only where there is
// something to say. A screen reader hears: unread, who, about what, when, attachment.
//
// What is only for a pointer (the box to select, the acts that appear under it) has its own key or button elsewhere.

import { memo, useState, type DragEvent, type MouseEvent } from 'react'
import { listDate, fullDate } from '../../parts/dates.ts'
import { Icon } from '../../parts/icon.tsx'
import { isOutside } from '../../parts/names.ts'
import type { Listed } from '../jmap/types.ts'
import { moveToRole, toggleStar } from '../acts.ts'
import { rowsType } from '../frame/tree.tsx'
import { byRole } from '../mailboxes.ts'
import { useMail } from '../words.ts'
import { Marked } from '../search/marked.tsx'
import type { Listing } from './listing.ts'
import { peopleOf, threadMembers } from './people.ts'
import { selectTo, toggleSelected } from './selecting.ts'
import type { Snippet } from './snippets.ts'
import { useSwipe } from './swipe.ts'
import css from './row.module.css'

interface Props {
  position: number
  total: number
  top: number
  listing: Listing
  email: Listed | undefined
  thread: string // changes when the thread does
  snippet: Snippet | undefined
  isActive: boolean
  isSelected: boolean
  isSelecting: boolean
}

export const Row = memo(function Row(props: Props) {
  const { position, total, top, email, isActive, isSelected, isSelecting } = props
  const mail = useMail()
  const [isNear, setIsNear] = useState(false) // a pointer has come: then what is only for it is drawn
  const swipe = useSwipe(
    () => {
      if (!email) return
      mail.selection.set({ ids: new Set([email.id]), isAll: false })
      void moveToRole(mail, 'archive')
    },
    () => toggleSelected(mail, position),
  )

  function clicked(event: MouseEvent): void {
    if (!email) return
    if (event.ctrlKey || event.metaKey || isSelecting) toggleSelected(mail, position)
    else if (event.shiftKey) selectTo(mail, mail.active.get(), position)
    else open()
    mail.active.set(position)
  }

  function open(): void {
    if (email?.keywords['$draft'])
      mail.go({ compose: { kind: 'draft', emailId: email.id, accountId: mail.account().id } })
    else mail.go({ emailId: email!.id })
  }

  function drag(event: DragEvent): void {
    const { ids } = mail.selection.get()
    const rows = email && ids.has(email.id) ? [...ids] : email ? [email.id] : []
    event.dataTransfer.setData(rowsType, JSON.stringify(rows))
    event.dataTransfer.effectAllowed = 'move'
  }

  const isNew = email !== undefined && isUnread(props)
  const classes = [css['m'], isNew && css['new'], isActive && css['cur'], isSelecting && css['selecting']]
  return (
    <div
      id={`m-${position}`}
      className={classes.filter(Boolean).join(' ')}
      role="option"
      aria-selected={isSelected}
      aria-setsize={total}
      aria-posinset={position + 1}
      style={{ top }}
      draggable={email !== undefined}
      onDragStart={drag}
      onPointerEnter={() => setIsNear(true)}
      onPointerLeave={() => setIsNear(false)}
      onClick={clicked}
      {...swipe}
    >
      {email && <Content {...props} email={email} isNew={isNew} isNear={isNear} />}
    </div>
  )
})

interface ContentProps extends Props {
  email: Listed
  isNew: boolean
  isNear: boolean
}

function Content({ listing, email, snippet, isNew, isNear, isSelecting, position }: ContentProps) {
  const mail = useMail()
  const { words: w, zone, language } = mail
  const account = mail.accountOf(listing.query.accountId)
  const members = threadMembers(listing, email)
  const sent = byRole(account.mailboxes.get(), 'sent')?.id
  const drafts = byRole(account.mailboxes.get(), 'drafts')?.id
  const here = listing.query.mailboxId
  const isToOthers = here !== undefined && (here === sent || here === drafts)
  const people = peopleOf(email, members, { own: account.address, isToOthers, words: w })
  const isDraft = email.keywords['$draft'] === true
  const from = email.from?.[0]?.email ?? ''
  const received = Date.parse(email.receivedAt)
  const isStarred = email.keywords['$flagged'] || members.some(({ keywords }) => keywords['$flagged'])
  const stop = (event: MouseEvent, act: () => unknown): void => {
    event.stopPropagation()
    act()
  }
  return (
    <>
      {(isNear || isSelecting) && (
        <span
          className={css['pick']}
          aria-hidden="true"
          onClick={(event) => stop(event, () => toggleSelected(mail, position))}
        >
          <span className={css['box']}>
            <Icon name="check" size="s" />
          </span>
        </span>
      )}
      <span className={`cut ${css['who']}`}>
        {isNew && <span className="sr">{w.unread}</span>}
        {people}
        {members.length > 1 && w.countInThread(members.length)}
      </span>
      <span className={css['line']}>
        <span className={`cut ${css['sub']}`}>
          {isDraft && !isToOthers && <span className="stamp">{w.drafts}</span>}
          {from !== '' && isOutside(from, account.domain) && <span className="tag blue">{w.outside}</span>}
          {snippet?.subject ? <Marked snippet={snippet.subject} /> : email.subject?.trim() || w.noSubject}
        </span>
        <span className={`cut ${css['pre']}`}>
          {snippet?.preview ? <Marked snippet={snippet.preview} /> : email.preview}
        </span>
      </span>
      <time dateTime={email.receivedAt} title={fullDate(received, zone, language)}>
        {listDate(received, Date.now(), zone)}
      </time>
      <span className={css['marks']}>
        {email.keywords['$answered'] && <Icon name="reply" size="s" label={w.answered} />}
        {email.hasAttachment && <Icon name="clip" size="s" label={w.hasAttachment} />}
        {isStarred && <Icon name="starf" size="s" label={w.isStarred} className={css['star']!} />}
      </span>
      {isNear && (
        <>
          <span className={css['behind']} aria-hidden="true">
            <Icon name="archive" />
            {w.archiveAct}
          </span>
          <span className={css['acts']} aria-hidden="true">
            <span title={w.archiveAct} onClick={(event) => stop(event, () => actOn('archive'))}>
              <Icon name="archive" />
            </span>
            <span title={w.deleteAct} onClick={(event) => stop(event, () => actOn('trash'))}>
              <Icon name="trash" />
            </span>
            <span title={w.starAct} onClick={(event) => stop(event, () => void toggleStar(mail, email.id))}>
              <Icon name={isStarred ? 'starf' : 'star'} />
            </span>
          </span>
        </>
      )}
    </>
  )

  function actOn(role: 'archive' | 'trash'): void {
    mail.selection.set({ ids: new Set([email.id]), isAll: false })
    void moveToRole(mail, role)
  }
}

function isUnread({ listing, email }: Props): boolean {
  if (!email) return false
  if (email.keywords['$draft']) return false
  return !email.keywords['$seen'] || threadMembers(listing, email).some(({ keywords }) => !keywords['$seen'])
}
