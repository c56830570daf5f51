// A field with a list under it: typing narrows the list, arrows go through it, Enter takes one.
//
// Invariant: Enter takes nothing while an input method composes; the list follows what is typed, composed or not.

import { useId, useRef, useState } from 'react'
import { composition, isComposing } from '../../parts/composing.ts'
import { Icon, type IconName } from '../../parts/icon.tsx'
import css from './modal.module.css'

export interface Choice {
  key: string
  label: string
  words?: string // found by these too
  icon: IconName
  keys?: string // of the keyboard
  take(): void
}

interface Props {
  label: string
  choices: readonly Choice[]
  nothing: string
  otherwise?: (typed: string) => Choice | undefined
}

const most = 50

export function Choices({ label, choices, nothing, otherwise }: Props) {
  const [typed, setTyped] = useState('')
  const [at, setAt] = useState(0)
  const id = useId()
  const list = useRef<HTMLUListElement>(null)
  const wanted = typed.normalize('NFKC').trim().toLowerCase()
  const fitting = choices.filter((one) => `${one.label} ${one.words ?? ''}`.toLowerCase().includes(wanted))
  const other = wanted === '' ? undefined : otherwise?.(typed.trim())
  const shown = [...fitting.slice(0, most), ...(other ? [other] : [])]
  const here = Math.min(at, shown.length - 1)

  function step(by: number): void {
    const next = (here + by + shown.length) % Math.max(shown.length, 1)
    setAt(next)
    list.current?.children[next]?.scrollIntoView({ block: 'nearest' })
  }

  return (
    <>
      <input
        className="in"
        role="combobox"
        aria-expanded="true"
        aria-controls={id}
        aria-activedescendant={shown.length > 0 ? `${id}-${here}` : undefined}
        aria-label={label}
        placeholder={label}
        data-first
        value={typed}
        {...composition}
        onChange={(event) => {
          setTyped(event.target.value)
          setAt(0)
        }}
        onKeyDown={(event) => {
          if (isComposing(event)) return
          if (event.key === 'ArrowDown') step(1)
          else if (event.key === 'ArrowUp') step(-1)
          else if (event.key === 'Enter') shown[here]?.take()
          else return
          event.preventDefault()
        }}
      />
      <ul ref={list} id={id} role="listbox" aria-label={label} className={css['options']}>
        {shown.map((one, i) => (
          <li
            key={one.key}
            id={`${id}-${i}`}
            role="option"
            aria-selected={i === here}
            className={css['option']}
            onClick={() => one.take()}
            onPointerMove={() => setAt(i)}
          >
            <Icon name={one.icon} />
            <span className="cut">{one.label}</span>
            {one.keys !== undefined && <span className="kbd">{one.keys}</span>}
          </li>
        ))}
      </ul>
      {shown.length === 0 && <p className="quiet">{nothing}</p>}
    </>
  )
}
