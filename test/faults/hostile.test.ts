import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { beHostile } from './hostile.ts'

// Answers only: latency and memory depend on the machine and are looked at by running hostile.ts itself.
test('attacks get no wrong answer and cut nobody else off', { timeout: 280_000 }, async () => {
  const outcomes = await beHostile({})
  const wrong = outcomes.filter(({ complaint, p99 }) => complaint !== undefined || p99 === Infinity)
  deepEqual(wrong, [])
})
