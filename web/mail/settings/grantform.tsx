// Lets somebody act for one: who, what, until when.

import { useState } from 'react'
import { ask } from '../../parts/api.ts'
import { composition } from '../../parts/composing.ts'
import { momentOf, readDay, rocDay } from '../compose/scheduling.ts'
import { useMail } from '../words.ts'
import { useKeeping } from './fields.tsx'
import { words as w } from './words.ts'
import css from './settings.module.css'

const rights = ['read', 'reply', 'send', 'delete', 'folders'] as const
const dayMinutes = 24 * 60

export function GrantForm({ given }: { given(): void }) {
  const { zone } = useMail()
  const [address, setAddress] = useState('')
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set(['read']))
  const [until, setUntil] = useState('')
  const [problem, setProblem] = useState('')
  const { isBusy, keep } = useKeeping()
  const day = readDay(until, Date.now(), zone)

  async function accept(): Promise<void> {
    const delegate = address.normalize('NFKC').trim()
    if (delegate === '') return setProblem(w.grantNobody)
    if (until.trim() !== '' && !day) return setProblem(w.absenceBad)
    setProblem('')
    // The last day is meant whole.
    const end = day && new Date(momentOf(day, dayMinutes, zone)).toISOString()
    const body = { delegate, rights: [...chosen], ...(end !== undefined && { until: end }) }
    if (!(await keep(() => ask('POST', '/api/delegations', body), w.granted))) return
    setAddress('')
    setUntil('')
    given()
  }

  return (
    <form
      className="stack"
      aria-label={w.grant}
      noValidate
      {...composition}
      onSubmit={(event) => {
        event.preventDefault()
        void accept()
      }}
    >
      <h3>{w.grant}</h3>
      <div className={css['days']}>
        <div className="field">
          <label htmlFor="grant-address">{w.person}</label>
          <input
            id="grant-address"
            className="in"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            value={address}
            onChange={(event) => setAddress(event.target.value)}
          />
        </div>
        <div className="field">
          <label htmlFor="grant-until">{w.until}</label>
          <input
            id="grant-until"
            className="in"
            autoComplete="off"
            aria-describedby="grant-hint"
            value={until}
            onChange={(event) => setUntil(event.target.value)}
          />
          <span className="hint" id="grant-hint">
            {day ? w.dayReads(rocDay(day)) : w.absenceHint}
          </span>
        </div>
      </div>
      <fieldset className={css['set']}>
        <legend>{w.rights}</legend>
        <div className={css['options']}>
          {rights.map((right) => (
            <label key={right} className="opt">
              <input
                type="checkbox"
                className="checkbox"
                checked={chosen.has(right)}
                disabled={right === 'read'}
                onChange={(event) => {
                  const next = new Set(chosen)
                  if (event.target.checked) next.add(right)
                  else next.delete(right)
                  setChosen(next)
                }}
              />
              {w.rightNames[right]}
            </label>
          ))}
        </div>
      </fieldset>
      {problem !== '' && (
        <p className="err" role="alert">
          {problem}
        </p>
      )}
      <div>
        <button className="btn" aria-disabled={isBusy}>
          {w.grant}
        </button>
      </div>
    </form>
  )
}
