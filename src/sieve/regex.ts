// POSIX extended regular expressions over Unicode text, for the regex match type.  draft-ietf-sieve-regex, IEEE 1003.2
//
// Promises: time is bounded by text times instructions (threads of all ways at once, no going back), and `spend`
// hears of each step; a pattern over the limits is refused when it is compiled. The longest of the leftmost matches
// wins. Beyond POSIX: \w \W \s \S \d \D \b \B \< \>. Back references are refused: no linear engine has them.

import type { SieveLimits } from './limits.ts'
import { BadRegex, many, readPattern, type Assertion, type CharacterSet, type Node } from './pattern.ts'

export interface Regex {
  code: Instruction[]
  groups: number // the whole match counted
  /** Where a match can only begin: at the start of the text. */
  anchored: boolean
}

type Instruction =
  | { op: 'char'; code: number }
  | { op: 'set'; set: CharacterSet }
  | { op: 'split'; first: number; second: number }
  | { op: 'jump'; to: number }
  | { op: 'save'; slot: number }
  | { op: 'assert'; what: Assertion }
  | { op: 'match' }

/** Compiles a pattern; throws BadRegex. `fold` maps a code point to the one it equals, ignoring case. */
export function compileRegex(pattern: string, limits: SieveLimits, fold?: (code: number) => number): Regex {
  if (pattern.length > limits.regexLength) {
    throw new BadRegex(`longer than ${limits.regexLength} characters`, `超過 ${limits.regexLength} 個字元`)
  }
  const { node, groups } = readPattern(pattern, fold)
  const code: Instruction[] = []
  const emit = (instruction: Instruction): number => {
    if (code.length >= limits.regexSize) throw new BadRegex('it repeats too much', '重複太多')
    return code.push(instruction) - 1
  }
  emit({ op: 'save', slot: 0 })
  generate(node, emit, code)
  emit({ op: 'save', slot: 1 })
  emit({ op: 'match' })
  return { code, groups: Math.min(groups, limits.matchValues + 1), anchored: startsAnchored(node) }
}

function startsAnchored(node: Node): boolean {
  if (node.is === 'assert') return node.what === 'start'
  if (node.is === 'sequence') return node.nodes.length > 0 && startsAnchored(node.nodes[0]!)
  if (node.is === 'group') return startsAnchored(node.node)
  return false
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
