// What the house does with a mail after its authentication. Pure.                       RFC 7489 §6.6, RFC 9989
//
// The owner of the From domain decides (DMARC); a failing SPF alone never refuses, since forwarding breaks
// it (RFC 7208 §8.4). What could not be found out (temperror) never counts against a mail.

import { pass, type Verdict } from '../mail/verdict.ts'
import type { AuthResults } from './results.ts'

export interface JudgeSettings {
  dmarc: 'honour' | 'mark' // mark: what should be refused goes to Junk
  arcSealers: string[] // domains whose word on mail they forward is taken (RFC 8617 §7.2)
}

export interface Judgement {
  verdict: Verdict
  junk: boolean // a fact for delivery: into the Junk mailbox
  why?: string // one English sentence, when the mail does not simply pass
}

const noAuthor = 'The mail has no From field'

type Judged = Pick<AuthResults, 'dmarc' | 'arc' | 'author'>

/** Judges one mail. */
export function judgeResults(results: Judged, settings: JudgeSettings): Judgement {
  const { dmarc, author } = results
  if (author.fields > 1) {
    // One field is checked, another may be shown: RFC 5322 §3.6 allows one.
    return refuse('The mail has more than one From field', settings)
  }
  if (dmarc.result !== 'fail' || !dmarc.policy || dmarc.policy === 'none') {
    return author.fields > 0 ? { verdict: pass, junk: false } : { verdict: pass, junk: true, why: noAuthor }
  }
  if (vouchedFor(results, settings)) {
    return { verdict: pass, junk: false, why: 'A listed forwarder found DMARC to pass (ARC)' }
  }
  const why = `${dmarc.domain} asks to ${dmarc.policy} mail that it did not authenticate (DMARC)`
  if (dmarc.policy === 'quarantine') return { verdict: pass, junk: true, why }
  return refuse(why, settings)
}

function refuse(why: string, settings: JudgeSettings): Judgement {
  if (settings.dmarc === 'mark') return { verdict: pass, junk: true, why }
  return { verdict: { outcome: 'refuse', trouble: 'policy', text: why }, junk: true, why }
}

/** From the newest set down, as long as the sealers are listed: did one of them find DMARC to pass? */
function vouchedFor({ arc }: Judged, { arcSealers }: JudgeSettings): boolean {
  if (arc.result !== 'pass') return false
  for (const { sealer, dmarc } of arc.sets) {
    if (!arcSealers.includes(sealer)) return false
    if (dmarc === 'pass') return true
  }
  return false
}
