// A mail as it came: header lines and source, as text.

import { useEffect, useRef, useState } from 'react'
import { cell, useCell } from '../../parts/cell.ts'
import { reach } from '../../parts/api.ts'
import { Icon } from '../../parts/icon.tsx'
import { useMail } from '../words.ts'
import { lettersOf } from './letters.ts'
import css from './reader.module.css'

interface Asked {
  accountId: string
  emailId: string
}

export const source = cell<Asked | undefined>(undefined)

const most = 300_000 // bytes shown; the file has all

export function SourceDialog() {
  const asked = useCell(source)
  return asked && <Source {...asked} />
}

function Source({ accountId, emailId }: Asked) {
  const mail = useMail()
  const { words: w, jmap } = mail
  const dialog = useRef<HTMLDialogElement>(null)
  const [text, setText] = useState<string>()
  const [isWhole, setIsWhole] = useState(false)
  const blobId = lettersOf(jmap, mail.accountOf(accountId)).get(emailId)?.blobId
  useEffect(() => {
    dialog.current?.showModal()
    if (blobId === undefined) return
    const path = jmap.downloadUrl(accountId, blobId, 'mail.txt', 'text/plain')
    reach(path, { headers: { range: `bytes=0-${most - 1}` }, credentials: 'same-origin' })
      .then(async (answer) => setText(answer.ok ? await answer.text() : w.mailFailed))
      .catch(() => setText(w.mailFailed))
  }, [jmap, accountId, blobId, w])
  const end = text === undefined ? -1 : text.search(/\r?\n\r?\n/)
  const shown = text === undefined ? '' : isWhole || end < 0 ? text : text.slice(0, end)
  return (
    <dialog ref={dialog} className={css['source']} aria-labelledby="source-title" onClose={() => source.set(undefined)}>
      <header>
        <h2 id="source-title">{w.sourceTitle}</h2>
        <button type="button" className="btn sm push" aria-pressed={isWhole} onClick={() => setIsWhole(!isWhole)}>
          {isWhole ? w.headersOnly : w.wholeSource}
        </button>
        <button type="button" className="btn quiet icon" aria-label={w.close} onClick={() => dialog.current?.close()}>
          <Icon name="x" />
        </button>
      </header>
      <pre tabIndex={0} className="code" aria-label={w.sourceTitle}>
        {shown}
      </pre>
    </dialog>
  )
}
