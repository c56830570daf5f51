import { test } from 'node:test'
import { target } from './message.fuzz.ts'

for (const [index, input] of target.corpus.entries()) test(`${target.name} corpus ${index}`, () => target.run(input))

test('every single octet of an answer changed', () => {
  const whole = target.corpus[0]!
  for (let at = 0; at < whole.length; at++) {
    for (const value of [0, 1, 0x3f, 0x40, 0xc0, 0xc1, 0xff]) {
      const changed = Buffer.from(whole)
      changed[at] = value
      target.run(changed)
    }
    target.run(whole.subarray(0, at))
  }
})
