// CSS cut into tokens, and tokens written so that they are read back as the same ones.     CSS Syntax Level 3 §4
//
// Invariants:
//   linear; never throws
//   what is written holds no backslash, '<' or '>' of the text it came from: strings and names are escaped anew, so
//   no spelling of a name gets past a list of names, and no sheet ends its <style> early

export type CssKind =
  | 'ident'
  | 'function' // its '(' taken with it
  | 'at'
  | 'hash'
  | 'string'
  | 'url'
  | 'number'
  | 'percentage'
  | 'dimension'
  | 'space'
  | 'delim' // one character, the marks and brackets among them
  | 'bad'

export interface CssToken {
  kind: CssKind
  text: string // names in their own case, unescaped; strings and addresses without quotes; the mark of a delim
  value: number // of numbers
  unit: string // of a dimension, lower case
}

const escape = String.raw`\\(?:[0-9a-fA-F]{1,6}[ \t\n\f]?|[^\n0-9a-fA-F])`
const nameCharacter = String.raw`(?:[-\w\u0080-\uffff]|${escape})`
const space = /[ \t\n\f]+/y
const name = new RegExp(String.raw`(?:--|-?(?:[a-zA-Z_\u0080-\uffff]|${escape}))${nameCharacter}*`, 'y')
const hash = new RegExp(`#${nameCharacter}+`, 'y')
const number = /[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?/y
// Here an escape is any two characters: told by its digits it could be read in two ways, and a string without an end
// in as many as there are subsets.
const doubled = /"(?:[^"\\\n]|\\[^])*"/y
const single = /'(?:[^'\\\n]|\\[^])*'/y
const bare = /[ \t\n\f]*((?:[^\s"'()\\]|\\[^\s])*)[ \t\n\f]*\)/y

/** The tokens of a text. */
export function cssTokens(source: string): CssToken[] {
  const text = source.replaceAll('\0', '\ufffd').replace(/\r\n?/g, '\n')
  const tokens: CssToken[] = []
  let at = 0
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (!found) return undefined
    at = pattern.lastIndex
    return found[1] ?? found[0]
  }
  const push = (kind: CssKind, of: string, value = 0, unit = ''): void =>
    void tokens.push({ kind, text: of, value, unit })

  while (at < text.length) {
    const first = text[at] as string
    if (first === '/' && text[at + 1] === '*') {
      const end = text.indexOf('*/', at + 2)
      at = end === -1 ? text.length : end + 2
      push('space', ' ') // what stands before it and after it must not become one
      continue
    }
    if (take(space) !== undefined) {
      push('space', ' ')
      continue
    }
    if (first === '"' || first === "'") {
      const string = take(first === '"' ? doubled : single)
      if (string !== undefined) push('string', unescape(string.slice(1, -1).replaceAll('\\\n', '')))
      else {
        // It ends with its line (or the text), and what it belongs to is not to be used.
        const end = text.indexOf('\n', at)
        at = end === -1 ? text.length : end
        push('bad', '')
      }
      continue
    }
    const digits = take(number)
    if (digits !== undefined) {
      const unit = text[at] === '%' ? '%' : take(name)
      if (unit === '%') at++
      const kind = unit === undefined ? 'number' : unit === '%' ? 'percentage' : 'dimension'
      push(kind, digits, Number(digits), unescape(unit ?? '').toLowerCase())
      continue
    }
    const word = take(name)
    if (word !== undefined) {
      if (text[at] !== '(') push('ident', unescape(word))
      else {
        at++
        const called = unescape(word)
        if (called.toLowerCase() !== 'url' || /^\s*["']/.test(text.slice(at, at + 100))) push('function', called)
        else pushUrl()
      }
      continue
    }
    const hashed = first === '#' ? take(hash) : undefined
    if (hashed !== undefined) {
      push('hash', unescape(hashed.slice(1)))
      continue
    }
    at++
    const called = first === '@' ? take(name) : undefined
    if (called !== undefined) push('at', unescape(called))
    else push('delim', first)
  }
  return tokens

  function pushUrl(): void {
    const address = take(bare)
    if (address !== undefined) return push('url', unescape(address))
    const end = text.indexOf(')', at)
    at = end === -1 ? text.length : end + 1
    return push('bad', '')
  }
}

function unescape(text: string): string {
  if (!text.includes('\\')) return text
  return text.replace(/\\(?:([0-9a-fA-F]{1,6})[ \t\n\f]?|([^]))/g, (_all, hex: string | undefined, other: string) => {
    if (hex === undefined) return other
    const code = parseInt(hex, 16)
    return code === 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? '\ufffd' : String.fromCodePoint(code)
  })
}

const plainName = /^(?:--|-?[a-zA-Z_\u0080-\uffff])[-\w\u0080-\uffff]*$/

/** A token as text; undefined for what is never written. Addresses are the caller's to judge and write. */
export function writeCss({ kind, text, unit }: CssToken): string | undefined {
  if (kind === 'space') return ' '
  if (kind === 'string') return cssString(text)
  if (kind === 'number' || kind === 'percentage') return text + unit
  if (kind === 'dimension') return /^[a-z]{1,8}$/.test(unit) ? text + unit : undefined
  if (kind === 'ident') return plainName.test(text) ? text : undefined
  if (kind === 'function') return plainName.test(text) ? `${text}(` : undefined
  if (kind === 'hash') return /^[-\w]+$/.test(text) ? `#${text}` : undefined
  if (kind === 'delim') return /^[-+*/,:()%]$/.test(text) ? text : undefined
  return undefined
}

export function cssString(text: string): string {
  return `"${text.replace(/["\\<>&\p{Cc}]/gu, (c) => `\\${c.codePointAt(0)!.toString(16)} `)}"`
}
