import { deepEqual, equal, throws } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Refusal } from './answers.ts'
import { decodeName, encodeName, matches, pathOf } from './names.ts'
import { astring, dateTime, quote } from './say.ts'
import { Scanner } from './scanner.ts'
import { holds, last, normal, printRanges, readRanges, type Ranges } from './sequences.ts'
import { readSection } from './sections.ts'

/** What is printed, as it goes out: one character an octet. */
const octets = (text: string) => Buffer.from(text).toString('latin1')

test('a printed string reads as itself', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.boolean(), (text, utf8) => {
      const clean = text.replaceAll('\0', '')
      equal(new Scanner(octets(quote(text, utf8))).unicode(), clean)
      equal(new Scanner(octets(astring(text, utf8))).unicode(), clean)
    }),
  )
})

test('without UTF-8 only literals go beyond ASCII', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      (text) => quote(text).startsWith('{') || /^[\x20-\x7e]*$/.test(quote(text)),
    ),
  )
})

test('a mailbox name survives the wire', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.boolean(), (text, utf8) => {
      const name = text.normalize('NFC')
      equal(decodeName(octets(encodeName(name, utf8)), utf8), name)
    }),
  )
})

const names: [wire: string, name: string][] = [
  ['INBOX', 'INBOX'],
  ['~peter/mail/&U,BTFw-/&ZeVnLIqe-', '~peter/mail/台北/日本語'], // RFC 3501 §5.1.3
  ['&-', '&'],
  ['R&-D', 'R&D'],
  ['&W8RO9lCZTv0-', '寄件備份'],
  ['&2D3eAA-', '😀'],
]
for (const [wire, name] of names) {
  test(`modified UTF-7 ${wire}`, () => {
    equal(decodeName(wire, false), name)
    equal(encodeName(name, false), wire)
  })
}

const noNames = [
  'a/',
  '/a',
  'a//b',
  '',
  'a\x01b',
  'a\x7f',
  'x'.repeat(1001),
  Array.from({ length: 21 }, () => 'a').join('/'),
]
test('paths', () => {
  for (const name of noNames.slice(1)) throws(() => pathOf(name), Refusal, JSON.stringify(name))
  deepEqual(pathOf('a/'), ['a'])
  deepEqual(pathOf('inbox/Sub'), ['INBOX', 'Sub'])
  for (const wire of ['&', '&AA', '&A-', '&!!-', '&2D0-']) throws(() => decodeName(wire, false), Refusal, wire)
})

const patterns: [pattern: string, name: string, matches: boolean][] = [
  ['*', 'a/b/c', true],
  ['%', 'a', true],
  ['%', 'a/b', false],
  ['%/%', 'a/b', true],
  ['%/%', 'a/b/c', false],
  ['*%', 'a/b', true],
  ['%*', 'a/b', true],
  ['a*c', 'a/b/c', true],
  ['a%c', 'abc', true],
  ['a%c', 'a/c', false],
  ['a/%', 'a/', true],
  ['*b%', 'a/b/cb', true],
  ['*b%', 'a/bc/d', false],
  ['', '', true],
  ['', 'a', false],
  ['INBOX', 'INBOX', true],
  ['%a%/*z', 'bab/x/z', true],
]
for (const [pattern, name, is] of patterns) {
  test(`LIST ${pattern} ${is ? 'matches' : 'does not match'} ${name}`, () => equal(matches(pattern, name), is))
}

test('matching is what a regular expression would say', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*', '%'), maxLength: 8 })
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 8 })
  fc.assert(
    fc.property(letters, text, (pattern, name) => {
      const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('%', '[^/]*')}$`)
      equal(matches(pattern, name), expression.test(name))
    }),
    { numRuns: 2000 },
  )
})

const ranges = fc.array(
  fc
    .tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 60 }))
    .map(([a, b]) => (a < b ? [a, b] : [b, a]) as [number, number]),
  { minLength: 1, maxLength: 10 },
)

test('a normal set holds what the ranges hold, prints and reads back', () => {
  fc.assert(
    fc.property(ranges, (given: Ranges) => {
      const set = normal(given, 60)
      for (let n = 1; n <= 61; n++)
        equal(
          holds(set, n),
          given.some(([from, to]) => from <= n && n <= to),
        )
      deepEqual(readRanges(new Scanner(printRanges(set))), set)
    }),
  )
})

test('the star is the last message, wherever it stands', () => {
  deepEqual(normal([[last, last]], 7), [[7, 7]])
  deepEqual(normal(readRanges(new Scanner('5:*')), 7), [[5, 7]])
  deepEqual(normal(readRanges(new Scanner('*:5')), 3), [[3, 5]])
  deepEqual(normal(readRanges(new Scanner('4,2,3,9:8')), 9), [[2, 4], [8, 9]]) // prettier-ignore
})

test('dates read and print', () => {
  equal(new Scanner('1-Feb-1994').date(), Date.UTC(1994, 1, 1))
  equal(new Scanner('"01-feb-1994"').date(), Date.UTC(1994, 1, 1))
  equal(new Scanner('"17-Jul-1996 02:44:25 -0700"').dateTime(), Date.UTC(1996, 6, 17, 9, 44, 25))
  for (const text of ['31-Feb-2026', '0-Jan-2026', '1-Foo-2026', '1-Jan-26'])
    throws(() => new Scanner(text).date(), Refusal, text)
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e9 }), (seconds) => {
      equal(new Scanner(dateTime(seconds * 1000)).dateTime(), seconds * 1000)
    }),
  )
})

const sections: [text: string, label: string][] = [
  ['[]', 'BODY[]'],
  ['[]<0.10>', 'BODY[]<0>'],
  ['[header]', 'BODY[HEADER]'],
  ['[1.2]', 'BODY[1.2]'],
  ['[1.2.MIME]', 'BODY[1.2.MIME]'],
  ['[3.HEADER.FIELDS (From "To")]', 'BODY[3.HEADER.FIELDS (From To)]'],
  ['[HEADER.FIELDS.NOT (X-A)]<5.6>', 'BODY[HEADER.FIELDS.NOT (X-A)]<5>'],
]
for (const [text, label] of sections) {
  test(`section ${text}`, () => {
    const scan = new Scanner(text)
    equal(readSection(scan, true, 'no').label, label)
    scan.end()
  })
}

const noSections = [
  '[MIME]',
  '[0]',
  '[1.]',
  '[1',
  '[HEADER.FIELDS]',
  '[HEADER.FIELDS ()]',
  '[]<1>',
  '[]<1.0>',
  '[FOO]',
  '[1..2]',
]
for (const text of noSections) {
  test(`no section ${text}`, () => throws(() => readSection(new Scanner(text), true, 'no'), Refusal))
}

const badStrings = ['"abc', '"a\\x"', '"a\r\nb"', '{5}\r\nabc', 'a b', '{3}\r\na\0b', '']
test('what is no string is refused', () => {
  for (const text of badStrings) {
    throws(
      () => {
        const scan = new Scanner(text)
        scan.string()
        scan.end()
      },
      Refusal,
      JSON.stringify(text),
    )
  }
})
