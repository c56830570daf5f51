// Where does the mail come from? SPF, DKIM, DMARC and ARC of what strangers bring.       RFC 7489, RFC 8601
//
// Not asked for mail of people who signed in or of networks that may relay: the connection vouches for it.

import type { Mail } from '../mail/mail.ts'
import { pass, type Verdict } from '../mail/verdict.ts'
import type { Findings } from './checks.ts'
import type { House } from './house.ts'

export async function authenticity(mail: Mail, findings: Findings, house: House): Promise<Verdict> {
  const { session, sender } = mail.envelope
  if (session.role !== 'mx' || session.login || session.facts.trusted) return pass

  const results = await house.mailauth.verify({
    address: session.peer.address,
    helo: session.helo,
    sender,
    hostname: house.settings.hostname,
    headerBlock: mail.headerBlock,
    stream: () => mail.stream(),
  })
  findings.authentication = results
  if (!house.settings.obeyDmarc || results.dmarc.result !== 'fail') return pass
  if (results.dmarc.policy === 'quarantine') findings.junk = true
  if (results.dmarc.policy !== 'reject') return pass
  return {
    outcome: 'refuse',
    trouble: 'policy',
    text: `The domain of the From address asks to refuse mail that it did not sign (DMARC)`,
  }
}
