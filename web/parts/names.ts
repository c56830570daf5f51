// People's names as we show them.                                          design/ui.md section 5
//
// Invariants: a name is one field, never split or reordered; what changes the direction of text is taken out, so
// that a name cannot dress up as another; the seal of a name is its surname, or two initials.

export interface Named {
  name: string | null
  email: string
}

const directions = /[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/g
const controls = /[\u0000-\u001f\u007f-\u009f]+/g

/** The name, or the address where there is none. */
export function displayName({ name, email }: Named): string {
  return cleanText(name ?? '') || cleanText(email)
}

/** Without marks of direction and control letters. */
export function cleanText(text: string): string {
  return text.replace(directions, '').replace(controls, ' ').trim()
}

/** For a list: without the unit in brackets of a very long name, quotes around it taken off. */
export function shortName(person: Named): string {
  return displayName(person).replace(/^["'“”](.*)["'“”]$/, '$1')
}

const twoLetters = new Set(
  '歐陽 司馬 上官 諸葛 東方 皇甫 尉遲 公孫 慕容 令狐 夏侯 長孫 宇文 司徒 張簡 范姜 周黃 葉劉 歐張 江謝 陳黃 李林 張廖 司空 端木 鍾離'.split(
    ' ',
  ),
)
// Offices begin with what all of them begin with: their own word says more.
const offices = /^(?:教務處|學務處|總務處|資訊處|研發處|國際處|秘書室|圖書館)(?=\p{Script=Han}{2})/u

/** One or two letters for the name seal. */
export function sealOf(person: Named): string {
  const name = shortName(person)
  const han = name.replace(offices, '').match(/\p{Script=Han}+/u)?.[0]
  if (han !== undefined && /^[^A-Za-z]*\p{Script=Han}/u.test(name)) {
    const first = han.slice(0, 2)
    return twoLetters.has(first) && han.length > 2 ? first : Array.from(han)[0]!
  }
  const words = name
    .replace(/@.*$/, '')
    .split(/[\s._-]+/)
    .filter((word) => /^[\p{L}\p{N}]/u.test(word))
  const initials = words.length > 1 ? [words[0]!, words.at(-1)!] : words
  return initials.map((word) => Array.from(word)[0]!.toUpperCase()).join('') || '?'
}

const colours = ['', 'b', 'a', 'n'] as const

/** A colour that stays with an address; red is for what is held. */
export function sealColour(email: string): string {
  let sum = 0
  for (const letter of email.toLowerCase()) sum = (sum * 31 + letter.codePointAt(0)!) >>> 0
  return colours[sum % colours.length]!
}

/** Whether a person is of another place than `domain`: not of it nor of a part of it. */
export function isOutside(email: string, domain: string): boolean {
  const theirs = email.slice(email.lastIndexOf('@') + 1).toLowerCase()
  return theirs !== '' && theirs !== domain && !theirs.endsWith(`.${domain}`)
}

/** A name that contains another address than its own, as forged ones do. */
export function namesAnother({ name, email }: Named): boolean {
  const found = /[^\s<>"'（(]+@[^\s<>"'）)]+\.[^\s<>"'）)]+/.exec(cleanText(name ?? '').normalize('NFKC'))
  return found !== null && found[0].toLowerCase() !== email.toLowerCase()
}
