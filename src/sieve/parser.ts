// Tokens become the tree.                                                                      RFC 5228 §8.2
//
// Promises: never throws; linear; recursion is bounded by the limits of nesting. A command that cannot be read
// is told of once, left out of the tree, and reading goes on with the next.

import { readTokens, type Token } from './lexer.ts'
import { sieveLimits, type SieveLimits } from './limits.ts'
import { Problems } from './problems.ts'
import type { Argument, Block, CommandNode, Comment, StringArgument, TestNode } from './syntax.ts'

/** Thrown inside the parser only: the rest of this command cannot be understood. */
const lost = Symbol('lost')

/** Reads a script; what was wrong lies in `problems`, and the tree holds what could be read. */
export function parseScript(text: string, limits: SieveLimits = sieveLimits, problems = new Problems(limits)): Block {
  if (text.length > limits.script) {
    problems.add('script-too-large', { line: 1, column: 1 }, { limit: limits.script })
    return { commands: [], comments: [] }
  }
  const parser = new Parser(readTokens(text, limits, problems), limits, problems)
  return parser.script()
}

class Parser {
  private tokens: Token[]
  private limits: SieveLimits
  private problems: Problems
  private at = 0
  private gathered: Comment[] = [] // of the command that is being read

  constructor(tokens: Token[], limits: SieveLimits, problems: Problems) {
    this.tokens = tokens
    this.limits = limits
    this.problems = problems
  }

  script(): Block {
    const all: Block = { commands: [], comments: [] }
    for (;;) {
      const { commands, comments } = this.commands(0)
      all.commands.push(...commands)
      all.comments = comments
      if (this.token.kind === 'end') return all
      this.problems.add('brace-without-block', this.token.place) // it can only be a '}'
      this.at++
    }
  }

  private get token(): Token {
    return this.tokens[this.at]!
  }

  private is(mark: string): boolean {
    return this.token.kind === 'mark' && this.token.text === mark
  }

  /** Takes the token and its comments. */
  private take(): Token {
    const token = this.token
    if (token.comments.length > 0) this.gathered.push(...token.comments)
    if (token.kind !== 'end') this.at++
    return token
  }

  private commands(depth: number): Block {
    const commands: CommandNode[] = []
    for (;;) {
      if (this.token.kind === 'end' || this.is('}')) return { commands, comments: [...this.token.comments] }
      const outer = this.gathered
      this.gathered = []
      try {
        const command = this.command(depth)
        if (command) commands.push(command)
      } catch (thrown) {
        if (thrown !== lost) throw thrown
        this.recover()
      }
      this.gathered = outer
    }
  }

  private command(depth: number): CommandNode | undefined {
    const { token } = this
    if (token.kind !== 'name') {
      this.unexpected('a command', '命令')
      throw lost
    }
    this.take()
    const { args, tests, listed } = this.arguments(1, token.text)
    const command: CommandNode = { name: token.text, args, tests, listed, place: token.place, comments: this.gathered }
    if (this.is(';')) this.take()
    else if (this.is('{')) command.block = this.block(depth, command)
    else if (this.is('}') || this.token.kind === 'end' || this.token.kind === 'name') {
      // Only the semicolon is missing: what follows can be read.
      this.problems.add('semicolon-missing', this.token.place, { name: token.text })
    } else {
      this.unexpected('";"', '「;」')
      throw lost
    }
    return command
  }

  private block(depth: number, command: CommandNode): Block | undefined {
    if (depth >= this.limits.blockDepth) {
      this.problems.add('blocks-too-deep', this.token.place, { limit: this.limits.blockDepth })
      this.skipBlock()
      return { commands: [], comments: [] }
    }
    const opened = this.take()
    const block = this.commands(depth + 1)
    if (this.is('}')) {
      this.at++ // its comments are the block's
    } else this.problems.add('block-not-closed', opened.place, { name: command.name })
    return block
  }

