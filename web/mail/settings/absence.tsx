// Automatic replies while one is away.                                                     RFC 8621 §8

import { useEffect, useState } from 'react'
import { composition } from '../../parts/composing.ts'
import { partsOf } from '../../parts/dates.ts'
import { momentOf, readDay, rocDay } from '../compose/scheduling.ts'
import type { SetAnswer } from '../jmap/types.ts'
import { useMail } from '../words.ts'
import { useKeeping, YesNo } from './fields.tsx'
import { words as w } from './words.ts'
import css from './settings.module.css'

interface Vacation {
  id: string
  isEnabled: boolean
  fromDate: string | null
  toDate: string | null
  subject: string | null
  textBody: string | null
}

const dayMinutes = 24 * 60

export function Absence() {
  const { jmap } = useMail()
  const [found, setFound] = useState<Vacation>()
  const [isLost, setIsLost] = useState(false)
  useEffect(() => {
    jmap.get<Vacation>('VacationResponse', { accountId: jmap.account, ids: ['singleton'] }).then(
      ({ list }) => setFound(list[0]),
      () => setIsLost(true),
    )
  }, [jmap])
  if (isLost) return <p role="alert">{w.notRead}</p>
  return found ? <AbsenceForm found={found} /> : null
}

function AbsenceForm({ found }: { found: Vacation }) {
  const { jmap, zone } = useMail()
  const [isOn, setIsOn] = useState(found.isEnabled)
  const [from, setFrom] = useState(() => dayText(found.fromDate, zone, 0))
  // The last day is kept as the moment at which it is over.
  const [to, setTo] = useState(() => dayText(found.toDate, zone, -1))
  const [subject, setSubject] = useState(found.subject ?? '')
  const [text, setText] = useState(found.textBody ?? '')
  const [problem, setProblem] = useState('')
  const { isBusy, keep } = useKeeping()

  async function write(fromDate: string | null, toDate: string | null): Promise<void> {
    const update = {
      singleton: { isEnabled: isOn, fromDate, toDate, subject: subject.trim() || null, textBody: text.trim() || null },
    }
    const answer = await jmap.call<SetAnswer>('VacationResponse/set', { accountId: jmap.account, update })
    const refused = answer.notUpdated?.['singleton']
    if (refused) throw new Error(refused.description ?? refused.type)
  }

  function accept(): void {
    const first = momentText(from, zone, 0)
    const last = momentText(to, zone, dayMinutes)
    if (first === undefined || last === undefined) return setProblem(w.absenceBad)
    if (first !== null && last !== null && last <= first) return setProblem(w.absenceOrder)
    setProblem('')
    void keep(() => write(first, last))
  }

  return (
    <form
      className={css['form']}
      aria-label={w.absence}
      {...composition}
      onSubmit={(event) => {
        event.preventDefault()
        accept()
      }}
    >
      <YesNo label={w.absenceOn} isOn={isOn} choose={setIsOn} />
      <div className={css['days']}>
        <DayField id="absence-from" label={w.absenceFrom} typed={from} zone={zone} change={setFrom} />
        <DayField id="absence-to" label={w.absenceTo} typed={to} zone={zone} change={setTo} />
      </div>
      <p className="meta" id="absence-hint">
        {w.absenceHint}
      </p>
      <div className="field">
        <label htmlFor="absence-subject">{w.absenceSubject}</label>
        <input
          id="absence-subject"
          className="in"
          autoComplete="off"
          maxLength={300}
          value={subject}
          onChange={(event) => setSubject(event.target.value)}
        />
      </div>
      <div className="field">
        <label htmlFor="absence-text">{w.absenceText}</label>
        <textarea
          id="absence-text"
          className="in"
          rows={6}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </div>
      {problem !== '' && (
        <p className="err" role="alert">
          {problem}
        </p>
      )}
      <div>
        <button className="btn go" aria-disabled={isBusy}>
          {isBusy ? w.saving : w.save}
        </button>
      </div>
    </form>
  )
}

interface DayFieldProps {
  id: string
  label: string
  typed: string
  zone: string
  change(typed: string): void
}

function DayField({ id, label, typed, zone, change }: DayFieldProps) {
  const day = readDay(typed, Date.now(), zone)
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        className="in"
        autoComplete="off"
        aria-describedby={`absence-hint ${id}-reads`}
        value={typed}
        onChange={(event) => change(event.target.value)}
      />
      <span className="hint" id={`${id}-reads`}>
        {day ? w.dayReads(rocDay(day)) : ''}
      </span>
    </div>
  )
}

function dayText(date: string | null, zone: string, milliseconds: number): string {
  if (date === null) return ''
  const { year, month, day } = partsOf(Date.parse(date) + milliseconds, zone)
  return `${year}/${month}/${day}`
}

/** Null: no limit; undefined: no day. */
function momentText(typed: string, zone: string, minutes: number): string | null | undefined {
  if (typed.trim() === '') return null
  const day = readDay(typed, Date.now(), zone)
  return day && new Date(momentOf(day, minutes, zone)).toISOString().replace(/\.\d+Z$/, 'Z')
}
