// What every mail goes through before it is placed, in this order.

import type { Field } from '../mime/headers.ts'
import type { Mail } from '../mail/mail.ts'
import type { Verdict } from '../mail/verdict.ts'
import type { AuthResults } from '../mailauth/mailauth.ts'
import { authenticity } from './authenticity.ts'
import type { House } from './house.ts'
import { loop } from './loop.ts'
import type { Destination } from './recipients.ts'
import { sending } from './sending.ts'

/** What is known of a mail beside its bytes, and what the checks find out about it. */
export interface Findings {
  fields: Field[]
  destinations: Destination[]
  authentication?: AuthResults
  junk: boolean // goes to the Junk mailbox
}

export interface Check {
  name: string
  judge(mail: Mail, findings: Findings, house: House): Verdict | Promise<Verdict>
}

export const checks: Check[] = [
  { name: 'loop', judge: loop },
  { name: 'mailauth', judge: authenticity },
  { name: 'policy', judge: sending },
]
