// POSIX extended regular expressions over Unicode text, for the regex match type.  draft-ietf-sieve-regex, IEEE 1003.2
//
// Promises: time is bounded by text times instructions (threads of all ways at once, no going back), and `spend`
// hears of each step; a pattern over the limits is refused when it is compiled. The longest of the leftmost matches
// wins. Beyond POSIX: \w \W \s \S \d \D \b \B \< \>. Back references are refused: no linear engine has them.

import type { SieveLimits } from './limits.ts'

export interface Regex {
  code: Instruction[]
  groups: number // the whole match counted
  /** Where a match can only begin: at the start of the text. */
  anchored: boolean
}

/** Said of a pattern that cannot be compiled; `why` in English words and in Chinese. */
export class BadRegex extends Error {}

type Instruction =
  | { op: 'char'; code: number }
  | { op: 'set'; set: CharacterSet }
  | { op: 'split'; first: number; second: number }
  | { op: 'jump'; to: number }
  | { op: 'save'; slot: number }
  | { op: 'assert'; what: Assertion }
  | { op: 'match' }

type Assertion = 'start' | 'end' | 'word' | 'not-word' | 'word-start' | 'word-end'

interface CharacterSet {
  negated: boolean
  ranges: [number, number][]
}

type Node =
  | { is: 'char'; code: number }
  | { is: 'set'; set: CharacterSet }
  | { is: 'assert'; what: Assertion }
  | { is: 'group'; node: Node; slot: number }
  | { is: 'sequence'; nodes: Node[] }
  | { is: 'either'; nodes: Node[] }
  | { is: 'repeat'; node: Node; from: number; to: number }

const many = Infinity
const maxNesting = 50

/** Compiles a pattern; throws BadRegex. `fold` maps a code point to the one it equals, ignoring case. */
export function compileRegex(pattern: string, limits: SieveLimits, fold?: (code: number) => number): Regex {
  if (pattern.length > limits.regexLength) throw new BadRegex(`longer than ${limits.regexLength} characters`)
  const parser = new PatternParser(pattern, fold)
  const node = parser.whole()
  const code: Instruction[] = []
  const emit = (instruction: Instruction): number => {
    if (code.length >= limits.regexSize) throw new BadRegex('it repeats too much')
    return code.push(instruction) - 1
  }
  emit({ op: 'save', slot: 0 })
  generate(node, emit, code)
  emit({ op: 'save', slot: 1 })
  emit({ op: 'match' })
  return { code, groups: Math.min(parser.groups, limits.matchValues + 1), anchored: startsAnchored(node) }
}

function startsAnchored(node: Node): boolean {
  if (node.is === 'assert') return node.what === 'start'
  if (node.is === 'sequence') return node.nodes.length > 0 && startsAnchored(node.nodes[0]!)
  if (node.is === 'group') return startsAnchored(node.node)
  return false
}

const classes: Record<string, [number, number][]> = {
  alpha: [[65, 90], [97, 122]],
  digit: [[48, 57]],
  alnum: [[48, 57], [65, 90], [97, 122]],
  upper: [[65, 90]],
  lower: [[97, 122]],
  space: [[9, 13], [32, 32]],
  blank: [[9, 9], [32, 32]],
  punct: [[33, 47], [58, 64], [91, 96], [123, 126]],
  print: [[32, 126]],
  graph: [[33, 126]],
  cntrl: [[0, 31], [127, 127]],
  xdigit: [[48, 57], [65, 70], [97, 102]],
} // prettier-ignore
const word: [number, number][] = [[48, 57], [65, 90], [95, 95], [97, 122]] // prettier-ignore

class PatternParser {
  groups = 1
  private source: string
  private fold: ((code: number) => number) | undefined
  private at = 0
  private depth = 0

  constructor(source: string, fold: ((code: number) => number) | undefined) {
    this.source = source
    this.fold = fold
  }

  whole(): Node {
    const node = this.either()
    if (this.at < this.source.length) throw new BadRegex('a ")" has no "("')
    return node
  }

