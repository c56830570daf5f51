// Mails on their way: what, to whom, when, and what went wrong with whom.

import type { ReactNode } from 'react'
import { fullDate } from '../../parts/dates.ts'
import { useMail } from '../words.ts'
import type { Posted, Undelivered } from './submissions.ts'
import { words as w } from './words.ts'
import css from './outbox.module.css'

interface PostedListProps {
  list: readonly Posted[]
  label: string
  momentOf(date: string): string
  acts(one: Posted): ReactNode
}

export function PostedList({ list, label, momentOf, acts }: PostedListProps) {
  const { zone, language } = useMail()
  return (
    <ul className={css['list']} aria-label={label}>
      {list.map((one) => (
        <li key={one.id}>
          <div className={css['said']}>
            <b>{one.subject || w.noSubject}</b>
            <p title={one.recipients.join('\n')}>{w.toWhom(namesOf(one.recipients))}</p>
            <p className="meta">{momentOf(fullDate(one.at, zone, language))}</p>
            {one.troubles.map((trouble) => (
              <Trouble key={trouble.address} trouble={trouble} />
            ))}
          </div>
          <div className="row">{acts(one)}</div>
        </li>
      ))}
    </ul>
  )
}

function Trouble({ trouble: { address, reply, isFinal } }: { trouble: Undelivered }) {
  return (
    <p>
      <span className={`tag ${isFinal ? 'red' : 'amber'}`}>{isFinal ? w.refused : w.late}</span>{' '}
      {w.said(address, reply)}
    </p>
  )
}

function namesOf(recipients: readonly string[]): string {
  const first = recipients.slice(0, 2).join(', ')
  return recipients.length > 2 ? w.more(first, recipients.length) : first
}
