// Rules of the grammar that several commands share. RFC 9051 §9.

import { decodeName, decodePattern, pathOf } from './names.ts'
import type { Scanner } from './scanner.ts'

// mailbox = "INBOX" / astring
export function readMailbox(scan: Scanner): string[] {
  return pathOf(decodeName(scan.astring('a mailbox name'), scan.utf8))
}

// mailbox, or "" where the whole account is meant
export function readMailboxOrNone(scan: Scanner): string[] | undefined {
  const octets = scan.astring('a mailbox name')
  return octets === '' ? undefined : pathOf(decodeName(octets, scan.utf8))
}

const patternLetters = /[^\x00-\x20\x7f-\xff(){"\\]+/y

// list-mailbox = 1*list-char / string; list-char = ATOM-CHAR / list-wildcards / resp-specials
export function readPattern(scan: Scanner): string {
  const octets = scan.match(patternLetters) ?? scan.string('a mailbox pattern')
  return decodePattern(octets, scan.utf8)
}
