// The amber bar while the server cannot be reached. A break that is mended within two seconds is not told.

import { useEffect, useState } from 'react'
import { useCell } from '../../parts/cell.ts'
import { Icon } from '../../parts/icon.tsx'
import { useMail } from '../words.ts'
import css from './offline.module.css'

export function Offline() {
  const mail = useMail()
  const isReachable = useCell(mail.isReachable)
  const [isTold, setIsTold] = useState(false)
  useEffect(() => {
    if (isReachable) return setIsTold(false)
    const timer = setTimeout(() => setIsTold(true), navigator.onLine ? 2000 : 0)
    return () => clearTimeout(timer)
  }, [isReachable])
  return (
    <div role="status">
      {isTold && (
        <p className={css['bar']}>
          <Icon name="alert" />
          {mail.words.offline}
        </p>
      )}
    </div>
  )
}
