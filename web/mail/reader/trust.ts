// Where a mail comes from, as our own server found when it came: the first Authentication-Results it put on top.
// RFC 8601
//
// Pure. Only a line in our own name counts; others are what strangers say of themselves. Mail that was written here by
// somebody who signed in has none; what came from elsewhere has one, and must prove that it is from inside.

import { isOutside } from '../../parts/names.ts'

export interface Trust {
  isOutside: boolean
  verdict: 'verified' | 'failed' | 'unknown'
}

export function trustOf(results: readonly string[], from: string, domain: string): Trust {
  const outside = isOutside(from, domain)
  const own = results.map((line) => unfold(line)).find((line) => isOurs(line, domain))
  if (own === undefined) return { isOutside: outside, verdict: 'unknown' }
  const said = (method: string): string | undefined =>
    new RegExp(`(?:^|;)\\s*${method}\\s*=\\s*(\\w+)`, 'i').exec(own)?.[1]?.toLowerCase()
  if (said('dmarc') === 'pass' || said('auth') === 'pass') return { isOutside: outside, verdict: 'verified' }
  if (said('dmarc') === 'fail' || !outside) return { isOutside: outside, verdict: 'failed' }
  return { isOutside: outside, verdict: 'unknown' }
}

function unfold(line: string): string {
  return line.replace(/\r?\n[ \t]+/g, ' ').trim()
}

function isOurs(line: string, domain: string): boolean {
  const server = /^[^\s;]+/.exec(line)?.[0]?.toLowerCase() ?? ''
  return server === domain || server.endsWith(`.${domain}`)
}
