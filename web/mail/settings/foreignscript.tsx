// A script that somebody wrote elsewhere is active: it is shown, and nothing is done to it here.

import { words as r } from './rulewords.ts'
import css from './rules.module.css'

interface ForeignScriptProps {
  script: { name: string; text: string }
  isBusy: boolean
  replace(): void
}

export function ForeignScript({ script, isBusy, replace }: ForeignScriptProps) {
  return (
    <>
      <p>
        <b>{r.foreign}</b>
      </p>
      <p className="meta">{r.foreignHint}</p>
      <pre className={`code ${css['script']}`} tabIndex={0} role="region" aria-label={r.foreignText(script.name)}>
        {script.text}
      </pre>
      <div className="row wrap">
        <button type="button" className="btn" aria-disabled={isBusy} onClick={() => !isBusy && replace()}>
          {r.useRules}
        </button>
        <span className="meta">{r.useRulesHint}</span>
      </div>
    </>
  )
}
