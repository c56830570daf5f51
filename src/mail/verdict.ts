// What a check says of a mail. One shape for every check; the door that asked turns it into words.

import type { TroubleCode } from '../wire/troubles.ts'

export type Verdict =
  | { outcome: 'pass' }
  | { outcome: 'later' | 'refuse'; trouble: TroubleCode; text?: string; limit?: number }

export const pass: Verdict = { outcome: 'pass' }
