// The tree of a script becomes a program, or a list of problems.                         RFC 5228 §2.10.6, RFC 5463
//
// Promises: never throws; each command is told of once; what an extension brings is known only after its require
// (or inside what ihave guards); recursion is bounded by the parser's limits of nesting.

import { readArguments, type Asked } from './arguments.ts'
import { sieveLimits, type SieveLimits } from './limits.ts'
import { parseScript } from './parser.ts'
import { Problems, SieveError, type Problem, type ProblemCode } from './problems.ts'
import type { Condition, Program, Step } from './program.ts'
import type { Block, CommandNode, Place, TestNode } from './syntax.ts'
import { actionWords, extensions, testWords } from './vocabulary.ts'
import { isVariableName } from './text.ts'
import type { Signature } from './word.ts'

export interface CheckOptions {
  limits?: SieveLimits
  /** The extensions this person's scripts may use; all by default. */
  extensions?: ReadonlySet<string>
}

/** Reads and checks a script; throws SieveError with everything that is wrong with it. */
export function compileScript(text: string, options: CheckOptions = {}): Program {
  const { program, problems } = checkScript(text, options)
  if (problems.length > 0) throw new SieveError(problems)
  return program
}

/** Reads and checks a script; the program is worth running only without problems. */
export function checkScript(text: string, options: CheckOptions = {}): { program: Program; problems: Problem[] } {
  const limits = options.limits ?? sieveLimits
  const problems = new Problems(limits)
  const tree = parseScript(text, limits, problems)
  const checker = new Checker(limits, problems, options.extensions ?? extensions)
  const program = checker.script(tree)
  const inOrder = problems.list.sort((a, b) => a.line - b.line || a.column - b.column)
  return { program, problems: inOrder }
}

function isAlways(test: Condition | undefined): boolean {
  return test?.is === 'constant' && test.value
}

// RFC 5463 §4 and RFC 5229 §3: these two change how strings are read and must be required.
const notByIhave = new Set(['variables', 'encoded-character'])
const none: Signature = { name: '' }
const loop: Signature = { name: 'foreverypart', needs: 'foreverypart', tags: [{ name: 'name', takes: 'string' }] }
const leave: Signature = { ...loop, name: 'break' }
const include: Signature = {
  name: 'include',
  needs: 'include',
  tags: [
    { name: 'personal', group: 'location' },
    { name: 'global', group: 'location' },
    { name: 'once' },
    { name: 'optional' },
  ],
  takes: [['script', 'string']],
}
const global: Signature = { name: 'global', needs: 'include', takes: [['names', 'list']] }
const error: Signature = { name: 'error', needs: 'ihave', takes: [['message', 'string']] }

class Checker {
  private limits: SieveLimits
  private problems: Problems
  private offered: ReadonlySet<string>
  private requires = new Set<string>()
  private loops: (string | undefined)[] = []
  private requiring = true // only require so far
  private assigned = new Set<string>() // variables that get a value
  private globals = new Set<string>()
  private extracts: Place | undefined // where extracttext was required

  constructor(limits: SieveLimits, problems: Problems, offered: ReadonlySet<string>) {
    this.limits = limits
    this.problems = problems
    this.offered = offered
  }

  script(tree: Block): Program {
    const steps = this.block(tree)
    // RFC 5703 §7: extracttext has no meaning without foreverypart.
    if (this.extracts && !this.requires.has('foreverypart')) {
      this.problem('needs-require', this.extracts, { name: 'extracttext', extension: 'foreverypart' })
    }
    return { steps, requires: this.requires }
  }

  private block(block: Block): Step[] {
    const steps: Step[] = []
    let chain: 'none' | 'if' | 'else' | 'broken' = 'none' // what an else may follow
    for (const node of block.commands) {
      if (node.name !== 'require') this.requiring = false
      if (node.name !== 'if' && node.name !== 'elsif' && node.name !== 'else') {
        chain = 'none'
        const step = this.command(node)
        if (step) steps.push(step)
        continue
      }
      const continues = node.name !== 'if'
      if (continues && chain !== 'if') {
        // One problem for a whole chain without its if.
        if (chain !== 'broken') this.problem('else-without-if', node.place, { name: node.name })
        chain = 'broken'
        continue
      }
      const before = continues ? steps.at(-1) : undefined
      // What follows a branch that is always taken never runs. RFC 5463 §4.
      const decided = before?.do === 'choose' && before.branches.some(({ test }) => isAlways(test))
      if (decided) this.unheard(() => this.branch(node, steps, continues))
      else this.branch(node, steps, continues)
      chain = node.name === 'else' ? 'else' : 'if'
    }
    return steps
  }

