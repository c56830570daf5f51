// IMAP section numbers over a tree: which bytes of the stored mail a section is.        RFC 9051 §6.4.5, RFC 3516
//
// Promises: ranges lie inside the mail; a path that names nothing is undefined, never another part.

import type { Part, Tree } from './mime.ts'
import { decodeTransfer } from './transfer.ts'

export { decodeTransfer }

/** Bytes start..end of the mail, end exclusive. */
export interface Range {
  start: number
  end: number
}

/**
 * The part a section path names; [] is the whole mail. A number under a message counts the parts of the mail
 * in it; a mail (or a message in one) that is no multipart has one part, number 1.
 */
export function findPart(tree: Tree, path: number[]): Part | undefined {
  let part = tree.part
  let isMail = true // `part` is a mail's outermost part, whose numbers have not begun
  for (const number of path) {
    if (!isMail && part.message) {
      part = part.message.part
      isMail = true
    }
    if (part.type === 'multipart') {
      const next = part.parts[number - 1]
      if (!next) return undefined
      part = next
    } else if (!isMail || number !== 1) return undefined
    isMail = false
  }
  return part
}

export type SectionText = 'all' | 'header' | 'text' | 'mime'

/**
 * The bytes of a section. 'all': BODY[path]; 'header' and 'text': BODY[path.HEADER], BODY[path.TEXT], of the
 * mail or of a message part; 'mime': BODY[path.MIME]. undefined when there is no such section.
 */
export function sectionRange(tree: Tree, path: number[], text: SectionText = 'all'): Range | undefined {
  const part = findPart(tree, path)
  if (!part) return undefined
  if (path.length === 0) {
    if (text === 'mime') return undefined
    if (text === 'all') return { start: 0, end: tree.size }
    return text === 'header' ? { start: 0, end: part.body } : { start: part.body, end: part.end }
  }
  if (text === 'all') return { start: part.body, end: part.end }
  if (text === 'mime') return { start: part.start, end: part.body }
  const mail = part.message?.part
  if (!mail) return undefined
  return text === 'header' ? { start: mail.start, end: mail.body } : { start: mail.body, end: mail.end }
}
