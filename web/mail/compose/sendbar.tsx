// Send, send later, throw away; and where the draft is kept, in words.

import { useRef } from 'react'
import { useCell } from '../../parts/cell.ts'
import { clockOf } from '../../parts/dates.ts'
import { Problem } from '../../parts/api.ts'
import { Icon } from '../../parts/icon.tsx'
import type { Composition } from './composition.ts'
import { reasonOf } from './dispatch.ts'
import { Schedule } from './schedule.tsx'
import { words as w } from './words.ts'
import css from './composer.module.css'

interface Props {
  composition: Composition
  isBusy: boolean
  isReady: boolean
  send(): void
  schedule(at: number): void
  close(): void
}

export function SendBar({ composition, isBusy, isReady, send, schedule, close }: Props) {
  const later = useRef<HTMLDialogElement>(null)
  const asking = useRef<HTMLDialogElement>(null)
  return (
    <div className={css['sendbar']}>
      <button
        type="button"
        className="btn go"
        aria-disabled={isBusy}
        aria-keyshortcuts="Control+Enter"
        data-ready={isReady}
        onClick={send}
      >
        <Icon name="send" />
        {isBusy ? w.sending : w.send}
        <span className="kbd hide-s" aria-hidden="true">
          Ctrl Enter
        </span>
      </button>
      <button type="button" className="btn" aria-label={w.schedule} onClick={() => later.current?.showModal()}>
        <Icon name="clock" className="only-s" />
        <span className="hide-s">{w.schedule}</span>
      </button>
      <Kept composition={composition} />
      <button type="button" className="btn quiet" aria-label={w.discard} onClick={() => asking.current?.showModal()}>
        <Icon name="trash" className="only-s" />
        <span className="hide-s">{w.discard}</span>
      </button>
      <button type="button" className="btn quiet icon" aria-label={w.close} title={w.close} onClick={close}>
        <Icon name="x" />
      </button>
      <Schedule dialog={later} composition={composition} schedule={schedule} />
      <dialog ref={asking} className={css['ask']} aria-label={w.discard} onKeyDown={(event) => event.stopPropagation()}>
        <div className="stack">
          <p>{w.discardAsk}</p>
          <div className="row">
            <button
              type="button"
              className="btn stop"
              onClick={() => {
                asking.current?.close()
                void composition
                  .discard()
                  .catch((error: unknown) => composition.mail.toast.set({ text: reasonOf(error) }))
                close()
              }}
            >
              {w.discard}
            </button>
            <button type="button" className="btn quiet" autoFocus onClick={() => asking.current?.close()}>
              {w.keep}
            </button>
          </div>
        </div>
      </dialog>
    </div>
  )
}

function Kept({ composition }: { composition: Composition }) {
  const state = useCell(composition.state)
  const { zone } = composition.mail
  let text = ''
  if (state.is === 'changed') text = w.changed
  else if (state.is === 'saving') text = w.saving
  else if (state.is === 'saved') text = w.saved(clockOf(state.at, zone))
  else if (state.is === 'local') {
    const { why } = state
    const isAway = why instanceof Problem && (why.status === 0 || why.status === 401 || why.status >= 500)
    text = isAway ? w.local : w.notSaved(reasonOf(why))
  }
  const isSaid = state.is === 'saved' || state.is === 'local'
  return (
    <span className="meta push" role="status" data-state={state.is} aria-live={isSaid ? 'polite' : 'off'}>
      {text}
    </span>
  )
}
