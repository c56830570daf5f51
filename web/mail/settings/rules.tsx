// The rules, as sentences in the order in which they are checked.
//
// Invariant: what is shown is what the server keeps; a change that was not kept is not shown.

import { useCallback, useEffect, useRef, useState } from 'react'
import { ruleLimits, type Rule } from '../../../src/wire/rules.ts'
import { Icon } from '../../parts/icon.tsx'
import { useMail } from '../words.ts'
import { useKeeping } from './fields.tsx'
import { ForeignScript } from './foreignscript.tsx'
import { RuleForm } from './ruleform.tsx'
import { RuleLine } from './ruleline.tsx'
import { RulesAttempt } from './rulesattempt.tsx'
import { ChangedElsewhere, keepRules, readKept, type Kept } from './rulescript.ts'
import { words as r } from './rulewords.ts'
import { words as w } from './words.ts'
import css from './rules.module.css'

export function Rules() {
  const { jmap } = useMail()
  const [kept, setKept] = useState<Kept>()
  const [isLost, setIsLost] = useState(false)
  const read = useCallback(() => readKept(jmap).then(setKept, () => setIsLost(true)), [jmap])
  useEffect(() => void read(), [read])
  return (
    <section className="stack" aria-labelledby="settings-rules">
      <h3 id="settings-rules">{r.rules}</h3>
      {isLost && <p role="alert">{w.notRead}</p>}
      {kept && <RuleList kept={kept} changed={setKept} readAgain={read} />}
    </section>
  )
}

interface RuleListProps {
  kept: Kept
  changed(kept: Kept): void
  readAgain(): Promise<void>
}

function RuleList({ kept, changed, readAgain }: RuleListProps) {
  const { jmap, toast } = useMail()
  const { isBusy, keep } = useKeeping()
  const [edited, setEdited] = useState<number>() // the place of the rule; behind the last one: a new one
  const lines = useRef<HTMLOListElement>(null)
  const { rules, foreign } = kept

  async function write(next: readonly Rule[], before = kept, done?: string): Promise<Kept | undefined> {
    let after: Kept | undefined
    const act = async (): Promise<void> => {
      try {
        after = await keepRules(jmap, before, next)
      } catch (error) {
        if (!(error instanceof ChangedElsewhere)) throw error
        await readAgain()
        throw new Error(r.changedElsewhere, { cause: error })
      }
    }
    if ((await keep(act, done)) && after) changed(after)
    return after
  }

  async function remove(at: number): Promise<void> {
    const after = await write(rules.toSpliced(at, 1))
    if (after) toast.set({ text: r.deletedRule, undo: () => write(rules, after) })
    document.getElementById('settings-add-rule')?.focus()
  }

  /** The focus goes with the rule. */
  async function move(at: number, to: number): Promise<void> {
    if (!(await write(rules.toSpliced(at, 1).toSpliced(to, 0, rules[at]!)))) return
    const way = to < at ? 'up' : 'down'
    lines.current?.children[to]?.querySelector<HTMLElement>(`[data-move=${way}]`)?.focus()
  }

  async function accept(at: number, rule: Rule): Promise<void> {
    if (await write(rules.toSpliced(at, 1, rule))) close()
  }

  function close(): void {
    setEdited(undefined)
    // The button comes back with the next drawing.
    setTimeout(() => document.getElementById('settings-add-rule')?.focus())
  }

  if (foreign) {
    return <ForeignScript script={foreign} isBusy={isBusy} replace={() => void write(rules, kept, r.otherOff)} />
  }
  const form = (at: number) => (
    <RuleForm
      key={at}
      rule={rules[at]}
      place={at}
      isBusy={isBusy}
      accept={(rule) => void accept(at, rule)}
      cancel={close}
    />
  )
  return (
    <>
      {rules.length === 0 ? <p className="quiet">{r.noRules}</p> : <p className="meta">{r.rulesHint}</p>}
      {rules.length > 0 && (
        <ol className={css['rules']} ref={lines}>
          {rules.map((rule, at) => (
            <li key={at}>
              {edited === at ? (
                form(at)
              ) : (
                <RuleLine
                  rule={rule}
                  place={at}
                  count={rules.length}
                  isBusy={isBusy}
                  edit={() => setEdited(at)}
                  remove={() => void remove(at)}
                  turn={(enabled) => void write(rules.with(at, { ...rule, enabled }))}
                  move={(to) => void move(at, to)}
                />
              )}
            </li>
          ))}
        </ol>
      )}
      {edited === rules.length && form(edited)}
      {edited === undefined && rules.length < ruleLimits.rules && (
        <div>
          <button id="settings-add-rule" type="button" className="btn" onClick={() => setEdited(rules.length)}>
            <Icon name="plus" />
            {r.addRule}
          </button>
        </div>
      )}
      {rules.length > 0 && edited === undefined && <RulesAttempt rules={rules} />}
    </>
  )
}
