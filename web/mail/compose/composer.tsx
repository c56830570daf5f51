// Writing a mail (m04): fields, body, attachments, sending. The place on its right is for the check of personal data.
//
// Invariants: closing keeps the draft, whichever way the page is left; Ctrl+Enter sends and Enter alone never does;
// keys of an input method are its own.

import { useEffect, useRef, useState } from 'react'
import { useMail } from '../words.ts'
import type { Compose } from '../route.ts'
import { openComposition, type Composition } from './composition.ts'
import { Gone } from './original.ts'
import { Sheet } from './sheet.tsx'
import { words as w } from './words.ts'
import css from './composer.module.css'

export interface ComposerProps {
  start: Compose
  close(): void
}

export function Composer({ start, close }: ComposerProps) {
  const mail = useMail()
  const [composition, setComposition] = useState<Composition>()
  const [problem, setProblem] = useState('')
  const [attempt, setAttempt] = useState(0)
  const closing = useRef(close)
  closing.current = close

  useEffect(() => {
    let isGone = false
    let opened: Composition | undefined
    setProblem('')
    openComposition(mail, start).then(
      (found) => {
        opened = found
        if (isGone) void found.close()
        else setComposition(found)
      },
      (error: unknown) => setProblem(error instanceof Gone ? w.gone : w.notOpened),
    )
    return () => {
      isGone = true
      void opened?.close()
    }
    // A composer is opened for one start; another start is another composer (its key).
  }, [mail, attempt])

  if (composition) return <Sheet composition={composition} close={() => closing.current()} />
  return (
    <div className={css['opening']} role={problem === '' ? 'status' : 'alert'}>
      {problem === '' ? <span className="sr">{w.loading}</span> : <p>{problem}</p>}
      {problem !== '' && (
        <div className="row">
          <button type="button" className="btn" onClick={() => setAttempt(attempt + 1)}>
            {w.retry}
          </button>
          <button type="button" className="btn quiet" onClick={close}>
            {w.cancel}
          </button>
        </div>
      )}
    </div>
  )
}