  private branch(node: CommandNode, steps: Step[], continues: boolean): void {
    let test: Condition | undefined
    if (node.args.length > 0) this.arguments(node, 'command', none)
    else if (node.name === 'else') {
      if (node.tests.length > 0) this.problem('no-tests', node.place, { name: node.name })
    } else if (node.tests.length !== 1 || node.listed) this.problem('one-test', node.place, { name: node.name })
    else test = this.condition(node.tests[0]!)
    if (!node.block) this.problem('block-missing', node.place, { name: node.name })
    const inside = node.block ?? { commands: [], comments: [] }
    // What an ihave that does not hold guards may be in words we do not know. RFC 5463 §4.
    const dead = test?.is === 'constant' && !test.value
    const inner = dead ? this.unheard(() => this.block(inside)) : this.block(inside)
    const branch = { test, steps: dead ? [] : inner }
    const before = steps[steps.length - 1]
    if (continues && before?.do === 'choose') before.branches.push(branch)
    else steps.push({ do: 'choose', place: node.place, branches: [branch] })
  }

  /** Checks something whose problems do not count. */
  private unheard<T>(check: () => T): T {
    const { problems, requires } = this
    this.problems = new Problems(this.limits)
    this.requires = new Set(requires)
    const result = check()
    this.problems = problems
    this.requires = requires
    return result
  }

  private command(node: CommandNode): Step | undefined {
    const { place, name } = node
    switch (name) {
      case 'require':
        return this.require(node)
      case 'stop':
        return this.arguments(node, 'command', { name }) && { place, do: 'stop' }
      case 'return':
        return this.arguments(node, 'command', { name, needs: 'include' }) && { place, do: 'return' }
      case 'foreverypart':
        return this.loop(node)
      case 'break':
        return this.leave(node)
      case 'include':
        return this.include(node)
      case 'global':
        return this.global(node)
      case 'error': {
        const asked = this.arguments(node, 'command', error)
        const text = asked?.text('message') ?? ''
        return (
          asked && { place, do: 'act', run: (session) => session.fail('script-error', { why: session.text(text) }) }
        )
      }
    }
    const word = actionWords.get(name)
    if (!word) {
      const code = isTest(name) ? 'test-as-command' : 'unknown-command'
      this.problem(code, place, { name })
      return undefined
    }
    const asked = this.arguments(node, 'command', word)
    if (!asked) return undefined
    const { size } = this.assigned
    const run = word.read(asked)
    const { variables: limit } = this.limits
    if (size <= limit && this.assigned.size > limit) this.problem('too-many-variables', place, { limit })
    return { place, do: 'act', run }
  }

  private require(node: CommandNode): undefined {
    if (!this.requiring) {
      this.problem('require-first', node.place)
      return
    }
    const asked = this.arguments(node, 'command', { name: 'require', takes: [['extensions', 'list']] })
    for (const extension of asked?.constants('extensions') ?? []) {
      if (extension === 'extracttext') this.extracts = node.place
      if (this.offered.has(extension)) this.requires.add(extension)
      else this.problem('unknown-extension', node.place, { extension: extension })
    }
  }

  private loop(node: CommandNode): Step | undefined {
    const asked = this.arguments(node, 'command', loop, true)
    const name = asked?.has(':name') ? asked.fixed(':name') : undefined
    if (this.loops.length >= this.limits.foreveryDepth) {
      this.problem('loops-too-deep', node.place, { limit: this.limits.foreveryDepth })
      return undefined
    }
    this.loops.push(name)
    const steps = this.block(node.block ?? { commands: [], comments: [] })
    this.loops.pop()
    return asked && { do: 'forevery', place: node.place, name, steps }
  }

  private leave(node: CommandNode): Step | undefined {
    const asked = this.arguments(node, 'command', leave)
    if (!asked) return undefined
    const name = asked.has(':name') ? asked.fixed(':name') : undefined
    if (this.loops.length === 0) this.problem('break-outside', node.place)
    else if (name !== undefined && !this.loops.includes(name)) this.problem('no-such-loop', node.place, { name })
    return { do: 'break', place: node.place, name }
  }

  private include(node: CommandNode): Step | undefined {
    const asked = this.arguments(node, 'command', include)
    if (!asked) return undefined
    const name = asked.fixed('script')
    if (name === undefined) return undefined
    if (!isScriptName(name)) {
      asked.problem('bad-script-name', { name: name }, 'script')
      return undefined
    }
    const location = asked.has(':global') ? 'global' : 'personal'
    const what = { location, name, once: asked.has(':once'), optional: asked.has(':optional') } as const
    return { do: 'include', place: node.place, include: what }
  }

