import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { losses } from './ledger.ts'
import { powerMissing, pullPlug } from './power.ts'

test('nothing acknowledged is lost by a pulled plug', { timeout: 120_000, skip: powerMissing() }, async () => {
  const { counts, complaints } = await pullPlug({ rounds: 2, smtp: 8, imap: 3, between: [20, 120] })
  equal(losses(counts), 0, complaints.join('\n'))
})
