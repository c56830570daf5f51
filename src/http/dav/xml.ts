// XML as WebDAV speaks it: what clients send becomes small trees, what is answered is written by hand.   RFC 4918 §8, §14
//
// Promises: no DOCTYPE and no entities but the five; depth, elements and bytes are bounded; others have a turn while
// a long body is read.

import { setImmediate } from 'node:timers/promises'
import { SaxesParser } from 'saxes'

export const dav = 'DAV:'
export const carddav = 'urn:ietf:params:xml:ns:carddav'
export const calendarServer = 'http://calendarserver.org/ns/'

export interface Element {
  space: string
  name: string
  attributes: Record<string, string>
  children: Element[]
  text: string
}

export class BadXml extends Error {}

export interface XmlLimits {
  depth: number
  elements: number
}

const piece = 64 << 10

/** The root of a document; undefined for no body at all. Throws BadXml. */
export async function readXml(bytes: Buffer, limits: XmlLimits): Promise<Element | undefined> {
  if (bytes.length === 0) return undefined
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new BadXml('UTF-8 is wanted')
  }
  const parser = new SaxesParser({ xmlns: true })
  const open: Element[] = []
  let root: Element | undefined
  let count = 0
  const refuse = (why: string): never => {
    throw new BadXml(why)
  }
  parser.on('error', (error) => refuse(error.message))
  parser.on('doctype', () => refuse('A DOCTYPE is not taken'))
  parser.on('opentag', (tag) => {
    if (open.length >= limits.depth || ++count > limits.elements) refuse('Too much of it')
    const attributes = Object.fromEntries(Object.values(tag.attributes).map(({ local, value }) => [local, value]))
    const element: Element = { space: tag.uri, name: tag.local, attributes, children: [], text: '' }
    open.at(-1)?.children.push(element)
    root ??= element
    open.push(element)
  })
  const hear = (said: string): void => {
    const last = open.at(-1)
    if (last) last.text += said
  }
  parser.on('text', hear)
  parser.on('cdata', hear)
  parser.on('closetag', () => void open.pop())
  for (let from = 0; from < text.length; from += piece) {
    parser.write(text.slice(from, from + piece))
    if (text.length > piece) await setImmediate()
  }
  parser.close()
  return root
}

/** The first child of that name. */
export function child(element: Element | undefined, space: string, name: string): Element | undefined {
  return element?.children.find((one) => one.space === space && one.name === name)
}

export function childrenOf(element: Element | undefined, space: string, name: string): Element[] {
  return element?.children.filter((one) => one.space === space && one.name === name) ?? []
}

/** Text between tags; characters that XML has no way to say are left out (XML 1.0 §2.2). */
export function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '')
    .replace(/[&<>"\r]/g, (what) => entities[what as '&'])
}
const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\r': '&#13;' }

const prefixes: Record<string, string> = { [dav]: 'D', [carddav]: 'C', [calendarServer]: 'S' }
export const namespaces = Object.entries(prefixes)
  .map(([space, prefix]) => ` xmlns:${prefix}="${space}"`)
  .join('')

/** An element with what is in it already written; '' is an empty one. */
export function writeElement(space: string, name: string, inside = '', attributes = ''): string {
  const prefix = Object.hasOwn(prefixes, space) ? prefixes[space] : undefined
  // A property of a stranger: in a namespace of his own, or in none.
  const tag = prefix !== undefined ? `${prefix}:${name}` : space === '' ? name : `x:${name}`
  const more = prefix === undefined && space !== '' ? ` xmlns:x="${escapeXml(space)}"` : ''
  return inside === '' ? `<${tag}${more}${attributes}/>` : `<${tag}${more}${attributes}>${inside}</${tag}>`
}

export function href(path: string): string {
  return writeElement(dav, 'href', escapeXml(path))
}

/** D:error with a precondition in it. RFC 4918 §16 */
export function errorDocument(space: string, condition: string): string {
  return `<?xml version="1.0" encoding="utf-8"?>\n<D:error${namespaces}>${writeElement(space, condition)}</D:error>\n`
}
