// What a card is found and sorted by.
//
// Invariant: two cards sort as their keys do, byte by byte: Latin by its letters without accents and case, then Chinese
// by strokes (the order of the Chinese telephone book), characters of the same number of strokes by their code point.

import { components, displayName, type Card } from './card.ts'
import { contactLimits } from './limits.ts'

export interface Searchable {
  kind: string
  name: string // for people to read
  emails: string[]
  /** Folded; one thing a line: name, nicknames, addresses, organisations. */
  words: string
  sortKey: Buffer
  given: string
  surname: string
}

const shortName = 300

export function searchable(card: Card): Searchable {
  const name = clean(displayName(card)).slice(0, shortName)
  const emails = Object.values(card.emails ?? {}).map(({ address }) => clean(address).slice(0, 320))
  const parts = [
    name,
    ...Object.values(card.nicknames ?? {}).map((one) => one.name),
    ...emails,
    ...Object.values(card.organizations ?? {}).flatMap((one) => [
      one.name ?? '',
      ...(one.units ?? []).map((unit) => unit.name),
    ]),
    ...(card.name?.components ?? []).map(({ value }) => value).slice(0, 10),
  ]
  const words = [...new Set(parts.map((part) => foldText(clean(part))).filter((part) => part !== ''))]
  return {
    kind: card.kind ?? 'individual',
    name,
    emails,
    words: words.join('\n').slice(0, contactLimits.words),
    sortKey: sortKey(name),
    given: foldText(components(card, 'given')).slice(0, shortName),
    surname: foldText(components(card, 'surname')).slice(0, shortName),
  }
}

/** One line, nothing that turns the direction of writing, no half of a pair. */
export function clean(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
}

/** As it is compared: without case, accents, and the difference between wide and narrow letters. */
export function foldText(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{Mn}+/gu, '')
    .toLowerCase()
    .normalize('NFC')
    .trim()
}

const keyCharacters = 40

export function sortKey(name: string): Buffer {
  const key: number[] = []
  for (const character of Array.from(foldText(name)).slice(0, keyCharacters)) {
    const code = character.codePointAt(0) as number
    if (code < 0x80) key.push(code)
    else key.push(0x80 + strokesOf(character, code), (code >> 16) & 0xff, (code >> 8) & 0xff, code & 0xff)
  }
  return Buffer.from(key)
}

const collator = new Intl.Collator('zh-Hant-u-co-stroke')
const mostStrokes = 0x30

/** The number of strokes; 0 for what is not Chinese. The collation has a mark before each number. CLDR, zh stroke. */
function strokesOf(character: string, code: number): number {
  if (code < 0x2e80 || (code >= 0xac00 && code < 0xf900) || (code >= 0x3040 && code < 0x3100)) return 0
  let [low, high] = [0, mostStrokes]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (collator.compare(character, `\ufdd0${String.fromCharCode(0x2800 + middle)}`) >= 0) low = middle
    else high = middle - 1
  }
  return low
}
