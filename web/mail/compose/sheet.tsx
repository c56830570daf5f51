// The form of a mail that is being written, its keys, and what is asked before it leaves.

import { useEffect, useRef, useState, type DragEvent, type KeyboardEvent as ReactKeyboardEvent } from 'react'
import { useCell } from '../../parts/cell.ts'
import { composition as composing, isComposing } from '../../parts/composing.ts'
import { Attachments } from './attachments.tsx'
import { Body, type BodyHandle } from './body.tsx'
import { check, stopping, type Finding } from './checks.ts'
import type { Composition } from './composition.ts'
import { dispatch } from './dispatch.ts'
import { fields, type Field } from './draft.ts'
import { Findings } from './findings.tsx'
import { limitsOf } from './limits.ts'
import { Lines } from './lines.tsx'
import { preferences } from '../preferences.ts'
import { SendBar } from './sendbar.tsx'
import { Toolbar } from './toolbar.tsx'
import { isAddress } from './recipients.ts'
import type { When } from './sending.ts'
import { words as w } from './words.ts'
import css from './composer.module.css'

interface Props {
  composition: Composition
  close(): void
}

export function Sheet({ composition, close }: Props) {
  const { mail } = composition
  const draft = useCell(composition.draft)
  const form = useRef<HTMLFormElement>(null)
  const body = useRef<BodyHandle>(null)
  const files = useRef<HTMLInputElement>(null)
  const [findings, setFindings] = useState<Finding[]>([])
  const [wanted, setWanted] = useState<When>()
  const [problem, setProblem] = useState('')
  const [isBusy, setIsBusy] = useState(false)
  const [isOver, setIsOver] = useState(false)
  const [shown, setShown] = useState<ReadonlySet<Field>>(
    () => new Set(fields.filter((field) => field === 'to' || draft[field].length > 0)),
  )

  useEffect(() => {
    const { to, source, serverId } = composition.draft.get()
    if (to.length > 0 && (source || serverId)) body.current?.focus()
    else form.current?.querySelector<HTMLInputElement>('[data-field="to"]')?.focus()
  }, [composition])

  // What a finding says is looked at again as soon as something changes.
  useEffect(() => {
    setFindings((before) =>
      before.length === 0
        ? before
        : before.filter(({ is }) => check(draft, limitsOf(mail), w).some((one) => one.is === is)),
    )
  }, [draft, mail])

  async function send(when: When, isSure = false): Promise<void> {
    if (isBusy) return
    composition.gather.current()
    for (const take of composition.taking) take() // half-typed recipients become recipients
    const found = check(composition.draft.get(), limitsOf(mail), w)
    const stops = isSure ? found.filter(({ is }) => stopping.has(is)) : found
    setWanted(when)
    setFindings(stops)
    setProblem('')
    if (stops.length > 0) return focusFinding(stops[0]!)
    setIsBusy(true)
    const why = await dispatch(composition, when)
    setIsBusy(false)
    setProblem(why)
    if (why === '') close()
  }

  function focusFinding({ is }: Finding): void {
    if (is === 'nobody' || is === 'invalid') form.current?.querySelector<HTMLInputElement>('[data-field="to"]')?.focus()
    else if (is === 'no-subject') form.current?.querySelector<HTMLInputElement>('[name="subject"]')?.focus()
    else requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[data-findings] button')?.focus())
  }

  const sendNow = (): void => void send({ hold: preferences.get().undoSeconds })

  function onKeyDown(event: KeyboardEvent | ReactKeyboardEvent): void {
    if (isComposing(event) || event.defaultPrevented) return
    const isCommand = event.ctrlKey || event.metaKey
    if (event.key === 'Enter' && isCommand) sendNow()
    else if (event.key === 'Escape' && !event.shiftKey) close()
    else if (isCommand && event.shiftKey && event.code === 'KeyB') setShown((before) => new Set([...before, 'bcc']))
    else if (isCommand && event.shiftKey && event.code === 'KeyD') body.current?.toggle()
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  // Where what had the focus is gone, keys still mean the mail that is in sight.
  const pressed = useRef(onKeyDown)
  pressed.current = onKeyDown
  useEffect(() => {
    const heard = (event: KeyboardEvent): void => {
      if (event.target === document.body && !document.querySelector('dialog[open]')) pressed.current(event)
    }
    document.addEventListener('keydown', heard, true)
    return () => document.removeEventListener('keydown', heard, true)
  }, [])

  function attach(list: readonly File[]): void {
    if (list.length > 0) composition.uploads.add(list)
  }

  const dragging = {
    onDragOver(event: DragEvent) {
      if (!event.dataTransfer.types.includes('Files')) return
      event.preventDefault()
      setIsOver(true)
    },
    onDragLeave(event: DragEvent) {
      if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setIsOver(false)
    },
    onDrop(event: DragEvent) {
      setIsOver(false)
      if (event.defaultPrevented || event.dataTransfer.files.length === 0) return
      event.preventDefault()
      attach([...event.dataTransfer.files])
    },
  }

  return (
    <form
      ref={form}
      className={css['write']}
      aria-label={w.heading}
      noValidate
      onSubmit={(event) => event.preventDefault()}
      onKeyDown={onKeyDown}
      {...composing}
      {...dragging}
    >
      <div className={css['lines']}>
        <h1 className="sr">{w.heading}</h1>
        <Lines composition={composition} shown={shown} show={(field) => setShown(new Set([...shown, field]))} />
      </div>
      <div className={css['bodybox']}>
        <Body composition={composition} handle={body} attach={attach} />
      </div>
      {/* Tab goes from the text to sending; the rows above it follow. */}
      <SendBar
        composition={composition}
        isBusy={isBusy}
        isReady={[...draft.to, ...draft.cc, ...draft.bcc].some(({ email }) => isAddress(email))}
        send={sendNow}
        schedule={(at) => void send({ hold: 0, at })}
        close={close}
      />
      <div className={css['foot']}>
        <Findings
          findings={findings}
          problem={problem}
          attach={() => files.current?.click()}
          sendAnyway={() => wanted && void send(wanted, true)}
        />
        <Attachments composition={composition} />
        <Toolbar composition={composition} body={body} attach={() => files.current?.click()} />
        <input
          ref={files}
          type="file"
          multiple
          hidden
          aria-label={w.attach}
          onChange={(event) => {
            attach([...(event.target.files ?? [])])
            event.target.value = ''
          }}
        />
      </div>
      {isOver && <div className={css['drop']}>{w.dropHere}</div>}
    </form>
  )
}
