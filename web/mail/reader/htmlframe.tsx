// A mail's HTML, cleaned by the server, in a frame without scripts and with an origin of its own.  design/ui.md §9
//
// Invariants: never allow-scripts, never allow-same-origin; pictures from elsewhere only by press.

import { useEffect, useState } from 'react'
import { useMail } from '../words.ts'
import css from './reader.module.css'

interface Props {
  accountId: string
  emailId: string
  blobId: string
  partId: string
}

export function HtmlFrame({ accountId, emailId, partId }: Props) {
  const { words: w } = useMail()
  const [state, setState] = useState<'asked' | 'there' | 'none'>('asked')
  const path = `/api/view/${accountId}/${emailId}/${encodeURIComponent(partId)}`
  useEffect(() => {
    let isCurrent = true
    fetch(path, { method: 'HEAD', credentials: 'same-origin' }).then(
      ({ ok }) => isCurrent && setState(ok ? 'there' : 'none'),
      () => isCurrent && setState('none'),
    )
    return () => {
      isCurrent = false
    }
  }, [path])
  if (state === 'none') return <p className="note">{w.noHtml}</p>
  if (state === 'asked') return null
  return (
    <iframe
      className={css['html']}
      title={w.htmlView}
      src={path}
      sandbox="allow-popups allow-popups-to-escape-sandbox"
      referrerPolicy="no-referrer"
    />
  )
}
