import { deepEqual, equal, throws } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { comparators } from './comparators.ts'
import { matchGlob, readGlob } from './glob.ts'
import { sieveLimits } from './limits.ts'
import { BadRegex } from './pattern.ts'
import { compileRegex, matchRegex } from './regex.ts'

const ignore = (): void => undefined
const glob = (pattern: string, text: string): string[] | undefined => matchGlob(readGlob(pattern), text, text, ignore)

const globs: [pattern: string, text: string, values: string[] | undefined][] = [
  ['', '', ['']],
  ['*', '', ['', '']],
  ['?', '', undefined],
  ['a*c', 'abbc', ['abbc', 'bb']],
  ['a*c', 'abbcd', undefined],
  ['*a*', 'banana', ['banana', 'b', 'nana']],
  ['*na', 'banana', ['banana', 'bana']],
  ['?*?', 'ab', ['ab', 'a', '', 'b']],
  ['*?op*', 'klopfrop', ['klopfrop', 'k', 'l', 'frop']],
  ['*?x', 'x', undefined],
  ['a\\*?', 'a*b', ['a*b', 'b']],
  ['a\\', 'a\\', ['a\\']],
  ['**', 'ab', ['ab', '', 'ab']],
  ['??', '郵驛', ['郵驛', '郵', '驛']],
  ['?', '😀', ['😀', '😀']],
  ['*?', '😀😁', ['😀😁', '😀', '😁']],
]
for (const [pattern, text, values] of globs)
  test(`"${text}" :matches "${pattern}"`, () => deepEqual(glob(pattern, text), values))

test('a glob matches what the same regular expression matches', () => {
  const letters = fc.array(fc.constantFrom('a', 'b', '*', '?'), { maxLength: 8 }).map((all) => all.join(''))
  const texts = fc.array(fc.constantFrom('a', 'b'), { maxLength: 12 }).map((all) => all.join(''))
  fc.assert(
    fc.property(letters, texts, (pattern, text) => {
      const same = new RegExp(`^${pattern.replace(/\*/g, '([^]*?)').replace(/(?<!\*)\?(?!\))/g, '([^])')}$`)
      deepEqual(glob(pattern, text), same.exec(text)?.slice() ?? undefined)
    }),
    { numRuns: 500 },
  )
})

const regex = (pattern: string, text: string, comparator = 'i;octet'): string[] | undefined => {
  const fold = comparators.get(comparator)!.foldCode
  return matchRegex(compileRegex(pattern, sieveLimits, fold), text, sieveLimits, ignore, fold)
}

const regexes: [pattern: string, text: string, groups: string[] | undefined][] = [
  ['b+', 'abbbc', ['bbb']],
  ['^b', 'ab', undefined],
  ['a$', 'ba', ['a']],
  ['', 'x', ['']],
  ['(a|ab)(c|bcd)?', 'abcd', ['abcd', 'a', 'bcd']], // the longest wins
  ['(a*)(b*)', 'aabb', ['aabb', 'aa', 'bb']],
  ['a{2,3}', 'aaaa', ['aaa']],
  ['a{2}', 'a', undefined],
  ['a{2,}', 'aaaa', ['aaaa']],
  ['[^-@]+@[[:alnum:].]+', 'me@b.example', ['me@b.example']],
  ['[]a]+', 'x]a]', [']a]']],
  ['[a-]+', '-a', ['-a']],
  ['[[.-.]]', '-', ['-']],
  ['.', '😀', ['😀']],
  ['[郵-驛]{2}', '郵驛', ['郵驛']],
  ['a\\.b', 'axb', undefined],
  ['\\bword\\b', 'a word.', ['word']],
  ['\\w+\\s\\w+', 'ab cd', ['ab cd']],
  ['(x)?y', 'y', ['y', '']],
  ['((a)|b)*', 'ab', ['ab', 'b', 'a']],
  ['a||b', '', ['']],
]
for (const [pattern, text, groups] of regexes)
  test(`"${text}" :regex "${pattern}"`, () => deepEqual(regex(pattern, text), groups))

