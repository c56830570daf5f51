// A tree as text, for a column: compact arrays, offsets as distances, defaults dropped.
//
// Invariant: unpackTree(packTree(tree)) equals the tree. The form is written to disk: it is only ever added
// to, at the end of an array, where older text reads as the default.

import type { Address, MailHeaders, Part, Tree } from './mime.ts'
import { newPart } from './part.ts'

type Packed = (string | number | Packed)[]

/** The tree as JSON text. */
export function packTree(tree: Tree): string {
  return JSON.stringify([tree.size, packHeaders(tree.headers), packPart(tree.part, 0, tree.size), ...tree.flaws])
}

/** The tree packTree was given. The text must come from packTree. */
export function unpackTree(text: string): Tree {
  const [size, headers, part, ...flaws] = JSON.parse(text) as [number, Packed, Packed, ...string[]]
  return { size, headers: unpackHeaders(headers), part: unpackPart(part, 0, size), flaws }
}

/** The headers alone, or the structure alone: what a list of thousands needs takes half the time. */
export function unpackTop(text: string): MailHeaders {
  return unpackHeaders((JSON.parse(text) as [number, Packed])[1])
}

export function unpackStructure(text: string): Part {
  const [size, , part] = JSON.parse(text) as [number, Packed, Packed]
  return unpackPart(part, 0, size)
}

/** Drops the defaults at the end: 0, '' and []. */
function trimmed(packed: Packed): Packed {
  let end = packed.length
  while (end > 0) {
    const last = packed[end - 1]!
    if (last !== 0 && last !== '' && !(Array.isArray(last) && last.length === 0)) break
    end--
  }
  packed.length = end
  return packed
}

function packHeaders(h: MailHeaders): Packed {
  const list = packAddresses
  return trimmed([
    h.dateText,
    h.date === undefined ? '' : h.date,
    h.messageId,
    h.subject,
    list(h.from),
    list(h.to),
    list(h.cc),
    h.inReplyTo,
    h.references,
    list(h.replyTo),
    list(h.sender),
    list(h.bcc),
  ])
}

function unpackHeaders(packed: Packed): MailHeaders {
  const text = (i: number): string => (packed[i] as string | undefined) ?? ''
  const list = (i: number): Address[] => unpackAddresses((packed[i] as Packed | undefined) ?? [])
  const headers: MailHeaders = {
    dateText: text(0),
    subject: text(3),
    from: list(4),
    sender: list(10),
    replyTo: list(9),
    to: list(5),
    cc: list(6),
    bcc: list(11),
    inReplyTo: text(7),
    messageId: text(2),
    references: (packed[8] as string[] | undefined) ?? [],
  }
  if (typeof packed[1] === 'number') headers.date = packed[1]
  return headers
}

/** Three strings for each address; before a group's marker stands 1 (start) or 2 (end). */
function packAddresses(addresses: Address[]): Packed {
  const packed: Packed = []
  for (const { name, mailbox, host, group } of addresses) {
    if (group) packed.push(group === 'start' ? 1 : 2)
    packed.push(name, mailbox, host)
  }
  return packed
}

function unpackAddresses(packed: Packed): Address[] {
  const addresses: Address[] = []
  for (let i = 0; i < packed.length; i += 3) {
    const marker = packed[i]
    if (typeof marker === 'number') i++
    const address: Address = {
      name: packed[i] as string,
      mailbox: packed[i + 1] as string,
      host: packed[i + 2] as string,
    }
    if (typeof marker === 'number') address.group = marker === 1 ? 'start' : 'end'
    addresses.push(address)
  }
  return addresses
}

/** Offsets count from `from`; the end is how much is left before `to`. */
function packPart(part: Part, from: number, to: number): Packed {
  const type = part.type === 'text' && part.subtype === 'plain' ? '' : `${part.type}/${part.subtype}`
  const { message } = part
  return trimmed([
    part.start - from,
    part.body - part.start,
    to - part.end,
    part.lines,
    type,
    part.parameters.flat(),
    part.encoding === '7bit' ? '' : part.encoding,
    part.parts.map((inner) => packPart(inner, part.body, part.end)),
    part.disposition,
    part.dispositionParameters.flat(),
    part.id,
    message ? [packHeaders(message.headers), packPart(message.part, part.body, part.end)] : '',
    part.description,
    part.md5,
    part.language,
    part.location,
  ])
}

function unpackPart(packed: Packed, from: number, to: number): Part {
  const number = (i: number): number => (packed[i] as number | undefined) ?? 0
  const text = (i: number): string => (packed[i] as string | undefined) ?? ''
  const part = newPart(from + number(0))
  part.body = part.start + number(1)
  part.end = to - number(2)
  part.lines = number(3)
  const slash = text(4).indexOf('/')
  if (slash !== -1) [part.type, part.subtype] = [text(4).slice(0, slash), text(4).slice(slash + 1)]
  part.parameters = pairs(packed[5] as string[] | undefined)
  part.encoding = text(6) || '7bit'
  for (const inner of (packed[7] as Packed[] | undefined) ?? []) part.parts.push(unpackPart(inner, part.body, part.end))
  part.disposition = text(8)
  part.dispositionParameters = pairs(packed[9] as string[] | undefined)
  part.id = text(10)
  if (Array.isArray(packed[11])) {
    const [headers, inner] = packed[11] as [Packed, Packed]
    part.message = { headers: unpackHeaders(headers), part: unpackPart(inner, part.body, part.end) }
  }
  part.description = text(12)
  part.md5 = text(13)
  part.language = (packed[14] as string[] | undefined) ?? []
  part.location = text(15)
  return part
}

function pairs(flat: string[] | undefined): [string, string][] {
  const list: [string, string][] = []
  if (flat) for (let i = 0; i < flat.length; i += 2) list.push([flat[i]!, flat[i + 1]!])
  return list
}
