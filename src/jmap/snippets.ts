// Where a searched text stands: pieces of subjects and bodies with <mark> around it.                   RFC 8621 §5
//
// Pure. Texts are compared as the search compares them (store/tokens.ts), so that what was found is what is marked.
//
// Invariant: what comes out is safe HTML: a stranger's text is escaped, the only element is <mark>.

import { fold, plain, unwrapped } from '../store/tokens.ts'

const previewBytes = 255 // RFC 8621 §5
const leadLength = 40 // characters shown before the first match
const sliceLength = 2_048 // characters compared in one go

/** The whole text with every term marked; null when none is in it. `terms` as people typed them. */
export function markAll(text: string, terms: readonly string[]): string | null {
  const shown = unwrapped(text)
  const found = matchesIn(shown, foldedTerms(terms))
  return found.length > 0 ? markup(shown, 0, shown.length, found) : null
}

/** A piece of a long text around the first term; null when none is in it. At most 255 bytes of UTF-8. */
export function markFirst(text: string, terms: readonly string[]): string | null {
  const wanted = foldedTerms(terms)
  const longest = Math.max(0, ...wanted.map((term) => term.length))
  const shown = unwrapped(text)
  // Slices overlap by more than any term, also one that is longer unfolded than folded.
  for (let from = 0; from < shown.length && wanted.length > 0; from += sliceLength) {
    const slice = shown.slice(from, from + sliceLength + longest * 4)
    const folded = fold(slice)
    if (!wanted.some((term) => folded.includes(term))) continue
    const found = matchesIn(slice, wanted)
    if (found.length > 0)
      return piece(
        shown,
        found.map(([start, end]) => [from + start, from + end]),
      )
  }
  return null
}

type Range = [start: number, end: number]

function foldedTerms(terms: readonly string[]): string[] {
  return [...new Set(terms.map(plain))].filter((term) => term !== '')
}

const letter = /\P{M}\p{M}*|\p{M}+/gu

/** Places of the terms, ascending, not overlapping. */
function matchesIn(text: string, terms: readonly string[]): Range[] {
  let folded = ''
  const places: number[] = [] // of each unit of `folded` in `text`
  for (const match of text.matchAll(letter)) {
    const one = fold(match[0])
    folded += one
    for (let i = 0; i < one.length; i++) places.push(match.index)
  }
  places.push(text.length)
  const found: Range[] = []
  for (const term of terms) {
    for (let at = folded.indexOf(term); at !== -1; at = folded.indexOf(term, at + term.length)) {
      const start = places[at]!
      let end = at + term.length
      while (end < folded.length && places[end] === places[end - 1]) end++ // one letter that became several
      found.push([start, places[end]!])
    }
  }
  found.sort((a, b) => a[0] - b[0] || b[1] - a[1])
  const apart: Range[] = []
  for (const [start, end] of found) {
    const last = apart.at(-1)
    if (last && start <= last[1]) last[1] = Math.max(last[1], end)
    else apart.push([start, end])
  }
  return apart
}

/** As much as fits, from a little before the first match on. */
function piece(text: string, found: readonly Range[]): string {
  const [first, firstEnd] = found[0]!
  let start = Math.max(0, first - leadLength)
  if (start > 0) {
    const space = text.indexOf(' ', start)
    if (space !== -1 && space < first) start = space + 1
    else if (isLowSurrogate(text, start)) start++
  }
  // The bytes grow with the length: the longest piece that fits is found by halving.
  let low = start
  let high = Math.min(text.length, start + previewBytes)
  const size = (end: number): number => Buffer.byteLength(markup(text, start, end, found))
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (size(middle) <= previewBytes) low = middle
    else high = middle - 1
  }
  if (low <= first && start < first) return piece(text.slice(first), [[0, firstEnd - first]])
  return markup(text, start, isLowSurrogate(text, low) ? low - 1 : low, found)
}

function isLowSurrogate(text: string, at: number): boolean {
  return /[\udc00-\udfff]/.test(text[at] ?? '')
}

function markup(text: string, start: number, end: number, found: readonly Range[]): string {
  let out = ''
  let at = start
  for (const [from, to] of found) {
    if (to <= at) continue
    if (from >= end) break
    const begin = Math.max(from, at)
    const stop = Math.min(to, end)
    out += `${escaped(text.slice(at, begin))}<mark>${escaped(text.slice(begin, stop))}</mark>`
    at = stop
  }
  return out + escaped(text.slice(at, end))
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!)
}
