// The operators of a search as chips: each can be taken out; what was not understood says so. And where was searched.

import { useCell } from '../../parts/cell.ts'
import { Icon } from '../../parts/icon.tsx'
import { searchFor } from '../listquery.ts'
import { useMail } from '../words.ts'
import css from './search.module.css'

export function Chips() {
  const mail = useMail()
  const { words: w, zone } = mail
  const { words } = useCell(mail.route)
  const { terms, problems, scope } = searchFor(words, mail.account(), zone)
  const operators = terms.filter(({ name }) => name !== 'text')
  const takeOut = (start: number, end: number): void =>
    mail.go({ words: `${words.slice(0, start)} ${words.slice(end)}`.replace(/\s+/g, ' ').trim() })
  const edit = (start: number, end: number): void => {
    const isPhone = matchMedia('(max-width: 900px)').matches
    const field = document.querySelector<HTMLInputElement>(isPhone ? '#search-phone' : '#search')
    field?.focus()
    field?.setSelectionRange(start, end)
  }
  if (words === '') return null
  return (
    <div className={css['chips']}>
      {operators.map((term) => {
        const text = `${term.isNot ? '−' : ''}${w.operator(term.name)}${w.colon}${w.operatorValue(term.value)}`
        return (
          <span key={term.start} className={`${css['chip']} ${problems.includes(term) ? css['bad'] : ''}`}>
            <button type="button" className="cut" title={w.editTerm} onClick={() => edit(term.start, term.end)}>
              {problems.includes(term) ? w.notUnderstood(text) : text}
            </button>
            <button type="button" aria-label={w.takeOut(text)} onClick={() => takeOut(term.start, term.end)}>
              <Icon name="x" size="s" />
            </button>
          </span>
        )
      })}
      <span className="meta">
        {scope === 'default' ? w.scopeDefault : scope === 'everywhere' ? w.scopeEverywhere : w.scopeNamed}
      </span>
    </div>
  )
}
