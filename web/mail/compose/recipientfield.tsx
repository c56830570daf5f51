// A field of recipients: chips, and behind them where one types, with suggestions.        design/ui.md sections 4, 6
//
//   up, down      choose a suggestion        Enter, Tab, ; ， 、   take it, or what was typed
//   left          to the chips               Delete, Backspace    remove a chip
//   Enter         edits a chip               Escape               closes the suggestions
//
// Invariants: nothing is taken while an input method composes; what is typed and not taken becomes a recipient when
// the field is left; the field never moves the focus by itself.

import { useEffect, useId, useRef, useState, type ClipboardEvent, type KeyboardEvent } from 'react'
import { isComposing } from '../../parts/composing.ts'
import { displayName, isOutside } from '../../parts/names.ts'
import type { Field } from './draft.ts'
import { Chip } from './chip.tsx'
import { merge, readRecipients, writeRecipient, type Recipient } from './recipients.ts'
import type { PeopleSource, Suggested } from './people.ts'
import { Suggestions, useSuggestions } from './suggestions.tsx'
import { words as w } from './words.ts'
import css from './recipientfield.module.css'

interface Props {
  name: Field
  label: string
  people: readonly Recipient[]
  change(people: Recipient[]): void
  takeGroup(id: string): void
  sources: readonly PeopleSource[]
  domain: string
  taking: Set<() => void>
}

const wholeMost = 8 // so many are all shown; of more the first few
const shownFirst = 4

export function RecipientField({ name, label, people, change, takeGroup, sources, domain, taking }: Props) {
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  const list = useRef<HTMLUListElement>(null)
  const [typed, setTyped] = useState('')
  const [active, setActive] = useState(-1)
  const [isWhole, setIsWhole] = useState(false)
  const [said, setSaid] = useState('')
  const [found, clear] = useSuggestions(sources, typed)
  const shown = isWhole || people.length <= wholeMost ? people : people.slice(0, shownFirst)
  const hidden = people.slice(shown.length)
  const isOpen = found.length > 0

  useEffect(() => setActive(-1), [found])

  function add(more: readonly Recipient[]): void {
    if (more.length === 0) return
    change(merge(people, more))
    setSaid(w.added(w.names(more.map(displayName))))
  }

  function take(person?: Suggested): void {
    if (person?.group !== undefined) takeGroup(person.group)
    else add(person ? [person] : readRecipients(typed))
    setTyped('')
    clear()
  }

  useEffect(() => {
    const takeTyped = (): void => {
      if (typed.trim() !== '') take()
    }
    taking.add(takeTyped)
    return () => void taking.delete(takeTyped)
  })

  function remove(at: number): void {
    const gone = people[at]
    if (!gone) return
    change(people.filter((_, i) => i !== at))
    setSaid(w.removed(displayName(gone)))
    requestAnimationFrame(() => (chipAt(Math.min(at, people.length - 2)) ?? input.current)?.focus())
  }

  function edit(at: number): void {
    const person = people[at]
    if (!person) return
    const before = typed.trim() === '' ? [] : readRecipients(typed)
    change(
      merge(
        people.filter((_, i) => i !== at),
        before,
      ),
    )
    setTyped(writeRecipient(person))
    requestAnimationFrame(() => input.current?.focus())
  }

  function chipAt(at: number): HTMLElement | undefined {
    return list.current?.querySelectorAll<HTMLElement>('[data-chip]')[at]
  }

  function onKeyDown(event: KeyboardEvent<HTMLInputElement>): void {
    if (isComposing(event) || event.ctrlKey || event.metaKey || event.altKey) return
    const { key, currentTarget: field } = event
    const isAtStart = field.selectionStart === 0 && field.selectionEnd === 0
    const chosen = isOpen ? found[active] : undefined
    if ((key === 'ArrowDown' || key === 'ArrowUp') && isOpen) {
      const step = key === 'ArrowDown' ? 1 : -1
      setActive((at) => (at + step + found.length + (at < 0 && step < 0 ? 1 : 0)) % found.length)
    } else if (key === 'Enter') take(chosen)
    else if (key === 'Tab' && (chosen || typed.trim() !== '') && !event.shiftKey) take(chosen ?? suggestedAlone())
    else if (/^[;；，、]$/.test(key) || (key === ',' && !/^"[^"]*$/.test(typed))) {
      if (typed.trim() !== '') take()
    } else if (key === 'Escape' && isOpen) clear()
    else if ((key === 'ArrowLeft' || key === 'Backspace') && isAtStart && shown.length > 0)
      chipAt(shown.length - 1)?.focus()
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  /** Tab goes on with the only person meant, where what was typed is no address. */
  function suggestedAlone(): Suggested | undefined {
    return found.length === 1 && !/[@＠]/.test(typed) ? found[0] : undefined
  }

  function onChipKey(event: KeyboardEvent, at: number): void {
    if (isComposing(event)) return
    const { key } = event
    if (key === 'ArrowLeft') chipAt(Math.max(at - 1, 0))?.focus()
    else if (key === 'ArrowRight') (chipAt(at + 1) ?? input.current)?.focus()
    else if (key === 'Home') chipAt(0)?.focus()
    else if (key === 'End') input.current?.focus()
    else if (key === 'Delete' || key === 'Backspace') remove(at)
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  function onPaste(event: ClipboardEvent<HTMLInputElement>): void {
    const text = event.clipboardData.getData('text/plain')
    if (!/[\r\n\t;；，、]|[@＠].*[,\s]/.test(text.trim())) return
    event.preventDefault()
    add(readRecipients(`${typed}${text}`))
    setTyped('')
  }

  return (
    <>
      <label htmlFor={`${id}-in`}>{label}</label>
      <div className={css['field']} onClick={(event) => event.target === event.currentTarget && input.current?.focus()}>
        {shown.length > 0 && (
          <ul className={css['chips']} ref={list} aria-label={label}>
            {shown.map((person, i) => (
              <Chip
                key={person.email.toLowerCase()}
                person={person}
                domain={domain}
                onKeyDown={(event) => onChipKey(event, i)}
                edit={() => edit(i)}
                remove={() => remove(i)}
              />
            ))}
          </ul>
        )}
        {people.length > wholeMost && (
          <button type="button" className={css['more']} aria-expanded={isWhole} onClick={() => setIsWhole(!isWhole)}>
            {isWhole
              ? w.lessRecipients
              : w.moreRecipients(
                  hidden.length,
                  hidden.every(({ email }) => isOutside(email, domain)),
                )}
          </button>
        )}
        <input
          id={`${id}-in`}
          ref={input}
          data-field={name}
          className={`in ${css['in']}`}
          role="combobox"
          aria-expanded={isOpen}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={isOpen && active >= 0 ? `${id}-${active}` : undefined}
          aria-describedby={`${id}-hint`}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
          onBlur={() => {
            if (typed.trim() !== '') take()
            else clear()
          }}
        />
        <Suggestions id={id} people={found} active={active} domain={domain} take={take} />
        <span className="sr" id={`${id}-hint`}>
          {w.recipientHint}
        </span>
        <span className="sr" role="status">
          {isOpen ? w.suggested(found.length) : said}
        </span>
      </div>
    </>
  )
}
