// mailto URIs of notifications.                                                            RFC 6068, RFC 5436
//
// Promises: never throws; linear; a URI that is not exactly right is undefined.

import { isHeaderName, outgoingAddress } from './addresses.ts'

export interface Mailto {
  to: string[] // mailboxes as written, 'Name <a@b>' too; each address once, in to or in cc
  cc: string[]
  headers: [string, string][] // neither addresses nor the body
  body?: string
}

// RFC 6068 §2: what may stand as it is. '%' begins an octet.
const path = /^(?:[A-Za-z0-9\-._~!$'()*+,:@]|%[0-9A-Fa-f]{2})*$/
const field =
  /^((?:[A-Za-z0-9\-._~!$'()*+,:@/?]|%[0-9A-Fa-f]{2})*)=((?:[A-Za-z0-9\-._~!$'()*+,:@/?]|%[0-9A-Fa-f]{2})*)$/

/** RFC 5436 §2.3: a notification says these itself. */
const ignored = new Set(['from', 'sender', 'date', 'message-id', 'received', 'auto-submitted', 'return-path', 'bcc'])

/** Reads a mailto URI; `limit`: addresses and header fields. */
export function readMailto(uri: string, limit: number): Mailto | undefined {
  const scheme = /^mailto:/i.exec(uri)
  if (!scheme || uri.length > 8000) return undefined
  const rest = uri.slice(7)
  const question = rest.indexOf('?')
  const before = question === -1 ? rest : rest.slice(0, question)
  if (!path.test(before)) return undefined
  const mailto: Mailto = { to: [], cc: [], headers: [] }
  if (!addAddresses(mailto, 'to', before)) return undefined
  if (question !== -1) {
    const fields = rest.slice(question + 1).split('&')
    if (fields.length > limit || !fields.every((each) => addField(mailto, each))) return undefined
  }
  return mailto.to.length + mailto.cc.length <= limit ? mailto : undefined
}

function addField(mailto: Mailto, text: string): boolean {
  const found = field.exec(text)
  const name = found && decode(found[1]!)
  const value = found && decode(found[2]!)
  if (name === undefined || name === null || value === undefined || value === null || !isHeaderName(name)) return false
  const lower = name.toLowerCase()
  if (lower === 'to' || lower === 'cc') return addAddresses(mailto, lower, found![2]!)
  if (lower === 'body') mailto.body = value
  else if (!ignored.has(lower)) mailto.headers.push([name, value.replace(/[\r\n\0]+/g, ' ')])
  return true
}

function addAddresses(mailto: Mailto, list: 'to' | 'cc', text: string): boolean {
  if (text === '') return true
  // A comma that is written as an octet parts addresses too: RFC 2368 §2 asked for it.
  for (const each of decode(text)?.split(',') ?? ['']) {
    const address = outgoingAddress(each)
    if (address === undefined) return false
    const same = (other: string): boolean => outgoingAddress(other)?.toLowerCase() === address.toLowerCase()
    if (![...mailto.to, ...mailto.cc].some(same)) mailto[list].push(each.trim())
  }
  return true
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined // octets that are no UTF-8
  }
}
