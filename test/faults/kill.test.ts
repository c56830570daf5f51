import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { losses } from './ledger.ts'
import { killRounds } from './kill.ts'

test('nothing acknowledged is lost by kill -9', { timeout: 120_000 }, async () => {
  const { counts, complaints } = await killRounds({ rounds: 2, smtp: 10, imap: 3, between: [20, 150] })
  equal(losses(counts), 0, complaints.join('\n'))
  ok(counts.acknowledged >= 40, `only ${counts.acknowledged} acknowledged`)
})
