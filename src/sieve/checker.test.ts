import { deepEqual, equal, ok, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { checkScript, compileScript } from './checker.ts'
import { sieveLimits } from './limits.ts'
import { SieveError } from './problems.ts'
import { extensions } from './vocabulary.ts'

const told = (script: string): string[] =>
  checkScript(script).problems.map(({ code, line, column }) => `${code} ${line}:${column}`)

const wrong: [script: string, problem: string][] = [
  // words
  ['frop;', 'unknown-command 1:1'],
  ['if frop {}', 'unknown-test 1:4'],
  ['header "a" "b";', 'test-as-command 1:1'],
  ['if keep {}', 'command-as-test 1:4'],
  ['fileinto "a";', 'needs-require 1:1'],
  ['require "frop";', 'unknown-extension 1:1'],
  ['keep; require "fileinto";', 'require-first 1:7'],
  ['if true { require "fileinto"; }', 'require-first 1:11'],
  // options
  ['if header :frop "a" "b" {}', 'unknown-tag 1:11'],
  ['if header :is :is "a" "b" {}', 'tag-twice 1:15'],
  ['if header :is :contains "a" "b" {}', 'tags-exclude 1:15'],
  ['if header :comparator {}', 'tag-value 1:11'],
  ['if header :value "gt" "a" "b" {}', 'needs-require 1:11'],
  ['if size 10 {}', 'tag-missing 1:4'],
  ['if size 10 :over {}', 'tag-after-values 1:12'],
  ['if header matches "a" "b" {}', 'colon-missing 1:11'],
  ['require "index"; if header :last "a" "b" {}', 'tag-needs-tag 1:28'],
  // arguments
  ['if header 3 "b" {}', 'argument-type 1:11'],
  ['if header "b" {}', 'argument-count 1:4'],
  ['keep "a";', 'argument-count 1:1'],
  ['keep true;', 'no-tests 1:6'],
  ['keep {}', 'no-block 1:1'],
  ['if true;', 'block-missing 1:1'],
  ['if {}', 'one-test 1:1'],
  ['if not (true, false) {}', 'one-test 1:4'],
  ['if anyof true {}', 'test-list 1:4'],
  ['else {}', 'else-without-if 1:1'],
  ['if true {} else {} elsif true {}', 'else-without-if 1:20'],
  // values
  ['if header :comparator "i;frop" "a" "b" {}', 'unknown-comparator 1:23'],
  ['if header :comparator "i;ascii-numeric" "a" "b" {}', 'needs-require 1:23'],
  [
    'require "comparator-i;ascii-numeric"; if header :contains :comparator "i;ascii-numeric" "a" "b" {}',
    'comparator-cannot 1:71',
  ],
  ['require "relational"; if header :count "xx" "a" "b" {}', 'bad-relation 1:40'],
  ['require "regex"; if header :regex "a" "(" {}', 'bad-regex 1:39'],
  ['redirect "nobody";', 'bad-address 1:10'],
  ['redirect "a@b.example, c@d.example";', 'bad-address 1:10'],
  ['if address "subject" "a" {}', 'not-address-header 1:12'],
  ['require "envelope"; if envelope "cc" "a" {}', 'bad-envelope-part 1:33'],
  ['require "fileinto"; fileinto "";', 'bad-mailbox 1:30'],
  ['require ["fileinto","encoded-character"]; fileinto "${hex:ff}";', 'bad-mailbox 1:52'],
  ['require "encoded-character"; redirect "${unicode:d800}";', 'bad-unicode 1:39'],
  ['require "variables"; set "1" "a";', 'bad-variable 1:26'],
  ['require "variables"; set "a" "${no.such}";', 'bad-variable 1:30'],
  ['require "variables"; set "${a}" "b";', 'must-be-constant 1:26'],
  ['require "variables"; set :lower :upper "a" "b";', 'tags-exclude 1:33'],
  ['require "imap4flags"; setflag "a" "b";', 'needs-variables 1:31'],
  ['require "date"; if currentdate "yaer" "1" {}', 'bad-date-part 1:32'],
  ['require "date"; if currentdate :zone "CET" "year" "1" {}', 'bad-zone 1:38'],
  ['require "index"; if header :index 0 "a" "b" {}', 'bad-number 1:35'],
  ['require "editheader"; addheader "a b" "c";', 'bad-header-name 1:33'],
  ['require ["editheader","encoded-character"]; addheader "a" "${hex:00}";', 'bad-header-value 1:59'],
  ['require "enotify"; notify "tel:1";', 'bad-method 1:27'],
  ['require "enotify"; notify :importance "4" "mailto:a@b.example";', 'bad-importance 1:39'],
  ['require "enotify"; notify :options "a" "mailto:a@b.example";', 'bad-option 1:36'],
  ['require ["fileinto","special-use"]; fileinto :specialuse "Junk" "a";', 'bad-special-use 1:58'],
  ['require "include"; include "../x";', 'bad-script-name 1:28'],
  ['require "include"; global "a";', 'needs-variables 1:20'],
  ['require ["include","variables"]; set "a" "1"; global "a";', 'global-twice 1:54'],
  ['require "foreverypart"; break;', 'break-outside 1:25'],
  ['require "foreverypart"; foreverypart { break :name "a"; }', 'no-such-loop 1:40'],
  ['require ["foreverypart","extracttext","variables"]; extracttext "a";', 'outside-loop 1:53'],
  ['require ["extracttext","variables"];', 'needs-require 1:1'],
  ['error "x";', 'needs-require 1:1'],
  ['if ihave "x" {}', 'needs-require 1:4'],
]

for (const [script, problem] of wrong) test(script, () => deepEqual(told(script), [problem]))

const right: string[] = [
  '',
  'require "fileinto"; require ["copy", "mailbox"]; fileinto :copy :create "a";',
  'if header :is :comparator "i;octet" ["a"] ["b", "c"] { keep; } elsif true { stop; } else { discard; }',
  'require "comparator-i;octet";',
  'redirect "Somebody <a.b@c.example>"; redirect "\\"a b\\"@c.example";',
  'require ["variables","include"]; global ["a","b"]; global "a"; set "a" "x"; set "global.c" "y";',
  'require ["spamtestplus","relational","comparator-i;ascii-numeric"]; if spamtest :percent :value "gt" :comparator "i;ascii-numeric" "50" {}',
  // what ihave finds missing may be in words nobody knows
  'require "ihave"; if ihave "frop" { frop "x"; if friep {} } else { keep; }',
  'require "ihave"; if not ihave "frop" { keep; } else { frop; }',
  'require "ihave"; if allof(ihave "frop", friep :so "x") { frop; }',
  'require "ihave"; if anyof(not ihave "frop", friep) { keep; }',
  // and what it finds is as good as required
  'require "ihave"; if ihave "fileinto" { fileinto "a"; } fileinto "b";',
]

for (const script of right) test(script === '' ? 'nothing' : script, () => deepEqual(told(script), []))

test('what ihave guards is checked when it is there', () => {
  deepEqual(told('require "ihave"; if ihave "fileinto" { fileinto; }'), ['argument-count 1:40'])
  // variables change how strings are read: they must be required
  deepEqual(told('require "ihave"; if ihave "variables" { set "a" "b"; }'), [])
})

test('problems are told in order, at most so many', () => {
  const many = told('frop;'.repeat(1000))
  equal(many.length, sieveLimits.problems)
  deepEqual(told('require "frop"; keep 1; "x";'), ['unknown-extension 1:1', 'argument-count 1:17', 'unexpected 1:25'])
})

test('a problem says in both languages what to do', () => {
  const [problem] = checkScript('\n fileinto "a";').problems
  deepEqual(problem, {
    code: 'needs-require',
    line: 2,
    column: 2,
    en: 'fileinto needs the extension fileinto. Add require "fileinto"; at the top.',
    zh: 'fileinto 需要延伸功能 fileinto，請在開頭加上 require "fileinto";。',
  })
})

test('compileScript throws all problems at once', () => {
  throws(
    () => compileScript('frop; friep;'),
    (thrown) => thrown instanceof SieveError && thrown.problems.length === 2,
  )
})

test('every extension can be required, and an extension not offered cannot', () => {
  deepEqual(
    told(
      `require [${[...extensions]
        .filter((each) => each !== 'extracttext')
        .map((each) => `"${each}"`)
        .join(',')}];`,
    ),
    [],
  )
  const { problems } = checkScript('require "editheader";', { extensions: new Set(['fileinto']) })
  ok(problems[0]?.code === 'unknown-extension')
})

test('a block is checked once, whatever is wrong with what stands before it', () => {
  for (const head of [
    'if "x" true',
    'if header',
    'frop',
    'keep',
    'foreverypart :x',
    'if frop',
    'if ihave "x"',
    'if not header 1',
  ]) {
    const { problems } = checkScript(`require ["ihave","foreverypart"];${`${head} {`.repeat(30)}${'}'.repeat(30)}`)
    ok(problems.length <= 60, head)
  }
})

test('the number of variables is told when the script is checked', () => {
  const script = (count: number): string =>
    `require "variables";${Array.from({ length: count }, (_, i) => `set "v${i}" "x";`).join('')}`
  deepEqual(told(script(sieveLimits.variables)), [])
  equal(told(script(sieveLimits.variables + 5)).length, 1)
})
