// Header fields as signatures see them: octets, from the bottom up.               RFC 6376 §3.4.2, §5.4
//
// Invariant: linear in the header block; a block is one string of octets (latin1).

import { eachField } from '../mime/headers.ts'

export interface SignedField {
  name: string // lower case
  raw: string // the whole field, with folds and line end
}

/** The fields of a block in order; lines that are no field are left out. */
export function splitFields(block: string): SignedField[] {
  const fields: SignedField[] = []
  eachField(block, (start, colon, end) => {
    fields.push({ name: block.slice(start, colon).trimEnd().toLowerCase(), raw: block.slice(start, end) })
  })
  return fields
}

/** 'relaxed' of one field, without the line end. RFC 6376 §3.4.2. */
export function relaxField(raw: string): string {
  const colon = raw.indexOf(':')
  const name = raw
    .slice(0, colon)
    .replace(/[ \t]+$/, '')
    .toLowerCase()
  return `${name}:${relaxValue(raw.slice(colon + 1))}`
}

function relaxValue(value: string): string {
  // Unfolding and white space in one pass; a fold is CRLF (or a bare LF) before white space.
  const plain = value.replace(/\r?\n/g, '').replace(/[ \t]+/g, ' ')
  return plain.slice(plain.startsWith(' ') ? 1 : 0, plain.length > 1 && plain.endsWith(' ') ? -1 : undefined)
}

/**
 * What a signature covers, by its h= list: each name takes the lowest field of that name not yet
 * taken; a name without one covers its absence. RFC 6376 §5.4.2.
 */
export function takeSigned(fields: SignedField[], names: string[]): string[] {
  const left = new Map<string, string[]>()
  for (const { name, raw } of fields) {
    const same = left.get(name)
    if (same) same.push(raw)
    else left.set(name, [raw])
  }
  return names.flatMap((name) => left.get(name)?.pop() ?? [])
}

/** The tags of a DKIM or ARC field: 'a=b; c=d'. Later tags of one name win. RFC 6376 §3.2. */
export function readTags(raw: string): Map<string, string> {
  const tags = new Map<string, string>()
  for (const item of raw.slice(raw.indexOf(':') + 1).split(';')) {
    const equals = item.indexOf('=')
    if (equals > 0) tags.set(item.slice(0, equals).trim(), item.slice(equals + 1).trim())
  }
  return tags
}

/** The names of an h= tag in lower case. */
export function signedNames(tags: Map<string, string>): string[] {
  return (tags.get('h') ?? '')
    .split(':')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '')
}
