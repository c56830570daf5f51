import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { diskFullMissing, fillDisk } from './disk-full.ts'

test('a full disk refuses, keeps what it has, and goes on', { timeout: 240_000, skip: diskFullMissing() }, async () => {
  const { troubles, complaints } = await fillDisk({ size: '32m', room: '128m' })
  deepEqual(troubles, [], complaints.join('\n'))
})
