// The people one may mean, below what one types.

import { useEffect, useState } from 'react'
import { Icon } from '../../parts/icon.tsx'
import { displayName, isOutside } from '../../parts/names.ts'
import { keyOf, suggest, type PeopleSource, type Suggested } from './people.ts'
import { words as w } from './words.ts'
import css from './recipientfield.module.css'

const none: readonly Suggested[] = []
const patience = 80

/** Follows what is typed, composed or not; the function closes the list until something else is typed. */
export function useSuggestions(sources: readonly PeopleSource[], typed: string): [readonly Suggested[], () => void] {
  const [found, setFound] = useState(none)
  useEffect(() => {
    if (typed.trim() === '') return setFound(none)
    const controller = new AbortController()
    const timer = setTimeout(async () => {
      const people = await suggest(sources, typed, controller.signal)
      if (!controller.signal.aborted) setFound(people.length === 0 ? none : people)
    }, patience)
    return () => {
      clearTimeout(timer)
      controller.abort()
    }
  }, [sources, typed])
  return [found, () => setFound(none)]
}

interface Props {
  id: string
  people: readonly Suggested[]
  active: number
  domain: string
  take(person: Suggested): void
}

export function Suggestions({ id, people, active, domain, take }: Props) {
  return (
    <ul
      id={`${id}-list`}
      role="listbox"
      aria-label={w.suggestions}
      className={css['list']}
      hidden={people.length === 0}
    >
      {people.map((person, i) => (
        <li
          key={keyOf(person)}
          id={`${id}-${i}`}
          role="option"
          aria-selected={i === active}
          className={css['option']}
          onPointerDown={(event) => {
            event.preventDefault() // the focus stays where one types
            take(person)
          }}
        >
          {person.group !== undefined && <Icon name="users" size="s" />}
          <span className="cut">{displayName(person)}</span>
          {person.group !== undefined && <span className="tag">{w.group}</span>}
          {isOutside(person.email, domain) && <span className="tag blue">{w.outside}</span>}
          {person.name !== '' && person.email !== '' && <span className="meta cut">{person.email}</span>}
        </li>
      ))}
    </ul>
  )
}