  private either(): Node {
    if (++this.depth > maxNesting) throw new BadRegex('too many parentheses inside each other')
    const nodes = [this.sequence()]
    while (this.source[this.at] === '|') {
      this.at++
      nodes.push(this.sequence())
    }
    this.depth--
    return nodes.length === 1 ? nodes[0]! : { is: 'either', nodes }
  }

  private sequence(): Node {
    const nodes: Node[] = []
    for (let c = this.source[this.at]; c !== undefined && c !== '|' && c !== ')'; c = this.source[this.at]) {
      nodes.push(this.repeats(this.atom()))
    }
    return nodes.length === 1 ? nodes[0]! : { is: 'sequence', nodes }
  }

  private repeats(atom: Node): Node {
    let node = atom
    let times = 0
    for (;;) {
      const c = this.source[this.at]
      let bounds: [number, number] | undefined
      if (c === '*') bounds = [0, many]
      else if (c === '+') bounds = [1, many]
      else if (c === '?') bounds = [0, 1]
      else if (c === '{') bounds = this.bounds()
      if (!bounds) return node
      if (c !== '{') this.at++
      if (++times > 3) throw new BadRegex('too many repetitions of a repetition')
      if (atom.is === 'assert') throw new BadRegex('nothing stands before the repetition')
      node = { is: 'repeat', node, from: bounds[0], to: bounds[1] }
    }
  }

  private bounds(): [number, number] {
    const found = /\{(\d{1,4})(,(\d{0,4}))?\}/y
    found.lastIndex = this.at
    const match = found.exec(this.source)
    if (!match) throw new BadRegex('the count in {} is wrong')
    this.at = found.lastIndex
    const from = Number(match[1])
    const to = match[2] === undefined ? from : match[3] === '' ? many : Number(match[3])
    if (from > 255 || (to !== many && (to > 255 || to < from))) throw new BadRegex('the count in {} is wrong')
    return [from, to]
  }

  private next(): number {
    const code = this.source.codePointAt(this.at)!
    this.at += code > 0xffff ? 2 : 1
    return code
  }

  private char(code: number): Node {
    return { is: 'char', code: this.fold ? this.fold(code) : code }
  }

  private atom(): Node {
    const c = this.source[this.at]!
    switch (c) {
      case '(': {
        this.at++
        const slot = this.groups++ // those over the limit of match values are not kept when it runs
        const node = this.either()
        if (this.source[this.at] !== ')') throw new BadRegex('a "(" is not closed')
        this.at++
        return { is: 'group', node, slot }
      }
      case '[':
        return this.bracket()
      case '.':
        this.at++
        return { is: 'set', set: { negated: true, ranges: [] } }
      case '^':
        this.at++
        return { is: 'assert', what: 'start' }
      case '$':
        this.at++
        return { is: 'assert', what: 'end' }
      case '*':
      case '+':
      case '?':
        throw new BadRegex(`nothing stands before "${c}"`)
      case '{':
        throw new BadRegex('nothing stands before "{"')
      case '\\':
        this.at++
        return this.escaped()
      default:
        return this.char(this.next())
    }
  }

  private escaped(): Node {
    const c = this.source[this.at]
    if (c === undefined) throw new BadRegex('it ends with "\\"')
    const assertion = ({ b: 'word', B: 'not-word', '<': 'word-start', '>': 'word-end' } as const)[c]
    const set = { w: word, s: classes['space'], d: classes['digit'] }[c.toLowerCase()]
    if (c >= '1' && c <= '9') throw new BadRegex('it refers back to a group')
    if (!assertion && !set) return this.char(this.next())
    this.at++
    if (assertion) return { is: 'assert', what: assertion }
    return { is: 'set', set: { negated: c !== c.toLowerCase(), ranges: set! } }
  }