  private global(node: CommandNode): Step | undefined {
    const asked = this.arguments(node, 'command', global)
    if (!asked) return undefined
    if (!asked.requires('variables')) asked.problem('needs-variables', { name: 'global' })
    const names = asked.list('names').flatMap((name) => (typeof name === 'string' ? [name.toLowerCase()] : ['']))
    const bad = names.find((name) => !isVariableName(name, this.limits))
    const late = names.find((name) => this.assigned.has(name) && !this.globals.has(name))
    if (bad !== undefined) asked.problem('bad-variable', { name: bad }, 'names')
    else if (late !== undefined) asked.problem('global-twice', { name: late }, 'names')
    for (const name of names) this.globals.add(name)
    return {
      do: 'act',
      place: node.place,
      run: ({ frame }) => {
        for (const name of names) frame.globals.add(name)
      },
    }
  }

  private condition(node: TestNode): Condition {
    const { name, place } = node
    const constant = (value: boolean): Condition => ({ is: 'constant', value })
    switch (name) {
      case 'true':
      case 'false':
        this.arguments(node, 'test', { name })
        // Not constant: what "if false" guards is checked like everything else.
        return { is: 'test', place, holds: () => name === 'true' }
      case 'not': {
        if (node.args.length > 0) this.arguments(node, 'test', none)
        if (node.tests.length !== 1 || node.listed) {
          this.problem('one-test', place, { name })
          return constant(true)
        }
        const of = this.condition(node.tests[0]!)
        return of.is === 'constant' ? constant(!of.value) : { is: 'not', of }
      }
      case 'allof':
      case 'anyof':
        return this.several(node, name === 'allof' ? 'all' : 'any')
      case 'ihave':
        return this.ihave(node)
    }
    const word = testWords.get(name)
    if (!word) {
      this.problem(isCommand(name) ? 'command-as-test' : 'unknown-test', place, { name })
      return { is: 'test', place, holds: () => false }
    }
    const asked = this.arguments(node, 'test', word)
    return { is: 'test', place, holds: asked ? word.read(asked) : () => false }
  }

  private several(node: TestNode, is: 'all' | 'any'): Condition {
    if (node.args.length > 0) this.arguments(node, 'test', none)
    if (!node.listed) this.problem('test-list', node.place, { name: node.name })
    const of: Condition[] = []
    let decided = false // by an ihave: what follows is not evaluated, and may be unknown
    for (const each of node.tests) {
      const condition: Condition = decided ? this.unheard(() => this.condition(each)) : this.condition(each)
      if (decided) continue
      of.push(condition)
      decided = condition.is === 'constant' && condition.value === (is === 'any')
    }
    if (decided) return { is: 'constant', value: is === 'any' }
    return of.every((each) => each.is === 'constant') && of.length > 0
      ? { is: 'constant', value: is === 'all' }
      : { is, of }
  }

  /** RFC 5463 §4: what holds is as good as required from here on. */
  private ihave(node: TestNode): Condition {
    const asked = this.arguments(node, 'test', { name: 'ihave', needs: 'ihave', takes: [['extensions', 'list']] })
    const wanted = asked?.list('extensions') ?? []
    const has = wanted.every((each) => typeof each === 'string' && this.offered.has(each) && !notByIhave.has(each))
    if (has) for (const each of wanted) this.requires.add(each as string)
    return { is: 'constant', value: has && asked !== undefined }
  }

  private arguments(
    node: CommandNode | TestNode,
    kind: 'command' | 'test',
    signature: Signature,
    wantsBlock = false,
  ): Asked | undefined {
    const { requires, problems, limits } = this
    const named = signature.name === '' ? { ...signature, name: node.name } : signature
    const asked = readArguments(node, kind, named, {
      requires,
      problems,
      limits,
      assigned: this.assigned,
      inLoop: this.loops.length > 0,
    })
    if (!asked || (node.tests.length > 0 && named !== signature)) return undefined
    if (node.tests.length > 0) {
      this.problem('no-tests', node.tests[0]!.place, { name: node.name })
      return undefined
    }
    if (kind === 'test') return asked
    const { block } = node as CommandNode
    if (block && !wantsBlock) this.problem('no-block', node.place, { name: node.name })
    else if (!block && wantsBlock) this.problem('block-missing', node.place, { name: node.name })
    else return asked
    return undefined
  }

  private problem(code: ProblemCode, place: Place, details: Record<string, string | number> = {}): void {
    this.problems.add(code, place, details)
  }
}

const controlWords = new Set('require if elsif else stop return foreverypart break include global error'.split(' '))
const logicWords = new Set('true false not allof anyof ihave'.split(' '))
const isTest = (name: string): boolean => logicWords.has(name) || testWords.has(name)
const isCommand = (name: string): boolean => controlWords.has(name) || actionWords.has(name)

/** RFC 5804 §1.6: Unicode without controls; here also nothing a path could be made of. */
function isScriptName(name: string): boolean {
  return name !== '' && name.length <= 128 && name.isWellFormed() && !/[\x00-\x1f\x7f-\x9f\u2028\u2029/]/.test(name)
}
