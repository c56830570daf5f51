// The answered mail under the answer, as plain text, and what of a text is one's own.
//
// Pure. The words (who wrote when) come from the catalogue, the date stands in the writer's zone.

import { fullDate } from '../../parts/dates.ts'
import { displayName } from '../../parts/names.ts'
import type { Language } from '../../words/words.ts'
import type { Address, Opened } from '../jmap/types.ts'
import type { Answering } from './addressees.ts'

export interface QuotingWords {
  wrote(date: string, name: string, address: string): string
  forwarded: string
  from: string
  to: string
  cc: string
  date: string
  subject: string
}

export type Quoted = Pick<Opened, 'from' | 'to' | 'cc' | 'sentAt' | 'receivedAt' | 'subject'>

export interface Place {
  zone: string
  language: Language
  words: QuotingWords
}

/** The lines over what is quoted: one line over an answer, a small table over what is passed on. */
export function attribution(mail: Quoted, answering: Answering, { zone, language, words }: Place): string[] {
  const time = Date.parse(mail.sentAt ?? mail.receivedAt)
  const date = Number.isNaN(time) ? '' : fullDate(time, zone, language)
  const writer = mail.from?.[0] ?? { name: null, email: '' }
  if (answering !== 'forward') return [words.wrote(date, displayName(writer), writer.email)]
  const lines: [string, string][] = [
    [words.from, list(mail.from)],
    [words.date, date],
    [words.to, list(mail.to)],
    [words.cc, list(mail.cc)],
    [words.subject, mail.subject ?? ''],
  ]
  return [words.forwarded, ...lines.filter(([, what]) => what !== '').map(([name, what]) => `${name}: ${what}`)]
}

function list(people: readonly Address[] | null): string {
  return (people ?? []).map(({ name, email }) => (name ? `${name} <${email}>` : email)).join(', ')
}

/** Each line behind "> ", quoted lines with one ">" more. RFC 3676 §4.5 */
export function quotePlain(text: string): string {
  const lines = text.replace(/\r\n?/g, '\n').replace(/\s+$/, '').split('\n')
  return lines.map((line) => (line.startsWith('>') ? `>${line}` : line === '' ? '>' : `> ${line}`)).join('\n')
}

/** The body of an answer before anything is written: room, the lines, the quote. */
export function answerBody(text: string, mail: Quoted, answering: Answering, place: Place): string {
  const lines = attribution(mail, answering, place).join('\n')
  return answering === 'forward'
    ? `\n\n${lines}\n\n${text.replace(/\r\n?/g, '\n')}`
    : `\n\n${lines}\n${quotePlain(text)}\n`
}

/** What one wrote oneself: without quoted lines, the line over them, what is passed on, and the signature. */
export function ownText(text: string, words: Pick<QuotingWords, 'forwarded'>): string {
  const passedOn = text.indexOf(`\n${words.forwarded}\n`)
  const lines = (passedOn < 0 ? text : text.slice(0, passedOn)).split('\n')
  const signature = lines.indexOf('-- ')
  const own = signature < 0 ? lines : [...lines.slice(0, signature), ...afterSignature(lines, signature)]
  return own
    .filter((line, i) => !line.startsWith('>') && !own[i + 1]?.startsWith('>'))
    .join('\n')
    .trim()
}

/** Below a signature the text goes on where the quote is over. */
function afterSignature(lines: readonly string[], from: number): string[] {
  const quote = lines.findIndex((line, i) => i > from && line.startsWith('>'))
  return quote < 0 ? [] : lines.slice(Math.max(quote - 1, from + 1))
}
