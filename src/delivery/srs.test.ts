import { equal, match, notEqual } from 'node:assert/strict'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { splitAddress } from '../mail/address.ts'
import { openSrs, srsKey } from './srs.ts'

const day = 86_400_000
const ours = 'uni.example'
const now = Date.UTC(2026, 0, 15)
const srs = openSrs(Buffer.alloc(32, 7))
const other = openSrs(Buffer.alloc(32, 8))

test('a sender goes out under our name and comes back', () => {
  const out = srs.forward('chen@else.example', now, ours)
  match(out, /^SRS0=[a-z2-7]{8}=[a-z2-7]{2}=else\.example=chen@uni\.example$/)
  equal(srs.reverse(out, now), 'chen@else.example')
  equal(srs.reverse(out, now + 21 * day), 'chen@else.example')
  equal(srs.reverse(out, now + 22 * day), undefined)
})

test('a return finds home when another domain of ours has become the main one', () => {
  const out = srs.forward('chen@else.example', now, 'old.example')
  match(out, /@old\.example$/)
  equal(srs.reverse(out, now), 'chen@else.example')
})

test('the null sender stays null', () => equal(srs.forward('', now, ours), ''))

test('a second forwarder keeps the first one: returns skip the middle', () => {
  const first = other.forward('chen@else.example', now, 'other.example')
  const second = srs.forward(first, now, ours)
  match(second, /^SRS1=[a-z2-7]{8}=other\.example==/)
  equal(srs.reverse(second, now), first)
  const third = openSrs(Buffer.alloc(32, 9))
  const out = third.forward(second, now, 'third.example')
  match(out, /^SRS1=[a-z2-7]{8}=other\.example==/)
  equal(third.reverse(out, now), first)
})

const forged: [what: string, change: (address: string) => string][] = [
  ['another local part', (address) => address.replace('chen', 'zhao')],
  ['another domain', (address) => address.replace('else.example', 'evil.example')],
  ['another hash', (address) => address.replace(/=[a-z2-7]{8}=/, '=aaaaaaaa=')],
  ['no hash', (address) => address.replace(/=[a-z2-7]{8}=/, '==')],
  ['another day', (address) => address.replace(/=([a-z2-7]{2})=/, (_, stamp) => (stamp === 'aa' ? '=bb=' : '=aa='))],
  ['a SRS1 of it', (address) => address.replace('SRS0', 'SRS1')],
]
for (const [what, change] of forged) {
  test(`a forged return goes nowhere: ${what}`, () => {
    const changed = change(srs.forward('chen@else.example', now, ours))
    equal(srs.reverse(changed, now), undefined)
  })
}

test('every address comes back, and nothing else does', () => {
  const local = fc.stringMatching(/^[a-z0-9=+_!#$%&'*/?^`{|}~-]{1,40}$/)
  fc.assert(
    fc.property(local, fc.stringMatching(/^[a-z0-9]{1,20}\.[a-z]{2,5}$/), (name, domain) => {
      if (/^srs[01][=+-]/.test(name)) return
      equal(srs.reverse(srs.forward(`${name}@${domain}`, now, ours), now), `${name}@${domain}`)
    }),
  )
  fc.assert(fc.property(fc.string(), (text) => equal(srs.reverse(`SRS0=${text}@uni.example`, now), undefined)))
})

test('quoted local parts survive', () => {
  const out = srs.forward('"a b"@else.example', now, ours)
  notEqual(splitAddress(out), undefined)
  equal(srs.reverse(out, now), '"a b"@else.example')
})

test('the key is made once, for its owner alone', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'postern-srs-'))
  t.after(() => rm(folder, { recursive: true }))
  const path = join(folder, 'keys', 'srs.key')
  const [one, two] = await Promise.all([srsKey(path), srsKey(path)])
  equal(one!.length, 32)
  equal(one!.equals(two!), true)
  equal((await stat(path)).mode & 0o777, 0o600)
})