  private bracket(): Node {
    this.at++
    const negated = this.source[this.at] === '^'
    if (negated) this.at++
    const ranges: [number, number][] = []
    for (let first = true; first || this.source[this.at] !== ']'; first = false) {
      if (this.at >= this.source.length) throw new BadRegex('a "[" is not closed')
      const named = /\[:([a-z]+):\]/y
      named.lastIndex = this.at
      const found = named.exec(this.source)
      if (found) {
        const known = classes[found[1]!]
        if (!known) throw new BadRegex(`there is no class [:${found[1]}:]`)
        ranges.push(...(this.fold && /upper|lower/.test(found[1]!) ? classes['alpha']! : known))
        this.at = named.lastIndex
        continue
      }
      const from = this.bracketCharacter()
      let to = from
      if (this.source[this.at] === '-' && this.at + 1 < this.source.length && this.source[this.at + 1] !== ']') {
        this.at++
        to = this.bracketCharacter()
      }
      if (to < from) throw new BadRegex('a range in [] runs backward')
      ranges.push([from, to])
    }
    this.at++
    return { is: 'set', set: { negated, ranges: this.fold ? withCases(ranges, this.fold) : ranges } }
  }

  private bracketCharacter(): number {
    const collating = /\[([.=])([^\]]+?)\1\]/y
    collating.lastIndex = this.at
    const found = collating.exec(this.source)
    if (!found) return this.next()
    const code = found[2]!.codePointAt(0)!
    if (String.fromCodePoint(code) !== found[2]) throw new BadRegex(`there is no element ${found[0]}`)
    this.at = collating.lastIndex
    return code
  }
}

const widest = 1000 // characters of a range beyond ASCII whose cases are added one by one

/** Adds the other case of letters; the text is compared as it stands and folded. */
function withCases(ranges: [number, number][], fold: (code: number) => number): [number, number][] {
  const more: [number, number][] = [...ranges]
  for (const [from, to] of ranges) {
    const shift = (low: number, high: number, by: number): void => {
      if (from <= high && to >= low) more.push([Math.max(from, low) + by, Math.min(to, high) + by])
    }
    shift(65, 90, 32)
    shift(97, 122, -32)
    if (to < 128 || to - from > widest) continue
    for (let code = Math.max(from, 128); code <= to; code++)
      if (fold(code) !== code) more.push([fold(code), fold(code)])
  }
  return more
}

function generate(node: Node, emit: (instruction: Instruction) => number, code: Instruction[]): void {
  switch (node.is) {
    case 'char':
      emit({ op: 'char', code: node.code })
      return
    case 'set':
      emit({ op: 'set', set: node.set })
      return
    case 'assert':
      emit({ op: 'assert', what: node.what })
      return
    case 'group':
      emit({ op: 'save', slot: node.slot * 2 })
      generate(node.node, emit, code)
      emit({ op: 'save', slot: node.slot * 2 + 1 })
      return
    case 'sequence':
      for (const each of node.nodes) generate(each, emit, code)
      return
    case 'either': {
      const ends: number[] = []
      node.nodes.forEach((each, i) => {
        if (i === node.nodes.length - 1) {
          generate(each, emit, code)
          return
        }
        const split = emit({ op: 'split', first: code.length + 1, second: 0 })
        generate(each, emit, code)
        ends.push(emit({ op: 'jump', to: 0 }))
        ;(code[split] as { second: number }).second = code.length
      })
      for (const end of ends) (code[end] as { to: number }).to = code.length
      return
    }
    case 'repeat':
      repeat(node, emit, code)
  }
}

function repeat(
  { node, from, to }: { node: Node; from: number; to: number },
  emit: (instruction: Instruction) => number,
  code: Instruction[],
): void {
  for (let i = 0; i < from; i++) generate(node, emit, code)
  if (to === many) {
    const split = emit({ op: 'split', first: code.length + 1, second: 0 })
    generate(node, emit, code)
    emit({ op: 'jump', to: split })
    ;(code[split] as { second: number }).second = code.length
    return
  }
  const splits: number[] = []
  for (let i = from; i < to; i++) {
    splits.push(emit({ op: 'split', first: code.length + 1, second: 0 }))
    generate(node, emit, code)
  }
  for (const split of splits) (code[split] as { second: number }).second = code.length
}

/**
 * The leftmost longest match: its groups ('' for those that took no part), or undefined. A text longer than the
 * limit is looked at up to the limit.
 */
