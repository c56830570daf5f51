import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { heldLosses, heldRounds } from './held.ts'

test('what is held leaves once, at its time, through kill -9', { timeout: 240_000 }, async () => {
  const counts = await heldRounds({ mails: 60, kills: 1, hold: 8 })
  equal(heldLosses(counts), 0, JSON.stringify(counts))
  ok(counts.sent >= 15 && counts.canceled >= 15, JSON.stringify(counts))
})
