// The mailboxes: those with a role on top, one's own, those of others; what is used of the quota at the foot.
// On a phone it is a drawer.

import { useEffect, useRef } from 'react'
import { useCell } from '../../parts/cell.ts'
import { sizeText } from '../../parts/dates.ts'
import { Icon, type IconName } from '../../parts/icon.tsx'
import type { Mailbox } from '../jmap/types.ts'
import { moveTo } from '../acts.ts'
import { branches, byRole, mailboxAt, roleOrder, withRoles } from '../mailboxes.ts'
import type { MailAccount } from '../mailstate.ts'
import { mailboxName } from '../title.ts'
import { useWaiting } from '../outbox/usewaiting.ts'
import { useMail } from '../words.ts'
import { writeRoute } from '../route.ts'
import { openDrawer } from './drawer.ts'
import { fold, folded } from './folding.ts'
import { edited } from './mailboxdialog.tsx'
import css from './tree.module.css'

const icons: Partial<Record<string, IconName>> = {
  inbox: 'inbox',
  drafts: 'draft',
  sent: 'send',
  archive: 'archive',
  junk: 'junk',
  trash: 'trash',
}

export const rowsType = 'application/x-postern-rows'

export function Tree() {
  const mail = useMail()
  const { words: w } = mail
  const accounts = useCell(mail.accounts)
  const isOpen = useCell(openDrawer)
  const drawer = useRef<HTMLElement>(null)
  const route = useCell(mail.route)
  useEffect(() => openDrawer.set(false), [route])
  useEffect(() => {
    if (isOpen) drawer.current?.querySelector('a')?.focus()
  }, [isOpen])
  const [own, ...others] = accounts
  return (
    <>
      {isOpen && <div className={css['scrim']} onClick={() => openDrawer.set(false)} />}
      <nav
        ref={drawer}
        className={`${css['tree']} ${isOpen ? css['open'] : ''}`}
        aria-label={w.mailboxes}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && isOpen) openDrawer.set(false)
          else walk(event)
        }}
      >
        <button type="button" className="btn go" onClick={() => mail.go({ compose: { kind: 'new' } })}>
          <Icon name="pen" />
          {w.compose}
          <span className="kbd">C</span>
        </button>
        {own && <Own account={own} />}
        {others.length > 0 && <h2>{w.delegated}</h2>}
        {others.map((account) => (
          <Delegated key={account.id} account={account} />
        ))}
        {own && <QuotaFoot account={own} />}
      </nav>
    </>
  )
}

function Own({ account }: { account: MailAccount }) {
  const mail = useMail()
  const { words: w, language } = mail
  const waiting = useWaiting()
  const shut = useCell(folded)
  const mailboxes = useCell(account.mailboxes)
  const [inbox, ...roles] = withRoles(mailboxes)
  const compare = new Intl.Collator(language === 'en' ? 'en' : 'zh-Hant-TW-u-co-stroke', { numeric: true }).compare
  const own = branches(mailboxes, compare)
  return (
    <>
      <ul className="nav">
        {inbox && <Leaf account={account} mailbox={inbox} />}
        <li>
          <Place place="starred" icon="star" name={w.starredPlace} />
        </li>
        <li>
          <Place
            place="outbox"
            icon="clock"
            name={w.outboxPlace}
            count={waiting}
            countLabel={w.waitingCount(waiting)}
          />
        </li>
        {roles.map((mailbox) => (
          <Leaf key={mailbox.id} account={account} mailbox={mailbox} />
        ))}
        <li>
          <Place place="contacts" icon="book" name={w.contacts} />
        </li>
      </ul>
      <div className={css['group']}>
        <h2>{w.ownMailboxes}</h2>
        <button
          type="button"
          className="btn quiet icon sm"
          aria-label={w.newMailbox}
          title={w.newMailbox}
          onClick={() => {
            edited.set(undefined)
            mail.dialog.set('mailbox')
          }}
        >
          <Icon name="plus" size="s" />
        </button>
      </div>
      <ul className="nav">
        {own
          .filter(({ above }) => !above.some((id) => shut.has(id)))
          .map(({ mailbox, depth, hasChildren }) => (
            <Leaf
              key={mailbox.id}
              account={account}
              mailbox={mailbox}
              depth={depth}
              isFolded={hasChildren ? shut.has(mailbox.id) : undefined}
            />
          ))}
      </ul>
    </>
  )
}

function Delegated({ account }: { account: MailAccount }) {
  const { language } = useMail()
  const mailboxes = useCell(account.mailboxes)
  const compare = new Intl.Collator(language).compare
  const inbox = byRole(mailboxes, 'inbox')
  const rest = [
    ...withRoles(mailboxes).filter((one) => one !== inbox),
    ...branches(mailboxes, compare).map((one) => one.mailbox),
  ]
  return (
    <ul className="nav">
      {inbox && <Leaf account={account} mailbox={inbox} name={account.address} icon="users" />}
      {!inbox && <li className={`cut ${css['owner']}`}>{account.address}</li>}
      {rest.map((mailbox) => (
        <Leaf key={mailbox.id} account={account} mailbox={mailbox} depth={1} />
      ))}
    </ul>
  )
}

