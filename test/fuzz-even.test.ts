// A little fuzzing of every other target; fuzz-odd.test.ts has the rest.

import { test } from 'node:test'
import { allTargets, fuzzBriefly } from './fuzz.ts'

for (const target of (await allTargets()).filter((_target, at) => at % 2 === 0)) {
  test(`fuzz: ${target.name}`, () => fuzzBriefly(target))
}
