// The reader: a conversation, folded but for the last mail not read yet; what can be done with it over it.

import { useEffect, useRef, useState } from 'react'
import { useCell } from '../../parts/cell.ts'
import { Problem } from '../../parts/api.ts'
import { displayName, sealColour, sealOf } from '../../parts/names.ts'
import { markOpened } from '../acts.ts'
import { openNeighbour } from '../keys/commands.ts'
import { useMail } from '../words.ts'
import { Conversation } from './conversation.tsx'
import { lettersOf } from './letters.ts'
import { Tools } from './tools.tsx'
import css from './reader.module.css'

export function Reader() {
  const mail = useMail()
  const { words: w } = mail
  const { emailId } = useCell(mail.route)
  const account = mail.account()
  const letters = lettersOf(mail.jmap, account)
  useCell(letters.version)
  useCell(account.emails.version)
  const [problem, setProblem] = useState<unknown>()
  const [tries, setTries] = useState(0)
  const [hasCome, setHasCome] = useState(false)
  const pane = useRef<HTMLElement>(null)
  const hasMarked = useRef(false)

  useEffect(() => {
    if (emailId === undefined) return
    setProblem(undefined)
    letters.open(emailId).then(() => setHasCome(true), setProblem)
  }, [letters, emailId, tries])

  const email = emailId === undefined ? undefined : account.emails.get(emailId)
  const thread = email && account.emails.thread(email.threadId)
  const isLoaded = thread !== undefined && letters.get(emailId!) !== undefined
  const [unreadAtFirst, setUnread] = useState<ReadonlySet<string>>()

  // What was unread when it was opened decides what is unfolded; then all of it counts as read.
  useEffect(() => {
    if (!isLoaded || hasMarked.current) return
    hasMarked.current = true
    const unread = thread.filter((id) => account.emails.member(id)?.keywords['$seen'] === undefined)
    setUnread(new Set(unread))
    if (unread.length > 0) void markOpened(mail, unread)
    // Where the list has given way to the reader, the focus goes with it.
    if (matchMedia('(max-width: 900px)').matches) pane.current?.focus()
  }, [mail, account, thread, isLoaded])

  if (emailId === undefined) {
    return (
      <article className={css['read']} aria-label={w.reader}>
        <div className={`empty ${css['none']}`}>
          <p>{w.chooseMail}</p>
        </div>
      </article>
    )
  }
  return (
    <article ref={pane} id="reader" className={css['read']} tabIndex={-1} aria-label={email?.subject || w.reader}>
      <Tools emailId={emailId} />
      <div
        className={css['scroll']}
        data-scroll
        tabIndex={0}
        role="group"
        aria-label={w.reader}
        onKeyDown={(event) => {
          // The browser scrolls; at the end of a mail comes the next one.
          const { scrollTop, clientHeight, scrollHeight } = event.currentTarget
          const isAtEnd = scrollTop + clientHeight >= scrollHeight - 2
          if (event.key !== ' ' || event.shiftKey || event.target !== event.currentTarget || !isAtEnd) return
          event.preventDefault()
          openNeighbour(mail, 1)
        }}
      >
        {problem !== undefined && (
          <div className="empty" role="alert">
            <b>{problem instanceof Problem && problem.status !== 0 ? problem.message : w.mailFailed}</b>
            <button type="button" className="btn" onClick={() => setTries(tries + 1)}>
              {w.again}
            </button>
          </div>
        )}
        {isLoaded && unreadAtFirst && (
          <>
            <h2 className={css['subject']}>{email!.subject?.trim() || w.noSubject}</h2>
            <Conversation account={account} thread={thread} asked={emailId} unread={unreadAtFirst} />
            <Answer emailId={emailId} />
          </>
        )}
        {hasCome && email === undefined && problem === undefined && <p className="empty">{w.gone}</p>}
      </div>
    </article>
  )
}

/** The field that begins an answer. */
function Answer({ emailId }: { emailId: string }) {
  const mail = useMail()
  const { me, words: w } = mail
  const own = { name: me.name, email: me.address }
  const from = lettersOf(mail.jmap, mail.account()).get(emailId)?.from?.[0]
  return (
    <div className={css['answer']}>
      <span className={`seal s ${sealColour(own.email)}`} aria-hidden="true">
        {sealOf(own)}
      </span>
      <button
        type="button"
        className={`btn ${css['ask']}`}
        onClick={() => mail.go({ compose: { kind: 'reply', emailId, accountId: mail.account().id } })}
      >
        <span className="cut">{w.replyTo(from ? displayName(from) : '')}</span>
        <span className="kbd">R</span>
      </button>
    </div>
  )
}
