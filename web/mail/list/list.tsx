// The list of mails: rows and headings placed by their index, only those in view drawn.     design/ui.md section 2, 6
//
// Invariants: the focus stays on the list itself, the active row is named by aria-activedescendant and always drawn;
// how much is drawn does not depend on how long the list is.

import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react'
import { useCell } from '../../parts/cell.ts'
import { isComposing } from '../../parts/composing.ts'
import { nothingSelected } from '../mailstate.ts'
import { placeName } from '../title.ts'
import { useMail } from '../words.ts'
import { ListBar } from './bar.tsx'
import { Empty, Late, Trouble } from './empty.tsx'
import type { Period } from './days.ts'
import { layOut } from './layout.ts'
import type { Listing } from './listing.ts'
import { Row } from './row.tsx'
import { selectTo, toggleSelected } from './selecting.ts'
import { useSizes } from './sizes.ts'
import { useSnippets } from './snippets.ts'
import css from './list.module.css'

const overscan = 6 // rows drawn above and below
const ahead = 30 // rows asked for beyond

export function List() {
  const mail = useMail()
  const { words: w } = mail
  const listing = useCell(mail.listing)
  const view = useCell(listing.view)
  useCell(listing.emails.version)
  const active = useCell(mail.active)
  const selection = useCell(mail.selection)
  const { emailId } = useCell(mail.route)
  const scroller = useRef<HTMLDivElement>(null)
  const probe = useRef<HTMLDivElement>(null)
  const sizes = useSizes(probe)
  const [seen, setSeen] = useState({ top: 0, height: 800 })
  const total = view.total ?? 0
  const layout = useMemo(() => layOut(total, view.headings, sizes), [total, view.headings, sizes])
  const first = Math.max(layout.rowAt(seen.top) - overscan, 0)
  const last = Math.min(layout.rowAt(seen.top + seen.height) + overscan, total - 1)
  const snippets = useSnippets(mail, listing, first, last)

  const look = useCallback(() => {
    const { scrollTop, clientHeight } = scroller.current!
    if (clientHeight === 0) return // hidden by the reader or the composer: it comes back as it was
    setSeen((before) =>
      before.top === scrollTop && before.height === clientHeight ? before : { top: scrollTop, height: clientHeight },
    )
  }, [])
  useLayoutEffect(() => {
    const box = scroller.current!
    box.scrollTop = 0
    look()
    let isHidden = false
    let top = 0
    const keep = (): void => {
      if (box.clientHeight > 0) top = box.scrollTop
    }
    const watch = new ResizeObserver(() => {
      if (isHidden && box.clientHeight > 0) box.scrollTop = top
      isHidden = box.clientHeight === 0
      look()
    })
    watch.observe(box)
    box.addEventListener('scroll', keep, { passive: true })
    return () => {
      watch.disconnect()
      box.removeEventListener('scroll', keep)
    }
  }, [listing, look])

  useEffect(() => {
    // After a failure nothing is asked until somebody presses "again".
    if (view.problem === undefined) listing.need(Math.max(first - ahead, 0), last + ahead)
    mail.shown.first = layout.rowAt(seen.top)
    mail.shown.last = last
    mail.shown.moved = (rows) => {
      scroller.current!.scrollTop += rows * sizes.row
    }
    if (seen.top < sizes.row) mail.fresh.set(0)
  }, [mail, listing, first, last, seen.top, layout, sizes, view])

  // The active row is brought into view when a key moved it.
  const reveal = useCallback(
    (position: number) => {
      const box = scroller.current!
      const top = layout.top(position)
      if (top < box.scrollTop + sizes.heading) box.scrollTop = position === 0 ? 0 : top - sizes.heading
      else if (top + sizes.row > box.scrollTop + box.clientHeight) box.scrollTop = top + sizes.row - box.clientHeight
    },
    [layout, sizes],
  )
  useEffect(() => {
    mail.shown.reveal = reveal
  }, [mail, reveal])

  function move(position: number, isExtending: boolean): void {
    const to = Math.min(Math.max(position, 0), total - 1)
    if (total === 0) return
    if (isExtending) selectTo(mail, active, to)
    mail.active.set(to)
    reveal(to)
    look() // with what is active drawn at once, not a frame later
  }

  function pressed(event: KeyboardEvent): void {
    if (isComposing(event)) return
    const page = Math.max(Math.floor((seen.height - sizes.heading) / sizes.row) - 1, 1)
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -total,
      End: total,
    }
    const step = steps[event.key]
    if (step !== undefined && !event.altKey && !event.metaKey) {
      event.preventDefault()
      move(active + step, event.shiftKey)
    } else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'a') {
      event.preventDefault()
      mail.selection.set({ ids: new Set(), isAll: true })
    } else if (event.key === ' ' && !event.ctrlKey) {
      event.preventDefault()
      toggleSelected(mail, active)
    }
  }

  const drawn: number[] = []
  for (let at = first; at <= last; at++) drawn.push(at)
  if (total > 0 && active < total && (active < first || active > last)) drawn.push(active)
  // Rows that go out on one side are drawn again on the other.
  const slots = 2 ** Math.ceil(Math.log2(drawn.length + 1))
  const name = placeName(mail)
  const isSelecting = selection.isAll || selection.ids.size > 0
  return (
    <section className={css['list']} aria-label={name}>
      <ListBar />
      <div className={css['frame']}>
        <FreshChip toTop={() => (scroller.current!.scrollTop = 0)} />
        <div
          id="list"
          ref={scroller}
          className={css['scroll']}
          role="listbox"
          tabIndex={0}
          aria-label={w.mailsOf(name)}
          aria-multiselectable="true"
          aria-activedescendant={active < total ? `m-${active}` : undefined}
          aria-busy={view.total === undefined}
          onScroll={look}
          onKeyDown={pressed}
        >
          <div ref={probe} className={css['probe']} role="presentation" />
          <div className={css['space']} role="presentation" style={{ height: layout.height }}>
            {layout.sections.map(
              (section) =>
                section.key !== undefined &&
                section.top < seen.top + seen.height &&
                section.top + section.height > seen.top && (
                  <div
                    key={section.key}
                    className={css['section']}
                    role="presentation"
                    style={{ top: section.top, height: section.height }}
                  >
                    <div className={css['day']} role="presentation">
                      {w[section.key as Period]}
                    </div>
                  </div>
                ),
            )}
            {drawn.map((at, i) => {
              const id = listing.idAt(at)
              const isMarked = id !== undefined && selection.ids.has(id) !== selection.isAll
              return (
                <Row
                  key={i > last - first ? 'active' : at % slots}
                  position={at}
                  total={total}
                  top={layout.top(at)}
                  listing={listing}
                  email={id === undefined ? undefined : listing.emails.get(id)}
                  thread={threadOf(listing, id)}
                  snippet={id === undefined ? undefined : snippets.get(id)}
                  isActive={at === active}
                  isSelected={isSelecting ? isMarked : id !== undefined && id === emailId}
                  isSelecting={isSelecting}
                />
              )
            })}
          </div>
        </div>
        {view.total === undefined && !view.problem && <Late />}
        {view.total === 0 && <Empty />}
        {view.problem !== undefined && <Trouble problem={view.problem} again={() => listing.retry()} />}
      </div>
    </section>
  )
}

/** What of its thread a row shows, as one text: rows are drawn anew only when it changed. */
function threadOf({ query, emails }: Listing, id: string | undefined): string {
  const email = id === undefined ? undefined : emails.get(id)
  const thread = query.collapse && email ? emails.thread(email.threadId) : undefined
  if (!thread || thread.length < 2) return ''
  return thread
    .map((one) => {
      const member = emails.member(one)
      return member ? `${one}${member.keywords['$seen'] ? '' : '*'}` : `${one}?`
    })
    .join(' ')
}

function FreshChip({ toTop }: { toTop(): void }) {
  const mail = useMail()
  const fresh = useCell(mail.fresh)
  return (
    <div role="status" className={css['fresh']}>
      {fresh > 0 && (
        <button
          type="button"
          className="btn sm"
          onClick={() => {
            toTop()
            mail.active.set(0)
            mail.selection.set(nothingSelected)
            document.getElementById('list')?.focus()
          }}
        >
          {mail.words.newMails(fresh)}
        </button>
      )}
    </div>
  )
}
