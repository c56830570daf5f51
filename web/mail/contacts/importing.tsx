// A file of contacts comes in: first what it would do is shown, its charset and columns set right; then it is done.

import { useRef, useState } from 'react'
import { ask } from '../../parts/api.ts'
import { Icon } from '../../parts/icon.tsx'
import { useMail } from '../words.ts'
import { useActing } from './acting.ts'
import type { Book } from './books.ts'
import { Preview, type Seen } from './preview.tsx'
import { words as w } from './words.ts'
import css from './contacts.module.css'

/** What the person corrected; what is undefined the server finds out. */
export interface Corrected {
  charset?: string
  hasHeading?: boolean
  mapping?: string[]
  mode: 'skip' | 'update'
}

interface Props {
  books: readonly Book[]
  first: string
  imported(bookId: string): void
}

export function Importing({ books, first, imported }: Props) {
  const { jmap } = useMail()
  const { isBusy, act } = useActing()
  const [book, setBook] = useState(books.find(({ id }) => id === first)?.id ?? books[0]?.id ?? '')
  const [file, setFile] = useState('') // its name
  const [blobId, setBlobId] = useState('')
  const [corrected, setCorrected] = useState<Corrected>({ mode: 'skip' })
  const [seen, setSeen] = useState<Seen>()
  const asked = useRef(0)

  async function look(id: string, into: string, how: Corrected): Promise<undefined> {
    const turn = ++asked.current
    const answer = await ask<Seen>('POST', '/api/contacts/import', { ...how, blobId: id, book: into })
    if (turn === asked.current) setSeen(answer)
  }

  const choose = (chosen: File) =>
    act(async () => {
      setFile(chosen.name)
      setSeen(undefined)
      const { blobId: uploaded } = await jmap.upload(jmap.account, chosen)
      setBlobId(uploaded)
      const how: Corrected = { mode: corrected.mode }
      setCorrected(how)
      return look(uploaded, book, how)
    })

  const correct = (how: Corrected) => {
    setCorrected(how)
    void act(() => look(blobId, book, how))
  }

  const bring = () =>
    act(async () => {
      const body = { ...corrected, blobId, book, commit: true }
      const { added, updated } = await ask<Seen>('POST', '/api/contacts/import', body)
      imported(book)
      return { text: w.imported(added, updated) }
    })

  return (
    <section className={css['form']} aria-labelledby="import-title">
      <h2 id="import-title">{w.importTitle}</h2>
      <div className={css['two']}>
        <div className="field">
          <span className="label">{w.file}</span>
          <div className={css['file']}>
            <input
              id="import-file"
              type="file"
              className="sr"
              accept=".csv,.txt,.tsv,.vcf,.vcard,text/csv,text/vcard"
              aria-describedby="import-hint"
              onChange={(event) => {
                const [chosen] = event.target.files ?? []
                if (chosen) void choose(chosen)
              }}
            />
            <label htmlFor="import-file" className="btn">
              {w.chooseFile}
            </label>
            <span className="cut">{file}</span>
          </div>
        </div>
        <div className="field">
          <label htmlFor="import-book">{w.into}</label>
          <select
            id="import-book"
            className="in"
            value={book}
            onChange={(event) => {
              const into = event.target.value
              setBook(into)
              if (blobId !== '') void act(() => look(blobId, into, corrected))
            }}
          >
            {books.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </div>
      </div>
      <p className="meta" id="import-hint">
        {w.importHint}
      </p>
      {seen ? (
        <>
          <Preview seen={seen} corrected={corrected} correct={correct} />
          <div className="row">
            <button
              type="button"
              className="btn go"
              disabled={seen.added + seen.updated === 0}
              aria-disabled={isBusy}
              onClick={() => {
                if (!isBusy) void bring()
              }}
            >
              <Icon name="check" />
              {w.importNow(seen.added + seen.updated)}
            </button>
            <a className="btn" href="#/contacts">
              {w.cancel}
            </a>
          </div>
        </>
      ) : (
        <p role="status">{isBusy ? w.reading : ''}</p>
      )}
    </section>
  )
}
