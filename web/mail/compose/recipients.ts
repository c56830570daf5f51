// What people type and paste into a recipient field, read as people with addresses.      design/ui.md sections 4, 6
//
//   a@b   Name <a@b>   a@b (Name)   Name a@b   "Lin, Grace" <g@b>   mailto:a@b   Group: a@b, c@d;
// separated by , ; ， ； 、 line ends and tabs, with full-width ＠ ＜ ＞ and letters as input methods give them.
//
// Invariants: addresses are normalised (NFKC) and names never are; nothing that was typed is lost: what is no address
// becomes a recipient whose address is what was typed; linear time.

export interface Recipient {
  name: string
  email: string
}

export const recipientLimits = { pasted: 2000, addressLetters: 254 }

const separators = /[,;，；、\r\n\t]/
const opening = /[<＜]/
const closing = /[>＞]/

/** All recipients in a text, in their order, duplicates merged. */
export function readRecipients(text: string): Recipient[] {
  const found = join(split(text)).flatMap(readOne)
  return merge([], found).slice(0, recipientLimits.pasted)
}

/** Whether mail could be sent there, as far as the form of the address tells. RFC 5321 §4.1.2, RFC 6531. */
export function isAddress(email: string): boolean {
  const at = email.lastIndexOf('@')
  if (at < 1 || email.length > recipientLimits.addressLetters) return false
  const local = email.slice(0, at)
  const labels = email.slice(at + 1).split('.')
  const isQuoted = /^"(?:[^"\\\r\n]|\\.)+"$/.test(local)
  if (!isQuoted && (/[\s@"(),:;<>[\]\\\p{Cc}]/u.test(local) || /^\.|\.$|\.\./.test(local))) return false
  return labels.length > 1 && labels.every(isLabel) && !/^\d+$/.test(labels.at(-1)!)
}

function isLabel(label: string): boolean {
  return label.length > 0 && label.length < 64 && /^[\p{L}\p{M}\p{N}-]+$/u.test(label) && !/^-|-$/.test(label)
}

/** The two lists as one: who is there already keeps his place, and gets a name where he had none. */
export function merge(before: readonly Recipient[], more: readonly Recipient[]): Recipient[] {
  const people = new Map<string, Recipient>()
  for (const person of [...before, ...more]) {
    const key = person.email.toLowerCase()
    const known = people.get(key)
    if (!known) people.set(key, person)
    else if (known.name === '' && person.name !== '') people.set(key, { ...known, name: person.name })
  }
  return [...people.values()]
}

/** As a text that readRecipients reads as the same again. */
export function writeRecipient({ name, email }: Recipient): string {
  if (name === '') return email
  const isPlain = !/[",;，；、<>＜＞@＠()\\]/.test(name)
  return `${isPlain ? name : `"${name.replace(/["\\]/g, '\\$&')}"`} <${email}>`
}

interface Piece {
  text: string
  end: string // the separator behind it
}

/** Cuts at separators that stand neither in quotes nor in brackets. */
function split(text: string): Piece[] {
  const pieces: Piece[] = []
  let piece = ''
  let isQuoted = false
  let isBracketed = false
  for (let i = 0; i < text.length; i++) {
    const letter = text[i]!
    const isEnd = /[\r\n]/.test(letter) // ends quotes and brackets that nobody closed
    if (letter === '\\' && isQuoted) piece += text[++i] === undefined ? '' : `\\${text[i]}`
    else if ((!isQuoted && !isBracketed && separators.test(letter)) || isEnd) {
      pieces.push({ text: piece, end: letter })
      piece = ''
      isQuoted = isBracketed = false
    } else {
      if (letter === '"' && !isBracketed) isQuoted = !isQuoted
      else if (opening.test(letter) && !isQuoted) isBracketed = true
      else if (closing.test(letter)) isBracketed = false
      piece += letter
    }
  }
  pieces.push({ text: piece, end: '' })
  return pieces.map(({ text: one, end }) => ({ text: one.trim(), end })).filter((one) => one.text !== '')
}

/** Lin, Grace <g@b> is one person: a Latin word, a comma, a Latin name with an address in brackets. */
function join(pieces: readonly Piece[]): string[] {
  const joined: string[] = []
  for (let i = 0; i < pieces.length; i++) {
    const { text, end } = pieces[i]!
    const next = pieces[i + 1]?.text
    const isFamilyName = end === ',' && /^[\p{Script=Latin}' -]+$/u.test(text)
    if (isFamilyName && next !== undefined && /^[\p{Script=Latin}'. -]+<[^<>]*@[^<>]*>$/u.test(next)) {
      joined.push(`"${text}, ${next.slice(0, next.indexOf('<')).trim()}" ${next.slice(next.indexOf('<'))}`)
      i++
    } else joined.push(text)
  }
  return joined
}

function readOne(whole: string): Recipient[] {
  const text = whole.replace(/^[^"<@＠:]{1,60}:(?=\s*[^\s:]+[@＠])/, '').trim() // the name of a group, or mailto:
  const from = Math.max(text.lastIndexOf('<'), text.lastIndexOf('＜'))
  if (from >= 0) {
    const rest = text.slice(from + 1)
    const to = rest.search(closing)
    const email = cleanAddress(to < 0 ? rest : rest.slice(0, to))
    if (email !== '') return [{ name: cleanName(text.slice(0, from)), email }]
  }
  const words = text.split(/\s+/)
  const addresses = words.filter((word) => isAddress(cleanAddress(word)))
  if (addresses.length > 1) return addresses.map((word) => ({ name: '', email: cleanAddress(word) }))
  if (addresses.length === 1) {
    const others = words.filter((word) => word !== addresses[0]).join(' ')
    return [{ name: cleanName(others), email: cleanAddress(addresses[0]!) }]
  }
  return [{ name: '', email: /[@＠]/.test(text) ? cleanAddress(text) : text }]
}

function cleanAddress(text: string): string {
  return text
    .normalize('NFKC')
    .trim()
    .replace(/^mailto:/i, '')
    .replace(/^['(]+|[')]+$/g, '')
}

function cleanName(text: string): string {
  const bare = text.trim()
  const quoted = /^"(.*)"$/s.exec(bare)?.[1]?.replace(/\\(.)/g, '$1')
  return (quoted ?? bare)
    .replace(/^\((.*)\)$/s, '$1')
    .replace(/^'(.*)'$/s, '$1')
    .trim()
}
