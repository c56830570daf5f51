// Rules as sentences, and what is wrong with one that is being written.
//
// Pure.

import { isRule, ruleLimits, type Rule, type RuleAction, type RuleCondition } from '../../../src/wire/rules.ts'
import type { RuleWords } from './rulewords.ts'

const megabyte = 1_000_000

/** What a mailbox of a rule is called in front of people, by its id or its path. */
export type NameOf = (mailbox: string, mailboxId?: string) => string

export function sentenceOf({ match, conditions, actions }: Rule, w: RuleWords, nameOf: NameOf): string {
  const said = conditions.map((condition) => conditionText(condition, w))
  const when = said.length === 0 ? w.every : said.join(match === 'all' ? w.and : w.or)
  return w.then(when, actions.map((action) => actionText(action, w, nameOf)).join(w.next))
}

function conditionText(condition: RuleCondition, w: RuleWords): string {
  const how = w.howNames[condition.is] ?? condition.is
  if (condition.field === 'attachment') return how
  if (condition.field === 'size') return w.saySize(how, megabytesOf(condition.bytes))
  return w.sayText(w.fieldNames[condition.field] ?? condition.field, how, condition.text)
}

function actionText(action: RuleAction, w: RuleWords, nameOf: NameOf): string {
  switch (action.do) {
    case 'move':
      return w.sayMove(nameOf(action.mailbox, action.mailboxId))
    case 'copy':
      return w.sayCopy(nameOf(action.mailbox, action.mailboxId))
    case 'flag':
      return flagText(action.flag, w)
    case 'forward':
      return action.keep ? w.sayForwardKeep(action.address) : w.sayForward(action.address)
    default:
      return w.doNames[action.do] ?? action.do
  }
}

export function flagText(flag: string, w: RuleWords): string {
  if (flag === '\\Flagged') return w.doNames['star']!
  return flag === '\\Seen' ? w.doNames['seen']! : w.sayFlag(flag)
}

export function megabytesOf(bytes: number): string {
  return String(bytes / megabyte)
}

/** NaN for what is no size. */
export function bytesOf(typed: string): number {
  const number = typed.normalize('NFKC').trim()
  return /^\d+(?:\.\d+)?$/.test(number) ? Math.round(Number(number) * megabyte) : Number.NaN
}

/** A sentence for the first thing that is wrong; undefined: nothing is. */
export function whatIsWrong(rule: Rule, w: RuleWords): string | undefined {
  if (rule.actions.length === 0) return w.needsAction
  if (rule.conditions.length > ruleLimits.conditions || rule.actions.length > ruleLimits.actions) return w.tooMany
  const isFine = (part: Partial<Rule>): boolean =>
    isRule({ ...rule, name: '', conditions: [], actions: [{ do: 'stop' }], ...part })
  if (!isFine({ name: rule.name })) return w.badName
  for (const [n, condition] of rule.conditions.entries()) {
    if (isFine({ conditions: [condition] })) continue
    return condition.field === 'size' ? w.badSize(n + 1) : w.badCondition(n + 1)
  }
  for (const [n, action] of rule.actions.entries()) {
    if (isFine({ actions: [action] })) continue
    return action.do === 'forward' ? w.badAddress(n + 1) : w.badMailbox(n + 1)
  }
  return undefined
}
