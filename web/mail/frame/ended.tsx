// The session ended: sign in again without leaving the page, so that nothing that is being written moves.

import { useState, type FormEvent } from 'react'
import { Problem, signIn } from '../../parts/api.ts'
import { composition } from '../../parts/composing.ts'
import { useMail } from '../words.ts'
import { Modal } from './modal.tsx'

export function Ended() {
  const mail = useMail()
  const { words: w, me } = mail
  const [password, setPassword] = useState('')
  const [problem, setProblem] = useState('')
  const [isBusy, setIsBusy] = useState(false)

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault()
    if (isBusy || password === '') return
    setIsBusy(true)
    try {
      mail.expires.set((await signIn(me.address, password)).expires)
      // What is being written stays; else the page begins anew, where it was.
      if (mail.route.get().compose) {
        mail.dialog.set(undefined)
        mail.listing.get().retry()
        await mail.sync().catch(() => undefined)
      } else location.reload()
    } catch (error) {
      setProblem(error instanceof Problem && error.status !== 0 ? error.message : w.unreachable)
      setIsBusy(false)
    }
  }

  return (
    <Modal title={w.endedTitle} isFirm>
      <form className="stack" onSubmit={(event) => void submit(event)} {...composition}>
        <p>{w.ended}</p>
        {problem !== '' && (
          <p className="err" role="alert">
            {problem}
          </p>
        )}
        <div className="field">
          <label htmlFor="ended-password">{w.passwordOf(me.address)}</label>
          <input
            type="text"
            className="sr"
            autoComplete="username"
            value={me.address}
            readOnly
            tabIndex={-1}
            aria-hidden="true"
          />
          <input
            id="ended-password"
            className="in"
            type="password"
            autoComplete="current-password"
            data-first
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        </div>
        <div className="row">
          <button className="btn go" aria-disabled={isBusy}>
            {w.signInAgain}
          </button>
          <a className="btn" href={`/login/?ended&next=${encodeURIComponent('/mail/')}`}>
            {w.otherWays}
          </a>
        </div>
      </form>
    </Modal>
  )
}
