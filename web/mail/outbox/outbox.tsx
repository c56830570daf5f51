// The outbox: what waits to leave and can be taken back, and what did not arrive, with the other host's words.

import { useCallback, useEffect, useState } from 'react'
import type { SetAnswer } from '../jmap/types.ts'
import { takeBack } from '../compose/sending.ts'
import { useMail } from '../words.ts'
import { PostedList } from './postedlist.tsx'
import { readOutbox, type Outbox as Found, type Posted } from './submissions.ts'
import { words as w } from './words.ts'
import css from './outbox.module.css'

export function Outbox() {
  const mail = useMail()
  const { jmap, zone } = mail
  const [found, setFound] = useState<Found>()
  const [isLost, setIsLost] = useState(false)
  const read = useCallback(async () => {
    try {
      setFound(await readOutbox(jmap, Date.now()))
      setIsLost(false)
    } catch {
      setIsLost(true)
    }
  }, [jmap])
  useEffect(() => {
    void read()
    return jmap.watch((accountId, states) => {
      if (accountId === jmap.account && states['EmailSubmission'] !== undefined) void read()
    })
  }, [jmap, read])

  async function act(deed: () => Promise<unknown>): Promise<void> {
    try {
      await deed()
    } catch (error) {
      mail.toast.set({ text: w.failed(error instanceof Error ? error.message : '') })
    }
    await read()
    document.getElementById('list')?.focus()
  }

  async function fetchBack({ id, emailId }: Posted): Promise<void> {
    const mailboxes = () => mail.accountOf(undefined).mailboxes.get()
    const isBack = await takeBack({ jmap, accountId: jmap.account, mailboxes, zone }, { id, emailId })
    mail.toast.set({ text: isBack ? w.takenBack : w.tooLate })
    if (isBack) mail.go({ compose: { kind: 'draft', emailId } })
  }

  async function dismiss({ id }: Posted): Promise<void> {
    const answer = await jmap.call<SetAnswer>('EmailSubmission/set', { accountId: jmap.account, destroy: [id] })
    const refused = answer.notDestroyed?.[id]
    if (refused && refused.type !== 'notFound') throw new Error(refused.description ?? refused.type)
  }

  return (
    <section className={css['outbox']} id="list" tabIndex={-1} aria-labelledby="outbox-title">
      <h1 id="outbox-title">{w.waiting}</h1>
      {isLost && (
        <p className="err" role="alert">
          {w.notRead}{' '}
          <button type="button" className="btn sm" onClick={() => void read()}>
            {w.again}
          </button>
        </p>
      )}
      {found?.waiting.length === 0 && (
        <div className="quiet">
          <b>{w.waitingNone}</b>
          <p>{w.waitingNoneHow}</p>
        </div>
      )}
      {found && found.waiting.length > 0 && (
        <PostedList
          list={found.waiting}
          label={w.waiting}
          momentOf={w.leaves}
          acts={(one) => (
            <button
              type="button"
              className="btn sm"
              aria-label={w.takeBackNamed(one.subject || w.noSubject)}
              onClick={() => void act(() => fetchBack(one))}
            >
              {w.takeBack}
            </button>
          )}
        />
      )}
      {found && found.troubled.length > 0 && (
        <>
          <h2>{w.troubled}</h2>
          <PostedList
            list={found.troubled}
            label={w.troubled}
            momentOf={w.sentAt}
            acts={(one) => (
              <>
                <a
                  className="btn sm"
                  href={`#/sent/${one.emailId}`}
                  aria-label={w.readNamed(one.subject || w.noSubject)}
                >
                  {w.read}
                </a>
                <button
                  type="button"
                  className="btn sm"
                  aria-label={w.dismissNamed(one.subject || w.noSubject)}
                  onClick={() => void act(() => dismiss(one))}
                >
                  {w.dismiss}
                </button>
              </>
            )}
          />
        </>
      )}
    </section>
  )
}
