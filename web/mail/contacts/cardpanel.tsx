// One contact: looked at, or changed.

import { useEffect, useState, type ReactNode } from 'react'
import { Icon } from '../../parts/icon.tsx'
import { sealColour, sealOf } from '../../parts/names.ts'
import { useMail } from '../words.ts'
import { useActing } from './acting.ts'
import { deleteCards, isOf, readCard, type Book, type Place } from './books.ts'
import {
  emailsOf,
  jobsOf,
  mailtoOf,
  nameOf,
  notesOf,
  phonesOf,
  placesOf,
  recipientOf,
  unitsOf,
  type Card,
} from './card.ts'
import { CardForm } from './cardform.tsx'
import { words as w } from './words.ts'
import css from './contacts.module.css'

interface Props {
  id: string
  place: Place
  books: readonly Book[]
  version: number
  changed(): void
}

export function CardPanel({ id, place, books, version, changed }: Props) {
  const { jmap } = useMail()
  const [card, setCard] = useState<Card | 'gone' | 'lost'>()
  const [isEdited, setIsEdited] = useState(false)
  const { account } = place.book
  useEffect(() => {
    let isOld = false
    readCard(jmap, [account, ...books.map((one) => one.account)], id).then(
      (found) => !isOld && setCard(found ?? 'gone'),
      () => !isOld && setCard('lost'),
    )
    return () => void (isOld = true)
  }, [jmap, account, id, version])
  if (card === undefined) return null
  if (typeof card === 'string') return <p role="alert">{card === 'gone' ? w.gone : w.notRead}</p>
  const book = books.find((one) => isOf(card, one)) ?? place.book
  if (!isEdited) return <CardView card={card} book={book} edit={() => setIsEdited(true)} changed={changed} />
  return <CardForm card={card} book={book} books={books} changed={changed} close={() => setIsEdited(false)} />
}

interface ViewProps {
  card: Card
  book: Book
  edit(): void
  changed(): void
}

function CardView({ card, book, edit, changed }: ViewProps) {
  const mail = useMail()
  const { act } = useActing()
  const name = nameOf(card) || w.unnamed
  const person = recipientOf(card)
  const write = (email: string) => {
    const mailto = mailtoOf([{ name: person?.name ?? '', email }])
    mail.go({ compose: { kind: 'mailto', mailto } })
  }
  const remove = () =>
    act(async () => {
      const back = await deleteCards(mail.jmap, book.account, [card.id])
      mail.go({ emailId: undefined })
      changed()
      return { text: w.deleted(name), undo: () => back().then(changed) }
    })

  return (
    <article className={css['card']} aria-labelledby="contact-name">
      <header className={css['head']}>
        <span className={`seal ${sealColour(person?.email ?? '')}`} aria-hidden="true">
          {sealOf({ name, email: person?.email ?? '' })}
        </span>
        <h2 id="contact-name">{name}</h2>
      </header>
      <div className="row wrap">
        {person && (
          <button type="button" className="btn go" onClick={() => write(person.email)}>
            <Icon name="pen" />
            {w.write}
          </button>
        )}
        {book.rights.write && (
          <>
            <button type="button" className="btn" onClick={edit}>
              {w.edit}
            </button>
            <button type="button" className="btn stop" onClick={() => void remove()}>
              {w.delete}
            </button>
          </>
        )}
      </div>
      <dl className="dl">
        <Said
          label={w.email}
          values={emailsOf(card)}
          show={(email) => (
            <button type="button" className={css['link']} aria-label={w.writeTo(email)} onClick={() => write(email)}>
              {email}
            </button>
          )}
        />
        <Said
          label={w.phone}
          values={phonesOf(card)}
          show={(number) => <a href={`tel:${number.replace(/[^\d+*#,;]/g, '')}`}>{number}</a>}
        />
        <Said label={w.unit} values={unitsOf(card)} />
        <Said label={w.job} values={jobsOf(card)} />
        <Said label={w.address} values={placesOf(card)} />
        <Said label={w.note} values={notesOf(card)} />
        <Said label={w.book} values={[book.name]} />
      </dl>
    </article>
  )
}

interface SaidProps {
  label: string
  values: readonly string[]
  show?(value: string): ReactNode
}

function Said({ label, values, show = (value) => value }: SaidProps) {
  if (values.length === 0) return null
  return (
    <>
      <dt>{label}</dt>
      <dd>
        {values.map((value, i) => (
          <div key={i} className={css['said']}>
            {show(value)}
          </div>
        ))}
      </dd>
    </>
  )
}
