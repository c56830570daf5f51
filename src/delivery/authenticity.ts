// Where does the mail come from? SPF, DKIM, DMARC and ARC of what strangers bring.       RFC 7489, RFC 8601
//
// Not asked for mail of people who signed in or of networks that may relay: the connection vouches for it.

import type { Mail } from '../mail/mail.ts'
import { pass, type Verdict } from '../mail/verdict.ts'
import type { Findings } from './findings.ts'
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
    size: mail.size,
    stream: () => mail.stream(),
  })
  findings.authentication = results
  const { verdict, junk } = house.mailauth.judge(results)
  findings.junk ||= junk
  return verdict
}
