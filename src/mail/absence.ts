// What somebody who is away has said, as the vacation action that a script would have made of it.  RFC 8621 §8, RFC 5230

import { hash } from 'node:crypto'
import { base64Lines } from '../mime/write.ts'
import type { Vacation } from '../sieve/actions.ts'
import { sieveLimits } from '../sieve/limits.ts'

export interface Absence {
  from: number | null
  to: number | null
  subject: string | null
  text: string | null
  html: string | null
}

/** One answer to each sender for as long as a script without :days would say; another text is another answer. */
export function absenceReply({ from, to, subject, text, html }: Absence): Vacation {
  const said = JSON.stringify([from, to, subject, text, html])
  const reason = html === null ? plain(text) : entity(text, html)
  return {
    do: 'vacation',
    reason,
    mime: html !== null,
    ...(subject !== null && { subject: subject.replace(/[\r\n\0]+/g, ' ').trim() }),
    addresses: [],
    seconds: sieveLimits.vacationDays * 86_400,
    handle: `absence ${hash('sha256', said, 'base64url')}`,
  }
}

function plain(text: string | null): string {
  return (
    text ??
    '我目前不在，回來後會盡快回覆您的來信。\r\n\r\nI am away at the moment and will answer your mail when I am back.'
  )
}

function entity(text: string | null, html: string): string {
  const page = part('text/html', html)
  if (text === null) return page
  const boundary = `=_${hash('sha256', `${text}\0${html}`, 'base64url')}`
  return [
    `Content-Type: multipart/alternative; boundary="${boundary}"\r\n\r\n`,
    `--${boundary}\r\n${part('text/plain', text)}\r\n`,
    `--${boundary}\r\n${page}\r\n`,
    `--${boundary}--\r\n`,
  ].join('')
}

function part(type: string, text: string): string {
  const bytes = Buffer.from(text.replace(/\r?\n|\r/g, '\r\n'))
  return `Content-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64Lines(bytes)}`
}
