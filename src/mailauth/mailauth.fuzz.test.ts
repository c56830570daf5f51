import { test } from 'node:test'
import { target } from './mailauth.fuzz.ts'

for (const [index, input] of target.corpus.entries()) {
  test(`${target.name} corpus ${index}`, () => target.run(Buffer.from(input)))
}
