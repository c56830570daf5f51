// The VacationResponse of an account: one object, always there.                   RFC 8621 §8

import { hash } from 'node:crypto'
import { vacationOf, type Vacation } from '../directory/vacations.ts'
import { readDate, utcDate } from './arguments.ts'
import { wrong } from './emailpatch.ts'
import type { Call } from './method.ts'

export const vacationCapability = 'urn:ietf:params:jmap:vacationresponse'
export const vacationId = 'singleton'
export const vacationProperties = ['id', 'isEnabled', 'fromDate', 'toDate', 'subject', 'textBody', 'htmlBody'] as const

export type VacationObject = Record<(typeof vacationProperties)[number], unknown>

export async function vacationNow({ house, account }: Call): Promise<{ object: VacationObject; state: string }> {
  const object = tellVacation(await vacationOf(house.store.db, account))
  return { object, state: hash('sha256', JSON.stringify(object), 'base64url').slice(0, 20) }
}

export function tellVacation({ enabled, from, to, subject, text, html }: Vacation): VacationObject {
  const date = (at: number | null): string | null => (at === null ? null : utcDate(at))
  return {
    id: vacationId,
    isEnabled: enabled,
    fromDate: date(from),
    toDate: date(to),
    subject,
    textBody: text,
    htmlBody: html,
  }
}

/** Throws setError invalidProperties. */
export function readVacation({ isEnabled, fromDate, toDate, subject, textBody, htmlBody }: VacationObject): Vacation {
  if (typeof isEnabled !== 'boolean') throw wrong('isEnabled', 'true or false')
  const vacation = {
    enabled: isEnabled,
    from: readTime('fromDate', fromDate),
    to: readTime('toDate', toDate),
    subject: readWords('subject', subject),
    text: readWords('textBody', textBody),
    html: readWords('htmlBody', htmlBody),
  }
  const { from, to } = vacation
  if (from !== null && to !== null && to <= from) throw wrong('toDate', 'It is not after fromDate')
  return vacation
}

function readTime(name: string, value: unknown): number | null {
  if (value === null) return null
  const at = readDate(value)
  if (at === undefined) throw wrong(name, 'A date')
  return Math.floor(at / 1_000) * 1_000
}

function readWords(name: string, value: unknown): string | null {
  if (value !== null && typeof value !== 'string') throw wrong(name, 'A text')
  return value
}
