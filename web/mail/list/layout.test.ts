import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { countsFrom, headingsOf, periodStarts } from './days.ts'
import { layOut } from './layout.ts'

const sizes = { row: 48, heading: 24 }
const zone = 'Asia/Taipei'
const at = (text: string): number => Date.parse(`${text}+08:00`)

test('rows and headings one under the other', () => {
  const layout = layOut(
    5,
    [
      { at: 0, key: 'today' },
      { at: 2, key: 'older' },
    ],
    sizes,
  )
  deepEqual([0, 1, 2, 4].map(layout.top), [24, 72, 144, 240])
  equal(layout.height, 5 * 48 + 2 * 24)
  deepEqual([0, 23, 24, 71, 72, 119, 120, 143, 144, 9999].map(layout.rowAt), [0, 0, 0, 0, 1, 1, 2, 2, 2, 4])
})

test('a list without headings, and an empty one', () => {
  equal(layOut(100_000, [], sizes).height, 4_800_000)
  equal(layOut(100_000, [], sizes).rowAt(2_400_000), 50_000)
  equal(layOut(0, [{ at: 0, key: 'today' }], sizes).height, 0)
  equal(layOut(0, [], sizes).rowAt(10), 0)
})

test('the row at the top of a row is that row', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5000 }),
      fc.array(fc.nat(5000), { maxLength: 7 }),
      fc.nat(),
      (total, places, n) => {
        const headings = [...new Set(places)]
          .toSorted((a, b) => a - b)
          .map((place) => ({ at: place, key: `k${place}` }))
        const layout = layOut(total, headings, sizes)
        const position = n % total
        equal(layout.rowAt(layout.top(position)), position)
        equal(layout.rowAt(layout.top(position) + sizes.row - 1), position)
      },
    ),
  )
})

test('periods go back in time, none twice', () => {
  const names = (now: string): string[] => periodStarts(at(now), zone).map(([name]) => name)
  deepEqual(names('2026-03-04T14:00:00'), ['today', 'yesterday', 'week', 'lastWeek', 'lastMonth', 'older'])
  deepEqual(names('2026-03-02T14:00:00'), ['today', 'yesterday', 'lastWeek', 'lastMonth', 'older']) // a Monday
  deepEqual(names('2026-03-25T14:00:00'), ['today', 'yesterday', 'week', 'lastWeek', 'month', 'lastMonth', 'older'])
})

test('headings from what is known', () => {
  const starts = periodStarts(at('2026-03-04T14:00:00'), zone)
  const times = ['2026-03-04T10:00:00', '2026-03-04T00:00:00', '2026-03-02T09:00:00', '2026-02-24T09:00:00'].map(at)
  deepEqual(headingsOf(starts, countsFrom(starts, times, false)), [
    { at: 0, key: 'today' },
    { at: 2, key: 'week' },
    { at: 3, key: 'lastWeek' },
  ])
  deepEqual(headingsOf(starts, countsFrom(starts, [...times, at('2020-01-01T00:00:00')], true)), [
    { at: 0, key: 'today' },
    { at: 2, key: 'week' },
    { at: 3, key: 'lastWeek' },
    { at: 4, key: 'older' },
  ])
})
