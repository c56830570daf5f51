import { deepEqual, equal, ok, throws } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readNetworks } from './networks.ts'
import { openRate, sourceOf } from './rates.ts'

test('a window forgets what is older, and never counts too little', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 60 }), (pauses) => {
      const rate = openRate(1_000, 10)
      const times: number[] = []
      let now = 0
      for (const pause of pauses) {
        now += pause
        const truth = times.filter((time) => time > now - 500).length
        const all = times.filter((time) => time > now - 1_500).length
        const counted = rate.count('a', now)
        ok(counted >= truth && counted <= all, `${counted} of ${truth}..${all}`)
        rate.add('a', now)
        times.push(now)
      }
    }),
  )
})

test('the longest silent key is forgotten first', () => {
  const rate = openRate(1_000, 2)
  rate.add('a', 0)
  rate.add('b', 0)
  rate.add('a', 1)
  rate.add('c', 2)
  deepEqual(
    ['a', 'c'].map((key) => rate.count(key, 2)),
    [2, 1],
  )
  equal(rate.count('b', 2), 0)
})

const sources: [address: string, source: string][] = [
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::6', '2001:db8:1:2::/64'],
  ['2001:db8::6', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
]
for (const [address, source] of sources) test(`${address} counts as ${source}`, () => equal(sourceOf(address), source))

test('networks', () => {
  const networks = readNetworks(['10.0.0.0/8', '2001:db8::/32', '192.0.2.7'])
  const within = ['10.9.9.9', '2001:db8:ffff::1', '192.0.2.7', '::ffff:10.0.0.1']
  deepEqual(
    within.map((address) => networks.has(address)),
    [true, true, true, true],
  )
  deepEqual(
    ['11.0.0.1', '2001:db9::1', '192.0.2.8', '', 'x'].map((address) => networks.has(address)),
    [false, false, false, false, false],
  )
  for (const bad of ['10.0.0.0/33', 'x', '::/129', '10.0.0.0/-1', '10.0.0.0/8/8x', ''])
    throws(() => readNetworks([bad]), { code: 'bad-setting' })
})
