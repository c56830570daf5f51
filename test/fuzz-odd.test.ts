// A little fuzzing of every other target; fuzz-even.test.ts has the rest, on the other processor.
// `npm run fuzz` runs longer.

import { test } from 'node:test'
import { allTargets, fuzzBriefly } from './fuzz.ts'

for (const target of (await allTargets()).filter((_target, at) => at % 2 === 1)) {
  test(`fuzz: ${target.name}`, () => fuzzBriefly(target))
}
