// Address books with their groups; importing and exporting below them.

import { Icon } from '../../parts/icon.tsx'
import { readGroup } from '../compose/housepeople.ts'
import { useMail } from '../words.ts'
import { useActing } from './acting.ts'
import { deleteCards, isOf, type Book, type Place, type Shelf as Books } from './books.ts'
import { mailtoOf, nameOf, type Card } from './card.ts'
import { words as w } from './words.ts'
import css from './contacts.module.css'

interface Props {
  shelf: Books
  place: Place
  choose(bookId: string, groupId?: string): void
  changed(): void
}

export function Shelf({ shelf, place, choose, changed }: Props) {
  const { book, group } = place
  return (
    <nav className={`nav ${css['shelf']}`} aria-label={w.books}>
      <a className={css['back']} href="#/inbox" aria-label={w.back}>
        <Icon name="left" />
      </a>
      <ul>
        {shelf.books.map((one) => (
          <li key={one.id}>
            <button
              type="button"
              aria-current={one.id === book.id && !group ? 'true' : undefined}
              onClick={() => choose(one.id)}
            >
              <Icon name="book" />
              <span className="cut">{one.name}</span>
              {one.kind !== 'own' && <span className="tag">{w.kindOf(one.kind)}</span>}
              <span className="n">{peopleOf(one, shelf).toLocaleString('en-US')}</span>
            </button>
            <ul>
              {shelf.groups
                .filter((card) => isOf(card, one))
                .map((card) => (
                  <li key={card.id}>
                    <button
                      type="button"
                      className={css['group']}
                      aria-current={card.id === group?.id ? 'true' : undefined}
                      onClick={() => choose(one.id, card.id)}
                    >
                      <Icon name="users" />
                      <span className="cut">{nameOf(card) || w.unnamed}</span>
                    </button>
                  </li>
                ))}
            </ul>
          </li>
        ))}
      </ul>
      {group ? (
        <GroupActs place={place} group={group} gone={() => choose(book.id)} changed={changed} />
      ) : (
        <div className={css['files']}>
          {book.rights.write && (
            <a className="btn sm" href="#/contacts/import">
              {w.import}
            </a>
          )}
          {book.rights.export &&
            (['csv', 'vcf'] as const).map((format) => (
              <a
                key={format}
                className="btn sm"
                href={`/api/contacts/export?${new URLSearchParams({ book: book.id, format })}`}
                download
              >
                <Icon name="download" size="s" />
                {w.exportAs(format === 'csv' ? 'CSV' : 'vCard')}
              </a>
            ))}
        </div>
      )}
    </nav>
  )
}

function peopleOf(book: Book, { groups }: Books): number {
  return book.contacts - groups.filter((card) => isOf(card, book)).length
}

interface GroupProps {
  place: Place
  group: Card
  gone(): void
  changed(): void
}

function GroupActs({ place: { book }, group, gone, changed }: GroupProps) {
  const mail = useMail()
  const { act } = useActing()
  const name = nameOf(group)

  const write = () =>
    act(async () => {
      const { members, without, missing, public: isPublic } = await readGroup(group.id)
      if (members.length === 0) return { text: w.noAddress }
      mail.go({ compose: { kind: 'mailto', mailto: mailtoOf(members, isPublic) } })
      const lost = without.length + missing
      return lost > 0 ? { text: w.without(lost) } : undefined
    })
  const remove = () =>
    act(async () => {
      const back = await deleteCards(mail.jmap, book.account, [group.id])
      gone()
      changed()
      return { text: w.groupGone(name), undo: () => back().then(changed) }
    })

  return (
    <div className={css['files']}>
      <button type="button" className="btn sm" aria-label={w.writeTo(name)} onClick={() => void write()}>
        <Icon name="pen" size="s" />
        {w.write}
      </button>
      {book.rights.write && (
        <button type="button" className="btn sm" onClick={() => void remove()}>
          {w.deleteGroup}
        </button>
      )}
    </div>
  )
}
