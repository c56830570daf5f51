// The contacts of a book or a group, in the order of strokes; those that are ticked are written to, or make a group.

import { useEffect, useState, type KeyboardEvent } from 'react'
import { isComposing } from '../../parts/composing.ts'
import { Icon } from '../../parts/icon.tsx'
import { sealColour, sealOf } from '../../parts/names.ts'
import { useMail } from '../words.ts'
import { pageLength, readCards, type Found, type Place } from './books.ts'
import { emailsOf, nameOf, unitsOf, type Card } from './card.ts'
import { Ticked } from './ticked.tsx'
import { words as w } from './words.ts'
import css from './contacts.module.css'

interface Props {
  place: Place
  at: string | undefined
  version: number
  changed(): void
}

const patience = 120 // milliseconds after the last key

export function People({ place, at, version, changed }: Props) {
  const { jmap } = useMail()
  const [typed, setTyped] = useState('')
  const [most, setMost] = useState(pageLength)
  const [found, setFound] = useState<Found>()
  const [isLost, setIsLost] = useState(false)
  const [ticked, setTicked] = useState<ReadonlyMap<string, Card>>(new Map())
  const { book, group } = place

  useEffect(() => {
    let isOld = false
    const timer = setTimeout(
      () =>
        void readCards(jmap, place, typed, most).then(
          (cards) => {
            if (isOld) return
            setFound(cards)
            setIsLost(false)
          },
          () => setIsLost(true),
        ),
      typed === '' ? 0 : patience,
    )
    return () => {
      isOld = true
      clearTimeout(timer)
    }
    // A place is another object whenever the books were read anew: what it is says its ids.
  }, [jmap, book.id, group, typed, most, version])

  function tick(card: Card, isOn: boolean): void {
    const next = new Map(ticked)
    if (isOn) next.set(card.id, card)
    else next.delete(card.id)
    setTicked(next)
  }

  return (
    <div className={css['list']}>
      <div className={css['bar']}>
        <div className="with">
          <Icon name="search" />
          <input
            id="contacts-search"
            type="search"
            className="in"
            aria-label={w.search}
            placeholder={w.search}
            autoComplete="off"
            value={typed}
            onChange={(event) => {
              setTyped(event.target.value)
              setMost(pageLength)
            }}
            onKeyDown={(event) => {
              if (event.key !== 'ArrowDown' || isComposing(event)) return
              event.preventDefault()
              document.querySelector<HTMLElement>('#list a')?.focus()
            }}
          />
        </div>
        {book.rights.write && (
          <a className="btn" href="#/contacts/new" aria-label={w.add} title={w.add}>
            <Icon name="plus" />
          </a>
        )}
      </div>
      {ticked.size > 0 ? (
        <Ticked place={place} cards={[...ticked.values()]} untick={() => setTicked(new Map())} changed={changed} />
      ) : (
        <p className={`meta ${css['count']}`} role="status">
          {found && w.found(found.total)}
        </p>
      )}
      {isLost && <p role="alert">{w.notRead}</p>}
      {/* Where the way past the navigation leads, as to the list of mails elsewhere. */}
      <div id="list" tabIndex={-1} className={css['people']}>
        {found && found.cards.length > 0 && (
          <ul aria-label={w.list} onKeyDown={walk}>
            {found.cards.map((card) => (
              <Row
                key={card.id}
                card={card}
                isHere={card.id === at}
                isTicked={ticked.has(card.id)}
                tick={(isOn) => tick(card, isOn)}
              />
            ))}
          </ul>
        )}
        {found && found.cards.length < found.total && (
          <button type="button" className="btn" onClick={() => setMost(most + pageLength)}>
            {w.more}
          </button>
        )}
        {found?.total === 0 && (
          <div className="empty">
            <p>{typed.trim() === '' ? w.none : w.noneFound}</p>
            {typed.trim() === '' && book.rights.write && !group && <p className="meta">{w.noneHint}</p>}
          </div>
        )}
      </div>
    </div>
  )
}

interface RowProps {
  card: Card
  isHere: boolean
  isTicked: boolean
  tick(isOn: boolean): void
}

function Row({ card, isHere, isTicked, tick }: RowProps) {
  const name = nameOf(card) || w.unnamed
  const [email = ''] = emailsOf(card)
  const unit = unitsOf(card)[0] ?? ''
  return (
    <li className={css['row']}>
      <input
        type="checkbox"
        className="checkbox"
        aria-label={w.tick(name)}
        checked={isTicked}
        onChange={(event) => tick(event.target.checked)}
      />
      <a href={`#/contacts/${card.id}`} aria-current={isHere ? 'true' : undefined}>
        <span className={`seal ${sealColour(email)}`} aria-hidden="true">
          {sealOf({ name, email })}
        </span>
        <span className={css['who']}>
          <span className="cut">{name}</span>
          <span className="meta cut">{[unit === name ? '' : unit, email].filter(Boolean).join(' · ')}</span>
        </span>
      </a>
    </li>
  )
}

/** Arrows go from one contact to the next. */
function walk(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  if (step === undefined || isComposing(event)) return
  const all = [...event.currentTarget.querySelectorAll('a')]
  const here = document.activeElement?.closest('li')?.querySelector('a')
  const next = here && all[all.indexOf(here) + step]
  if (!next) return
  event.preventDefault()
  next.focus()
}