  /** After a name: arguments, then a test or a list of tests. */
  private arguments(testDepth: number, name: string): Pick<TestNode, 'args' | 'tests' | 'listed'> {
    const args: Argument[] = []
    for (;;) {
      const argument = this.argument()
      if (!argument) break
      if (args.length === this.limits.arguments) {
        this.problems.add('too-many-arguments', argument.place, { name, limit: this.limits.arguments })
        throw lost
      }
      args.push(argument)
    }
    if (this.token.kind === 'name' && !this.missingSemicolon()) {
      return { args, tests: [this.test(testDepth)], listed: false }
    }
    if (this.is('(')) return { args, tests: this.testList(testDepth), listed: true }
    return { args, tests: [], listed: false }
  }

  /** A name on a later line that begins a command, not a test: "keep" and a line below it "discard;". */
  private missingSemicolon(): boolean {
    const before = this.tokens[this.at - 1]!
    return before.place.line < this.token.place.line && commandNames.has(this.token.text)
  }

  private argument(): Argument | undefined {
    const { token } = this
    switch (token.kind) {
      case 'string':
        return this.string()
      case 'number':
        this.take()
        return { kind: 'number', value: token.value, text: token.text, place: token.place }
      case 'tag':
        this.take()
        return { kind: 'tag', name: token.text, place: token.place }
      default:
        return this.is('[') ? this.list() : undefined
    }
  }

  private string(): StringArgument {
    const { text, multiline, place } = this.take()
    return { kind: 'string', value: text, multiline, place }
  }

  private list(): Argument {
    const { place } = this.take()
    const items: StringArgument[] = []
    for (;;) {
      if (this.token.kind !== 'string') {
        this.unexpected('a string', '字串')
        throw lost
      }
      if (items.length === this.limits.listItems) {
        this.problems.add('list-too-long', place, { limit: this.limits.listItems })
        throw lost
      }
      items.push(this.string())
      if (this.is(',')) this.take()
      else if (this.is(']')) {
        this.take()
        return { kind: 'list', items, place }
      } else {
        this.unexpected('"," or "]"', '「,」或「]」')
        throw lost
      }
    }
  }

  private test(depth: number): TestNode {
    const { token } = this
    if (token.kind !== 'name') {
      this.unexpected('a test', '條件')
      throw lost
    }
    if (depth > this.limits.testDepth) {
      this.problems.add('tests-too-deep', token.place, { limit: this.limits.testDepth })
      throw lost
    }
    this.take()
    return { name: token.text, ...this.arguments(depth + 1, token.text), place: token.place }
  }

  private testList(depth: number): TestNode[] {
    this.take()
    const tests: TestNode[] = []
    for (;;) {
      tests.push(this.test(depth))
      if (this.is(',')) this.take()
      else if (this.is(')')) {
        this.take()
        return tests
      } else {
        this.unexpected('"," or ")"', '「,」或「)」')
        throw lost
      }
    }
  }

  private unexpected(wanted: string, wantedZh: string): void {
    const { kind, text, place } = this.token
    if (kind === 'mark' && text.length > 1) return // the lexer has told of it
    if (kind === 'end') this.problems.add('script-ends', place, { wanted, wantedZh })
    else this.problems.add('unexpected', place, { wanted, wantedZh, found: kind === 'tag' ? `:${text}` : text })
  }

  /** On to behind this command: its ';' or its block. A '}' that closes the block we are in stays. */
  private recover(): void {
    for (; this.token.kind !== 'end' && !this.is('}'); this.at++) {
      if (this.is(';')) {
        this.at++
        return
      }
      if (this.is('{')) {
        this.skipBlock()
        return
      }
    }
  }

  private skipBlock(): void {
    let open = 0
    for (; this.token.kind !== 'end'; this.at++) {
      if (this.is('{')) open++
      else if (this.is('}') && --open === 0) {
        this.at++
        return
      }
    }
  }
}

const commandNames = new Set(
  (
    'require if elsif else stop keep discard fileinto redirect reject ereject set setflag addflag removeflag ' +
    'vacation notify addheader deleteheader include return global foreverypart break replace enclose extracttext error'
  ).split(' '),
)
