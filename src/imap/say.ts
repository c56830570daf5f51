// Prints the small things of the protocol: strings, flags, dates, ids. RFC 9051 §9.
//
// Printed text is Unicode and goes out as UTF-8; without UTF8=ACCEPT or IMAP4rev2 nothing printed here
// has a character beyond ASCII outside a literal.

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const plain = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/
const plainUtf8 = /^[\x20\x21\x23-\x5b\x5d-\x7e\xa0-\uffff]*$/
const quotable = /^[\x20-\x7e]*$/
const quotableUtf8 = /^[\x20-\x7e\xa0-\uffff]*$/
const atom = /^[^\x00-\x20\x7f-\uffff(){%*"\\\]]+$/
const longestQuoted = 4096

/** string: quoted where the text allows it, else a literal. */
export function quote(text: string, utf8 = false): string {
  if (isShortAndPlain(text)) return '"' + text + '"'
  if (text.length <= longestQuoted) {
    if ((utf8 ? plainUtf8 : plain).test(text)) return `"${text}"`
    if ((utf8 ? quotableUtf8 : quotable).test(text)) return `"${text.replace(/["\\]/g, '\\$&')}"`
  }
  const clean = text.replaceAll('\0', '') // CHAR8 has no NUL
  return `{${Buffer.byteLength(clean)}}\r\n${clean}`
}

/** What most strings are; for these a regular expression takes longer to begin than to match. */
function isShortAndPlain(text: string): boolean {
  if (text.length > 32) return false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code < 0x20 || code > 0x7e || code === 0x22 || code === 0x5c) return false
  }
  return true
}

/** nstring: NIL for the empty text. */
export function quoteOrNil(text: string, utf8 = false): string {
  return text === '' ? 'NIL' : quote(text, utf8)
}

/** astring: bare where it is an atom and no "NIL". */
export function astring(text: string, utf8 = false): string {
  return atom.test(text) && text.toUpperCase() !== 'NIL' ? text : quote(text, utf8)
}

const two = (n: number) => (n < 10 ? `0${n}` : `${n}`)

/** date-time of a moment, in UTC. */
export function dateTime(time: number): string {
  const d = new Date(time)
  const day = d.getUTCDate()
  const date = `${day < 10 ? ' ' : ''}${day}-${months[d.getUTCMonth()]}-${String(d.getUTCFullYear()).padStart(4, '0')}`
  return `"${date} ${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())} +0000"`
}

/** RFC 2047 encoded words where the text is not plain ASCII; words of at most 75 characters. */
export function encodedWords(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text) && !text.includes('=?')) return text
  const words: string[] = []
  let run = ''
  let octets = 0
  for (const character of text) {
    const width = Buffer.byteLength(character)
    if (octets + width > 45) {
      words.push(`=?UTF-8?B?${Buffer.from(run).toString('base64')}?=`)
      run = ''
      octets = 0
    }
    run += character
    octets += width
  }
  words.push(`=?UTF-8?B?${Buffer.from(run).toString('base64')}?=`)
  return words.join(' ')
}
