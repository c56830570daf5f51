import { equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import type { Rule, RuleAction, RuleCondition } from '../../../src/wire/rules.ts'
import { words as en } from '../../words/en/rules.ts'
import { words as zh } from '../../words/zh-Hant/rules.ts'
import { bytesOf, sentenceOf, whatIsWrong } from './rulesentences.ts'

const base: Rule = { name: '', enabled: true, match: 'all', conditions: [], actions: [{ do: 'stop' }] }
const same = (name: string): string => name

test('a rule is a sentence', () => {
  const rule: Rule = {
    ...base,
    match: 'any',
    conditions: [
      { field: 'from', is: 'contains', text: 'alumni' },
      { field: 'size', is: 'over', bytes: 2_500_000 },
      { field: 'attachment', is: 'not-there' },
    ],
    actions: [
      { do: 'move', mailbox: '公告/校友' },
      { do: 'flag', flag: '\\Flagged' },
      { do: 'forward', address: 'a@b.example', keep: true },
    ],
  }
  const said =
    '寄件人含有「alumni」，或者大小大於2.5 MB，或者沒有附件 → 移到「公告/校友」、加星號、轉寄給a@b.example，這裡也留一份'
  equal(sentenceOf(rule, zh, same), said)
  match(sentenceOf(rule, en, same), /^Sender contains “alumni” or Size over 2\.5 MB or has no attachments → move to/)
  equal(sentenceOf(base, zh, same), '每一封信 → 不再檢查後面的規則')
})

test('what is wrong has its sentence', () => {
  const condition = (one: RuleCondition): string | undefined => whatIsWrong({ ...base, conditions: [one] }, zh)
  const action = (one: RuleAction): string | undefined => whatIsWrong({ ...base, actions: [one] }, zh)
  equal(whatIsWrong(base, zh), undefined)
  equal(whatIsWrong({ ...base, actions: [] }, zh), zh.needsAction)
  equal(whatIsWrong({ ...base, name: 'x'.repeat(501) }, zh), zh.badName)
  equal(condition({ field: 'from', is: 'contains', text: '' }), zh.badCondition(1))
  equal(condition({ field: 'size', is: 'over', bytes: bytesOf('x') }), zh.badSize(1))
  equal(condition({ field: 'size', is: 'over', bytes: bytesOf('１.５') }), undefined)
  equal(action({ do: 'move', mailbox: '' }), zh.badMailbox(1))
  equal(action({ do: 'forward', address: 'x', keep: true }), zh.badAddress(1))
})
