// Twenty seconds of fuzzing for each target; `npm run fuzz` runs longer.

import { test } from 'node:test'
import { allTargets, fuzz } from './fuzz.ts'

for (const target of await allTargets()) {
  test(`fuzz: ${target.name}`, async () => {
    const { finding } = await fuzz(target, 20, 20_260_101)
    if (finding) throw new Error(`input (base64): ${finding.input.toString('base64')}`, { cause: finding.error })
  })
}
