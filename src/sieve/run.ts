// Runs a program over a mail.                                                          RFC 5228 §2.10, RFC 6609
//
// Promises: throws nothing of its own making: a run that cannot go on keeps the mail and says why in the outcome
// (what the ports throw goes through); the same program, mail and answers give the same outcome; depth is bounded by
// the nesting of blocks and of includes, work by limits.steps.

import type { Outcome } from './actions.ts'
import { sieveLimits, type SieveLimits } from './limits.ts'
import { partsOf, type SieveMail } from './mail.ts'
import { SieveError } from './problems.ts'
import type { Condition, Include, Program, Step } from './program.ts'
import { newFrame, Session } from './session.ts'
import type { SieveWorld } from './world.ts'

/** How a list of steps ended. */
type End = 'on' | 'stop' | 'return' | { left: string | undefined }

/** Runs a script; `flags` is what an earlier script left in the internal variable of RFC 5232. */
export async function runScript(
  program: Program,
  mail: SieveMail,
  world: SieveWorld,
  limits: SieveLimits = sieveLimits,
): Promise<Outcome> {
  const session = new Session(mail, world, limits)
  const running = new Running(session)
  try {
    await running.steps(program.steps)
    return session.result.outcome()
  } catch (thrown) {
    if (!(thrown instanceof SieveError)) throw thrown
    return session.result.failed(thrown.problems[0]!)
  }
}

/** One run over one session. */
export class Running {
  private session: Session
  private includes = 0
  private open: string[] = [] // scripts being included, outermost first
  private done = new Set<string>()
  private loops = 0

  constructor(session: Session) {
    this.session = session
  }

  async steps(steps: Step[]): Promise<End> {
    const { session } = this
    for (const step of steps) {
      session.place = step.place
      session.spend(1)
      switch (step.do) {
        case 'act': {
          const waiting = step.run(session)
          if (waiting) await waiting
          continue
        }
        case 'stop':
        case 'return':
          return step.do
        case 'break':
          return { left: step.name }
      }
      const end = await this.block(step)
      if (end !== 'on') return end
    }
    return 'on'
  }

  private async block(step: Step & { do: 'choose' | 'forevery' | 'include' }): Promise<End> {
    if (step.do === 'forevery') return this.everyPart(step.steps, step.name)
    if (step.do === 'include') return this.include(step.include)
    for (const { test, steps } of step.branches) {
      if (!test || (await this.holds(test))) return this.steps(steps)
    }
    return 'on'
  }

  private async holds(condition: Condition): Promise<boolean> {
    switch (condition.is) {
      case 'constant':
        return condition.value
      case 'not':
        return !(await this.holds(condition.of))
      case 'all':
        for (const each of condition.of) if (!(await this.holds(each))) return false
        return true
      case 'any':
        for (const each of condition.of) if (await this.holds(each)) return true
        return false
      case 'test': {
        this.session.place = condition.place
        this.session.spend(1)
        const held = condition.holds(this.session)
        return typeof held === 'boolean' ? held : await held
      }
    }
  }

  /** RFC 5703 §3: all parts in order, or inside a loop all that lie in the part it is at. */
  private async everyPart(steps: Step[], name: string | undefined): Promise<End> {
    const { session } = this
    if (this.loops >= session.limits.foreveryDepth)
      session.fail('loops-too-deep', { limit: session.limits.foreveryDepth })
    const outer = { part: session.part, path: session.path }
    const parts = partsOf(session.part ?? session.mail.root, session.path, session.limits.parts)
    if (session.part) parts.shift() // the part itself is not in itself
    this.loops++
    let end: End = 'on'
    for (const { part, path } of parts) {
      session.part = part
      session.path = path
      session.spend(10)
      end = await this.steps(steps)
      if (end !== 'on') break
    }
    this.loops--
    session.part = outer.part
    session.path = outer.path
    if (typeof end === 'object' && (end.left === undefined || end.left === name)) return 'on'
    return end
  }

  private async include({ location, name: text, once, optional }: Include): Promise<End> {
    const { session } = this
    const { limits } = session
    const name = session.text(text)
    const key = `${location} ${name}`
    if (once && this.done.has(key)) return 'on'
    if (this.open.includes(key)) session.fail('includes-itself', { name })
    if (this.open.length >= limits.includeDepth) session.fail('includes-too-deep', { limit: limits.includeDepth })
    if (++this.includes > limits.includes) session.fail('too-many-includes', { limit: limits.includes })
    const program = await this.fetch(location, name)
    if (!program && optional) return 'on'
    if (!program) return session.fail('no-such-script', { name })
    this.done.add(key)
    this.open.push(key)
    const { frame, script } = session
    session.frame = newFrame()
    session.script = name
    const end = await this.steps(program.steps)
    session.frame = frame
    session.script = script
    this.open.pop()
    // return ends the included script only; break cannot leave it. RFC 6609 §3.3.
    return end === 'stop' ? 'stop' : 'on'
  }

  private async fetch(location: 'personal' | 'global', name: string): Promise<Program | undefined> {
    const { session } = this
    try {
      return await session.world.script?.(location, name)
    } catch (thrown) {
      if (!(thrown instanceof SieveError)) throw thrown
      return session.fail('included-broken', {
        name,
        why: thrown.problems[0]?.en ?? '',
        whyZh: thrown.problems[0]?.zh ?? '',
      })
    }
  }
}
