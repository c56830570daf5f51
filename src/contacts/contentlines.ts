// The lines of a vCard: NAME;PARAMETER=value:value, folded and escaped.   RFC 6350 §3, RFC 2426 §2.6, vCard 2.1
//
// Promises: reading never throws for what stands in a line (a line that is none is left out) and is linear; what
// writeLines wrote readLines reads as the same lines. Charsets are decoded by whom the caller names: 2.1 lets each
// line have its own.

import { contactLimits } from './limits.ts'

export interface Line {
  group: string // 'item1' of item1.TEL, in lower case; '' for none
  name: string // in capitals
  parameters: [name: string, values: string[]][] // names in capitals
  value: string // as it stands, escapes and all
}

/** Bytes in a charset of that name ('' when nobody said) as text. Never throws. */
export type Decode = (bytes: Buffer, charset: string) => string

/** The vCards of a file, each as its lines between BEGIN and END. What stands outside of them is left out. */
export function readCards(text: string, decode: Decode): Line[][] {
  const cards: Line[][] = []
  let card: Line[] | undefined
  for (const raw of unfold(text)) {
    if (/^(?:[\w-]+\.)?BEGIN\s*:\s*VCARD\s*$/i.test(raw)) {
      card = [] // one inside another (AGENT of 2.1): the inner one counts
      continue
    }
    if (!card) continue
    if (/^(?:[\w-]+\.)?END\s*:\s*VCARD\s*$/i.test(raw)) {
      cards.push(card)
      card = undefined
      if (cards.length > contactLimits.fileCards) return cards
      continue
    }
    const line = readLine(raw, decode)
    if (line && card.length < contactLimits.cardLines) card.push(line)
  }
  if (card && card.length > 0) cards.push(card) // torn off: what is there counts
  return cards
}

/** Lines with folds undone (RFC 6350 §3.2), and the soft line breaks of QUOTED-PRINTABLE that 2.1 has instead. */
function unfold(text: string): string[] {
  const lines: string[] = []
  let parts: string[] = []
  let isQuoted = false
  const end = (): void => {
    if (parts.length > 0) lines.push(parts.join(''))
    parts = []
  }
  for (const line of text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/)) {
    const last = parts.at(-1)
    if (isQuoted && last?.endsWith('=')) {
      parts[parts.length - 1] = last.slice(0, -1)
      parts.push(line)
      continue
    }
    const isFolded = (line.startsWith(' ') || line.startsWith('\t')) && parts.length > 0
    if (isFolded) {
      parts.push(line.slice(1))
      continue
    }
    end()
    if (line === '') continue
    parts.push(line)
    isQuoted = /^[^:]{0,500};(?:ENCODING=)?QUOTED-PRINTABLE[;:]/i.test(line)
  }
  end()
  return lines
}

function readLine(raw: string, decode: Decode): Line | undefined {
  const head = /^(?:([A-Za-z0-9_-]{1,100})\.)?([A-Za-z0-9_-]{1,100})\s*(?=[;:])/.exec(raw)
  if (!head) return undefined
  const parameters: Line['parameters'] = []
  let at = head[0].length
  while (raw[at] === ';' && parameters.length < contactLimits.parameters) {
    const found = readParameter(raw, at + 1)
    if (!found) return undefined
    at = found.end
    parameters.push(found.parameter)
  }
  if (raw[at] !== ':') return undefined
  const line = {
    group: (head[1] ?? '').toLowerCase(),
    name: head[2]!.toUpperCase(),
    parameters,
    value: raw.slice(at + 1),
  }
  return plain(line, decode)
}

