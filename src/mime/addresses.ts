// Address lists.                       RFC 5322 §3.4 and §4.4 (obsolete forms), RFC 6532, RFC 2047 §5
//
// Promises: never throws; linear; every mailbox in the text is found even when its neighbours are broken.
// A group gives a marker before and one after its members, as IMAP ENVELOPE wants them (RFC 9051 §7.5.2).

import type { Address } from './mime.ts'
import { readQuoted } from './parameters.ts'
import { decodeWords, unicodeOf } from './words.ts'

/** Reads a list of mailboxes and groups; `hint` as in decodeText. */
export function readAddresses(value: Uint8Array | string, hint = ''): Address[] {
  const text = unicodeOf(value, hint).trim()
  const plain = onePlain.exec(text)
  if (plain) {
    const name = plain[1] ?? plain[2] ?? ''
    return [{ name: nameOf(name), mailbox: plain[3]!, host: plain[4]! }]
  }
  return readList(text)
}

// One mailbox without comments, escapes or routes: nearly every From. Each class excludes the delimiter after it.
const onePlain = /^(?:"([^"\\\r\n]*)"[ \t]*|([^"(),:;<>@[\\\]\r\n]*))<([^\s"(),:;<>@[\\\]]+)@([^\s"(),:;<>@[\\\]]+)>$/

interface Mailbox {
  words: string // the phrase, words with a space between, quotes undone
  tight: string // the same without spaces: an address that stands without brackets
  comment: string
  angle?: string // what stood between '<' and '>'
  seen: boolean
}

const atom = /[^\s"(),:;<>\\]+/y
const blanks = /[\s\\]+/y

function readList(text: string): Address[] {
  const found: Address[] = []
  let group = ''
  let inGroup = false
  let box = emptyBox()
  let at = 0
  while (at < text.length) {
    const c = text[at]!
    if (c === ',' || c === ';') {
      flush(box, found)
      box = emptyBox()
      if (c === ';' && inGroup) {
        found.push({ name: group, mailbox: group, host: '', group: 'end' })
        inGroup = false
      }
      at++
    } else if (c === '"') {
      const [word, end] = readQuoted(text, at + 1)
      addWord(box, word, text[end] === '@' || text[at - 1] === '.' ? quoteLocal(word) : word)
      at = end
    } else if (c === '(') {
      const [comment, end] = readComment(text, at)
      box.comment ||= comment
      at = end
    } else if (c === '<') {
      const [angle, end] = readAngle(text, at + 1)
      box.angle ??= angle
      box.seen = true
      at = end
    } else if (c === ':' && !inGroup && box.seen && box.angle === undefined && !box.tight.includes('@')) {
      group = nameOf(box.words)
      inGroup = true
      found.push({ name: group, mailbox: group, host: '', group: 'start' })
      box = emptyBox()
      at++
    } else if (c === ':' || c === '>') {
      at++
    } else {
      atom.lastIndex = at
      const word = atom.exec(text)
      if (word) {
        addWord(box, word[0], word[0])
        at = atom.lastIndex
      } else {
        blanks.lastIndex = at
        blanks.exec(text)
        at = Math.max(at + 1, blanks.lastIndex)
      }
    }
  }
  flush(box, found)
  if (inGroup) found.push({ name: group, mailbox: group, host: '', group: 'end' })
  return found
}

function emptyBox(): Mailbox {
  return { words: '', tight: '', comment: '', seen: false }
}

function addWord(box: Mailbox, word: string, tight: string): void {
  box.words += box.words === '' ? word : ` ${word}`
  box.tight += tight
  box.seen = true
}

function quoteLocal(word: string): string {
  return `"${word}"`
}

/** A comment's text, which stands for the name in the old form "user@host (Name)". */
function readComment(text: string, from: number): [string, number] {
  let out = ''
  let depth = 0
  for (let at = from; at < text.length; at++) {
    const c = text[at]!
    if (c === '\\') out += text[++at] ?? ''
    else if (c === '(' && depth++ === 0) continue
    else if (c === ')' && --depth === 0) return [out.trim(), at + 1]
    else out += c
  }
  return [out.trim(), text.length]
}

const angleRun = /[^">(]+/y

function readAngle(text: string, from: number): [string, number] {
  let out = ''
  let at = from
  while (at < text.length) {
    angleRun.lastIndex = at
    const run = angleRun.exec(text)
    if (run) {
      out += run[0]
      at = angleRun.lastIndex
    }
    const c = text[at]
    if (c === '>') return [out, at + 1]
    if (c === '"') {
      const [word, end] = readQuoted(text, at + 1)
      out += `"${word}"`
      at = end
    } else if (c === '(') at = readComment(text, at)[1]
  }
  return [out, at]
}

function flush(box: Mailbox, found: Address[]): void {
  if (!box.seen) return
  if (box.angle !== undefined) {
    const bare = box.angle.replace(/\s+/g, '')
    // A source route, "@a,@b:user@host", is dropped. RFC 5322 §4.4.
    const address = bare.startsWith('@') ? bare.slice(bare.indexOf(':') + 1) : bare
    const name = nameOf(box.words || box.comment)
    if (address !== '' || name !== '') found.push({ name, ...cut(address) })
    return
  }
  if (box.tight.includes('@')) {
    // "Name user@host" without brackets: the last word is the address.
    const lastSpace = box.words.lastIndexOf(' ')
    const last = box.words.slice(lastSpace + 1)
    const loose = lastSpace !== -1 && /^[^@"]+@[^@"]+$/.test(last) && !box.words.slice(0, lastSpace).includes('@')
    if (loose && !box.words.slice(0, lastSpace).endsWith('.')) {
      found.push({ name: nameOf(box.words.slice(0, lastSpace)), ...cut(last) })
    } else found.push({ name: nameOf(box.comment), ...cut(box.tight) })
    return
  }
  const words = nameOf(box.words)
  if (words.includes(' ')) found.push({ name: words, mailbox: '', host: '' })
  else found.push({ name: nameOf(box.comment), mailbox: words, host: '' })
}

function cut(address: string): { mailbox: string; host: string } {
  const at = address.lastIndexOf('@')
  const local = at === -1 ? address : address.slice(0, at)
  const host = at === -1 ? '' : address.slice(at + 1)
  // The quotes are writing, not part of the name. RFC 5322 §3.4.1.
  const mailbox = local.length > 1 && local.startsWith('"') && local.endsWith('"') ? local.slice(1, -1) : local
  return { mailbox, host }
}

function nameOf(words: string): string {
  return decodeWords(words).trim()
}
