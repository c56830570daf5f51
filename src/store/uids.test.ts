import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { difference, noUids, UidList } from './uids.ts'

test('numbers and uids in a list of three chunks', () => {
  const list = UidList.of(Array.from({ length: 1200 }, (_, i) => 2 * i + 2))
  equal(list.length, 1200)
  deepEqual(
    [list.uidAt(0), list.uidAt(1), list.uidAt(513), list.uidAt(1200), list.uidAt(1201)],
    [undefined, 2, 1026, 2400, undefined],
  )
  deepEqual([list.seqOf(2), list.seqOf(1026), list.seqOf(3), list.seqOf(1), list.seqOf(2402)], [1, 513, 0, 0, 0])
  deepEqual([list.countBelow(1), list.countBelow(2), list.countBelow(3), list.countBelow(9999)], [0, 0, 1, 1200])
  deepEqual(list.slice(511, 515), [1022, 1024, 1026, 1028, 1030])
  deepEqual(list.slice(1199, 5000), [2398, 2400])
  deepEqual(list.between(1021, 1026), [1022, 1024, 1026])
  equal(list.last, 2400)
  equal(noUids.last, 0)
  deepEqual(noUids.slice(1, 5), [])
})

test('what did not change is shared', () => {
  const list = UidList.of(Array.from({ length: 2000 }, (_, i) => i + 1))
  const more = list.with([2001])
  const less = more.without([700])
  equal(list.length, 2000)
  equal(more.chunks[0], list.chunks[0])
  equal(less.chunks[0], list.chunks[0])
  equal(less.without([700, 5000]), less)
  deepEqual(difference(list, less), { gone: [700], arrived: [2001] })
})

test('any sequence of changes is that of a plain sorted list', () => {
  const step = fc.record({
    add: fc.array(fc.integer({ min: 1, max: 3000 })),
    remove: fc.array(fc.integer({ min: 1, max: 3000 })),
  })
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2000 }), fc.array(step, { maxLength: 12 }), (size, steps) => {
      let model = Array.from({ length: size }, (_, i) => i + 1)
      let list = UidList.of(model)
      for (const { add, remove } of steps) {
        const before = list
        const old = model
        const adding = [...new Set(add)].sort((a, b) => a - b)
        model = [...new Set([...model, ...adding])].filter((uid) => !remove.includes(uid)).sort((a, b) => a - b)
        list = list.with(adding).without(remove)
        deepEqual([...list], model)
        equal(list.length, model.length)
        for (const uid of [...adding.slice(0, 3), ...remove.slice(0, 3)]) equal(list.seqOf(uid), model.indexOf(uid) + 1)
        deepEqual(difference(before, list), {
          gone: old.filter((uid) => !model.includes(uid)),
          arrived: model.filter((uid) => !old.includes(uid)),
        })
      }
    }),
    { numRuns: 60 },
  )
})
