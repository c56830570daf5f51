// A dialog over the page: <dialog> keeps the focus inside and gives it back.

import { useEffect, useId, useRef, type ReactNode } from 'react'
import { Icon } from '../../parts/icon.tsx'
import { useMail } from '../words.ts'
import css from './modal.module.css'

interface Props {
  title: string
  children: ReactNode
  isHidden?: boolean // the title, where a field says it all
  isFirm?: boolean // Escape does not close it
}

export function Modal({ title, children, isHidden = false, isFirm = false }: Props) {
  const mail = useMail()
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const box = dialog.current!
    const before = document.activeElement
    box.showModal()
    box.querySelector<HTMLElement>('[data-first]')?.focus()
    return () => {
      if (before instanceof HTMLElement && before.isConnected && document.activeElement === document.body)
        before.focus()
    }
  }, [])
  return (
    <dialog
      ref={dialog}
      className={css['modal']}
      aria-labelledby={id}
      onCancel={(event) => {
        if (isFirm) event.preventDefault()
      }}
      onClose={() => mail.dialog.set(undefined)}
      onClick={(event) => {
        if (event.target === dialog.current && !isFirm) dialog.current.close()
      }}
    >
      <div className={css['inside']}>
        <header className={isHidden ? 'sr' : css['head']}>
          <h2 id={id}>{title}</h2>
          {!isFirm && !isHidden && (
            <button
              type="button"
              className="btn quiet icon push"
              aria-label={mail.words.close}
              onClick={() => dialog.current?.close()}
            >
              <Icon name="x" />
            </button>
          )}
        </header>
        {children}
      </div>
    </dialog>
  )
}
