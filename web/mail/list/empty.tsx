// What stands in the list's place: nothing there, not yet there, or why not.

import { useEffect, useState } from 'react'
import { Problem } from '../../parts/api.ts'
import { useCell } from '../../parts/cell.ts'
import { Icon } from '../../parts/icon.tsx'
import { useMail } from '../words.ts'
import css from './list.module.css'

export function Empty() {
  const mail = useMail()
  const { words: w } = mail
  const { place, show, words } = useCell(mail.route)
  if (place === 'search') {
    return (
      <div className={`empty ${css['over']}`}>
        <b>{w.nothingFound}</b>
        <p>{w.nothingFoundHow}</p>
        {!/\bin:|信件匣[:：]/.test(words) && (
          <button type="button" className="btn" onClick={() => mail.go({ words: `${words} in:anywhere` })}>
            {w.searchEverywhere}
          </button>
        )}
      </div>
    )
  }
  return (
    <div className={`empty ${css['over']}`}>
      <b>{show ? w.nothingMatches : place === 'inbox' ? w.inboxDone : w.nothingHere}</b>
      <p>{show ? w.nothingMatchesHow : w.nothingHereHow}</p>
      {show && (
        <button type="button" className="btn" onClick={() => mail.go({ show: undefined })}>
          {w.showAll}
        </button>
      )}
    </div>
  )
}

/** After 400 ms a line, after 8 s a sentence. */
export function Late() {
  const { words: w } = useMail()
  const [wait, setWait] = useState(0)
  useEffect(() => {
    const timers = [400, 8000].map((after, i) => setTimeout(() => setWait(i + 1), after))
    return () => timers.forEach(clearTimeout)
  }, [])
  if (wait === 0) return null
  return (
    <>
      <div className={css['late']} />
      {wait > 1 && <p className={`empty ${css['over']}`}>{w.stillLoading}</p>}
    </>
  )
}

export function Trouble({ problem, again }: { problem: unknown; again(): void }) {
  const { words: w } = useMail()
  const said = problem instanceof Problem && problem.status !== 0 ? problem.message : ''
  const reference = problem instanceof Problem ? problem.reference : ''
  return (
    <div className={`empty ${css['over']}`} role="alert">
      <Icon name="alert" />
      <b>{said || w.listFailed}</b>
      {reference !== '' && <p className="meta">{w.reference(reference)}</p>}
      <button type="button" className="btn" onClick={again}>
        {w.again}
      </button>
    </div>
  )
}
