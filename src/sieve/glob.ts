// :matches: '*' is any run of characters, '?' one character, '\' takes the next as it is.    RFC 5228 §2.7.1
//
// Promises: each '*' takes as little as it can (RFC 5229 §3.2); time is bounded by text times pattern, and
// `spend` hears of it.

/** What stands between two '*': strings and single characters ('?', as undefined). */
type Segment = (string | undefined)[]
export type Glob = Segment[]

export function readGlob(pattern: string): Glob {
  const segments: Glob = [[]]
  let literal = ''
  const flush = (): void => {
    if (literal !== '') segments[segments.length - 1]!.push(literal)
    literal = ''
  }
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i]!
    if (c === '*') {
      flush()
      segments.push([])
    } else if (c === '?') {
      flush()
      segments[segments.length - 1]!.push(undefined)
    } else if (c === '\\' && i + 1 < pattern.length) literal += pattern[++i]!
    else literal += c
  }
  flush()
  return segments
}

/** The match values, [0] the whole, or undefined when the text does not match. `shown`: where values come from. */
export function matchGlob(
  glob: Glob,
  text: string,
  shown: string,
  spend: (steps: number) => void,
): string[] | undefined {
  const values = [shown]
  // Folding may change lengths in rare letters; then values come from what was compared.
  const source = shown.length === text.length ? shown : text
  const first = glob[0]!
  let at = matchHere(first, text, 0, source, values)
  if (at === -1) return undefined
  if (glob.length === 1) return at === text.length ? values : undefined
  for (let s = 1; s < glob.length - 1; s++) {
    const segment = glob[s]!
    const star = values.push('') - 1
    const found = search(segment, text, at, source, values, spend)
    if (!found) return undefined
    values[star] = source.slice(at, found.start)
    at = found.end
  }
  const last = glob[glob.length - 1]!
  const start = startOfLast(last, text)
  if (start < at) return undefined
  values.push(source.slice(at, start))
  return matchHere(last, text, start, source, values) === text.length ? values : undefined
}

function search(
  segment: Segment,
  text: string,
  from: number,
  source: string,
  values: string[],
  spend: (steps: number) => void,
): { start: number; end: number } | undefined {
  const kept = values.length
  const head = segment[0]
  const weight = 2 + (segment.reduce((sum, piece) => sum + (piece?.length ?? 1), 0) >> 6)
  let tries = 0
  for (let start = from; start <= text.length; start++) {
    if (head !== undefined) {
      start = text.indexOf(head, start)
      if (start === -1) break
    }
    const end = matchHere(segment, text, start, source, values)
    if (end !== -1) {
      spend(tries * weight)
      return { start, end }
    }
    values.length = kept
    if (++tries === 256) {
      spend(256 * weight)
      tries = 0
    }
    if (isHigh(text, start)) start++
  }
  return undefined
}

/** Matches a segment at `at`; its end, or -1. Pushes what each '?' took. */
function matchHere(segment: Segment, text: string, at: number, source: string, values: string[]): number {
  for (const piece of segment) {
    if (piece === undefined) {
      if (at >= text.length) return -1
      const end = at + (isHigh(text, at) ? 2 : 1)
      values.push(source.slice(at, end))
      at = end
    } else {
      if (!text.startsWith(piece, at)) return -1
      at += piece.length
    }
  }
  return at
}

function startOfLast(segment: Segment, text: string): number {
  let at = text.length
  for (let i = segment.length - 1; i >= 0; i--) {
    const piece = segment[i]
    at -= piece === undefined ? (at > 1 && isHigh(text, at - 2) ? 2 : 1) : piece.length
    if (at < 0) return -1
  }
  return at
}

function isHigh(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00
}
