// The frame of the mail page: the bar over it, tree, list and reader; over them what is asked or said.

import { lazy, Suspense, useEffect, useRef } from 'react'
import { useCell } from '../parts/cell.ts'
import { Boundary } from './frame/boundary.tsx'
import { Dialogs } from './frame/dialogs.tsx'
import { Dock } from './frame/dock.tsx'
import { Expiring } from './frame/expiring.tsx'
import { Lintel } from './frame/lintel.tsx'
import { Offline } from './frame/offline.tsx'
import { ToastBar } from './frame/toast.tsx'
import { Tree } from './frame/tree.tsx'
import { focusList } from './keys/commands.ts'
import { useKeys } from './keys/usekeys.ts'
import { List } from './list/list.tsx'
import { placeName, titleOf } from './title.ts'
import { Reader } from './reader/reader.tsx'
import { useMail } from './words.ts'
import css from './page.module.css'

const Composer = lazy(async () => ({ default: (await import('./compose/composer.tsx')).Composer }))

const Outbox = lazy(async () => ({ default: (await import('./outbox/outbox.tsx')).Outbox }))

const Contacts = lazy(async () => ({ default: (await import('./contacts/contacts.tsx')).Contacts }))

const Settings = lazy(async () => ({ default: (await import('./settings/settings.tsx')).Settings }))

export function MailPage() {
  const mail = useMail()
  const { words: w } = mail
  const { compose, emailId } = useCell(mail.route)
  const mailboxes = useCell(mail.account().mailboxes)
  const route = useCell(mail.route)
  useKeys(mail)
  useEffect(() => {
    if (isAside(route.place)) return // they have a title of their own
    document.title = w.title(titleOf(mail), location.hostname)
  }, [mail, mailboxes, route, w])
  // What had the focus is gone with the reader or the composer: then it goes to the list.
  const wasOver = useRef(false)
  useEffect(() => {
    const isOver = compose !== undefined || emailId !== undefined
    if (wasOver.current && !isOver && document.activeElement === document.body) focusList()
    wasOver.current = isOver
  }, [compose, emailId])
  const state = compose ? css['composing'] : emailId && !isAside(route.place) ? css['reading'] : ''
  return (
    <div className={`${css['app']} ${state}`}>
      <a className="skip" href="#list" onClick={skip}>
        {w.skip}
      </a>
      <Lintel />
      <div>
        <Offline />
        <Expiring />
      </div>
      <div className={css['three']}>
        <Tree />
        <main className={css['panes']}>
          {isAside(route.place) ? (
            <Suspense>{route.place === 'contacts' ? <Contacts at={emailId} /> : <Settings group={emailId} />}</Suspense>
          ) : route.place === 'outbox' ? (
            <Boundary>
              <Suspense>
                <Outbox />
              </Suspense>
            </Boundary>
          ) : (
            <>
              <h1 className="sr">{placeName(mail)}</h1>
              <List />
              <Boundary key={emailId ?? 'none'}>
                <Reader />
              </Boundary>
            </>
          )}
          {compose && (
            <section className={css['composer']} aria-label={w.compose}>
              <Boundary>
                <Suspense>
                  <Composer
                    key={JSON.stringify(compose)}
                    start={{ ...compose, accountId: compose.accountId ?? mail.account().id }}
                    close={() => mail.go({ compose: undefined })}
                  />
                </Suspense>
              </Boundary>
            </section>
          )}
        </main>
      </div>
      <Dock />
      <ToastBar />
      <Dialogs />
    </div>
  )
}

/** Where there are no mails. */
function isAside(place: string): boolean {
  return place === 'settings' || place === 'contacts'
}

function skip(event: { preventDefault(): void }): void {
  event.preventDefault() // the part behind "#" says where one is
  focusList()
}
