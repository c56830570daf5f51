// Reads I-JSON (RFC 7493), as RFC 8620 §1.5 asks: UTF-8, no name twice in one object, no lone surrogate, no number
// beyond what a double holds.
//
// Promises: linear in the bytes, no recursion, and what is nested deeper than the limit is refused before
// anything is built of it. JSON.parse knows the grammar; what it lets through is looked at here.

import { isUtf8 } from 'node:buffer'

/** The value, or an Error that says what is wrong. */
export function parseIJson(bytes: Buffer, depth: number): unknown {
  if (!isUtf8(bytes)) throw new Error('not UTF-8')
  const text = bytes.toString()
  checkShape(text, depth)
  const value: unknown = JSON.parse(text)
  if (/\\u[dD][89a-fA-F]|\d[eE]\+?\d|\d{309}/.test(text)) checkValues(value)
  return value
}

const structure = /["{}[\],]/g
const restOfString = /[^"\\]*(?:\\.[^"\\]*)*"/y

/** Nesting and names. Text that is no JSON passes in any way: JSON.parse refuses it afterwards. */
function checkShape(text: string, depth: number): void {
  const open: (Set<string> | undefined)[] = [] // the names of each object that is open; undefined for an array
  let isName = false // the next string is a name
  structure.lastIndex = 0
  for (let found = structure.exec(text); found; found = structure.exec(text)) {
    switch (found[0]) {
      case '"': {
        const start = structure.lastIndex
        restOfString.lastIndex = start
        if (!restOfString.test(text)) return
        structure.lastIndex = restOfString.lastIndex
        if (isName) noteName(open.at(-1), text.slice(start, restOfString.lastIndex - 1))
        isName = false
        break
      }
      case ',':
        isName = open.at(-1) !== undefined
        break
      case '{':
      case '[':
        open.push(found[0] === '{' ? new Set() : undefined)
        if (open.length > depth) throw new Error(`nested deeper than ${depth}`)
        isName = found[0] === '{'
        break
      default:
        open.pop()
        isName = false
    }
  }
}

function noteName(names: Set<string> | undefined, written: string): void {
  if (!names) return
  const name = written.includes('\\') ? (JSON.parse(`"${written}"`) as string) : written
  if (names.has(name)) throw new Error('one name stands twice in an object')
  names.add(name)
}

function checkValues(value: unknown): void {
  const waiting: unknown[] = [value]
  while (waiting.length > 0) {
    const one = waiting.pop()
    if (typeof one === 'string') {
      if (!one.isWellFormed()) throw new Error('half of a surrogate pair')
    } else if (typeof one === 'number') {
      if (!Number.isFinite(one)) throw new Error('a number is too large')
    } else if (Array.isArray(one)) {
      for (const each of one) waiting.push(each)
    } else if (one !== null && typeof one === 'object') {
      for (const [name, each] of Object.entries(one)) waiting.push(name, each)
    }
  }
}
