// A resolver that answers from a zone text: for tests, and for rehearsals by the setting dns.zone_file.
//
// The text is the master file format (RFC 1035 §5.1): comments, $ORIGIN, $TTL, '@', several strings
// of a TXT, parentheses over lines, TTL and class optional, blank owner = the owner before, wildcards
// (RFC 4592). Without $ORIGIN a name with or without its last dot means the same. Beyond the standard:
//   name SERVFAIL      every question for the name fails
//   name TIMEOUT       every question for the name runs out of time (at once)
//   $AUTHENTIC on|off  whether the records that follow count as validated by DNSSEC
//
// Invariant: names, CNAMEs and absence are judged as a name server would, so that a rehearsal differs
// from the real thing in its data alone.

import { Trouble } from '../wire/troubles.ts'
import { resolverFrom } from './conveniences.ts'
import { followAliases, type Found, type Rrset } from './aliases.ts'
import { dnsLimits } from './limits.ts'
import { questionName } from './names.ts'
import { type Answer, type DnsCode, DnsTrouble, type RecordType, type Resolver } from './resolver.ts'
import { readRecordData } from './zone-data.ts'

interface ZoneName {
  sets: Map<RecordType, Rrset>
  failure?: DnsCode
}

/** Reads the text and answers from it. Throws Trouble bad-setting with the number of the bad line. */
export function zoneResolver(zoneText: string): Resolver {
  const zone = readZone(zoneText)

  async function resolve<T extends RecordType>(name: string, type: T): Promise<Answer<T>> {
    return await followAliases<T>(questionName(name), dnsLimits.aliases, async (wanted) => lookUp(zone, wanted, type))
  }
  return resolverFrom(resolve, async () => {})
}

function lookUp(zone: Map<string, ZoneName>, name: string, type: RecordType): Found {
  const entry = zone.get(name) ?? wildcard(zone, name)
  if (!entry) return { absent: 'ENOTFOUND', ttl: 0 }
  if (entry.failure) throw new DnsTrouble(entry.failure, name)
  const set = entry.sets.get(type)
  if (set) return { set }
  const alias = entry.sets.get('CNAME')
  return alias ? { alias: alias.records[0] as string, set: alias } : { absent: 'ENODATA', ttl: 0 }
}

/** The wildcard under the closest name that exists, if there is one. RFC 4592 §3.3.1. */
function wildcard(zone: Map<string, ZoneName>, name: string): ZoneName | undefined {
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
    const parent = name.slice(dot + 1)
    const found = zone.get(`*.${parent}`)
    if (found) return found
    if (zone.has(parent)) return undefined
  }
  return undefined
}

function readZone(text: string): Map<string, ZoneName> {
  const zone = new Map<string, ZoneName>()
  let origin = ''
  let owner = ''
  let defaultTtl = 300
  let authentic = false

  for (const { line, words, indented } of entries(text)) {
    try {
      readEntry(words, indented)
    } catch (cause) {
      if (cause instanceof Trouble || cause instanceof DnsTrouble || cause instanceof RangeError) {
        throw new Trouble('bad-setting', { setting: 'dns.zone_file', line, text: words.join(' ').slice(0, 100) })
      }
      throw cause
    }
  }
  return zone

  function readEntry(words: string[], indented: boolean): void {
    if (words[0] === '$ORIGIN') origin = absolute(words[1] ?? '')
    else if (words[0] === '$TTL') defaultTtl = seconds(words[1] ?? '')
    else if (words[0] === '$AUTHENTIC') authentic = words[1] === 'on'
    else readRecord(words, indented)
  }

  function readRecord(words: string[], indented: boolean): void {
    let at = 0
    if (!indented) owner = absolute(words[at++]!)
    let ttl = defaultTtl
    for (; at < words.length; at++) {
      if (/^\d+[smhdw]?$/i.test(words[at]!)) ttl = seconds(words[at]!)
      else if (words[at]!.toUpperCase() !== 'IN') break
    }
    const type = (words[at] ?? '').toUpperCase()
    const entry = entryOf(owner)
    if (type === 'SERVFAIL') entry.failure = 'ESERVFAIL'
    else if (type === 'TIMEOUT') entry.failure = 'ETIMEOUT'
    else {
      const [known, data] = readRecordData(type, words.slice(at + 1), absolute)
      const set = entry.sets.get(known) ?? { records: [], ttl, authentic }
      set.records.push(data)
      entry.sets.set(known, set)
    }
  }

  /** Also makes the names between here and the root exist without records (RFC 4592 §2.2.2). */
  function entryOf(name: string): ZoneName {
    let entry = zone.get(name)
    if (!entry) zone.set(name, (entry = { sets: new Map() }))
    for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
      const parent = name.slice(dot + 1)
      if (!zone.has(parent)) zone.set(parent, { sets: new Map() })
    }
    return entry
  }

  function absolute(name: string): string {
    if (name === '@') return origin
    if (name === '') throw new RangeError('a name is missing')
    const whole = name.endsWith('.') || origin === '' ? name : `${name}.${origin}`
    return questionName(whole)
  }
}

function seconds(text: string): number {
  const match = /^(\d{1,9})([smhdw]?)$/i.exec(text)
  if (!match) throw new RangeError('not a TTL')
  const unit = { '': 1, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }[match[2]!.toLowerCase()]!
  return Number(match[1]) * unit
}

/** Cuts the text into entries: words, quoted strings with their quote in front, parentheses joined. */
function* entries(text: string): Generator<{ line: number; words: string[]; indented: boolean }> {
  let words: string[] = []
  let indented = false
  let start = 1
  let depth = 0
  for (const [index, row] of text.split('\n').entries()) {
    if (depth === 0) {
      words = []
      start = index + 1
      indented = /^[ \t]/.test(row)
    }
    for (const [token] of row.matchAll(/"(?:[^"\\]|\\.)*"|;.*|[()]|[^\s";()]+/g)) {
      if (token.startsWith(';')) break
      if (token === '(') depth++
      else if (token === ')') depth = Math.max(0, depth - 1)
      else words.push(token)
    }
    if (depth === 0 && words.length > 0) yield { line: start, words, indented }
  }
  if (depth > 0) throw new Trouble('bad-setting', { setting: 'dns.zone_file', line: start, text: 'open parenthesis' })
}
