// The rules of the web page, and the Sieve script they are.                        RFC 5228 and its extensions
//
// Pure, for the browser and for the house. A script that was made here holds each rule twice: as a comment line that the
// page reads back, and as Sieve that is run.
// Invariants:
//   readRules(writeRules(rules)) is rules
//   a script in which anybody changed a letter is not taken for one of the page's: readRules gives undefined
//   nothing somebody writes into a field can become a command

export type RuleCondition =
  | { field: 'from' | 'to' | 'subject' | 'body'; is: 'contains' | 'contains-not' | 'equals'; text: string }
  | { field: 'size'; is: 'over' | 'under'; bytes: number }
  | { field: 'attachment'; is: 'there' | 'not-there' }

export type RuleAction =
  | { do: 'move' | 'copy'; mailbox: string; mailboxId?: string } // names of levels parted by '/'; the id goes first
  | { do: 'flag'; flag: string } // '\\Flagged', '\\Seen' or a keyword
  | { do: 'forward'; address: string; keep: boolean }
  | { do: 'delete' } // into the trash
  | { do: 'stop' } // no further rule

export interface Rule {
  name: string
  enabled: boolean
  match: 'all' | 'any'
  conditions: RuleCondition[] // none: every mail
  actions: RuleAction[]
}

export const ruleLimits = {
  rules: 200,
  conditions: 30,
  actions: 10,
  text: 500, // characters of a field
  bytes: 2_000_000_000,
}

const firstLine = '# Rules of the web page. Change them there: a script changed by hand is shown as text.'
const marker = '# rule: '

/** Throws RangeError for what isRule() refuses. */
export function writeRules(rules: readonly Rule[]): string {
  if (!areRules(rules)) throw new RangeError('These are no rules')
  const needs = new Set<string>()
  const blocks = rules.map((rule) => writeRule(rule, needs))
  const require = needs.size === 0 ? [] : [`require [${[...needs].sort().map(quoted).join(', ')}];`]
  return [firstLine, ...require, ...blocks.flat()].map((line) => `${line}\r\n`).join('')
}

/** The rules of a script the page made; undefined for any other script. */
export function readRules(script: string): Rule[] | undefined {
  if (!script.startsWith(firstLine)) return undefined
  try {
    const lines = script.split('\r\n').filter((line) => line.startsWith(marker))
    const rules = lines.map((line) => JSON.parse(line.slice(marker.length)) as unknown)
    return areRules(rules) && writeRules(rules) === script ? rules : undefined
  } catch {
    return undefined
  }
}

function writeRule(rule: Rule, needs: Set<string>): string[] {
  const head = `${marker}${JSON.stringify(rule)}`
  if (!rule.enabled) return [head]
  const tests = rule.conditions.map((condition) => writeCondition(condition, needs))
  const test = tests.length === 0 ? 'true' : tests.length === 1 ? tests[0]! : `${rule.match}of (${tests.join(', ')})`
  // Flags go with what files the mail, so they come first.
  const ordered = [...rule.actions].sort((a, b) => Number(b.do === 'flag') - Number(a.do === 'flag'))
  return [head, `if ${test} {`, ...ordered.map((action) => `  ${writeAction(action, needs)};`), '}']
}

const headers = { from: '["from", "sender"]', to: '["to", "cc"]', subject: '"subject"' } as const

function writeCondition(condition: RuleCondition, needs: Set<string>): string {
  switch (condition.field) {
    case 'size':
      return `size :${condition.is} ${condition.bytes}`
    case 'attachment':
      needs.add('mime')
      return `${condition.is === 'there' ? '' : 'not '}header :mime :anychild :contains "content-disposition" "attachment"`
    case 'body':
      needs.add('body')
      return `${not(condition)}body :text ${how(condition)} ${quoted(condition.text)}`
    case 'subject':
      return `${not(condition)}header ${how(condition)} "subject" ${quoted(condition.text)}`
    default: {
      const test = condition.is === 'equals' ? 'address' : 'header'
      return `${not(condition)}${test} ${how(condition)} ${headers[condition.field]} ${quoted(condition.text)}`
    }
  }
}

function not({ is }: { is: string }): string {
  return is === 'contains-not' ? 'not ' : ''
}