function readParameter(raw: string, from: number): { parameter: Line['parameters'][0]; end: number } | undefined {
  const name = /[A-Za-z0-9_-]{1,100}/y
  name.lastIndex = from
  const word = name.exec(raw)?.[0]
  if (word === undefined) return undefined
  let at = from + word.length
  // 2.1 says TEL;HOME;FAX where later ones say TEL;TYPE=HOME,FAX.
  if (raw[at] !== '=') return { parameter: [nameOfBare(word), [word]], end: at }
  const values: string[] = []
  do {
    at++
    if (raw[at] === '"') {
      const close = raw.indexOf('"', at + 1)
      if (close < 0) return undefined
      values.push(uncaret(raw.slice(at + 1, close)))
      at = close + 1
    } else {
      const unquoted = /[^",;:]*/y
      unquoted.lastIndex = at
      const value = unquoted.exec(raw)?.[0] ?? ''
      values.push(uncaret(value))
      at += value.length
    }
  } while (raw[at] === ',' && values.length < contactLimits.parameters)
  return { parameter: [word.toUpperCase(), values], end: at }
}

function nameOfBare(word: string): string {
  if (/^(?:quoted-printable|base64|8bit|7bit)$/i.test(word)) return 'ENCODING'
  return /^(?:inline|url|content-id|cid)$/i.test(word) ? 'VALUE' : 'TYPE'
}

// RFC 6868
function uncaret(value: string): string {
  return value.includes('^') ? value.replace(/\^([n^'])/g, (_all, what) => carets[what as 'n'] ?? '') : value
}
const carets = { n: '\n', '^': '^', "'": '"' }

/** Undoes QUOTED-PRINTABLE and CHARSET, which only 2.1 has; what was a line break there is "\n" here. */
function plain(line: Line, decode: Decode): Line {
  const encoding = valueOf(line, 'ENCODING')?.toLowerCase()
  if (encoding !== 'quoted-printable') return line
  const bytes = Buffer.from(
    line.value.replace(/=([0-9A-Fa-f]{2})/g, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    /[^\x00-\xff]/.test(line.value) ? 'utf8' : 'latin1',
  )
  const value = decode(bytes, valueOf(line, 'CHARSET') ?? '').replace(/\r\n|\r|\n/g, '\\n')
  return { ...line, value, parameters: line.parameters.filter(([name]) => name !== 'ENCODING' && name !== 'CHARSET') }
}

/** The first value of a parameter. */
export function valueOf({ parameters }: Line, name: string): string | undefined {
  return parameters.find(([one]) => one === name)?.[1][0]
}

/** All values of a parameter, however often it stands. */
export function valuesOf({ parameters }: Line, name: string): string[] {
  return parameters.flatMap(([one, values]) => (one === name ? values : []))
}

/** A value with its escapes undone. RFC 6350 §3.4. */
export function unescape(value: string): string {
  return value.includes('\\')
    ? value.replace(/\\([\s\S])/g, (_all, what: string) => (/[nN]/.test(what) ? '\n' : what))
    : value
}

/** The parts of a value, at a separator that is not escaped; escapes undone. */
export function split(value: string, separator: ';' | ','): string[] {
  const parts: string[] = []
  let from = 0
  for (let at = 0; ; at++) {
    at = nextSpecial(value, separator, at)
    if (at < 0) break
    if (value[at] === '\\') at++
    else {
      parts.push(unescape(value.slice(from, at)))
      from = at + 1
    }
  }
  parts.push(unescape(value.slice(from)))
  return parts
}

/** The same with escapes left: for parts that have parts. */
export function splitRaw(value: string, separator: ';' | ','): string[] {
  const parts: string[] = []
  let from = 0
  for (let at = 0; ; at++) {
    at = nextSpecial(value, separator, at)
    if (at < 0) break
    if (value[at] === '\\') at++
    else {
      parts.push(value.slice(from, at))
      from = at + 1
    }
  }
  parts.push(value.slice(from))
  return parts
}

function nextSpecial(value: string, separator: string, from: number): number {
  const one = separator === ';' ? semicolon : comma
  one.lastIndex = from
  return one.exec(value)?.index ?? -1
}
const semicolon = /[\\;]/g
const comma = /[\\,]/g

export function escape(text: string): string {
  return text.replace(/[\\,;]|\r\n|\r|\n/g, (what) =>
    what === '\\' || what === ',' || what === ';' ? `\\${what}` : '\\n',
  )
}

/** Lines as they are sent: folded at 75 octets (RFC 6350 §3.2), never inside a character. */
export function writeLines(lines: readonly Line[]): string {
  return lines.map((line) => fold(writeLine(line))).join('')
}

function writeLine({ group, name, parameters, value }: Line): string {
  const said = parameters.map(([one, values]) => `;${one}=${values.map(writeParameter).join(',')}`).join('')
  return `${group === '' ? '' : `${group}.`}${name}${said}:${value.replace(/[\r\n]+/g, ' ')}`
}

// RFC 6868; control characters have no place in a parameter at all.
function writeParameter(value: string): string {
  const safe = value
    .replace(/\^|\r\n|\r|\n|"/g, (what) => (what === '^' ? '^^' : what === '"' ? "^'" : '^n'))
    .replace(/[\x00-\x08\x0b-\x1f\x7f]/g, '')
  return /[,;:]/.test(safe) || safe === '' ? `"${safe}"` : safe
}

function fold(line: string): string {
  if (line.length <= 25 || Buffer.byteLength(line) <= 75) return `${line}\r\n`
  const bytes = Buffer.from(line)
  const parts: string[] = []
  let from = 0
  while (from < bytes.length) {
    let end = Math.min(bytes.length, from + (from === 0 ? 75 : 74))
    while (end < bytes.length && (bytes[end]! & 0xc0) === 0x80) end--
    parts.push(bytes.toString('utf8', from, end))
    from = end
  }
  return `${parts.join('\r\n ')}\r\n`
}
