// One rule: its sentence, whether it is on, and where it stands.

import type { Rule } from '../../../src/wire/rules.ts'
import { Icon } from '../../parts/icon.tsx'
import { sentenceOf } from './rulesentences.ts'
import { useMailboxNames } from './rulemailboxes.ts'
import { words as r } from './rulewords.ts'
import css from './rules.module.css'

interface RuleLineProps {
  rule: Rule
  place: number
  count: number
  isBusy: boolean
  edit(): void
  remove(): void
  turn(isOn: boolean): void
  move(to: number): void
}

export function RuleLine({ rule, place, count, isBusy, edit, remove, turn, move }: RuleLineProps) {
  const nameOf = useMailboxNames()
  const name = rule.name || r.nameless(place + 1)
  return (
    <div className={css['line']}>
      <input
        type="checkbox"
        className="checkbox"
        checked={rule.enabled}
        aria-label={r.ruleOn(name)}
        onChange={(event) => !isBusy && turn(event.target.checked)}
      />
      <div className={css['said']}>
        <b>{name}</b> {!rule.enabled && <span className="tag">{r.isOff}</span>}
        <p>{sentenceOf(rule, r, nameOf)}</p>
      </div>
      <div className={css['acts']}>
        <button
          type="button"
          className="btn quiet icon sm"
          data-move="up"
          aria-label={r.upRule(name)}
          aria-disabled={isBusy || place === 0}
          onClick={() => !isBusy && place > 0 && move(place - 1)}
        >
          <Icon name="down" size="s" />
        </button>
        <button
          type="button"
          className="btn quiet icon sm"
          data-move="down"
          aria-label={r.downRule(name)}
          aria-disabled={isBusy || place === count - 1}
          onClick={() => !isBusy && place < count - 1 && move(place + 1)}
        >
          <Icon name="down" size="s" />
        </button>
        <button type="button" className="btn sm" aria-label={r.editRule(name)} onClick={edit}>
          {r.edit}
        </button>
        <button
          type="button"
          className="btn sm"
          aria-label={r.deleteRule(name)}
          aria-disabled={isBusy}
          onClick={() => !isBusy && remove()}
        >
          {r.delete}
        </button>
      </div>
    </div>
  )
}
