// One run of a script over one mail: variables, flags, the header as edited, the result so far.
//
// Invariant: everything a script can make grow is counted against a limit here.

import { Result } from './result.ts'
import type { HeaderLine } from './actions.ts'
import type { SieveLimits } from './limits.ts'
import type { SieveField, SieveMail, SievePart } from './mail.ts'
import { problem, SieveError, type Details, type Problem, type ProblemCode } from './problems.ts'
import type { Place } from './syntax.ts'
import type { Text } from './text.ts'
import type { SieveWorld } from './world.ts'

/** What belongs to one script; an included one has its own. RFC 6609 §3.4. */
export interface Frame {
  variables: Map<string, string>
  globals: Set<string>
  matched: string[]
}

export function newFrame(): Frame {
  return { variables: new Map(), globals: new Set(), matched: [] }
}

const nowhere: Place = { line: 1, column: 1 }

export class Session {
  readonly mail: SieveMail
  readonly world: SieveWorld
  readonly limits: SieveLimits
  readonly result: Result
  readonly globals = new Map<string, string>()
  frame: Frame = newFrame()
  flags: string[] | undefined // the internal variable of RFC 5232 §2; undefined until a script sets it
  part: SievePart | undefined // the one foreverypart is at
  path: number[] = [] // of `part`
  place: Place = nowhere // of the command that runs
  script: string | undefined // the included one that runs
  steps = 0
  edits = 0
  /** Things words keep for the length of a run: compiled expressions, texts of bodies. */
  readonly kept = new Map<string, unknown>()
  private lines: HeaderLine[] | undefined
  private edited: SieveField[] | undefined
  private grown = 0 // octets by which edits made the mail larger

  constructor(mail: SieveMail, world: SieveWorld, limits: SieveLimits) {
    this.mail = mail
    this.world = world
    this.limits = limits
    this.result = new Result(this)
  }

  /** Counts work; ends the run when it is too much. */
  spend(steps: number): void {
    this.steps += steps
    if (this.steps > this.limits.steps) this.fail('too-many-steps')
  }

  fail(code: ProblemCode, details: Details = {}): never {
    throw new SieveError([this.problem(code, details)])
  }

  warn(code: ProblemCode, details: Details = {}): void {
    if (this.result.warnings.length < this.limits.problems) {
      this.result.warnings.push(this.problem(code, details))
    }
  }

  private problem(code: ProblemCode, details: Details): Problem {
    const found = problem(code, this.place, details)
    return this.script === undefined ? found : { ...found, script: this.script }
  }

  /** A string of the script with its variables filled in. */
  text(text: Text): string {
    if (typeof text === 'string') return text
    const limit = this.limits.variable * 4
    let out = ''
    for (const piece of text) {
      if (out.length > limit) break
      if (typeof piece === 'string') out += piece
      else if ('match' in piece) out += this.frame.matched[piece.match] ?? ''
      else out += this.variable(piece.variable)
      this.spend(1)
    }
    // Strings built of variables would double with each use. RFC 5229 §6.
    return cut(out, limit)
  }

  list(texts: Text[]): string[] {
    return texts.map((text) => this.text(text))
  }

  variable(name: string): string {
    const lower = name.toLowerCase()
    if (lower.startsWith('global.')) return this.globals.get(lower.slice(7)) ?? ''
    return (this.frame.globals.has(lower) ? this.globals : this.frame.variables).get(lower) ?? ''
  }

  setVariable(name: string, value: string): void {
    const lower = name.toLowerCase()
    const global = lower.startsWith('global.')
    const scope = global || this.frame.globals.has(lower) ? this.globals : this.frame.variables
    const key = global ? lower.slice(7) : lower
    if (!scope.has(key) && scope.size >= this.limits.variables) {
      this.fail('too-many-variables', { limit: this.limits.variables })
    }
    scope.set(key, cut(value, this.limits.variable))
  }

  /** RFC 5229 §3.2: the values of the last match that succeeded. */
  setMatched(values: string[]): void {
    this.frame.matched = values.slice(0, this.limits.matchValues + 1).map((value) => cut(value, this.limits.variable))
  }

  /** The header's fields, as edited so far. */
  get fields(): readonly SieveField[] {
    if (!this.lines) return this.mail.root.fields
    this.edited ??= this.lines.map((line) => (typeof line === 'number' ? this.mail.root.fields[line]! : newField(line)))
    return this.edited
  }

  /** The fields of a part: of the whole mail they are the edited ones. */
  fieldsOf(part: SievePart): readonly SieveField[] {
    return part === this.mail.root ? this.fields : part.fields
  }

  /** Puts an edited list of lines in place of the header. Snapshots taken before stay as they are. */
  editHeader(change: (lines: HeaderLine[]) => HeaderLine[]): void {
    if (++this.edits > this.limits.edits) this.fail('too-many-edits', { limit: this.limits.edits })
    this.lines = change(this.lines ? [...this.lines] : this.mail.root.fields.map((_, i) => i))
    this.edited = undefined
    const sum = (fields: readonly SieveField[]): number => fields.reduce((total, { size }) => total + size, 0)
    this.grown = sum(this.fields) - sum(this.mail.root.fields)
  }

  /** Octets of the mail as edited. */
  get size(): number {
    return this.mail.size + this.grown
  }

  get header(): HeaderLine[] | undefined {
    return this.lines
  }
}

function newField({ name, value }: { name: string; value: string }): SieveField {
  const text = unfolded(value)
  return { name, text, written: text, size: octets(`${name}: ${value}\r\n`) }
}

function unfolded(value: string): string {
  return value.replace(/\r?\n[ \t]?/g, ' ').trim()
}

export function octets(text: string): number {
  return Buffer.byteLength(text)
}

/** Cut to a number of octets of UTF-8, never inside a character. */
export function cut(text: string, limit: number): string {
  if (text.length * 3 <= limit || octets(text) <= limit) return text
  const bytes = Buffer.from(text.slice(0, limit))
  let end = limit
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}
