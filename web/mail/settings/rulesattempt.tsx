// What the rules would do with the mails that came last.

import { useEffect, useState } from 'react'
import { writeRules, type Rule } from '../../../src/wire/rules.ts'
import { ask } from '../../parts/api.ts'
import { useMail } from '../words.ts'
import { reasonOf } from './fields.tsx'
import { flagText, type NameOf } from './rulesentences.ts'
import { useMailboxNames } from './rulemailboxes.ts'
import { words as r } from './rulewords.ts'

interface Trouble {
  line: number
  en: string
  zh: string
}

interface Act {
  do: string
  mailbox?: string
  address?: string
  flags?: string[]
}

interface Attempted {
  problems: Trouble[]
  mails: { id: string; subject: string; from: string; actions: Act[]; problem?: Trouble }[]
  cut: boolean
}

export function RulesAttempt({ rules }: { rules: readonly Rule[] }) {
  const { language } = useMail()
  const [isBusy, setIsBusy] = useState(false)
  const [found, setFound] = useState<Attempted>()
  const [problem, setProblem] = useState('')
  // It was about the rules as they were.
  useEffect(() => setFound(undefined), [rules])

  async function attempt(): Promise<void> {
    if (isBusy) return
    setIsBusy(true)
    setProblem('')
    try {
      setFound(await ask<Attempted>('POST', '/api/rules/try', { script: writeRules(rules) }))
    } catch (error) {
      setProblem(reasonOf(error))
    } finally {
      setIsBusy(false)
    }
  }

  const say = ({ line, en, zh }: Trouble): string => r.wrongAt(line, language === 'en' ? en : zh)
  const wrong = found?.problems.map(say).join('\n') || problem
  return (
    <div className="stack">
      <div className="row wrap">
        <button type="button" className="btn" aria-disabled={isBusy} onClick={() => void attempt()}>
          {isBusy ? r.attempting : r.attempt}
        </button>
        <span className="meta">{r.attemptHint}</span>
      </div>
      {wrong !== '' && (
        <p className="err" role="alert">
          {wrong}
        </p>
      )}
      {found && found.problems.length === 0 && <Result found={found} say={say} />}
    </div>
  )
}

function Result({ found: { mails, cut }, say }: { found: Attempted; say(trouble: Trouble): string }) {
  const nameOf = useMailboxNames()
  const touched = mails.filter(({ actions, problem }) => problem !== undefined || !actions.every(isPlainKeep))
  return (
    <>
      <p role="status">
        {touched.length === 0 ? r.attemptNone(mails.length) : r.attempted(touched.length, mails.length)}
        {cut && ` ${r.attemptCut}`}
      </p>
      {touched.length > 0 && (
        <div className="scroll-x">
          <table className="tb">
            <thead>
              <tr>
                <th scope="col">{r.sender}</th>
                <th scope="col">{r.subject}</th>
                <th scope="col">{r.outcome}</th>
              </tr>
            </thead>
            <tbody>
              {touched.map(({ id, subject, from, actions, problem }) => (
                <tr key={id}>
                  <td>{from}</td>
                  <td>{subject || r.noSubject}</td>
                  <td>{problem ? say(problem) : actions.flatMap((act) => outcomeOf(act, nameOf)).join(r.next)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  )
}

function isPlainKeep({ do: what, flags = [] }: Act): boolean {
  return what === 'keep' && flags.length === 0
}

function outcomeOf({ do: what, mailbox, address, flags = [] }: Act, nameOf: NameOf): string[] {
  const marks = flags.map((flag) => flagText(flag, r))
  if (what === 'fileinto' && mailbox !== undefined) return [r.sayMove(nameOf(mailbox)), ...marks]
  if (what === 'redirect' && address !== undefined) return [r.sayRedirect(address)]
  return [r.outcomeNames[what] ?? what, ...marks]
}
