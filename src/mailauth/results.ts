// What authentication found of a mail, and how it is said in a header field.        RFC 8601, RFC 8617 §6
//
// Invariant: whatever strangers chose (domains, selectors, names) cannot leave its value, nor break the line.

import type { ChainResult } from './seal.ts'

/** RFC 8601 §2.7. */
export type Result = 'none' | 'pass' | 'fail' | 'softfail' | 'neutral' | 'policy' | 'temperror' | 'permerror'

export interface SpfResult {
  result: Result
  domain: string // the one that was asked, A-labels
  identity: 'mailfrom' | 'helo'
}

export interface DkimResult {
  result: Result // 'policy' for a signature that is right but does not cover what is shown
  domain: string // d=
  selector: string // s=
  algorithm: string // a=
  signature: string // the first 8 characters of b= (RFC 6008)
  comment?: string
}

export type DmarcPolicy = 'none' | 'quarantine' | 'reject'

export interface DmarcResult {
  result: Result // 'none' without a policy or without an author
  domain: string // the author's domain that was judged; '' without one
  policy?: DmarcPolicy // what the domain asks for mail that fails
  comment?: string
}

export interface ArcResult {
  result: ChainResult
  /** By instance, newest first: who sealed, and what that sealer had found of DMARC. Empty unless it passed. */
  sets: { sealer: string; dmarc: Result }[]
  comment?: string
}

export interface ReverseResult {
  result: Result
  name?: string // the name that points back to the address
}

/** Who the mail says it is from, counted as it stands. */
export interface AuthorFacts {
  fields: number // From fields: exactly one is allowed
  domains: string[] // different domains in them
}

export interface Found {
  spf: SpfResult
  dkim: DkimResult[] // empty: not signed
  dmarc: DmarcResult
  arc: ArcResult
  author: AuthorFacts
}

export interface AuthResults extends Found {
  iprev: ReverseResult
  address: string // of the client
  header: string // the value of one Authentication-Results field, folded, without the last CRLF
}

/** The value of Authentication-Results. `authservId` is our host name. RFC 8601 §2.2. */
export function writeResults(authservId: string, address: string, found: Found, iprev: ReverseResult): string {
  const lines = [
    method('iprev', iprev.result, iprev.name, { 'policy.iprev': address }),
    method('spf', found.spf.result, undefined, { [`smtp.${found.spf.identity}`]: found.spf.domain }),
  ]
  for (const { result, comment, domain, selector, algorithm, signature } of found.dkim) {
    const properties = { 'header.d': domain, 'header.s': selector, 'header.a': algorithm, 'header.b': signature }
    lines.push(method('dkim', result, comment, properties))
  }
  if (found.dkim.length === 0) lines.push('dkim=none')
  const { dmarc, arc } = found
  lines.push(
    method('dmarc', dmarc.result, dmarc.comment, { 'header.from': dmarc.domain, 'policy.dmarc': dmarc.policy }),
  )
  const sealer = arc.sets[0]?.sealer
  lines.push(method('arc', arc.result, arc.comment ?? (sealer && `i=${arc.sets.length} ${sealer}`), {}))
  return `${authservId};\r\n\t${lines.join(';\r\n\t')}`
}

function method(
  name: string,
  result: Result,
  comment: string | undefined,
  properties: Record<string, string | undefined>,
): string {
  const words = [`${name}=${result}`]
  if (comment)
    words.push(
      `(${clean(comment)
        .replace(/[()\\]/g, '')
        .slice(0, 120)})`,
    )
  for (const [property, text] of Object.entries(properties)) if (text) words.push(`${property}=${value(text)}`)
  return foldWords(words)
}

/** Lines of at most 76 characters where words allow it: RFC 5322 §2.1.1. */
function foldWords(words: string[]): string {
  let text = ''
  let line = 1 // the tab before the first word
  for (const word of words) {
    const fits = text === '' || line + word.length < 76
    text += text === '' ? word : fits ? ` ${word}` : `\r\n\t ${word}`
    line = fits ? line + 1 + word.length : 2 + word.length
  }
  return text
}

/** A token, or a quoted string. RFC 8601 §2.2, RFC 2045 §5.1. */
function value(text: string): string {
  const cleaned = clean(text).slice(0, 255)
  return /^[\w.!#$%&'*+^`{|}~-]+$/.test(cleaned) ? cleaned : `"${cleaned.replace(/["\\]/g, '\\$&')}"`
}

function clean(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?')
}

/** What is said when nothing could be found out: the mail goes on, and nobody is blamed. */
export function unknownResults(signed: boolean, domain: string, identity: 'mailfrom' | 'helo'): Found {
  const unknown: DkimResult = { result: 'temperror', domain: '', selector: '', algorithm: '', signature: '' }
  return {
    spf: { result: 'temperror', domain, identity },
    dkim: signed ? [unknown] : [],
    dmarc: { result: 'temperror', domain: '' },
    arc: { result: 'none', sets: [] },
    author: { fields: 1, domains: [] },
  }
}

/** True when a field that came with the mail speaks in our name: readers must not trust it. RFC 8601 §5. */
export function claimsToBeOurs(value: string, authservId: string): boolean {
  const bare = value.replace(/\([^()]*\)/g, ' ')
  const id = /^\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;]+))/.exec(bare)
  return (id?.[1] ?? id?.[2] ?? '').toLowerCase() === authservId.toLowerCase()
}
