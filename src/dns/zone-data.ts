// The data of one record in a zone text.                                  RFC 1035 §5.1, §3.3

import { isIPv4, isIPv6 } from 'node:net'
import type { RecordData, RecordType } from './resolver.ts'

/**
 * Reads what stands after the type. `absolute` makes names whole. Gives the type and its data.
 * Throws RangeError for what is not such data.
 */
export function readRecordData(
  type: string,
  words: string[],
  absolute: (name: string) => string,
): [RecordType, RecordData[RecordType]] {
  const [first = '', second = '', third = '', fourth = ''] = words
  switch (type) {
    case 'A':
      if (!isIPv4(first)) throw new RangeError('not an IPv4 address')
      return [type, first]
    case 'AAAA':
      if (!isIPv6(first)) throw new RangeError('not an IPv6 address')
      return [type, first]
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return [type, absolute(first)]
    case 'MX':
      return [type, { priority: number(first), exchange: absolute(second) }]
    case 'SRV':
      return [type, { priority: number(first), weight: number(second), port: number(third), target: absolute(fourth) }]
    case 'TXT':
      if (words.length === 0) throw new RangeError('no text')
      return [type, words.map(characterString).join('')]
    case 'TLSA': {
      const certificate = Buffer.from(words.slice(3).join(''), 'hex')
      return [type, { usage: number(first), selector: number(second), matchingType: number(third), certificate }]
    }
    case 'SOA':
      return [type, { primary: absolute(first), minimum: number(words[6] ?? '') }]
    case 'CAA':
      return [type, { flags: number(first), tag: second, value: characterString(third) }]
    default:
      throw new RangeError('not a record type we read')
  }
}

function number(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new RangeError('not a number')
  return Number(text)
}

/** A quoted or bare character-string, with \X and \DDD. RFC 1035 §5.1. */
function characterString(word: string): string {
  const bare = word.startsWith('"') ? word.slice(1, -1) : word
  return bare.replace(/\\(\d{3}|.)/g, (_, escaped: string) =>
    escaped.length === 3 ? String.fromCharCode(Number(escaped)) : escaped,
  )
}
