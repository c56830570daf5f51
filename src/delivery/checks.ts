// What every mail goes through before it is placed, in this order.

import type { Mail } from '../mail/mail.ts'
import type { Verdict } from '../mail/verdict.ts'
import { authenticity } from './authenticity.ts'
import type { Findings } from './findings.ts'
import type { House } from './house.ts'
import { loop } from './loop.ts'
import { sending } from './sending.ts'

export interface Check {
  name: string
  judge(mail: Mail, findings: Findings, house: House): Verdict | Promise<Verdict>
}

export const checks: Check[] = [
  { name: 'loop', judge: loop },
  { name: 'mailauth', judge: authenticity },
  { name: 'policy', judge: sending },
]
