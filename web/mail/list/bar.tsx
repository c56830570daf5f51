// The bar over the list: what it is and how much of it; with rows selected, what can be done with them. On phones
// the bar is the page's own, with pills to filter under it.

import { useId } from 'react'
import { useCell } from '../../parts/cell.ts'
import { countText } from '../../parts/dates.ts'
import { Icon } from '../../parts/icon.tsx'
import { moveToRole, setKeyword } from '../acts.ts'
import { openDrawer } from '../frame/drawer.ts'
import { mailboxAt } from '../mailboxes.ts'
import { nothingSelected } from '../mailstate.ts'
import type { Filtered } from '../route.ts'
import { Chips } from '../search/chips.tsx'
import { SearchField } from '../search/field.tsx'
import { placeName } from '../title.ts'
import { useMail } from '../words.ts'
import { selectedCount, toggleAll } from './selecting.ts'
import css from './bar.module.css'

export function ListBar() {
  const mail = useMail()
  const selection = useCell(mail.selection)
  const { place } = useCell(mail.route)
  const isSelecting = selection.isAll || selection.ids.size > 0
  return (
    <header className={css['head']}>
      {isSelecting ? <Selected /> : <Plain />}
      {place === 'search' && (
        <div className={`only-s ${css['phoneSearch']}`}>
          <SearchField isPhone />
        </div>
      )}
      {place === 'search' ? <Chips /> : <Pills />}
    </header>
  )
}

function Plain() {
  const mail = useMail()
  const { words: w } = mail
  const listing = useCell(mail.listing)
  const { total, isCounted } = useCell(listing.view)
  const mailboxes = useCell(mail.account().mailboxes)
  const { place, show } = useCell(mail.route)
  const mailbox = mailboxAt(mailboxes, place)
  const unread = mailbox?.unreadEmails ?? 0
  const counts =
    place === 'search' || place === 'starred' || show
      ? total === undefined
        ? ''
        : w.found(isCounted ? countText(total) : `${countText(total)}+`)
      : w.counts(countText(unread), countText(mailbox?.totalEmails ?? 0), unread)
  const filter = useId()
  return (
    <div className={css['bar']}>
      <button
        type="button"
        className="btn quiet icon only-s"
        aria-label={w.mailboxes}
        onClick={() => openDrawer.set(true)}
      >
        <Icon name="menu" />
      </button>
      <input
        type="checkbox"
        className="checkbox hide-s"
        aria-label={w.selectAll}
        checked={false}
        onChange={() => toggleAll(mail)}
      />
      <div className={css['name']}>
        <h2 className="cut">{placeName(mail)}</h2>
        <span className="meta cut">{counts}</span>
      </div>
      <button
        type="button"
        className="btn quiet icon push only-s"
        aria-label={w.search}
        onClick={() => mail.go({ place: 'search', words: '', emailId: undefined, show: undefined })}
      >
        <Icon name="search" />
      </button>
      {place !== 'search' && (
        <>
          <button
            type="button"
            className={`btn quiet icon push hide-s ${css['filter']}`}
            aria-label={w.filter}
            aria-pressed={show !== undefined}
            popoverTarget={filter}
          >
            <Icon name="filter" />
          </button>
          <div id={filter} popover="auto" className={css['menu']} role="group" aria-label={w.filter}>
            <FilterChoices />
          </div>
        </>
      )}
      <button
        type="button"
        className={`btn quiet icon ${place === 'search' ? 'push hide-s' : 'hide-s'}`}
        aria-label={w.refresh}
        title={w.refresh}
        onClick={() => void mail.sync().catch(() => undefined)}
      >
        <Icon name="refresh" />
      </button>
    </div>
  )
}

function useFilters(): [Filtered | undefined, string][] {
  const { words: w } = useMail()
  return [
    [undefined, w.showAll],
    ['unread', w.showUnread],
    ['outside', w.outside],
    ['attachment', w.hasAttachment],
    ['starred', w.starredPlace],
  ]
}

function FilterChoices() {
  const mail = useMail()
  const { show } = useCell(mail.route)
  return useFilters().map(([value, label]) => (
    <button
      key={label}
      type="button"
      className="btn quiet"
      aria-pressed={show === value}
      onClick={() => mail.go({ show: value, emailId: undefined })}
    >
      {label}
    </button>
  ))
}

function Pills() {
  const { words: w } = useMail()
  return (
    <div className={`only-s ${css['pills']}`} role="group" aria-label={w.filter}>
      <FilterChoices />
    </div>
  )
}

function Selected() {
  const mail = useMail()
  const { words: w } = mail
  const selection = useCell(mail.selection)
  const listing = useCell(mail.listing)
  const { total = 0 } = useCell(listing.view)
  const n = selectedCount(mail)
  return (
    <div className={css['bar']} role="toolbar" aria-label={w.selectedActs}>
      <input
        type="checkbox"
        className="checkbox"
        aria-label={w.selectNone}
        checked={selection.isAll && selection.ids.size === 0}
        ref={(box) => {
          if (box) box.indeterminate = !selection.isAll || selection.ids.size > 0
        }}
        onChange={() => mail.selection.set(nothingSelected)}
      />
      <span className={`cut ${css['count']}`} role="status">
        {w.selected(countText(n), n)}
      </span>
      {!selection.isAll && n < total && (
        <button
          type="button"
          className="btn quiet sm hide-s"
          onClick={() => mail.selection.set({ ids: new Set(), isAll: true })}
        >
          {w.allMatching(countText(total))}
        </button>
      )}
      <span className={`push ${css['acts']}`}>
        <button
          type="button"
          className="btn quiet icon"
          aria-label={w.archiveAct}
          title={w.archiveAct}
          onClick={() => void moveToRole(mail, 'archive')}
        >
          <Icon name="archive" />
        </button>
        <button
          type="button"
          className="btn quiet icon"
          aria-label={w.deleteAct}
          title={w.deleteAct}
          onClick={() => void moveToRole(mail, 'trash')}
        >
          <Icon name="trash" />
        </button>
        <button
          type="button"
          className="btn quiet icon"
          aria-label={w.moveAct}
          title={w.moveAct}
          onClick={() => mail.dialog.set('move')}
        >
          <Icon name="folder" />
        </button>
        <button
          type="button"
          className="btn quiet icon"
          aria-label={w.markReadAct}
          title={w.markReadAct}
          onClick={() => void setKeyword(mail, '$seen', true)}
        >
          <Icon name="eye" />
        </button>
      </span>
    </div>
  )
}
