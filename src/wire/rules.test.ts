import { deepEqual, equal, ok, throws } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileScript } from '../sieve/checker.ts'
import { playedMail } from '../sieve/played.ts'
import { runScript } from '../sieve/run.ts'
import { isRule, readRules, writeRules, type Rule, type RuleAction, type RuleCondition } from './rules.ts'

function rule(conditions: RuleCondition[], actions: RuleAction[], more: Partial<Rule> = {}): Rule {
  return { name: '規則', enabled: true, match: 'all', conditions, actions, ...more }
}

const mail = playedMail('From: Li <li@else.example>\nTo: wang@uni.example\nSubject: 報告 "a\\b"\n\nGood day\n')

async function done(rules: Rule[]): Promise<string[]> {
  const { actions, problem } = await runScript(compileScript(writeRules(rules)), mail, { now: 0 })
  equal(problem, undefined)
  return actions.map((action) => {
    const flags = 'flags' in action && action.flags ? ` ${action.flags.join(' ')}` : ''
    if (action.do === 'fileinto') return `${action.do} ${action.mailbox}${flags}`
    return action.do === 'redirect' ? `redirect ${action.address}` : `${action.do}${flags}`
  })
}

const move: RuleAction = { do: 'move', mailbox: '專案/甲', mailboxId: 'F12' }
const cases: [what: string, rules: Rule[], done: string[]][] = [
  ['no rules', [], ['keep']],
  ['every mail', [rule([], [move])], ['fileinto 專案/甲']],
  ['one that is off', [rule([], [move], { enabled: false })], ['keep']],
  ['a name in From', [rule([{ field: 'from', is: 'contains', text: 'LI' }], [move])], ['fileinto 專案/甲']],
  ['an address', [rule([{ field: 'to', is: 'equals', text: 'Wang@uni.example' }], [move])], ['fileinto 專案/甲']],
  ['marks in a text', [rule([{ field: 'subject', is: 'contains', text: '"a\\b"' }], [move])], ['fileinto 專案/甲']],
  ['what is not there', [rule([{ field: 'subject', is: 'contains-not', text: '報告' }], [move])], ['keep']],
  ['a word of the text', [rule([{ field: 'body', is: 'contains', text: 'good' }], [move])], ['fileinto 專案/甲']],
  ['a size', [rule([{ field: 'size', is: 'under', bytes: 9999 }], [move])], ['fileinto 專案/甲']],
  ['no attachment', [rule([{ field: 'attachment', is: 'there' }], [move])], ['keep']],
  [
    'any of two',
    [
      rule(
        [
          { field: 'size', is: 'over', bytes: 9999 },
          { field: 'attachment', is: 'not-there' },
        ],
        [{ do: 'delete' }],
        { match: 'any' },
      ),
    ],
    ['fileinto Trash'],
  ],
  [
    'all actions',
    [
      rule([], [{ do: 'copy', mailbox: 'a' }, { do: 'forward', address: 'x@y.example', keep: true }, { do: 'stop' }]),
      rule([], [{ do: 'delete' }]),
    ],
    ['fileinto a', 'redirect x@y.example', 'keep'],
  ],
  ['a flag comes first', [rule([], [move, { do: 'flag', flag: '\\Flagged' }])], ['fileinto 專案/甲 \\Flagged']],
]
for (const [what, rules, expected] of cases) {
  test(what, async () => {
    deepEqual(readRules(writeRules(rules)), rules)
    deepEqual(await done(rules), expected)
  })
}

test('a script of somebody else, or one that was changed, is not taken for the page’s', () => {
  const text = writeRules([rule([], [move])])
  for (const other of [
    'keep;',
    '',
    text + 'discard;\r\n',
    text.replace('fileinto', 'fileInto'),
    text.replaceAll('\r', ''),
  ]) {
    equal(readRules(other), undefined)
  }
})

test('what is no rule is refused', () => {
  const wrong: unknown[] = [
    null,
    {},
    rule([], []),
    rule([], [{ do: 'move', mailbox: 'a\r\nb' }]),
    rule([], [{ do: 'forward', address: 'a@b", "c@d', keep: true }]),
    rule([], [{ do: 'flag', flag: 'a b' }]),
    rule([{ field: 'size', is: 'over', bytes: 1.5 }], [move]),
    rule([{ field: 'body', is: 'equals', text: 'x' }], [move]),
    { ...rule([], [move]), more: 1 },
  ]
  for (const one of wrong) {
    equal(isRule(one), false, JSON.stringify(one))
    throws(() => writeRules([one as Rule]), RangeError)
  }
})

test('whatever is written into a field, it is text', async () => {
  const text = fc.string({
    unit: fc.constantFrom('"', '\\', ';', '}', '#', '*/', ' ', 'a', '${x}', '字', '{'),
    minLength: 1,
  })
  await fc.assert(
    fc.asyncProperty(text, text, async (said, mailbox) => {
      const rules = [
        rule([{ field: 'subject', is: 'contains', text: said }], [{ do: 'move', mailbox }], { name: said }),
      ]
      if (!isRule(rules[0])) return
      const script = writeRules(rules)
      deepEqual(readRules(script), rules)
      ok(compileScript(script).steps.length === 1)
      deepEqual(await done([rule([], [{ do: 'move', mailbox }])]), [`fileinto ${mailbox}`])
    }),
  )
})
