// When a mail is to leave: a few usual times, or any.                                     design/ui.md section 5

import { useState, type RefObject } from 'react'
import { composition as composing, isComposing } from '../../parts/composing.ts'
import { fullDate, partsOf } from '../../parts/dates.ts'
import type { Composition } from './composition.ts'
import { momentOf, readDay, readTime, rocDay } from './scheduling.ts'
import { longestHold } from './sending.ts'
import { words as w } from './words.ts'
import css from './composer.module.css'

interface Props {
  dialog: RefObject<HTMLDialogElement | null>
  composition: Composition
  schedule(at: number): void
}

const dayLong = 86_400_000

export function Schedule({ dialog, composition, schedule }: Props) {
  const { zone, language, jmap } = composition.mail
  const [day, setDay] = useState('')
  const [time, setTime] = useState('')
  const [problem, setProblem] = useState('')
  const now = Date.now()
  const longest = longestHold(jmap) * 1000
  const read = readDay(day, now, zone)

  function take(at: number): void {
    if (longest === 0) return setProblem(w.noSchedule)
    if (at <= Date.now()) return setProblem(w.past)
    if (at > Date.now() + longest) return setProblem(w.tooLate(fullDate(Date.now() + longest, zone, language)))
    dialog.current?.close()
    schedule(at)
  }

  function accept(): void {
    const minutes = readTime(time)
    if (!read) return setProblem(w.badDay)
    if (minutes === undefined) return setProblem(w.badTime)
    take(momentOf(read, minutes, zone))
  }

  return (
    <dialog
      ref={dialog}
      className={css['ask']}
      aria-label={w.scheduleTitle}
      onKeyDown={(event) => {
        event.stopPropagation() // the composer's keys are not meant here
        if (event.key !== 'Enter' || isComposing(event) || !(event.target instanceof HTMLInputElement)) return
        event.preventDefault()
        accept()
      }}
      onClose={() => setProblem('')}
      {...composing}
    >
      <div className="stack">
        <h2>{w.scheduleTitle}</h2>
        <div className="stack t">
          {usual(now, zone).map(([label, at]) => (
            <button key={label} type="button" className="btn" onClick={() => take(at)}>
              {label}
            </button>
          ))}
        </div>
        <p className="meta" id="schedule-hint">
          {w.scheduleHint}
        </p>
        <div className="row">
          <div className="field">
            <label htmlFor="schedule-day">{w.day}</label>
            <input
              id="schedule-day"
              className="in"
              autoComplete="off"
              aria-describedby="schedule-hint schedule-read"
              value={day}
              onChange={(event) => setDay(event.target.value)}
            />
          </div>
          <div className="field">
            <label htmlFor="schedule-time">{w.time}</label>
            <input
              id="schedule-time"
              className="in"
              autoComplete="off"
              value={time}
              onChange={(event) => setTime(event.target.value)}
            />
          </div>
        </div>
        <p className="meta" id="schedule-read" role="status">
          {read && w.reads(rocDay(read), `${read.year}/${read.month}/${read.day}`)}
        </p>
        {problem !== '' && (
          <p className="err" role="alert">
            {problem}
          </p>
        )}
        <div className="row">
          <button type="button" className="btn go" onClick={accept}>
            {w.schedule}
          </button>
          <button type="button" className="btn quiet" onClick={() => dialog.current?.close()}>
            {w.cancel}
          </button>
        </div>
      </div>
    </dialog>
  )
}

/** This afternoon while it is not over, tomorrow morning, Monday morning. */
function usual(now: number, zone: string): [string, number][] {
  const today = partsOf(now, zone)
  const tomorrow = partsOf(now + dayLong, zone)
  const monday = partsOf(now + ((8 - today.weekday) % 7 || 7) * dayLong, zone)
  const choices: [string, number][] = [
    [w.thisAfternoon, momentOf(today, 17 * 60, zone)],
    [w.tomorrow, momentOf(tomorrow, 8 * 60, zone)],
    [w.monday, momentOf(monday, 8 * 60, zone)],
  ]
  return choices.filter(([, at]) => at > now)
}
