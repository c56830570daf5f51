// What was done, in a line at the bottom, with the way back: ten seconds, longer while it has focus or pointer.

import { useEffect, useState } from 'react'
import { useCell } from '../../parts/cell.ts'
import { useMail } from '../words.ts'
import css from './toast.module.css'

const milliseconds = 10_000

export function ToastBar() {
  const mail = useMail()
  const { words: w } = mail
  const toast = useCell(mail.toast)
  const [isHeld, setIsHeld] = useState(false)
  useEffect(() => {
    if (!toast || isHeld) return
    const timer = setTimeout(() => mail.toast.set(undefined), milliseconds)
    return () => clearTimeout(timer)
  }, [mail, toast, isHeld])
  return (
    <div role="status" className={css['place']}>
      {toast && (
        <div
          className={`toast ${css['toast']}`}
          onPointerEnter={() => setIsHeld(true)}
          onPointerLeave={() => setIsHeld(false)}
          onFocus={() => setIsHeld(true)}
          onBlur={() => setIsHeld(false)}
        >
          <span>{toast.text}</span>
          {toast.undo && (
            <button
              type="button"
              onClick={() => {
                const { undo } = toast
                mail.toast.set(undefined)
                setIsHeld(false)
                document.getElementById('list')?.focus()
                void undo?.()
              }}
            >
              {w.undo} <span className="kbd hide-s">Z</span>
            </button>
          )}
        </div>
      )}
    </div>
  )
}
