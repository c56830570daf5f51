// A checked script: what a run executes. Made by checker.ts, run by run.ts, kept by whoever has it for many mails.

import type { Place } from './syntax.ts'
import type { Text } from './text.ts'
import type { Holds, Run } from './word.ts'

export interface Program {
  steps: Step[]
  requires: ReadonlySet<string>
}

export type Step = { place: Place } & (
  | { do: 'act'; run: Run }
  | { do: 'choose'; branches: Branch[] }
  | { do: 'forevery'; name: string | undefined; steps: Step[] }
  | { do: 'break'; name: string | undefined }
  | { do: 'include'; include: Include }
  | { do: 'return' }
  | { do: 'stop' }
)

export interface Branch {
  test: Condition | undefined // of else
  steps: Step[]
}

export interface Include {
  location: 'personal' | 'global'
  name: Text
  once: boolean
  optional: boolean
}

export type Condition =
  | { is: 'constant'; value: boolean }
  | { is: 'all' | 'any'; of: Condition[] }
  | { is: 'not'; of: Condition }
  | { is: 'test'; place: Place; holds: Holds }

/** The scripts a program includes by a constant name, nested blocks too: for those who check them all at once. */
export function includesOf(program: Program): (Include & { place: Place; name: string })[] {
  const found: (Include & { place: Place; name: string })[] = []
  const walk = (steps: Step[]): void => {
    for (const step of steps) {
      if (step.do === 'include' && typeof step.include.name === 'string') {
        found.push({ ...step.include, name: step.include.name, place: step.place })
      } else if (step.do === 'choose') for (const branch of step.branches) walk(branch.steps)
      else if (step.do === 'forevery') walk(step.steps)
    }
  }
  walk(program.steps)
  return found
}
