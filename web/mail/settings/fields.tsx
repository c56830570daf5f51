// Choices of settings: one of several, yes or no; and what became of keeping them.

import { useId, useState, type ReactNode } from 'react'
import { Problem } from '../../parts/api.ts'
import { useMail } from '../words.ts'
import { words as w } from './words.ts'
import css from './settings.module.css'

/** Runs an act that keeps something; says what became of it where every act of the page is told. */
export function useKeeping(): { isBusy: boolean; keep(act: () => Promise<unknown>, done?: string): Promise<boolean> } {
  const mail = useMail()
  const [isBusy, setIsBusy] = useState(false)
  return {
    isBusy,
    async keep(act, done = w.saved) {
      setIsBusy(true)
      try {
        await act()
        mail.toast.set({ text: done })
        return true
      } catch (error) {
        mail.toast.set({ text: w.failed(reasonOf(error)) })
        return false
      } finally {
        setIsBusy(false)
      }
    },
  }
}

export function reasonOf(error: unknown): string {
  if (error instanceof Problem && error.status === 0) return w.unreachable
  return error instanceof Error ? error.message : ''
}

interface OneOfProps<Value extends string> {
  legend: string
  options: readonly (readonly [Value, string])[]
  chosen: Value
  choose(value: Value): void
  hint?: string
}

export function OneOf<Value extends string>({ legend, options, chosen, choose, hint }: OneOfProps<Value>) {
  const name = useId()
  return (
    <fieldset className={css['set']}>
      <legend>{legend}</legend>
      <div className={css['options']}>
        {options.map(([value, label]) => (
          <label key={value} className="opt">
            <input
              type="radio"
              className="checkbox"
              name={name}
              checked={value === chosen}
              onChange={() => choose(value)}
            />
            {label}
          </label>
        ))}
      </div>
      {hint !== undefined && <p className="meta">{hint}</p>}
    </fieldset>
  )
}

interface YesNoProps {
  label: ReactNode
  isOn: boolean
  choose(isOn: boolean): void
  hint?: string
}

export function YesNo({ label, isOn, choose, hint }: YesNoProps) {
  const id = useId()
  return (
    <div className={css['set']}>
      <span className="opt">
        <input
          id={id}
          type="checkbox"
          className="checkbox"
          checked={isOn}
          aria-describedby={hint === undefined ? undefined : `${id}-hint`}
          onChange={(event) => choose(event.target.checked)}
        />
        <label htmlFor={id}>{label}</label>
      </span>
      {hint !== undefined && (
        <p className="meta" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  )
}
