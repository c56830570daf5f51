import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { openLanes } from './lanes.ts'
import { queueDefaults } from './limits.ts'

test('a destination that takes mail gets more connections, up to the limit; one that turns us away half', () => {
  const lanes = openLanes({ ...queueDefaults, connectionsPerDestination: 6 })
  const lane = lanes.of('else.example')
  const limits = [lane.limit]
  for (let i = 0; i < 6; i++) {
    lanes.went(lane)
    limits.push(lane.limit)
  }
  deepEqual(limits, [2, 3, 4, 5, 6, 6, 6])
  lanes.refused(lane)
  equal(lane.limit, 3)
  for (let i = 0; i < 5; i++) lanes.refused(lane)
  equal(lane.limit, 1)
})

test('one that does not answer is left alone, longer each time, and remembered', () => {
  const lanes = openLanes(queueDefaults)
  const lane = lanes.of('else.example')
  const pauses: number[] = []
  for (let i = 0; i < 5; i++) {
    lanes.unreachable(lane, 0)
    pauses.push(lane.blockedUntil / 60_000)
  }
  deepEqual(pauses, [1, 5, 15, 30, 30])
  lanes.tidy(lane, 60_000)
  equal(lanes.of('else.example'), lane)
  lanes.went(lane)
  equal(lane.blockedUntil, 0)
  lanes.tidy(lane, 0)
  deepEqual([...lanes.all()], [])
})
