// The grammar of POSIX extended regular expressions: a pattern becomes a tree.    IEEE 1003.2, draft-ietf-sieve-regex
//
// Promises: throws BadRegex only; linear; parentheses inside each other are limited.

/** Said of a pattern that cannot be used; says why in both languages. */
export class BadRegex extends Error {
  zh: string

  constructor(en: string, zh: string) {
    super(en)
    this.name = 'BadRegex'
    this.zh = zh
  }
}

export type Assertion = 'start' | 'end' | 'word' | 'not-word' | 'word-start' | 'word-end'

export interface CharacterSet {
  negated: boolean
  ranges: [number, number][]
}

export type Node =
  | { is: 'char'; code: number }
  | { is: 'set'; set: CharacterSet }
  | { is: 'assert'; what: Assertion }
  | { is: 'group'; node: Node; slot: number }
  | { is: 'sequence'; nodes: Node[] }
  | { is: 'either'; nodes: Node[] }
  | { is: 'repeat'; node: Node; from: number; to: number }

export const many = Infinity
const maxNesting = 50

/** Reads a pattern; `groups` counts the whole match. `fold` maps a code point to the one it equals, ignoring case. */
export function readPattern(pattern: string, fold?: (code: number) => number): { node: Node; groups: number } {
  const parser = new PatternParser(pattern, fold)
  const node = parser.whole()
  return { node, groups: parser.groups }
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
    if (this.at < this.source.length) throw new BadRegex('a ")" has no "("', '「)」沒有對應的「(」')
    return node
  }

  private either(): Node {
    if (++this.depth > maxNesting) throw new BadRegex('too many parentheses inside each other', '括號巢狀太深')
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
      if (++times > 3) throw new BadRegex('too many repetitions of a repetition', '重複之上又重複太多次')
      if (atom.is === 'assert') throw new BadRegex('nothing stands before the repetition', '重複符號前沒有內容')
      node = { is: 'repeat', node, from: bounds[0], to: bounds[1] }
    }
  }

  private bounds(): [number, number] {
    const found = /\{(\d{1,4})(,(\d{0,4}))?\}/y
    found.lastIndex = this.at
    const match = found.exec(this.source)
    if (!match) throw new BadRegex('the count in {} is wrong', '{} 裡的次數不對')
    this.at = found.lastIndex
    const from = Number(match[1])
    const to = match[2] === undefined ? from : match[3] === '' ? many : Number(match[3])
    if (from > 255 || (to !== many && (to > 255 || to < from)))
      throw new BadRegex('the count in {} is wrong', '{} 裡的次數不對')
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
        if (this.source[this.at] !== ')') throw new BadRegex('a "(" is not closed', '「(」沒有結尾')
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
        throw new BadRegex(`nothing stands before "${c}"`, `「${c}」前沒有內容`)
      case '{':
        throw new BadRegex('nothing stands before "{"', '「{」前沒有內容')
      case '\\':
        this.at++
        return this.escaped()
      default:
        return this.char(this.next())
    }
  }

  private escaped(): Node {
    const c = this.source[this.at]
    if (c === undefined) throw new BadRegex('it ends with "\\"', '結尾是「\\」')
    const assertion = ({ b: 'word', B: 'not-word', '<': 'word-start', '>': 'word-end' } as const)[c]
    const set = { w: word, s: classes['space'], d: classes['digit'] }[c.toLowerCase()]
    if (c >= '1' && c <= '9') throw new BadRegex('it refers back to a group', '不能參照前面的群組')
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
      if (this.at >= this.source.length) throw new BadRegex('a "[" is not closed', '「[」沒有結尾')
      const named = /\[:([a-z]+):\]/y
      named.lastIndex = this.at
      const found = named.exec(this.source)
      if (found) {
        const known = classes[found[1]!]
        if (!known) throw new BadRegex(`there is no class [:${found[1]}:]`, `沒有 [:${found[1]}:] 這個類別`)
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
      if (to < from) throw new BadRegex('a range in [] runs backward', '[] 裡的範圍前後顛倒')
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
    if (String.fromCodePoint(code) !== found[2])
      throw new BadRegex(`there is no element ${found[0]}`, `沒有 ${found[0]} 這個字元`)
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