export function matchRegex(
  { code, groups, anchored }: Regex,
  whole: string,
  limits: SieveLimits,
  spend: (steps: number) => void,
  fold?: (code: number) => number,
): string[] | undefined {
  const text = whole.length > limits.regexSubject ? whole.slice(0, limits.regexSubject) : whole
  let threads = new Threads(code.length)
  let next = new Threads(code.length)
  let best: number[] | undefined
  const empty: number[] = new Array<number>(groups * 2).fill(-1)
  for (let at = 0; ;) {
    if (!best && (at === 0 || !anchored)) threads.add(code, 0, text, at, empty)
    if (threads.count === 0 && (best || anchored)) break
    spend(threads.visited + 1)
    threads.visited = 0
    const here = at < text.length ? text.codePointAt(at)! : -1
    const width = here > 0xffff ? 2 : 1
    const folded = fold && here !== -1 ? fold(here) : here
    for (let i = 0; i < threads.count; i++) {
      const pc = threads.order[i]!
      const slots = threads.slots[i]!
      const instruction = code[pc]!
      if (instruction.op === 'match') {
        // Longest first; of the equally long the one whose ways were preferred came first.
        if (!best || slots[0]! < best[0]! || (slots[0] === best[0] && slots[1]! > best[1]!)) best = slots
      } else if (here === -1) continue
      else if (instruction.op === 'char') {
        if (instruction.code === folded) next.add(code, pc + 1, text, at + width, slots)
      } else if (instruction.op === 'set') {
        if (inSet(instruction.set, here, folded)) next.add(code, pc + 1, text, at + width, slots)
      }
    }
    if (here === -1) break
    at += width
    const used = threads
    threads = next
    next = used
    next.count = 0
    next.generation++
  }
  if (!best) return undefined
  const found: string[] = []
  for (let i = 0; i < groups; i++) {
    const [start, end] = [best[i * 2]!, best[i * 2 + 1]!]
    found.push(start >= 0 && end >= start ? text.slice(start, end) : '')
  }
  return found
}

function inSet({ negated, ranges }: CharacterSet, code: number, folded: number): boolean {
  for (const [from, to] of ranges) {
    if ((code >= from && code <= to) || (folded >= from && folded <= to)) return !negated
  }
  return negated
}

/** The ways that are open at one place of the text, in order of preference; each instruction at most once. */
class Threads {
  count = 0
  generation = 1
  visited = 0 // instructions, since it was last counted
  order: number[] = []
  slots: number[][] = []
  private seen: Uint32Array

  constructor(size: number) {
    this.seen = new Uint32Array(size)
  }

  /** Adds an instruction, following jumps. A stack of its own instead of recursion: patterns may be long. */
  add(code: Instruction[], start: number, text: string, at: number, slots: number[]): void {
    const stack: [number, number[]][] = [[start, slots]]
    while (stack.length > 0) {
      const [pc, saved] = stack.pop()!
      this.visited++
      if (this.seen[pc] === this.generation) continue
      this.seen[pc] = this.generation
      const instruction = code[pc]!
      switch (instruction.op) {
        case 'jump':
          stack.push([instruction.to, saved])
          break
        case 'split':
          stack.push([instruction.second, saved], [instruction.first, saved])
          break
        case 'save': {
          if (instruction.slot >= saved.length) stack.push([pc + 1, saved])
          else stack.push([pc + 1, saved.with(instruction.slot, at)])
          break
        }
        case 'assert':
          if (holds(instruction.what, text, at)) stack.push([pc + 1, saved])
          break
        default:
          this.order[this.count] = pc
          this.slots[this.count++] = saved
      }
    }
  }
}

function holds(what: Assertion, text: string, at: number): boolean {
  if (what === 'start') return at === 0
  if (what === 'end') return at === text.length
  const before = at > 0 && /\w/.test(text[at - 1]!)
  const after = at < text.length && /\w/.test(text[at]!)
  if (what === 'word') return before !== after
  if (what === 'not-word') return before === after
  return what === 'word-start' ? !before && after : before && !after
}
