// A mail's HTML, cleaned by the server, in a frame without scripts and with an origin of its own.  design/ui.md §9
//
// Invariants: never allow-scripts, never allow-same-origin; how high the frame is, the server says; pictures from
// elsewhere only by press, and through the server.

import { useEffect, useRef, useState, type ReactNode } from 'react'
import { ask } from '../../parts/api.ts'
import { Icon } from '../../parts/icon.tsx'
import { isDark } from '../look.ts'
import { useMail } from '../words.ts'
import css from './reader.module.css'

interface Props {
  accountId: string
  emailId: string
  children: ReactNode // the plain text: shown until the frame is there, and when it does not come
}

interface Measured {
  height: number
  remote: number
  misleading: number
  dark: boolean
  cut: boolean
}

export function HtmlFrame({ accountId, emailId, children }: Props) {
  const { words: w, language } = useMail()
  const place = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  const [hasPictures, setHasPictures] = useState(false)
  const [isFull, setIsFull] = useState(false)
  const [measured, setMeasured] = useState<Measured>()
  const [hasFailed, setHasFailed] = useState(false)

  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => setWidth(Math.floor(entry!.contentRect.width)))
    watch.observe(place.current!)
    return () => watch.disconnect()
  }, [])

  const asked = new URLSearchParams({
    remote: hasPictures ? '1' : '0',
    theme: isDark() ? 'dark' : 'light',
    width: String(Math.min(Math.max(width, 200), 9999)),
    full: isFull ? '1' : '0',
    language,
  })
  const path = `/api/view/${accountId}/${emailId}?${asked}`
  useEffect(() => {
    if (width === 0) return
    const stop = new AbortController()
    ask<Measured>('GET', `${path}&measure=1`, undefined, stop.signal).then(
      (found) => {
        setMeasured(found)
        setHasFailed(false)
      },
      () => {
        if (!stop.signal.aborted) setHasFailed(true)
      },
    )
    return () => stop.abort()
  }, [path, width])

  return (
    <div ref={place} className={css['framed']}>
      {hasFailed && (
        <div className="note" role="alert">
          <Icon name="info" />
          <div>{w.noHtml}</div>
        </div>
      )}
      {(!measured || hasFailed) && children}
      {measured && !hasFailed && (
        <>
          {measured.remote > 0 && !hasPictures && (
            <div className="note">
              <Icon name="image" />
              <div>{w.picturesBlocked(measured.remote)}</div>
              <button type="button" className="btn sm" onClick={() => setHasPictures(true)}>
                {w.showPictures}
              </button>
            </div>
          )}
          {measured.misleading > 0 && (
            <div className="note warn">
              <Icon name="alert" />
              <div>{w.misleadingLinks(measured.misleading)}</div>
            </div>
          )}
          <iframe
            className={`${css['html']} ${measured.dark ? css['dark'] : ''}`}
            title={w.htmlView}
            src={path}
            style={{ height: measured.height }}
            sandbox="allow-popups allow-popups-to-escape-sandbox"
            referrerPolicy="no-referrer"
          />
          {measured.cut && !isFull && (
            <div className="note">
              <Icon name="info" />
              <div>{w.cutShort}</div>
              <button type="button" className="btn sm" onClick={() => setIsFull(true)}>
                {w.showWhole}
              </button>
            </div>
          )}
        </>
      )}
    </div>
  )
}
