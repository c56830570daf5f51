// A contact is written down or changed.

import { useState } from 'react'
import { composition, isComposing } from '../../parts/composing.ts'
import { useMail } from '../words.ts'
import { useActing } from './acting.ts'
import { changeCard, makeCard, type Book } from './books.ts'
import { changesOf, checkForm, formOf, freeKey, type Card, type CardForm as Form, type Line } from './card.ts'
import { words as w } from './words.ts'
import css from './contacts.module.css'

interface Props {
  card?: Card // undefined: a new one
  book: Book
  books: readonly Book[]
  changed(): void
  close?(): void
}

export function CardForm({ card, book, books, changed, close }: Props) {
  const mail = useMail()
  const [form, setForm] = useState(() => formOf(card))
  const [into, setInto] = useState(book.id)
  const [problem, setProblem] = useState('')
  const { isBusy, act } = useActing()
  const change = (some: Partial<Form>): void => setForm({ ...form, ...some })
  const writable = books.filter(({ rights }) => rights.write)

  async function accept(): Promise<void> {
    if (isBusy) return
    const wrong = checkForm(form)
    if (wrong) return setProblem(wrong.is === 'empty' ? w.emptyForm : w.badEmail(wrong.typed))
    setProblem('')
    const said = changesOf(form, card)
    const isKept = await act(async () => {
      if (card) await changeCard(mail.jmap, book.account, card.id, said)
      else {
        const there = writable.find(({ id }) => id === into) ?? book
        mail.go({ emailId: await makeCard(mail.jmap, there, said) }, { replace: true })
      }
      return { text: w.saved }
    })
    if (!isKept) return
    changed()
    close?.()
  }

  return (
    <form
      className={css['form']}
      aria-labelledby="contact-form"
      noValidate
      {...composition}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && isComposing(event)) event.preventDefault()
      }}
      onSubmit={(event) => {
        event.preventDefault()
        void accept()
      }}
    >
      <h2 id="contact-form">{card ? w.edit : w.add}</h2>
      <Text id="contact-name" label={w.name} value={form.name} change={(name) => change({ name })} isFirst />
      <Lines
        name="email"
        lines={form.emails}
        change={(emails) => change({ emails })}
        nth={w.emailNth}
        more={w.addEmail}
      />
      <Lines
        name="tel"
        lines={form.phones}
        change={(phones) => change({ phones })}
        nth={w.phoneNth}
        more={w.addPhone}
      />
      <Text id="contact-unit" label={w.unit} value={form.unit} change={(unit) => change({ unit })} />
      <Text id="contact-job" label={w.job} value={form.job} change={(job) => change({ job })} />
      <div className="field">
        <label htmlFor="contact-note">{w.note}</label>
        <textarea
          id="contact-note"
          className="in"
          rows={3}
          maxLength={10_000}
          value={form.note}
          onChange={(event) => change({ note: event.target.value })}
        />
      </div>
      {!card && writable.length > 1 && (
        <div className="field">
          <label htmlFor="contact-book">{w.book}</label>
          <select id="contact-book" className="in" value={into} onChange={(event) => setInto(event.target.value)}>
            {writable.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </div>
      )}
      {problem !== '' && (
        <p className="err" role="alert">
          {problem}
        </p>
      )}
      <div className="row">
        <button className="btn go" aria-disabled={isBusy}>
          {isBusy ? w.saving : w.save}
        </button>
        <button type="button" className="btn" onClick={close ?? (() => mail.go({ emailId: undefined }))}>
          {w.cancel}
        </button>
      </div>
    </form>
  )
}

interface TextProps {
  id: string
  label: string
  value: string
  change(value: string): void
  isFirst?: boolean
}

function Text({ id, label, value, change, isFirst = false }: TextProps) {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        className="in"
        autoComplete="off"
        autoFocus={isFirst}
        maxLength={300}
        value={value}
        onChange={(event) => change(event.target.value)}
      />
    </div>
  )
}

interface LinesProps {
  name: 'email' | 'tel'
  lines: readonly Line[]
  change(lines: Line[]): void
  nth(n: number): string
  more: string
}

function Lines({ name, lines, change, nth, more }: LinesProps) {
  return (
    <>
      {lines.map(({ key, value }, i) => (
        <div className="field" key={key}>
          <label htmlFor={`contact-${name}-${key}`}>{nth(i + 1)}</label>
          <input
            id={`contact-${name}-${key}`}
            className="in"
            inputMode={name}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={300}
            value={value}
            onChange={(event) =>
              change(lines.map((line) => (line.key === key ? { key, value: event.target.value } : line)))
            }
          />
        </div>
      ))}
      <div>
        <button type="button" className="btn sm" onClick={() => change([...lines, { key: freeKey(lines), value: '' }])}>
          {more}
        </button>
      </div>
    </>
  )
}
