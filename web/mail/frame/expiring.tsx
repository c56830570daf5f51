// Two minutes before a session ends whatever one does, the page says so and offers to go on.      WCAG 2.2.1

import { useEffect, useState } from 'react'
import { useCell } from '../../parts/cell.ts'
import { Icon } from '../../parts/icon.tsx'
import { useMail } from '../words.ts'
import css from './offline.module.css'

const warnMilliseconds = 2 * 60_000
const lookMilliseconds = 15_000

export function Expiring() {
  const mail = useMail()
  const { words: w } = mail
  const expires = Date.parse(useCell(mail.expires))
  const [isNear, setIsNear] = useState(false)
  useEffect(() => {
    const look = (): void => {
      const left = expires - Date.now()
      setIsNear(left < warnMilliseconds && left > 0)
      if (left <= 0 && expires > 0) mail.dialog.set('ended')
    }
    look()
    const timer = setInterval(look, lookMilliseconds)
    return () => clearInterval(timer)
  }, [mail, expires])
  return (
    <div role="status">
      {isNear && (
        <p className={css['bar']}>
          <Icon name="clock" />
          {w.expiring}
          <button type="button" className="btn sm" onClick={() => mail.dialog.set('ended')}>
            {w.stay}
          </button>
        </p>
      )}
    </div>
  )
}
