// The page could not begin: nobody answers, or not as expected.

import { Problem } from '../../parts/api.ts'
import type { MailWords } from '../words.ts'

export function Unreachable({ words: w, problem }: { words: MailWords; problem: unknown }) {
  const isOurs = problem instanceof Problem && problem.status !== 0
  return (
    <main className="empty">
      <h1>{isOurs ? problem.message : w.unreachable}</h1>
      {isOurs && problem.reference !== '' && <p className="meta">{w.reference(problem.reference)}</p>}
      <button type="button" className="btn go" onClick={() => location.reload()}>
        {w.again}
      </button>
    </main>
  )
}
