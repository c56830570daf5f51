import { equal } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { relaxedBodyHash } from './body-hash.ts'

const sha256 = (text: string) => createHash('sha256').update(text, 'latin1').digest('base64')

function hashOf(...pieces: string[]): string {
  const hash = relaxedBodyHash()
  for (const piece of pieces) hash.update(Buffer.from(piece, 'latin1'))
  return hash.digest()
}

/** RFC 6376 §3.4.4 as it is written, line by line. */
function canonical(body: string): string {
  const lines = body.split('\r\n').map((line) => line.replace(/[ \t]+/g, ' ').replace(/ $/, ''))
  while (lines.at(-1) === '') lines.pop()
  return lines.map((line) => `${line}\r\n`).join('')
}

const cases: [string, string, string][] = [
  ['the example of RFC 6376 §3.4.5', ' C \r\nD \t E\r\n\r\n\r\n', ' C\r\nD E\r\n'],
  ['an empty body', '', ''],
  ['a body of one empty line', '\r\n', ''],
  ['a body of empty lines and spaces', ' \r\n\t\r\n \r\n', ''],
  ['a body without a line end', 'text', 'text\r\n'],
  ['empty lines inside', 'a\r\n\r\n\r\nb\r\n', 'a\r\n\r\n\r\nb\r\n'],
  ['tabs', 'a\tb\t\r\n', 'a b\r\n'],
  ['8 bit octets', '\xe6\xb8\xac \xa0\r\n', '\xe6\xb8\xac \xa0\r\n'],
  ['a bare CR', 'a\rb\r\n\r', 'a\rb\r\n\r\r\n'],
  ['spaces before a bare CR', 'a  \rb\r\n', 'a \rb\r\n'],
]
for (const [what, body, wanted] of cases) {
  test(what, () => {
    equal(hashOf(body), sha256(wanted))
    equal(hashOf(...body.split('')), sha256(wanted), 'octet by octet')
  })
}

test('the hash is that of the rule, however the body is cut', () => {
  const octets = fc.string({ unit: fc.constantFrom(' ', '\t', '\r\n', 'a', 'b', '\r\n\r\n', '  ', '.'), maxLength: 60 })
  fc.assert(
    fc.property(octets, fc.array(fc.nat(80), { maxLength: 5 }), (body, cuts) => {
      const marks = [...cuts.filter((cut) => cut < body.length).toSorted((a, b) => a - b), body.length]
      const pieces = marks.map((mark, index) => body.slice(index === 0 ? 0 : marks[index - 1], mark))
      equal(hashOf(...pieces), sha256(canonical(body)))
    }),
    { numRuns: 2000 },
  )
})

test('megabytes of white space are linear', () => {
  equal(
    hashOf(' '.repeat(1 << 20), '\r\n'.repeat(1 << 20), '\t'.repeat(1 << 20), 'end'),
    sha256(`${'\r\n'.repeat(1 << 20)} end\r\n`),
  )
})
