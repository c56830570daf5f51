// Keys on the screen for those who fear a recorder of real keys. Shuffled at each opening; typing, pasting and
// password managers work beside it; only the count of characters is said aloud.

import { useRef, useState, type KeyboardEvent } from 'react'
import type { LoginWords } from './page.tsx'
import css from './page.module.css'

const letters = '0123456789abcdefghijklmnopqrstuvwxyz'.split('')
const symbols = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~ '.split('')

interface Props {
  words: LoginWords
  typed: string
  onType(text: string): void
}

export function Keyboard({ words, typed, onType }: Props) {
  const [orders] = useState(() => ({ letters: shuffled(letters), symbols: shuffled(symbols) }))
  const [isSymbols, setIsSymbols] = useState(false)
  const [isCapital, setIsCapital] = useState(false)
  const grid = useRef<HTMLDivElement>(null)
  const keys = isSymbols ? orders.symbols : orders.letters.map((key) => (isCapital ? key.toUpperCase() : key))
  const characters = Array.from(typed)

  function move(event: KeyboardEvent): void {
    const all = [...grid.current!.querySelectorAll('button')]
    const at = all.indexOf(event.target as HTMLButtonElement)
    const columns = getComputedStyle(grid.current!).gridTemplateColumns.split(' ').length
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key]
    if (at < 0 || step === undefined) return
    event.preventDefault()
    all[Math.min(Math.max(at + step, 0), all.length - 1)]?.focus()
  }

  return (
    <div id="keyboard" className={css['pad']} role="group" aria-label={words.keyboardIs}>
      <div className={css['keys']} ref={grid} onKeyDown={move}>
        {keys.map((key) => (
          <button key={key} type="button" onClick={() => onType(typed + key)}>
            {key === ' ' ? '␣' : key}
          </button>
        ))}
      </div>
      <div className="row wrap">
        <button type="button" className="btn sm" aria-pressed={isCapital} onClick={() => setIsCapital(!isCapital)}>
          {words.capitals}
        </button>
        <button type="button" className="btn sm" aria-pressed={isSymbols} onClick={() => setIsSymbols(!isSymbols)}>
          {words.symbols}
        </button>
        <span className="meta" role="status">
          {words.typed(characters.length)}
        </span>
        <button type="button" className="btn sm push" onClick={() => onType(characters.slice(0, -1).join(''))}>
          {words.backspace}
        </button>
        <button type="button" className="btn sm" onClick={() => onType('')}>
          {words.clear}
        </button>
      </div>
    </div>
  )
}

/** Fisher and Yates, with the browser's good random numbers. */
function shuffled(keys: readonly string[]): string[] {
  const order = [...keys]
  const random = crypto.getRandomValues(new Uint32Array(order.length))
  for (let i = order.length - 1; i > 0; i--) {
    const j = random[i]! % (i + 1)
    ;[order[i], order[j]] = [order[j]!, order[i]!]
  }
  return order
}
