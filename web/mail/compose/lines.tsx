// Over the text: who writes, to whom, about what.

import { useEffect, useMemo, useRef, useState } from 'react'
import { useCell } from '../../parts/cell.ts'
import { Icon } from '../../parts/icon.tsx'
import { seeEachOther } from './checks.ts'
import type { Composition } from './composition.ts'
import type { Field } from './draft.ts'
import { housePeople, readGroup } from './housepeople.ts'
import { correspondents, type PeopleSource } from './people.ts'
import { merge } from './recipients.ts'
import { RecipientField } from './recipientfield.tsx'
import { words as w } from './words.ts'
import css from './composer.module.css'

interface Props {
  composition: Composition
  shown: ReadonlySet<Field>
  show(field: Field): void
}

export function Lines({ composition, shown, show }: Props) {
  const { mail, desk, identities, change } = composition
  const draft = useCell(composition.draft)
  const isConflict = useCell(composition.isConflict)
  const domain = mail.accountOf(desk.accountId).domain
  const sources = useMemo<PeopleSource[]>(() => {
    const own = new Set(identities.map(({ email }) => email.toLowerCase()))
    return [correspondents(desk.jmap, desk.accountId, desk.mailboxes, own), housePeople]
  }, [desk, identities])
  const asked = useRef<Field>(undefined)
  useEffect(() => {
    if (asked.current) document.querySelector<HTMLInputElement>(`[data-field="${asked.current}"]`)?.focus()
    asked.current = undefined
  }, [shown])
  const exposed = seeEachOther(draft, domain)
  const [group, setGroup] = useState('') // of others, taken where all see whom it has
  const names: Record<Field, string> = { to: w.to, cc: w.cc, bcc: w.bcc }

  async function takeGroup(name: Field, id: string): Promise<void> {
    try {
      const { name: called, members, without, missing, public: isPublic } = await readGroup(id)
      change({ [name]: merge(composition.draft.get()[name], members) })
      if (isPublic && name !== 'bcc' && members.length > 1) setGroup(called)
      const lost = without.length + missing
      if (lost > 0) mail.toast.set({ text: w.groupWithout(called, lost) })
    } catch (error) {
      mail.toast.set({ text: w.groupNotRead(error instanceof Error ? error.message : '') })
    }
  }

  function field(name: Field) {
    return (
      <RecipientField
        key={name}
        name={name}
        label={names[name]}
        people={draft[name]}
        change={(people) => change({ [name]: people })}
        takeGroup={(id) => void takeGroup(name, id)}
        sources={sources}
        domain={domain}
        taking={composition.taking}
      />
    )
  }

  function add(name: Field) {
    if (shown.has(name)) return null
    return (
      <button
        type="button"
        className="btn quiet sm"
        aria-label={w.addField(names[name])}
        onClick={() => {
          asked.current = name
          show(name)
        }}
      >
        {name === 'bcc' ? w.bccShort : names[name]}
      </button>
    )
  }

  return (
    <>
      <div className={css['line']}>
        <Sender composition={composition} />
      </div>
      <div className={css['line']}>
        {/* Before the field, so that Tab goes on from it to the subject. */}
        <span className={css['others']}>
          {add('cc')}
          {add('bcc')}
        </span>
        {field('to')}
      </div>
      {shown.has('cc') && <div className={css['line']}>{field('cc')}</div>}
      {shown.has('bcc') && <div className={css['line']}>{field('bcc')}</div>}
      {(exposed > 0 || (group !== '' && draft.to.length + draft.cc.length > 1)) && (
        <div className={`note warn ${css['note']}`} role="status">
          <Icon name="users" />
          <div>{exposed > 0 ? w.seeEachOther(exposed) : w.groupByBcc(group)}</div>
          <button
            type="button"
            className="btn sm"
            onClick={() => {
              if (shown.has('bcc')) document.querySelector<HTMLInputElement>('[data-field="bcc"]')?.focus()
              asked.current = 'bcc'
              show('bcc')
              setGroup('')
              change({ to: [], cc: [], bcc: merge(draft.bcc, [...draft.to, ...draft.cc]) })
            }}
          >
            {w.allToBcc}
          </button>
        </div>
      )}
      {isConflict && (
        <div className={`note blue ${css['note']}`} role="status">
          <Icon name="info" />
          <div>{w.conflict}</div>
        </div>
      )}
      <div className={css['line']}>
        <label htmlFor="compose-subject">{w.subject}</label>
        <input
          id="compose-subject"
          name="subject"
          className="in"
          autoComplete="off"
          maxLength={900}
          value={draft.subject}
          onChange={(event) => change({ subject: event.target.value.replace(/[\r\n]+/g, ' ') })}
        />
      </div>
    </>
  )
}

function Sender({ composition }: { composition: Composition }) {
  const { identities } = composition
  const draft = useCell(composition.draft)
  if (identities.length < 2) {
    return (
      <>
        <span className={css['lab']}>{w.from}</span>
        <span className={css['lab']}>
          {draft.from.name} <span className="meta">{draft.from.email}</span>
        </span>
      </>
    )
  }
  return (
    <>
      <label htmlFor="compose-from">{w.from}</label>
      <select
        id="compose-from"
        className={css['sender']}
        value={draft.identityId ?? ''}
        onChange={(event) => {
          const found = identities.find(({ id }) => id === event.target.value)
          if (found) void composition.as(found)
        }}
      >
        {identities.map(({ id, name, email }) => (
          <option key={id} value={id}>
            {name === '' ? email : `${name} <${email}>`}
          </option>
        ))}
      </select>
    </>
  )
}
