// The arguments of one command or test, against its signature.                                     RFC 5228 §2.6
//
// Options stand before the other arguments. The first thing that is wrong is told, with its place; the rest of the
// command is then not looked at.

import type { SieveLimits } from './limits.ts'
import type { Details, ProblemCode, Problems } from './problems.ts'
import type { Argument, Place, StringArgument, TagArgument, TestNode } from './syntax.ts'
import { decodeCharacters, readText, type Text } from './text.ts'
import type { Given, Kind, Signature, Tag } from './word.ts'

export interface Reading {
  requires: ReadonlySet<string>
  problems: Problems
  limits: SieveLimits
  inLoop: boolean
  assigned: Set<string>
}

export type Asked = Given

type Value = { text: Text } | { list: Text[] } | { number: number } | true

const wanted: Record<Kind, [en: string, zh: string]> = {
  string: ['a string', '字串'],
  list: ['a string or a list of strings', '字串或字串清單'],
  number: ['a number', '數字'],
}

/** undefined when something is wrong; then it has been told. */
export function readArguments(
  node: TestNode,
  kind: 'command' | 'test',
  signature: Signature,
  reading: Reading,
): Asked | undefined {
  const told = reading.problems.list.length
  const reader = new ArgumentReader(node, kind, signature, reading)
  return reader.read() && reading.problems.list.length === told ? reader : undefined
}

class ArgumentReader implements Given {
  readonly limits: SieveLimits
  readonly inLoop: boolean
  private node: TestNode
  private kind: 'command' | 'test'
  private signature: Signature
  private reading: Reading
  private values = new Map<string, Value>()
  private places = new Map<string, Place>()

  constructor(node: TestNode, kind: 'command' | 'test', signature: Signature, reading: Reading) {
    this.node = node
    this.kind = kind
    this.signature = signature
    this.reading = reading
    this.limits = reading.limits
    this.inLoop = reading.inLoop
  }

  read(): boolean {
    const { needs, name } = this.signature
    const oneOf = needs === undefined ? [] : typeof needs === 'string' ? [needs] : needs
    if (oneOf.length > 0 && !oneOf.some((each) => this.requires(each))) {
      this.problem('needs-require', { name, extension: oneOf[0]! })
      return false
    }
    const at = this.tags()
    return at !== undefined && this.positional(at) && this.together()
  }

  /** Reads the options; gives the index of the first other argument. */
  private tags(): number | undefined {
    const { args } = this.node
    let at = 0
    for (let arg = args[at]; arg?.kind === 'tag'; arg = args[at]) {
      at++
      const tag = this.knownTag(arg)
      if (!tag) return undefined
      if (!tag.takes) {
        this.keep(`:${tag.name}`, arg.place, true)
        continue
      }
      const value = args[at] && this.value(args[at]!, tag.takes)
      if (value === undefined) {
        const [en, zh] = wanted[tag.takes]
        this.at('tag-value', arg.place, { tag: `:${tag.name}`, wanted: en, wantedZh: zh })
        return undefined
      }
      this.keep(`:${tag.name}`, args[at]!.place, value)
      at++
    }
    return at
  }

  private knownTag(arg: TagArgument): Tag | undefined {
    const { tags = [], name } = this.signature
    const tag = tags.find((each) => each.name === arg.name)
    if (!tag) {
      this.at('unknown-tag', arg.place, { name, kind: this.kind, tag: `:${arg.name}` })
      return undefined
    }
    if (tag.needs !== undefined && !this.requires(tag.needs)) {
      this.at('needs-require', arg.place, { name: `:${arg.name}`, extension: tag.needs })
      return undefined
    }
    const other = tags.find((each) => each.group !== undefined && each.group === tag.group && this.has(`:${each.name}`))
    if (this.has(`:${tag.name}`)) this.at('tag-twice', arg.place, { tag: `:${tag.name}` })
    else if (other) this.at('tags-exclude', arg.place, { tag: `:${tag.name}`, other: `:${other.name}` })
    else return tag
    return undefined
  }

