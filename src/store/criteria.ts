// What can be asked of a mailbox.                                        RFC 9051 §6.4.4, RFC 7162 §3.1.5, RFC 8474 §5

export type Criterion =
  | { is: 'all' }
  | { is: 'and' | 'or'; of: Criterion[] }
  | { is: 'not'; of: Criterion }
  | { is: 'flag'; bit: number; set: boolean } // bit of flagBits
  | { is: 'keyword'; name: string; set: boolean }
  | { is: 'uids'; ranges: [low: number, high: number][] } // both included; the caller has resolved numbers and '*'
  | { is: 'received' | 'saved'; since?: number; before?: number } // since <= time < before, ms
  | { is: 'sent'; since?: number; before?: number } // the day the Date: field writes, as 00:00 UTC of it, ms
  | { is: 'larger' | 'smaller'; size: number } // bytes, neither includes the size itself
  | { is: 'header'; name: string; text: string } // '': the field is there
  | { is: 'text' | 'body'; text: string }
  | { is: 'modseq'; atLeast: number }
  | { is: 'email' | 'thread'; id: number }
  | { is: 'attachment'; has: boolean }
