// addheader and deleteheader.                                                                          RFC 5293

import { isHeaderName } from '../addresses.ts'
import type { HeaderLine } from '../actions.ts'
import { matchTags, readMatch } from '../matching.ts'
import { octets, type Session } from '../session.ts'
import type { ActionWord, Given } from '../word.ts'
import { indexed, readIndex } from './fields.ts'

/** RFC 5293 §4: these tell where a mail was and who made it. */
const protectedFields = new Set(['received', 'auto-submitted'])

function mayEdit(session: Session, name: string, how: 'add' | 'delete'): boolean {
  const lower = name.toLowerCase()
  if (lower === 'subject') return true // RFC 5293 §6: it may always be edited
  if (how === 'delete' && protectedFields.has(lower)) return false
  return session.world.mayEditHeader?.(lower, how) ?? true
}

function checkName(given: Given): void {
  const name = given.constant('field name')
  if (name !== undefined && !isHeaderName(name)) given.problem('bad-header-name', { name: name }, 'field name')
}

function nameOf(session: Session, name: string): string {
  if (!isHeaderName(name)) session.fail('bad-header-name', { name: name })
  return name
}

/** Line breaks are folds; other controls have no place in a header. RFC 5322 §2.2. */
function isValue(value: string, limit: number): boolean {
  return !/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(value) && octets(value) <= limit
}

export const addheader: ActionWord = {
  name: 'addheader',
  needs: 'editheader',
  tags: [{ name: 'last' }],
  takes: [
    ['field name', 'string'],
    ['value', 'string'],
  ],

  read(given) {
    checkName(given)
    const constant = given.constant('value')
    if (constant !== undefined && !isValue(constant, given.limits.headerField)) {
      given.problem('bad-header-value', { value: constant }, 'value')
    }
    const nameText = given.text('field name') ?? ''
    const valueText = given.text('value') ?? ''
    const last = given.has(':last')
    return (session) => {
      const name = nameOf(session, session.text(nameText))
      const value = session
        .text(valueText)
        .trim()
        .replace(/\r?\n[ \t]*/g, '\r\n ')
        .replace(/\r(?!\n)/g, ' ')
      if (!isValue(value, session.limits.headerField)) session.fail('bad-header-value')
      if (!mayEdit(session, name, 'add')) return
      const line: HeaderLine = { name, value }
      session.editHeader((lines) => (last ? [...lines, line] : [line, ...lines]))
    }
  },
}

export const deleteheader: ActionWord = {
  name: 'deleteheader',
  needs: 'editheader',
  tags: [{ name: 'index', takes: 'number' }, { name: 'last', with: 'index' }, ...matchTags],
  takes: [
    ['field name', 'string'],
    ['value patterns', 'list'],
  ],
  optional: 'last',

  read(given) {
    checkName(given)
    const index = readIndex(given)
    const match = given.has('value patterns') ? readMatch(given, 'value patterns') : undefined
    if (!match) readMatch(given, 'value patterns') // only for what is wrong with its tags
    const nameText = given.text('field name') ?? ''
    return async (session) => {
      const name = nameOf(session, session.text(nameText))
      if (!mayEdit(session, name, 'delete')) return
      const { fields } = session
      session.spend(1 + fields.length)
      const same = [...fields.keys()].filter((i) => fields[i]!.name.toLowerCase() === name.toLowerCase())
      const gone = new Set<number>()
      for (const i of indexed(same, index)) {
        if (!match || (await match(session, [fields[i]!.text]))) gone.add(i)
      }
      if (gone.size > 0) session.editHeader((lines) => lines.filter((_, i) => !gone.has(i)))
    }
  },
}
