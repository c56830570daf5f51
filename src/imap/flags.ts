// Flags between the wire ("\Seen $Forwarded") and the store (bits and a list of keywords).
// RFC 9051 §2.3.2.

import { flagBits } from '../store/flags.ts'
import { bad, no } from './answers.ts'
import { imapLimits } from './limits.ts'
import type { Scanner } from './scanner.ts'

export interface Flags {
  bits: number
  keywords: string[]
}

const systemFlags: [name: string, bit: number][] = [
  ['\\Answered', flagBits.answered],
  ['\\Flagged', flagBits.flagged],
  ['\\Deleted', flagBits.deleted],
  ['\\Seen', flagBits.seen],
  ['\\Draft', flagBits.draft],
]

const bitOf = new Map(systemFlags.map(([name, bit]) => [name.toLowerCase(), bit]))
export const systemFlagNames = systemFlags.map(([name]) => name).join(' ')

/** \Recent, beside the bits that the store keeps: it belongs to a session. */
export const recentBit = 32
const printedFlags = [...systemFlags, ['\\Recent', recentBit] as const]

/** Keywords every mailbox says it knows; others are told when they are first seen. */
export const usualKeywords = [
  '$Forwarded',
  '$MDNSent',
  '$Junk',
  '$NotJunk',
  '$Phishing',
  '$SubmitPending',
  '$Submitted',
  '$Important',
]

// flag-list = "(" [flag *(SP flag)] ")"; STORE also takes flag *(SP flag)
export function readFlags(scan: Scanner, bare = false): Flags {
  const flags: Flags = { bits: 0, keywords: [] }
  if (bare && scan.peek() !== '(') {
    do addFlag(flags, scan.flag())
    while (scan.accept(' '))
  } else {
    scan.list(() => addFlag(flags, scan.flag()), true)
  }
  return flags
}

function addFlag(flags: Flags, flag: string): void {
  if (flag.startsWith('\\')) {
    const bit = bitOf.get(flag.toLowerCase())
    if (bit !== undefined) flags.bits |= bit
    // \Recent cannot be set; clients that copy what they once saw send it all the same.
    else if (flag.toLowerCase() !== '\\recent') throw bad(`There is no flag ${flag}`)
    return
  }
  if (flag.length > imapLimits.keyword) throw no('A keyword is too long', 'LIMIT')
  const known = flag.toLowerCase()
  if (flags.keywords.some((k) => k.toLowerCase() === known)) return
  flags.keywords.push(flag)
  if (flags.keywords.length > imapLimits.keywords) throw no('Too many keywords', 'LIMIT')
}

const bitsPrinted = Array.from({ length: 64 }, (_, bits) =>
  printedFlags
    .filter(([, bit]) => bits & bit)
    .map(([name]) => name)
    .join(' '),
)

/** "\Seen $Forwarded" of a row: its bits (with recentBit) and its keywords, which the store separates by a space. */
export function printFlags(bits: number, keywords: string): string {
  const system = bitsPrinted[bits & 63]!
  if (keywords === '') return system
  return system === '' ? keywords : `${system} ${keywords}`
}

/** What may be changed for good, by the rights of RFC 4314 §4: s for \\Seen, t for \\Deleted, w for the rest. */
export function permanentFlags(rights: string, keywords: string): string {
  const flags: string[] = []
  if (rights.includes('w')) flags.push('\\Answered \\Flagged \\Draft')
  if (rights.includes('t')) flags.push('\\Deleted')
  if (rights.includes('s')) flags.push('\\Seen')
  if (rights.includes('w')) flags.push(keywords, '\\*')
  return flags.join(' ')
}

/** The bits that rights allow to change. */
export function changeableBits(rights: string): number {
  let bits = 0
  if (rights.includes('w')) bits |= flagBits.answered | flagBits.flagged | flagBits.draft
  if (rights.includes('t')) bits |= flagBits.deleted
  if (rights.includes('s')) bits |= flagBits.seen
  return bits
}
