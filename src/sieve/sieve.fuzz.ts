// Fuzz targets of this room, and the scripts they start from.
//
// Properties: reading and checking never throw; what was printed reads as what was read; each problem has a place in the
// script and both sentences; a run throws nothing, stays within its steps, and keeps the mail when it goes wrong; a
// regular expression or a glob that is taken is run within its bound.

import { equal, ok } from 'node:assert/strict'
import { checkScript } from './checker.ts'
import { sieveLimits } from './limits.ts'
import { parseScript } from './parser.ts'
import { playedMail } from './played.ts'
import { printScript } from './printer.ts'
import { Problems } from './problems.ts'
import { BadRegex } from './pattern.ts'
import { compileRegex, matchRegex } from './regex.ts'
import type { Program } from './program.ts'
import { runScript } from './run.ts'
import type { Block, CommandNode, TestNode } from './syntax.ts'
import { extensions } from './vocabulary.ts'
import type { SieveWorld } from './world.ts'

const all = `require [${[...extensions].map((each) => `"${each}"`).join(',')}];`

const scripts: string[] = [
  '',
  'keep;',
  `if anyof(header :matches "subject" "*a*?", not exists ["from", "to"]) { fileinto :copy :flags "\\\\Seen" "a"; stop; }`,
  `set :upperfirst "v" "x$\{1}"; if string :regex "$\{v}" "(a|b)*c" { addflag "$\{0}"; } else { discard; }`,
  `foreverypart :name "p" { if header :mime :anychild :param "name" "content-type" "x" { break :name "p"; } extracttext :first 9 "t"; }`,
  `vacation :days 3 :addresses ["a@b.example"] :subject "s" :fcc "Sent" :handle "h" text:\r\nI am away.\r\n..\r\n.\r\n;`,
  `addheader :last "X-A" "b"; deleteheader :index 1 :matches "received" ["*a*"]; redirect :copy "a@b.example"; reject "no";`,
  `if date :zone "+0800" :value "ge" "date" "iso8601" "2026" { notify :importance "1" "mailto:a@b.example?subject=x%20y"; }`,
  `if allof(address :detail :contains "from" "x", envelope :domain "to" "b", size :over 1K, body :content "text" :contains "hello") { ereject "x"; }`,
  `include :once :optional "self"; global ["a"]; set "a" "$\{a}$\{hex:61}$\{unicode:9a5b}"; if duplicate :seconds 60 { return; }`,
  `if header :count "gt" :comparator "i;ascii-numeric" "to" "1" { replace :mime "x"; enclose "y"; error "z"; }`,
  'require "ihave"; if ihave "nothing" { what :ever "is" [ "here" ] 1K; } elsif true { keep; }',
  '# rule:[a]\r\nif true # c\r\n{ /* d */ keep; }\r\n# end',
]

const mails = [
  'From: a+x@b.example\r\nTo: c@d.example, e@f.example\r\nSubject: a b c\r\nDate: Mon, 20 Jul 2009 21:44:43 +0300\r\n\r\nhello\r\n',
  'Content-Type: multipart/mixed; boundary=o\r\n\r\nx\r\n--o\r\nContent-Type: text/plain; name=x\r\n\r\nhello a?c\r\n--o\r\n\r\n\r\n--o--\r\n',
  'Subject: no body',
].map((text) => playedMail(text, { from: 'a+x@b.example', to: 'c@d.example' }))

const world: SieveWorld = {
  now: Date.UTC(2026, 0, 1),
  mailboxExists: (name) => name.length % 2 === 0,
  annotation: () => 'x',
  isRemembered: () => false,
  inList: (_, value) => value.startsWith('a'),
  spam: () => 50,
}

export const script = {
  name: 'sieve script',
  corpus: scripts,

  async run(input: Buffer): Promise<void> {
    const text = input.toString('utf8')
    const problems = new Problems(sieveLimits)
    const tree = parseScript(text, sieveLimits, problems)
    equal(shape(parseScript(printScript(tree))), shape(tree))
    const { program, problems: found } = checkScript(text)
    const lines = text.split('\n').length
    for (const { line, column, en, zh } of found) {
      ok(line >= 1 && line <= lines && column >= 1 && en !== '' && zh !== '' && !/[\r\n]/.test(en + zh))
    }
    if (found.length === 0) await runs(program)
    // Most damage is done to the list of extensions, and then nothing runs.
    const { program: other, problems: left } = checkScript(`${all}\r\n${text}`)
    if (left.length === 0) await runs(other)
  },
}

async function runs(program: Program): Promise<void> {
  const library: SieveWorld = { ...world, script: (_, name) => (name === 'self' ? program : undefined) }
  for (const mail of mails) {
    const { actions, steps, problem } = await runScript(program, mail, library)
    ok(steps <= sieveLimits.steps + sieveLimits.body)
    ok(actions.length <= sieveLimits.actions + 1)
    if (problem) ok(actions.length === 1 && actions[0]!.do === 'keep')
  }
}

/** A tree without its places. */
function shape(tree: Block): string {
  return JSON.stringify(tree, (key, value: unknown) => (key === 'place' ? undefined : value))
}

/** The same bytes in the middle of strings, where the scripts above seldom break. */
export const strings = {
  name: 'sieve strings',
  corpus: [
    'a*b?c',
    '${a}${hex:ff}${unicode:41}',
    '(a|b)*[[:alpha:]]{2,3}$',
    'mailto:a@b.example?body=x',
    'Mon, 20 Jul 2009 21:44:43 +0300',
    '"a b"@c.example',
  ],

  async run(input: Buffer): Promise<void> {
    const text = input.toString('utf8').slice(0, 4000)
    const node = (name: string, strings: string[], tests: TestNode[] = []): CommandNode => ({
      name,
      args: strings.map((value) => ({ kind: 'string', value, multiline: false, place })),
      tests,
      listed: false,
      place,
      comments: [],
    })
    const tree: Block = {
      commands: [
        node('set', ['a', text]),
        ...['matches', 'regex', 'contains'].map((match) => {
          const test = node('string', ['${a}', text])
          test.args.unshift({ kind: 'tag', name: match, place })
          return { ...node('if', [], [test]), block: { commands: [node('set', ['b', text])], comments: [] } }
        }),
        node('addheader', ['Date', text]),
        { ...node('if', [], [node('date', ['date', 'std11', text])]), block: { commands: [], comments: [] } },
        node('redirect', [text]),
        node('notify', [text]),
      ],
      comments: [],
    }
    for (const command of tree.commands) {
      const { program, problems } = checkScript(`${all}\r\n${printScript({ commands: [command], comments: [] })}`)
      if (problems.length > 0) continue
      for (const mail of mails)
        ok((await runScript(program, mail, world)).steps <= sieveLimits.steps + sieveLimits.body)
    }
    regex(text)
  },
}

const place = { line: 1, column: 1 }

function regex(pattern: string): void {
  try {
    const compiled = compileRegex(pattern, sieveLimits)
    let steps = 0
    matchRegex(compiled, 'ab(c)[d] \u90f5'.repeat(20), sieveLimits, (more) => (steps += more))
    ok(steps <= 202 * (3 * compiled.code.length + 3))
  } catch (thrown) {
    ok(thrown instanceof BadRegex, String(thrown))
  }
}
