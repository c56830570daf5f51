// One recipient: pressed, it can be corrected; beside it the way to remove it.

import type { KeyboardEvent } from 'react'
import { Icon } from '../../parts/icon.tsx'
import { displayName, isOutside } from '../../parts/names.ts'
import { isAddress, type Recipient } from './recipients.ts'
import { words as w } from './words.ts'
import css from './recipientfield.module.css'

interface Props {
  person: Recipient
  domain: string
  onKeyDown(event: KeyboardEvent): void
  edit(): void
  remove(): void
}

export function Chip({ person, domain, onKeyDown, edit, remove }: Props) {
  const name = displayName(person)
  const isValid = isAddress(person.email)
  const isOut = isValid && isOutside(person.email, domain)
  const looks = [css['chip'], !isValid && css['invalid'], isOut && css['out']].filter(Boolean).join(' ')
  return (
    <li className={looks}>
      <button
        type="button"
        data-chip
        className={css['who']}
        tabIndex={-1}
        title={isValid ? person.email : w.invalidRecipient}
        aria-description={isValid ? w.edit : w.invalidRecipient}
        onKeyDown={onKeyDown}
        onClick={edit}
      >
        {!isValid && <Icon name="alert" size="s" />}
        {isOut && <span className={css['tag']}>{w.outside}</span>}
        <span className="cut">{name}</span>
      </button>
      <button type="button" className={css['x']} tabIndex={-1} aria-label={w.remove(name)} onClick={remove}>
        <Icon name="x" size="s" />
      </button>
    </li>
  )
}
