// What is known of a mail beside its bytes, and what the checks find out about it.

import type { AuthResults } from '../mailauth/results.ts'
import type { Field } from '../mime/headers.ts'
import type { Destination } from './recipients.ts'

export interface Findings {
  fields: Field[]
  destinations: Destination[]
  authentication?: AuthResults
  junk: boolean // goes to the Junk mailbox
}