function how({ is }: { is: string }): string {
  return is === 'equals' ? ':is' : ':contains'
}

function writeAction(action: RuleAction, needs: Set<string>): string {
  switch (action.do) {
    case 'move':
    case 'copy': {
      needs.add('fileinto').add('mailbox')
      if (action.do === 'copy') needs.add('copy')
      if (action.mailboxId !== undefined) needs.add('mailboxid')
      const id = action.mailboxId === undefined ? '' : ` :mailboxid ${quoted(action.mailboxId)}`
      return `fileinto${action.do === 'copy' ? ' :copy' : ''}${id} :create ${quoted(action.mailbox)}`
    }
    case 'flag':
      needs.add('imap4flags')
      return `addflag ${quoted(action.flag)}`
    case 'forward':
      if (action.keep) needs.add('copy')
      return `redirect${action.keep ? ' :copy' : ''} ${quoted(action.address)}`
    case 'delete':
      needs.add('fileinto').add('special-use')
      return `fileinto :specialuse "\\\\Trash" "Trash"`
    case 'stop':
      return 'stop'
  }
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

// -- what a rule may be

export function areRules(value: unknown): value is Rule[] {
  return Array.isArray(value) && value.length <= ruleLimits.rules && value.every(isRule)
}

export function isRule(value: unknown): value is Rule {
  if (!hasOnly(value, ['name', 'enabled', 'match', 'conditions', 'actions'])) return false
  const { name, enabled, match, conditions, actions } = value
  return (
    isText(name, 0) &&
    typeof enabled === 'boolean' &&
    (match === 'all' || match === 'any') &&
    Array.isArray(conditions) &&
    conditions.length <= ruleLimits.conditions &&
    conditions.every(isCondition) &&
    Array.isArray(actions) &&
    actions.length > 0 &&
    actions.length <= ruleLimits.actions &&
    actions.every(isAction)
  )
}

function isCondition(value: unknown): boolean {
  if (!hasOnly(value, ['field', 'is', 'text', 'bytes'])) return false
  const { field, is, text, bytes } = value
  if (field === 'size') {
    const isSize = Number.isInteger(bytes) && Number(bytes) >= 0 && Number(bytes) <= ruleLimits.bytes
    return (is === 'over' || is === 'under') && isSize && text === undefined
  }
  if (field === 'attachment') return (is === 'there' || is === 'not-there') && text === undefined && bytes === undefined
  const isField = field === 'from' || field === 'to' || field === 'subject' || field === 'body'
  const isWay = is === 'contains' || is === 'contains-not' || (is === 'equals' && field !== 'body')
  return isField && isWay && isText(text, 1) && bytes === undefined
}

const keyword = /^(?:\\(?:Seen|Flagged|Answered)|[A-Za-z0-9$_.-]{1,64})$/
const address =
  /^[^\s"<>@,;:()[\]\\\x00-\x1f\x7f-\uffff]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]*\.)+[A-Za-z0-9-]*[A-Za-z0-9]$/

function isAction(value: unknown): boolean {
  if (!hasOnly(value, ['do', 'mailbox', 'mailboxId', 'flag', 'address', 'keep'])) return false
  const { do: what, mailbox, mailboxId, flag, address: to, keep } = value
  const filled = Object.keys(value).length - 1
  switch (what) {
    case 'move':
    case 'copy': {
      const isId = mailboxId === undefined || (typeof mailboxId === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(mailboxId))
      return isText(mailbox, 1) && isId && filled === (mailboxId === undefined ? 1 : 2)
    }
    case 'flag':
      return typeof flag === 'string' && keyword.test(flag) && filled === 1
    case 'forward':
      return typeof to === 'string' && to.length <= 320 && address.test(to) && typeof keep === 'boolean' && filled === 2
    default:
      return (what === 'delete' || what === 'stop') && filled === 0
  }
}

function isText(value: unknown, least: number): value is string {
  if (typeof value !== 'string' || value.length < least || value.length > ruleLimits.text) return false
  return !/[\x00-\x1f\x7f\u2028\u2029]/.test(value) && value.isWellFormed()
}

function hasOnly(value: unknown, names: string[]): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.entries(value).every(([name, one]) => names.includes(name) && one !== undefined)
}
