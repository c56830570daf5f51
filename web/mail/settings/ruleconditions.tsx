// The conditions of a rule that is being written.

import { useState } from 'react'
import type { Rule, RuleCondition } from '../../../src/wire/rules.ts'
import { Icon } from '../../parts/icon.tsx'
import { bytesOf, megabytesOf } from './rulesentences.ts'
import { words as r } from './rulewords.ts'
import css from './rules.module.css'

type Field = RuleCondition['field']

const ways: Record<Field, readonly RuleCondition['is'][]> = {
  from: ['contains', 'contains-not', 'equals'],
  to: ['contains', 'contains-not', 'equals'],
  subject: ['contains', 'contains-not', 'equals'],
  body: ['contains', 'contains-not'],
  size: ['over', 'under'],
  attachment: ['there', 'not-there'],
}

interface ConditionFieldsProps {
  match: Rule['match']
  conditions: RuleCondition[]
  matchBy(match: Rule['match']): void
  change(conditions: RuleCondition[]): void
}

export function ConditionFields({ match, conditions, matchBy, change }: ConditionFieldsProps) {
  return (
    <fieldset className={css['parts']}>
      <legend>{r.conditions}</legend>
      {conditions.length === 0 && <p className="quiet">{r.noCondition}</p>}
      {conditions.length > 1 && (
        <div className="row">
          <label htmlFor="rule-match">{r.match}</label>
          <select
            id="rule-match"
            className={`in ${css['match']}`}
            value={match}
            onChange={(event) => matchBy(event.target.value as Rule['match'])}
          >
            <option value="all">{r.matchAll}</option>
            <option value="any">{r.matchAny}</option>
          </select>
        </div>
      )}
      {conditions.map((condition, at) => (
        // Rows are known by what they compare and where: a field that changes begins anew.
        <Row
          key={`${at} ${condition.field} ${conditions.length}`}
          condition={condition}
          n={at + 1}
          change={(next) => change(conditions.with(at, next))}
          remove={() => change(conditions.toSpliced(at, 1))}
        />
      ))}
      <div>
        <button
          type="button"
          className="btn sm"
          onClick={() => change([...conditions, { field: 'subject', is: 'contains', text: '' }])}
        >
          {r.addCondition}
        </button>
      </div>
    </fieldset>
  )
}

interface RowProps {
  condition: RuleCondition
  n: number
  change(condition: RuleCondition): void
  remove(): void
}

function Row({ condition, n, change, remove }: RowProps) {
  return (
    <div className={css['part']}>
      <select
        className="in"
        aria-label={r.conditionField(n)}
        value={condition.field}
        onChange={(event) => change(conditionOf(event.target.value as Field, condition))}
      >
        {Object.keys(ways).map((field) => (
          <option key={field} value={field}>
            {r.fieldNames[field]}
          </option>
        ))}
      </select>
      <select
        className="in"
        aria-label={r.conditionHow(n)}
        value={condition.is}
        onChange={(event) => change({ ...condition, is: event.target.value } as RuleCondition)}
      >
        {ways[condition.field].map((is) => (
          <option key={is} value={is}>
            {r.howNames[is]}
          </option>
        ))}
      </select>
      {'text' in condition && (
        <input
          className="in"
          aria-label={r.conditionText(n)}
          autoComplete="off"
          maxLength={500}
          value={condition.text}
          onChange={(event) => change({ ...condition, text: event.target.value })}
        />
      )}
      {condition.field === 'size' && (
        <Size n={n} bytes={condition.bytes} change={(bytes) => change({ ...condition, bytes })} />
      )}
      <button type="button" className="btn quiet icon" aria-label={r.removeCondition(n)} onClick={remove}>
        <Icon name="x" size="s" />
      </button>
    </div>
  )
}

/** In megabytes; what is no number is no size, and said when it is to be kept. */
function Size({ n, bytes, change }: { n: number; bytes: number; change(bytes: number): void }) {
  const [typed, setTyped] = useState(Number.isNaN(bytes) ? '' : megabytesOf(bytes))
  return (
    <input
      className="in"
      inputMode="decimal"
      aria-label={r.conditionSize(n)}
      autoComplete="off"
      value={typed}
      onChange={(event) => {
        setTyped(event.target.value)
        change(bytesOf(event.target.value))
      }}
    />
  )
}

/** A condition on another field, with the text that was typed where it has one. */
function conditionOf(field: Field, before: RuleCondition): RuleCondition {
  const text = 'text' in before ? before.text : ''
  if (field === 'size') return { field, is: 'over', bytes: 5_000_000 }
  if (field === 'attachment') return { field, is: 'there' }
  return { field, is: 'contains', text }
}
