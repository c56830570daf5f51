// Contacts: address books and groups, the contacts of one, and one contact or an import beside them.
//
//   up, down   from one contact to the next        /   the search        Escape   back to the list
//
// Invariant: keys of an input method are its own.

import { useCallback, useEffect, useRef, useState, type KeyboardEvent } from 'react'
import { useCell } from '../../parts/cell.ts'
import { isComposing } from '../../parts/composing.ts'
import { Icon } from '../../parts/icon.tsx'
import { preferences } from '../preferences.ts'
import { useMail } from '../words.ts'
import { readShelf, type Place, type Shelf as Books } from './books.ts'
import { CardPanel } from './cardpanel.tsx'
import { CardForm } from './cardform.tsx'
import { Importing } from './importing.tsx'
import { People } from './people.tsx'
import { Shelf } from './shelf.tsx'
import { words as w } from './words.ts'
import css from './contacts.module.css'

/** `at`: a contact's id, "new" or "import". */
export function Contacts({ at }: { at: string | undefined }) {
  const mail = useMail()
  const [shelf, setShelf] = useState<Books>()
  const [chosen, setChosen] = useState<{ bookId: string; groupId?: string }>()
  const [isLost, setIsLost] = useState(false)
  const [version, setVersion] = useState(0)
  const changed = useCallback(() => setVersion((n) => n + 1), [])
  const isReachable = useCell(mail.isReachable)
  const panel = useRef<HTMLDivElement>(null)
  const before = useRef(at)

  useEffect(() => {
    document.title = `${w.title} · ${location.hostname}`
  }, [])
  useEffect(() => {
    readShelf(mail.jmap).then(setShelf, () => setIsLost(true))
  }, [mail, version, isReachable])
  useEffect(
    () =>
      mail.jmap.watch((_, states) => {
        if (states['ContactCard'] !== undefined || states['AddressBook'] !== undefined) changed()
      }),
    [mail, changed],
  )
  useEffect(() => {
    if (at !== undefined && at !== before.current) panel.current?.focus({ preventScroll: true })
    else if (at === undefined && before.current !== undefined) focusRow(before.current)
    before.current = at
  }, [at])

  if (!shelf) return isLost ? <p role="alert">{w.notRead}</p> : null
  const book = shelf.books.find(({ id }) => id === chosen?.bookId) ?? shelf.books.find(({ kind }) => kind === 'own')
  if (!book) return <p role="alert">{w.notRead}</p>
  const group = shelf.groups.find(({ id }) => id === chosen?.groupId)
  const place: Place = { book, group }

  function onKeyDown(event: KeyboardEvent<HTMLElement>): void {
    if (isComposing(event) || event.ctrlKey || event.metaKey || event.altKey) return
    const target = event.target as HTMLElement
    if (target.closest('input:not([type=checkbox]), textarea, select')) return
    if (event.key === 'Escape' && at !== undefined) mail.go({ emailId: undefined })
    else if (event.key === '/' && preferences.get().shortcuts) document.getElementById('contacts-search')?.focus()
    else return
    event.preventDefault()
  }

  return (
    <section
      className={`${css['contacts']} ${at === undefined ? '' : css['beside']}`}
      aria-labelledby="contacts-title"
      onKeyDown={onKeyDown}
    >
      <h1 id="contacts-title" className="sr">
        {w.title}
      </h1>
      <Shelf
        shelf={shelf}
        place={place}
        choose={(bookId, groupId) => {
          setChosen(groupId === undefined ? { bookId } : { bookId, groupId })
          mail.go({ emailId: undefined })
        }}
        changed={changed}
      />
      <People key={`${book.id} ${group?.id}`} place={place} at={at} version={version} changed={changed} />
      <div className={css['panel']} ref={panel} tabIndex={-1}>
        {at !== undefined && (
          <a className={`btn quiet icon ${css['back']}`} href="#/contacts" aria-label={w.backToList}>
            <Icon name="left" />
          </a>
        )}
        {at === undefined && <p className={`quiet ${css['nobody']}`}>{w.choose}</p>}
        {at === 'new' && <CardForm book={book} books={shelf.books} changed={changed} />}
        {at === 'import' && (
          <Importing
            books={shelf.books.filter(({ rights }) => rights.write)}
            first={book.id}
            imported={(bookId) => {
              setChosen({ bookId })
              changed()
              mail.go({ emailId: undefined })
            }}
          />
        )}
        {at !== undefined && at !== 'new' && at !== 'import' && (
          <CardPanel key={at} id={at} place={place} books={shelf.books} version={version} changed={changed} />
        )}
      </div>
    </section>
  )
}

function focusRow(id: string): void {
  const row = document.querySelector<HTMLElement>(`a[href="#/contacts/${CSS.escape(id)}"]`)
  ;(row ?? document.getElementById('list'))?.focus()
}
