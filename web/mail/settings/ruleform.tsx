// Writes one rule.

import { useEffect, useRef, useState } from 'react'
import type { Rule } from '../../../src/wire/rules.ts'
import { composition } from '../../parts/composing.ts'
import { ActionFields } from './ruleactions.tsx'
import { ConditionFields } from './ruleconditions.tsx'
import { whatIsWrong } from './rulesentences.ts'
import { words as r } from './rulewords.ts'
import css from './rules.module.css'

const blank: Rule = {
  name: '',
  enabled: true,
  match: 'all',
  conditions: [{ field: 'from', is: 'contains', text: '' }],
  actions: [{ do: 'move', mailbox: '' }],
}

interface RuleFormProps {
  rule: Rule | undefined // undefined: a new one
  place: number
  isBusy: boolean
  accept(rule: Rule): void
  cancel(): void
}

export function RuleForm({ rule: before = blank, place, isBusy, accept, cancel }: RuleFormProps) {
  const [rule, setRule] = useState(before)
  const [problem, setProblem] = useState('')
  const first = useRef<HTMLInputElement>(null)
  useEffect(() => first.current?.focus(), [])
  const change = (part: Partial<Rule>): void => setRule({ ...rule, ...part })

  function check(): void {
    const ready = tidied(rule)
    const wrong = whatIsWrong(ready, r)
    setProblem(wrong ?? '')
    if (wrong === undefined && !isBusy) accept(ready)
  }

  return (
    <form
      className={css['form']}
      aria-label={before === blank ? r.addRule : r.editRule(before.name || r.nameless(place + 1))}
      noValidate
      {...composition}
      onSubmit={(event) => {
        event.preventDefault()
        check()
      }}
    >
      <div className="field">
        <label htmlFor="rule-name">{r.ruleName}</label>
        <input
          ref={first}
          id="rule-name"
          className="in"
          autoComplete="off"
          maxLength={200}
          value={rule.name}
          onChange={(event) => change({ name: event.target.value })}
        />
      </div>
      <ConditionFields
        match={rule.match}
        conditions={rule.conditions}
        matchBy={(match) => change({ match })}
        change={(conditions) => change({ conditions })}
      />
      <ActionFields actions={rule.actions} change={(actions) => change({ actions })} />
      {problem !== '' && (
        <p className="err" role="alert">
          {problem}
        </p>
      )}
      <div className="row">
        <button className="btn go" aria-disabled={isBusy}>
          {r.saveRule}
        </button>
        <button type="button" className="btn" onClick={cancel}>
          {r.cancel}
        </button>
      </div>
    </form>
  )
}

/** Without what is blank around texts; addresses as they are sent. */
function tidied(rule: Rule): Rule {
  return {
    ...rule,
    name: rule.name.trim(),
    conditions: rule.conditions.map((one) => ('text' in one ? { ...one, text: one.text.trim() } : one)),
    actions: rule.actions.map((one) =>
      one.do === 'forward' ? { ...one, address: one.address.normalize('NFKC').trim() } : one,
    ),
  }
}