  private positional(from: number): boolean {
    const { takes = [], optional, name } = this.signature
    const args = this.node.args.slice(from)
    const least = takes.length - (optional ? 1 : 0)
    const late = args.find((arg) => arg.kind === 'tag')
    // Kinds are told of before counts: a wrong argument says more than a wrong number.
    const left = optional === 'first' && args.length === least ? takes.slice(1) : takes
    for (const [i, arg] of args.entries()) {
      const slot = left[i]
      if (!slot) break
      const value = this.value(arg, slot[1])
      if (value !== undefined) this.keep(slot[0], arg.place, value)
      else if (arg.kind === 'tag') break
      else {
        const [en, zh] = wanted[slot[1]]
        this.at('argument-type', arg.place, { name, kind: this.kind, argument: slot[0], wanted: en, wantedZh: zh })
        return false
      }
    }
    if (late) {
      this.at('tag-after-values', late.place, { tag: `:${late.name}` })
      return false
    }
    // "header matches ..." for "header :matches ...": the word was read as a test.
    const forgotten = this.node.tests[0]
    if (args.length < least && (this.signature.tags ?? []).some(({ name: tag }) => tag === forgotten?.name)) {
      this.at('colon-missing', forgotten!.place, { tag: forgotten!.name })
      return false
    }
    if (args.length < least || args.length > takes.length) {
      const numbers = least === takes.length ? String(least) : `${least}-${takes.length}`
      this.problem('argument-count', { name, kind: this.kind, wanted: numbers, found: args.length })
      return false
    }
    return true
  }

  /** Options that mean something only beside another. */
  private together(): boolean {
    for (const tag of this.signature.tags ?? []) {
      if (tag.with === undefined || !this.has(`:${tag.name}`) || this.has(`:${tag.with}`)) continue
      this.problem('tag-needs-tag', { tag: `:${tag.name}`, other: `:${tag.with}` }, `:${tag.name}`)
      return false
    }
    return true
  }

  private keep(name: string, place: Place, value: Value): void {
    this.values.set(name, value)
    this.places.set(name, place)
  }

  private value(arg: Argument, kind: Kind): Value | undefined {
    if (kind === 'number') return arg.kind === 'number' ? { number: arg.value } : undefined
    if (arg.kind === 'string') return kind === 'list' ? { list: [this.string(arg)] } : { text: this.string(arg) }
    return arg.kind === 'list' && kind === 'list' ? { list: arg.items.map((item) => this.string(item)) } : undefined
  }

  private string({ value, place }: StringArgument): Text {
    const decoded = this.requires('encoded-character')
      ? decodeCharacters(value, (text) => this.at('bad-unicode', place, { text }))
      : value
    if (!this.requires('variables')) return decoded
    return readText(decoded, this.limits, (name) => this.at('bad-variable', place, { name: name }))
  }

  private at(code: ProblemCode, place: Place, details: Details): void {
    this.reading.problems.add(code, place, details)
  }

  has(name: string): boolean {
    return this.values.has(name)
  }

  text(name: string): Text | undefined {
    const value = this.values.get(name)
    return typeof value === 'object' && 'text' in value ? value.text : undefined
  }

  list(name: string): Text[] {
    const value = this.values.get(name)
    return typeof value === 'object' && 'list' in value ? value.list : []
  }

  number(name: string): number | undefined {
    const value = this.values.get(name)
    return typeof value === 'object' && 'number' in value ? value.number : undefined
  }

  constant(name: string): string | undefined {
    const text = this.text(name)
    return typeof text === 'string' ? text : undefined
  }

  constants(name: string): string[] {
    return this.list(name).filter((text) => typeof text === 'string')
  }

  fixed(name: string): string | undefined {
    const text = this.constant(name)
    if (text === undefined) this.problem('must-be-constant', {}, name)
    return text
  }

  assigns(variable: string): void {
    this.reading.assigned.add(variable.toLowerCase())
  }

  requires(extension: string): boolean {
    return this.reading.requires.has(extension)
  }

  problem(code: ProblemCode, details: Details = {}, name?: string): void {
    this.at(code, (name === undefined ? undefined : this.places.get(name)) ?? this.node.place, details)
  }
}
