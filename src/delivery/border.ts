// What does not cross our border: header fields taken out of a mail while it streams in, before anything
// of it is stored. (Bytes once stored never change, so this is the only place where it can be done.)
//
//   Return-Path               we write our own                                  RFC 5321 §4.4
//   Authentication-Results    that claim to be from us                          RFC 8601 §5
//   Bcc                       of mail a user submits: others would read it      RFC 5322 §3.6.3
//
// Nothing else of the mail is touched, so signatures stay whole.

import { claimsToBeOurs } from '../mailauth/results.ts'
import type { Field } from '../mime/headers.ts'

export interface Border {
  authservId: string
  submitted: boolean
}

/** The header block without what must not cross; the same Buffer when there is nothing to take out. */
export function crossBorder(headerBlock: Buffer, fields: Field[], border: Border): Buffer {
  const kept: Buffer[] = []
  let from = 0
  for (const field of fields) {
    if (crosses(field, border)) continue
    const at = field.raw.byteOffset - headerBlock.byteOffset // raw shares the block's memory
    kept.push(headerBlock.subarray(from, at))
    from = at + field.raw.length
  }
  return kept.length === 0 ? headerBlock : Buffer.concat([...kept, headerBlock.subarray(from)])
}

function crosses(field: Field, border: Border): boolean {
  switch (field.name.length) {
    case 3:
      return !(border.submitted && field.name.toLowerCase() === 'bcc')
    case 10:
      return !(border.submitted && field.name.toLowerCase() === 'resent-bcc')
    case 11:
      return field.name.toLowerCase() !== 'return-path'
    case 22:
      return !(
        field.name.toLowerCase() === 'authentication-results' &&
        claimsToBeOurs(field.value.toString('latin1'), border.authservId)
      )
    default:
      return true
  }
}