const badRegexes = ['(', ')', '[', '[]', 'a{', 'a{2,1}', 'a{999}', '*', '+a', '(*)', '\\', '\\1', '[b-a]', '[[:frop:]]', '((((a{200}){200}){200}){200})', '('.repeat(60) + ')'.repeat(60), 'a'.repeat(3000)] // prettier-ignore
for (const pattern of badRegexes) {
  test(`refused: ${pattern.slice(0, 30)}`, () => throws(() => compileRegex(pattern, sieveLimits), BadRegex))
}

test('regular expressions without regard to case', () => {
  deepEqual(regex('[a-c]+X', 'ABCx', 'i;ascii-casemap'), ['ABCx'])
  deepEqual(regex('é', 'É', 'i;ascii-casemap'), undefined)
  deepEqual(regex('é[à-ü]', 'ÉÖ', 'i;unicode-casemap'), ['ÉÖ'])
  deepEqual(regex('[^a]', 'A', 'i;ascii-casemap'), undefined)
})

test('a regular expression finds what JavaScript finds, and the longest', () => {
  const atoms = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '(a)', '(ab)', '(b|a)')
  const pieces = fc.tuple(atoms, fc.constantFrom('', '', '*', '+', '?', '{1,2}')).map((all) => all.join(''))
  const patterns = fc.array(pieces, { minLength: 1, maxLength: 5 }).map((all) => all.join(''))
  const texts = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 10 }).map((all) => all.join(''))
  fc.assert(
    fc.property(patterns, texts, (pattern, text) => {
      const found = regex(pattern, text)
      const theirs = new RegExp(pattern).exec(text)
      equal(found === undefined, theirs === null)
      if (found && theirs) equal(found[0]!.length >= theirs[0].length, true)
    }),
    { numRuns: 500 },
  )
})

test('work is bounded by text times pattern, whatever the pattern', () => {
  for (const pattern of ['(a*)*b', '(a|a)*b', '(a?){50}b', '.*.*.*.*b', '((a+)+)+b']) {
    let steps = 0
    const compiled = compileRegex(pattern, sieveLimits)
    matchRegex(compiled, 'a'.repeat(1000), sieveLimits, (more) => (steps += more))
    equal(steps < 1001 * (3 * compiled.code.length + 3), true, `${pattern}: ${steps}`)
  }
  let steps = 0
  matchGlob(readGlob('*a?b*'.repeat(20)), 'a'.repeat(10_000), '', (more) => (steps += more))
  equal(steps < 10_001 * 20, true)
})

const orders: [comparator: string, a: string, b: string, order: -1 | 0 | 1][] = [
  ['i;octet', 'a', 'A', 1],
  ['i;octet', '\u{ffff}', '\u{10000}', -1], // by octets, not by halves of characters
  ['i;ascii-casemap', 'a', 'A', 0],
  ['i;ascii-casemap', 'ä', 'Ä', 1],
  ['i;ascii-casemap', 'z', '_', -1], // letters count as capitals
  ['i;unicode-casemap', 'ä', 'Ä', 0],
  ['i;unicode-casemap', 'ｆ', 'F', 0],
  ['i;ascii-numeric', '10', '9', 1],
  ['i;ascii-numeric', '0010', '10', 0],
  ['i;ascii-numeric', '10x', '10', 0],
  ['i;ascii-numeric', 'x', 'y', 0],
  ['i;ascii-numeric', 'x', '99999999999999999999', 1],
]
for (const [name, a, b, order] of orders) {
  test(`${name}: "${a}" and "${b}"`, () => {
    const comparator = comparators.get(name)!
    equal(Math.sign(comparator.order(comparator.fold(a), comparator.fold(b))), order)
  })
}