interface LeafProps {
  account: MailAccount
  mailbox: Mailbox
  depth?: number
  name?: string
  icon?: IconName
  isFolded?: boolean | undefined // undefined: nothing is under it
}

function Leaf({ account, mailbox, depth = 0, name, icon, isFolded }: LeafProps) {
  const mail = useMail()
  const { words: w } = mail
  const { role, id } = mailbox
  const count = role === 'drafts' ? mailbox.totalEmails : role === 'sent' || role === 'trash' ? 0 : mailbox.unreadEmails
  const label = name ?? mailboxName(mailbox, w)
  const isPlain = role === null || !roleOrder.includes(role)
  const edit = (): void => {
    edited.set(mailbox)
    mail.dialog.set('mailbox')
  }
  const drop = (ids: string): void => {
    mail.selection.set({ ids: new Set(JSON.parse(ids) as string[]), isAll: false })
    void moveTo(mail, id, (n) => w.moved(n, label))
  }
  return (
    <li
      className={css['leaf']}
      onKeyDown={(event) => {
        if (event.key === 'F2' && isPlain && account.isOwn) edit()
        else if (event.key === 'ArrowLeft' && isFolded === false) fold(id, true)
        else if (event.key === 'ArrowRight' && isFolded) fold(id, false)
      }}
      onDragOver={(event) => {
        if (event.dataTransfer.types.includes(rowsType) && mailbox.myRights.mayAddItems) event.preventDefault()
      }}
      onDrop={(event) => {
        event.preventDefault()
        drop(event.dataTransfer.getData(rowsType))
      }}
    >
      <Place
        accountId={account.isOwn ? undefined : account.id}
        place={account.isOwn ? (role !== null && icons[role] ? role : id) : id}
        icon={icon ?? icons[role ?? ''] ?? 'folder'}
        name={label}
        depth={depth}
        count={count}
        countLabel={role === 'drafts' ? w.draftCount(count) : w.unreadCount(count)}
      />
      {isFolded !== undefined && (
        <button
          type="button"
          className={css['turn']}
          style={{ insetInlineStart: `${depth - 0.5}rem` }}
          aria-expanded={!isFolded}
          aria-label={w.below(label)}
          onClick={() => fold(id, !isFolded)}
        >
          <Icon name={isFolded ? 'right' : 'down'} size="s" />
        </button>
      )}
      {isPlain && account.isOwn && (
        <button
          type="button"
          className={css['edit']}
          aria-label={w.changeNamed(label)}
          title={`${w.changeMailbox} (F2)`}
          onClick={edit}
        >
          <Icon name="more" size="s" />
        </button>
      )}
    </li>
  )
}

interface PlaceProps {
  accountId?: string | undefined
  place: string
  icon: IconName
  name: string
  depth?: number
  count?: number
  countLabel?: string
}

function Place({ accountId, place, icon, name, depth = 0, count = 0, countLabel }: PlaceProps) {
  const mail = useMail()
  const route = useCell(mail.route)
  const mailboxes = mail.account().mailboxes.get()
  const isHere =
    route.accountId === accountId &&
    (route.place === place ||
      (mailboxAt(mailboxes, route.place)?.id ?? '') === (mailboxAt(mailboxes, place)?.id ?? '-'))
  const there = { accountId, place, emailId: undefined, words: '', show: undefined, compose: undefined }
  return (
    <a
      href={writeRoute(there)}
      aria-current={isHere ? 'page' : undefined}
      style={depth > 0 ? { paddingInlineStart: `${0.75 + depth}rem` } : undefined}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return
        event.preventDefault()
        mail.go(there)
        openDrawer.set(false)
      }}
    >
      <Icon name={icon} />
      <span className="cut">{name}</span>
      {count > 0 && (
        <span className="n">
          <span aria-hidden="true">{count > 9999 ? '9,999+' : count.toLocaleString('en-US')}</span>
          <span className="sr">{countLabel}</span>
        </span>
      )}
    </a>
  )
}

function QuotaFoot({ account }: { account: MailAccount }) {
  const { words: w } = useMail()
  const quota = useCell(account.quota)
  if (!quota || quota.hardLimit <= 0) return null
  const part = Math.min(quota.used / quota.hardLimit, 1)
  const level = part >= 0.8 ? 'warn' : ''
  return (
    <div className={css['quota']}>
      <div className="row between">
        <span>{w.used(sizeText(quota.used))}</span>
        <span className="meta">{w.ofTotal(sizeText(quota.hardLimit))}</span>
      </div>
      <div
        className="meter"
        role="meter"
        aria-label={w.quota}
        aria-valuenow={Math.round(part * 100)}
        aria-valuemin={0}
        aria-valuemax={100}
      >
        <i className={level} style={{ width: `${part * 100}%` }} />
      </div>
    </div>
  )
}

/** Arrows go from one mailbox to the next. */
function walk(event: React.KeyboardEvent<HTMLElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  const here = document.activeElement
  if (step === undefined || !(here instanceof HTMLAnchorElement)) return
  const all = [...event.currentTarget.querySelectorAll('a')]
  const next = all[all.indexOf(here) + step]
  if (!next) return
  event.preventDefault()
  next.focus()
}
