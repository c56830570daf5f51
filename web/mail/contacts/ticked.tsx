// What is done with the contacts that are ticked: a mail to them, a group of them, deleting them.

import { useState } from 'react'
import { composition, isComposing } from '../../parts/composing.ts'
import { Icon } from '../../parts/icon.tsx'
import { useMail } from '../words.ts'
import { useActing } from './acting.ts'
import { deleteCards, makeCard, type Place } from './books.ts'
import { mailtoOf, recipientOf, type Card } from './card.ts'
import { words as w } from './words.ts'
import css from './contacts.module.css'

interface Props {
  place: Place
  cards: readonly Card[]
  untick(): void
  changed(): void
}

export function Ticked({ place: { book }, cards, untick, changed }: Props) {
  const mail = useMail()
  const { isBusy, act } = useActing()
  const [isNaming, setIsNaming] = useState(false)
  const [name, setName] = useState('')

  function write(): void {
    const people = cards.map(recipientOf).filter((one) => one !== undefined)
    if (people.length === 0) return mail.toast.set({ text: w.noAddress })
    if (people.length < cards.length) mail.toast.set({ text: w.without(cards.length - people.length) })
    mail.go({ compose: { kind: 'mailto', mailto: mailtoOf(people, book.kind !== 'own' && people.length > 1) } })
  }

  async function group(): Promise<void> {
    const called = name.trim()
    if (called === '' || isBusy) return
    const members = Object.fromEntries(cards.map(({ uid }) => [uid, true]))
    const isMade = await act(async () => {
      await makeCard(mail.jmap, book, { kind: 'group', name: { full: called }, members })
      return { text: w.groupMade(called) }
    })
    if (!isMade) return
    untick()
    changed()
  }

  const remove = () =>
    act(async () => {
      const ids = cards.map(({ id }) => id)
      const back = await deleteCards(mail.jmap, book.account, ids)
      untick()
      mail.go({ emailId: undefined })
      changed()
      return { text: w.deletedMany(ids.length), undo: () => back().then(changed) }
    })

  return (
    <div className={css['ticked']}>
      <p role="status">{w.ticked(cards.length)}</p>
      <button type="button" className="btn sm go" onClick={write}>
        <Icon name="pen" size="s" />
        {w.write}
      </button>
      {book.rights.write && (
        <>
          <button type="button" className="btn sm" aria-expanded={isNaming} onClick={() => setIsNaming(!isNaming)}>
            {w.toGroup}
          </button>
          <button type="button" className="btn sm stop" onClick={() => void remove()}>
            {w.delete}
          </button>
        </>
      )}
      <button type="button" className="btn sm quiet icon" aria-label={w.untick} title={w.untick} onClick={untick}>
        <Icon name="x" size="s" />
      </button>
      {isNaming && (
        <form
          className={css['naming']}
          {...composition}
          onSubmit={(event) => {
            event.preventDefault()
            void group()
          }}
        >
          <input
            className="in"
            aria-label={w.groupName}
            placeholder={w.groupName}
            autoFocus
            maxLength={100}
            value={name}
            onChange={(event) => setName(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && isComposing(event)) event.preventDefault()
            }}
          />
          <button className="btn">{w.save}</button>
        </form>
      )}
    </div>
  )
}
