import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { Framer, type Cut } from './framer.ts'

type Answer = 'gather' | 'pass' | 'skip' | 'forget'

/** All that is cut from bytes pushed in pieces of `size`; pieces of a literal joined. */
function cutAll(
  bytes: Buffer,
  size: number,
  answer: (size: number) => Answer,
  limit = 1000,
  swallow = 1000,
): unknown[] {
  const framer = new Framer(limit, swallow)
  const cuts: unknown[] = []
  let passed = Buffer.alloc(0)
  for (let at = 0; at < bytes.length; at += size) {
    framer.push(bytes.subarray(at, at + size))
    for (let cut: Cut | undefined; (cut = framer.next());) {
      if (cut.is === 'endless') return [...cuts, cut]
      if (cut.is === 'piece') {
        passed = Buffer.concat([passed, cut.bytes])
        if (!cut.last) continue
        cuts.push({ is: 'piece', bytes: passed.toString() })
        passed = Buffer.alloc(0)
        continue
      }
      cuts.push(cut)
      if (cut.is === 'literal') framer[answer(cut.size)]()
    }
  }
  return cuts
}

const gather = (): Answer => 'gather'
const command = (text: string) => ({ is: 'command', text })
const literal = (size: number, waits = true) => ({ is: 'literal', size, waits })

const cases: [what: string, bytes: string, answer: () => Answer, cuts: unknown[]][] = [
  ['one line', 'a NOOP\r\n', gather, [command('a NOOP')]],
  ['two lines', 'a NOOP\r\nb NOOP\r\n', gather, [command('a NOOP'), command('b NOOP')]],
  ['a bare line feed ends a line too', 'a NOOP\nb\n', gather, [command('a NOOP'), command('b')]],
  ['an unfinished line is no command', 'a NOOP\r', gather, []],
  [
    'a literal stands in the text',
    'a LOGIN {3}\r\nann {6+}\r\nsecret\r\n',
    gather,
    [literal(3), literal(6, false), command('a LOGIN {3}\r\nann {6+}\r\nsecret')],
  ],
  ['a literal may be empty', 'a X {0}\r\n\r\n', gather, [literal(0), command('a X {0}\r\n')]],
  ['a literal may hold line ends', 'a X {4}\r\n\r\n\r\n b\r\n', gather, [literal(4), command('a X {4}\r\n\r\n\r\n b')]],
  ['a quoted brace is no literal', 'a X "{3}"\r\n', gather, [command('a X "{3}"')]],
  ['a brace inside a line is no literal', 'a X {3} b\r\n', gather, [command('a X {3} b')]],
  ['no digits, no literal', 'a X {}\r\n', gather, [command('a X {}')]],
  [
    'a passed literal comes in pieces, and the text begins anew',
    'a APPEND x {5}\r\nhello (\\Seen) {2}\r\nhi\r\nb NOOP\r\n',
    () => 'pass',
    [
      literal(5),
      { is: 'piece', bytes: 'hello' },
      literal(2),
      { is: 'piece', bytes: 'hi' },
      command(''),
      command('b NOOP'),
    ],
  ],
  [
    'an empty literal can be passed',
    'a X {0+}\r\n\r\n',
    () => 'pass',
    [literal(0, false), { is: 'piece', bytes: '' }, command('')],
  ],
  [
    'a skipped literal is read past, with all that follows it without waiting',
    'a X {5+}\r\nhello {3+}\r\nyou there\r\nb NOOP\r\n',
    () => 'skip',
    [literal(5, false), { is: 'skipped', text: 'a X {5+}\r\n', tooLong: false }, command('b NOOP')],
  ],
  [
    'a skipped command ends where its client waits',
    'a X {5+}\r\nhello {3}\r\nb NOOP\r\n',
    () => 'skip',
    [literal(5, false), { is: 'skipped', text: 'a X {5+}\r\n', tooLong: false }, command('b NOOP')],
  ],
  ['a forgotten command is over', 'a X {5}\r\nb NOOP\r\n', () => 'forget', [literal(5), command('b NOOP')]],
]

for (const [what, bytes, answer, cuts] of cases) {
  test(what, () => {
    for (const size of [1, 2, 3, 7, bytes.length]) deepEqual(cutAll(Buffer.from(bytes), size, answer), cuts)
  })
}

test('a line beyond the limit is forgotten up to its end, literals included', () => {
  const long = `a X ${'y'.repeat(2000)} {5+}\r\nhello\r\nb NOOP\r\n`
  for (const size of [1, 100, long.length]) {
    const cuts = cutAll(Buffer.from(long), size, gather) as { is: string; tooLong?: boolean; text?: string }[]
    equal(cuts.length, 2)
    equal(cuts[0]!.is, 'skipped')
    equal(cuts[0]!.tooLong, true)
    ok(cuts[0]!.text!.startsWith('a X yyy'))
    deepEqual(cuts[1], command('b NOOP'))
  }
})

test('more than the framer swallows is endless', () => {
  const cuts = cutAll(
    Buffer.from(`a X {900+}\r\n${'y'.repeat(900)} {900+}\r\n${'y'.repeat(900)}\r\n`),
    50,
    () => 'skip',
  )
  deepEqual(cuts.at(-1), { is: 'endless' })
})

test('dropping in the middle of a passed literal reads past the rest of the command', () => {
  const framer = new Framer(1000, 1000)
  framer.push(Buffer.from('a APPEND x {10}\r\n'))
  equal(framer.next()!.is, 'literal')
  framer.pass()
  framer.push(Buffer.from('hello'))
  deepEqual(framer.next(), { is: 'piece', bytes: Buffer.from('hello'), last: false })
  framer.drop()
  framer.push(Buffer.from('hello\r\nb NOOP\r\n'))
  deepEqual(framer.next(), { is: 'skipped', text: '', tooLong: false })
  deepEqual(framer.next(), command('b NOOP'))
})
