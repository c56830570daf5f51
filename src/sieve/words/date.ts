// date and currentdate.                                                                          RFC 5260 §4, §5

import { datePart, isDatePart, readMoment, readZone, type Moment } from '../dates.ts'
import { matchTags, readMatch } from '../matching.ts'
import type { Session } from '../session.ts'
import type { Given, Tag, TestWord } from '../word.ts'
import { indexTags, readFields } from './fields.ts'

const zoneTags: readonly Tag[] = [
  { name: 'zone', takes: 'string', group: 'zone' },
  { name: 'originalzone', group: 'zone' },
]

type InZone = (session: Session, moment: Moment) => Moment

function readInZone(given: Given): InZone {
  if (given.has(':originalzone')) return (_, moment) => moment
  const text = given.text(':zone')
  if (text === undefined) return ({ world }, { at }) => ({ at, zone: world.zone?.(at) ?? 0 })
  if (typeof text === 'string' && readZone(text) === undefined) given.problem('bad-zone', { text }, ':zone')
  return (session, moment) => {
    const zone = readZone(session.text(text))
    return zone === undefined ? moment : { at: moment.at, zone }
  }
}

function checkPart(given: Given): void {
  const part = given.constant('date part')
  if (part !== undefined && !isDatePart(part)) given.problem('bad-date-part', { name: part }, 'date part')
}

export const date: TestWord = {
  name: 'date',
  needs: 'date',
  tags: [...matchTags, ...zoneTags, ...indexTags],
  takes: [
    ['header name', 'string'],
    ['date part', 'string'],
    ['keys', 'list'],
  ],

  read(given) {
    checkPart(given)
    const match = readMatch(given)
    const find = readFields(given)
    const inZone = readInZone(given)
    const name = given.text('header name') ?? ''
    const part = given.text('date part') ?? ''
    return (session) => {
      const wanted = session.text(part)
      const values: string[] = []
      for (const { written } of find(session, [session.text(name)])) {
        const moment = readMoment(written)
        if (moment) values.push(datePart(inZone(session, moment), wanted))
      }
      return match(session, values)
    }
  },
}

export const currentdate: TestWord = {
  name: 'currentdate',
  needs: 'date',
  tags: [...matchTags, { name: 'zone', takes: 'string' }],
  takes: [
    ['date part', 'string'],
    ['keys', 'list'],
  ],

  read(given) {
    checkPart(given)
    const match = readMatch(given)
    const inZone = readInZone(given)
    const part = given.text('date part') ?? ''
    return (session) =>
      match(session, [datePart(inZone(session, { at: session.world.now, zone: 0 }), session.text(part))])
  },
}
