import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { sieveLimits } from './limits.ts'
import { parseScript } from './parser.ts'
import { printScript } from './printer.ts'
import { Problems } from './problems.ts'
import type { Block } from './syntax.ts'

function read(text: string): { tree: ReturnType<typeof parseScript>; told: string[] } {
  const problems = new Problems(sieveLimits)
  const tree = parseScript(text, sieveLimits, problems)
  return { tree, told: problems.list.map(({ code, line, column }) => `${code} ${line}:${column}`) }
}

const printed: [what: string, script: string, out: string[]][] = [
  ['one command', 'keep;', ['keep;']],
  ['names are in lower case', 'KEEP; If TRUE {Stop;}', ['keep;', 'if true {', '  stop;', '}']],
  ['strings keep their escapes', 'redirect "a\\"b\\\\c\\d";', ['redirect "a\\"b\\\\cd";']],
  ['numbers as written', 'if size :over 100K {stop;}', ['if size :over 100K {', '  stop;', '}']],
  ['lists', 'require["a",\n"b"];', ['require ["a", "b"];']],
  ['a list of one stays a list', 'require ["a"];', ['require ["a"];']],
  ['tests in tests', 'if allof(true,not false){}', ['if allof (true, not false) {', '}']],
  ['comments stay before their command', '# rule:[x]\nkeep; # after', ['# rule:[x]', 'keep;', '# after']],
  ['a comment inside moves before', 'keep /* why */ ;', ['/* why */', 'keep;']],
  ['comments at a block’s end', 'if true { keep; # done\n}', ['if true {', '  keep;', '  # done', '}']],
  ['text: with dots', 'set "a" text:\n.\n;', ['set "a" text:', '.', ';']],
  ['dot stuffing', 'set "a" text: # c\n..x\ny\n.\n;', ['# c', 'set "a" text:', '..x', 'y', '.', ';']],
]

for (const [what, script, out] of printed) {
  test(`printed: ${what}`, () => {
    const { tree, told } = read(script)
    deepEqual(told, [])
    const text = printScript(tree)
    deepEqual(
      text.split('\r\n').slice(0, -1),
      out.map((line) => line).flatMap((line) => (line === ';' ? [';'] : [line])),
    )
    equal(printScript(parseScript(text)), text)
  })
}

test('a multi-line string holds CRLF and no stuffing', () => {
  const { tree } = read('set "a" text:\nline\n..dot\n.\n;')
  deepEqual(
    tree.commands[0]!.args.map((arg) => (arg.kind === 'string' ? arg.value : '')),
    ['a', 'line\r\n.dot\r\n'],
  )
})

test('places count lines and characters from one', () => {
  const { tree } = read('# é\r\n  keep;\r\n\tif  header "郵" "驛" {}')
  deepEqual(
    tree.commands.map(({ place }) => place),
    [
      { line: 2, column: 3 },
      { line: 3, column: 2 },
    ],
  )
  deepEqual(tree.commands[1]!.tests[0]!.args[1]!.place, { line: 3, column: 17 })
})

test('what a page put into strings and comments stays there', () => {
  const place = { line: 1, column: 1 }
  const evil = 'x"; discard; #\n*/ discard; /*\r\n.\r\ndiscard;'
  const tree: Block = {
    commands: [true, false].map((flag) => ({
      name: 'vacation',
      args: [{ kind: 'string', value: evil, multiline: flag, place }],
      tests: [],
      listed: false,
      place,
      comments: [{ bracketed: flag, text: evil }],
    })),
    comments: [{ bracketed: false, text: evil }],
  }
  const { tree: again, told } = read(printScript(tree))
  deepEqual(told, [])
  deepEqual(
    again.commands.map(({ name, args }) => [name, args.length]),
    [
      ['vacation', 1],
      ['vacation', 1],
    ],
  )
})

const wrong: [what: string, script: string, told: string[]][] = [
  ['a string without end', 'keep;\nredirect "a', ['string-not-closed 2:10', 'semicolon-missing 2:12']],
  ['a text without end', 'set "a" text:\nx', ['text-not-closed 1:9', 'semicolon-missing 2:2']],
  ['a comment without end', 'keep; /* x', ['comment-not-closed 1:7']],
  ['garbage is told of once', 'friep $$$; keep;', ['not-a-token 1:7']],
  ['a semicolon missing before a name', 'keep\nstop;', ['semicolon-missing 2:1']],
  ['a semicolon missing before a brace', 'if true { keep }', ['semicolon-missing 1:16']],
  ['a brace too many', '} keep;', ['brace-without-block 1:1']],
  ['a brace too few', 'if true { keep;', ['block-not-closed 1:9']],
  ['a comma too many', 'if anyof(true,) {stop;} keep;', ['unexpected 1:15']],
  ['an empty list', 'require []; keep;', ['unexpected 1:10']],
  ['a number of 65 bits', 'if size :over 18446744073709551616 {}', ['number-too-large 1:15']],
  ['a number of 64 bits', 'if size :over 18446744073709551615 {}', []],
  ['a name too long', `${'x'.repeat(33)}; keep;`, ['name-too-long 1:1']],
  ['a lone colon', 'keep :;', ['not-a-token 1:6']],
  ['every command is looked at', 'a ]; b [; c (;', ['unexpected 1:3', 'unexpected 1:9', 'unexpected 1:14']],
  ['blocks too deep', `${'if true {'.repeat(33)}${'}'.repeat(33)} keep;`, ['blocks-too-deep 1:297']],
  ['tests too deep', `if ${'not '.repeat(33)}true {} keep;`, ['tests-too-deep 1:132']],
  ['tests deep enough', `if ${'not '.repeat(31)}true {}`, []],
]

for (const [what, script, told] of wrong) test(`wrong: ${what}`, () => deepEqual(read(script).told, told))

test('what follows a wrong command is kept', () => {
  const { tree } = read('keep; frop ] { discard; } stop;')
  deepEqual(
    tree.commands.map(({ name }) => name),
    ['keep', 'stop'],
  )
})

test('a script over the limit is refused before it is read', () => {
  const { told } = read(' '.repeat(sieveLimits.script + 1))
  deepEqual(told, ['script-too-large 1:1'])
})

test('reading is linear: a hundred thousand of anything', () => {
  for (const piece of ['(', '[', '{', '"', '/*', 'a ', 'a;', '\\', ':', '$', 'not ', 'if true {', 'text:', '"\\']) {
    const problems = new Problems(sieveLimits)
    parseScript(piece.repeat(100_000 / piece.length), sieveLimits, problems)
    equal(problems.list.length <= sieveLimits.problems, true)
  }
})
