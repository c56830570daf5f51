// mailto: links as drafts.                                                              RFC 6068
//
// Pure. Invariant: a link names people, a subject and a text; it never adds a file, a sender or any other field.

import { merge, readRecipients, type Recipient } from './recipients.ts'

export interface Linked {
  to: Recipient[]
  cc: Recipient[]
  bcc: Recipient[]
  subject: string
  text: string
}

export function readMailto(link: string): Linked {
  const found: Linked = { to: [], cc: [], bcc: [], subject: '', text: '' }
  const bare = link.trim().replace(/^mailto:/i, '')
  const mark = bare.indexOf('?')
  const path = mark < 0 ? bare : bare.slice(0, mark)
  const people = (text: string): Recipient[] => readRecipients(text).slice(0, 200)
  found.to = path.split(',').flatMap((one) => people(decode(one)))
  for (const field of mark < 0 ? [] : bare.slice(mark + 1).split('&')) {
    const at = field.indexOf('=')
    const name = decode(at < 0 ? field : field.slice(0, at)).toLowerCase()
    const value = at < 0 ? '' : decode(field.slice(at + 1))
    if (name === 'to' || name === 'cc' || name === 'bcc') found[name] = merge(found[name], people(value))
    else if (name === 'subject') found.subject = value.replace(/[\r\n]+/g, ' ')
    else if (name === 'body') found.text = value.replace(/\r\n?/g, '\n')
  }
  return found
}

/** A plus stays a plus; what is badly written stays as it is. RFC 6068 §2 */
function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
