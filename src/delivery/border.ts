// What does not cross our border: header fields taken out of a mail while it streams in, before anything
// of it is stored. (Bytes once stored never change, so this is the only place where it can be done.)
//
//   Return-Path               we write our own                                  RFC 5321 §4.4
//   Authentication-Results    that claim to be from us                          RFC 8601 §5
//   Bcc                       of mail a user submits: others would read it      RFC 5322 §3.6.3
//
// Nothing else of the mail is touched, so signatures stay whole.

import type { Field } from '../mime/headers.ts'

export interface Border {
  authservId: string
  submitted: boolean
}

/** The header block without what must not cross; the same Buffer when there is nothing to take out. */
export function crossBorder(headerBlock: Buffer, fields: Field[], border: Border): Buffer {
  let bytes = 0
  for (const field of fields) {
    if (!crosses(field, border)) bytes += field.raw.length
  }
  if (bytes === 0) return headerBlock

  const kept: Buffer[] = []
  for (const field of fields) {
    if (crosses(field, border)) kept.push(field.raw)
  }
  return Buffer.concat(kept)
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
      return !(field.name.toLowerCase() === 'authentication-results' && claims(field.value, border.authservId))
    default:
      return true
  }
}

/** Whether an Authentication-Results value begins with this authserv-id, after any comments. RFC 8601 §2.2 */
function claims(value: Buffer, authservId: string): boolean {
  const text = withoutComments(value.subarray(0, 2_000).toString('latin1')).trimStart().toLowerCase()
  const name = authservId.toLowerCase()
  const bare = text.startsWith('"') ? text.slice(1) : text
  return bare.startsWith(name) && /^[\s;"/]|^$/.test(bare.slice(name.length))
}

function withoutComments(text: string): string {
  let depth = 0
  let kept = ''
  for (let i = 0; i < text.length; i++) {
    const letter = text[i]!
    if (letter === '\\' && depth > 0) i++
    else if (letter === '(') depth++
    else if (letter === ')' && depth > 0) depth--
    else if (depth === 0) kept += letter
  }
  return kept
}
