// What is known of a mail beside its bytes, and what the checks find out about it.

import type { AuthResults } from '../mailauth/results.ts'
import type { Field } from '../mime/headers.ts'
import type { Destination } from './recipients.ts'

export interface Findings {
  fields: Field[]
  destinations: Destination[]
  authentication?: AuthResults
  junk: boolean // goes to the Junk mailbox
  /** Who wrote it in another's name: its address for Sender where the mail lacks it, and in whose name. */
  written?: WrittenFor
}

export interface WrittenFor {
  sender: string | undefined // to be added; undefined: nothing
  names: { owner: string; by: 'granted' | 'as' | 'behalf' }[]
}
