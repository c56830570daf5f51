import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { openFilter } from './filter.ts'

test('what is asked for is numbered in order; what is not adds nothing', () => {
  const { values, is, where } = openFilter()
  equal(where(), '')
  is('a = ?', 1)
  is('b = ?', undefined)
  is('c is not distinct from ?', null)
  is('(d, e) > (?, ?)', 2, 'x')
  is('(f, g) > (?, ?)', 2, undefined)
  equal(where(), 'where a = $1 and c is not distinct from $2 and (d, e) > ($3, $4)')
  deepEqual(values, [1, null, 2, 'x'])
})
