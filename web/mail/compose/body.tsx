// Where the text is written: plain, or rich with an editor that is loaded when it is first needed.

import { lazy, Suspense, useEffect, useImperativeHandle, useRef, useState, type ClipboardEvent, type Ref } from 'react'
import { useCell } from '../../parts/cell.ts'
import type { Composition } from './composition.ts'
import type { Draft } from './draft.ts'
import { hasLooks } from './htmltext.ts'
import type { RichCommand, RichHandle } from './richbody.tsx'
import { asPlain, asRich } from './signing.ts'
import { words as w } from './words.ts'
import css from './composer.module.css'

const RichBody = lazy(async () => ({ default: (await import('./richbody.tsx')).RichBody }))

export interface BodyHandle {
  focus(): void
  run(command: RichCommand): void
  /** Plain to rich and back; asks first when looks would be lost. */
  toggle(): void
  insert(text: string, html: string): void
}

interface Props {
  composition: Composition
  handle: Ref<BodyHandle>
  attach(files: readonly File[]): void
}

export function Body({ composition, handle, attach }: Props) {
  const draft = useCell(composition.draft)
  const field = useRef<HTMLTextAreaElement>(null)
  const rich = useRef<RichHandle>(null)
  const asking = useRef<HTMLDialogElement>(null)
  const [wantsFocus, setWantsFocus] = useState(false)

  const identity = (): Composition['identities'][number] | undefined =>
    composition.identities.find(({ id }) => id === composition.draft.get().identityId)

  async function turnPlain(): Promise<void> {
    asking.current?.close()
    composition.rewrite(await asPlain(composition.draft.get()))
    setWantsFocus(true)
  }

  async function turnRich(now: Draft): Promise<void> {
    composition.rewrite(await asRich(now, identity()))
    setWantsFocus(true)
  }

  function focusPlain(): void {
    const area = field.current
    if (!area) return
    const isAnswer = composition.draft.get().source !== null || composition.draft.get().serverId === null
    area.focus({ preventScroll: true })
    if (isAnswer && area.selectionStart === area.value.length) area.setSelectionRange(0, 0)
    area.closest(`.${css['bodybox']}`)?.scrollTo(0, 0)
  }

  useImperativeHandle(handle, () => ({
    focus: () =>
      composition.draft.get().isRich ? (rich.current ? rich.current.focus() : setWantsFocus(true)) : focusPlain(),
    run: (command) => rich.current?.run(command),
    toggle() {
      composition.gather.current()
      const now = composition.draft.get()
      if (!now.isRich) void turnRich(now)
      else if (hasLooks(now.html)) asking.current?.showModal()
      else void turnPlain()
    },
    insert(text, html) {
      if (composition.draft.get().isRich) return rich.current?.insert(html)
      const area = field.current
      if (!area) return
      area.setRangeText(text, area.selectionStart, area.selectionEnd, 'end')
      composition.change({ text: area.value })
      area.focus()
    },
  }))

  useEffect(() => {
    if (!wantsFocus || draft.isRich) return
    setWantsFocus(false)
    field.current?.focus()
  }, [wantsFocus, draft.isRich])

  function onPaste(event: ClipboardEvent<HTMLTextAreaElement>): void {
    const files = [...event.clipboardData.files]
    if (files.length === 0 || event.clipboardData.types.includes('text/plain')) return
    event.preventDefault()
    attach(files)
  }

  return (
    <>
      {draft.isRich ? (
        <Suspense fallback={<div className={css['rich']} aria-busy="true" />}>
          <RichBody
            composition={composition}
            handle={rich}
            wantsFocus={wantsFocus}
            focused={() => setWantsFocus(false)}
          />
        </Suspense>
      ) : (
        <textarea
          ref={field}
          className={css['plain']}
          aria-label={w.body}
          value={draft.text}
          onChange={(event) => composition.change({ text: event.target.value })}
          onPaste={onPaste}
        />
      )}
      <dialog ref={asking} className={css['ask']} aria-label={w.toPlain}>
        <div className="stack">
          <p>{w.loseLooks}</p>
          <div className="row">
            <button type="button" className="btn" onClick={() => void turnPlain()}>
              {w.toPlain}
            </button>
            <button type="button" className="btn quiet" autoFocus onClick={() => asking.current?.close()}>
              {w.keepLooks}
            </button>
          </div>
        </div>
      </dialog>
    </>
  )
}
