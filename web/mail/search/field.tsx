// The search field. What is typed is the language of language.ts; Enter searches, Escape goes back to the list.

import { useEffect, useRef, useState, type FormEvent } from 'react'
import { useCell } from '../../parts/cell.ts'
import { composition, isComposing } from '../../parts/composing.ts'
import { Icon } from '../../parts/icon.tsx'
import { useMail } from '../words.ts'
import css from './search.module.css'

export function SearchField({ isPhone = false }: { isPhone?: boolean }) {
  const mail = useMail()
  const { words: w } = mail
  const { place, words } = useCell(mail.route)
  const asked = place === 'search' ? words : ''
  const [typed, setTyped] = useState(asked)
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => setTyped(asked), [asked])

  function search(event: FormEvent): void {
    event.preventDefault()
    const text = typed.trim()
    if (text === '') mail.go({ place: 'inbox', words: '', emailId: undefined })
    else mail.go({ place: 'search', words: text, emailId: undefined, show: undefined, compose: undefined })
    document.getElementById('list')?.focus()
  }

  return (
    <form className={`with ${css['find']} ${isPhone ? '' : 'hide-s'}`} role="search" onSubmit={search} {...composition}>
      <Icon name="search" />
      <input
        ref={field}
        id={isPhone ? 'search-phone' : 'search'}
        className="in"
        type="search"
        enterKeyHint="search"
        aria-label={w.search}
        placeholder={w.searchHint}
        maxLength={1000}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => {
          if (isComposing(event)) {
            if (event.key === 'Enter') event.preventDefault()
            return
          }
          if (event.key !== 'Escape') return
          event.preventDefault()
          setTyped(asked)
          document.getElementById('list')?.focus()
        }}
      />
      {!isPhone && <span className="kbd">/</span>}
    </form>
  )
}
