// A mail played for tests and for the fuzzer: read from plain text without the house's reader of mails.
//
// Only what such mails need: no encoded words, no charsets; a multipart is cut at its boundary, whatever lies in it.

import { readPath } from './addresses.ts'
import type { SieveAddress, SieveEnvelope, SieveField, SieveMail, SievePart } from './mail.ts'

const deepest = 10

/** Reads a mail (line ends as they come) into what a script sees. */
export function playedMail(text: string, envelope: SieveEnvelope = {}): SieveMail {
  const mail = text.replace(/\r?\n/g, '\r\n')
  return { size: mail.length, envelope, root: playedPart(mail, 0), addresses: playedAddresses, structured }
}

function playedPart(mail: string, depth: number): SievePart {
  const blank = mail.startsWith('\r\n') ? 0 : mail.indexOf('\r\n\r\n') + 2
  const hasBody = blank !== 1
  const head = hasBody ? mail.slice(0, blank) : mail
  const body = hasBody ? mail.slice(blank + 2) : undefined
  const fields = head.split(/\r\n(?![ \t])/).flatMap(playedField)
  const declared = structured(fields.find(({ name }) => name.toLowerCase() === 'content-type')?.written ?? 'text/plain')
  const type = declared.value
  const boundary = declared.parameters.find(([name]) => name === 'boundary')?.[1]
  const pieces = type.startsWith('multipart/') && boundary && depth < deepest ? (body ?? '').split(`--${boundary}`) : []
  const parts = pieces.slice(1, -1).map((piece) => playedPart(piece.replace(/^\r\n/, ''), depth + 1))
  const inner = type === 'message/rfc822' && depth < deepest ? [playedPart(body ?? '', depth + 1)] : parts
  const cut = (limit: number): string | undefined => body?.slice(0, limit)
  const text = (limit: number): string | undefined => (type.startsWith('text/') ? cut(limit) : undefined)
  return { fields, parts: inner, type, raw: cut, content: cut, text }
}

function playedField(line: string): SieveField[] {
  const colon = line.indexOf(':')
  if (colon < 1) return []
  const value = line
    .slice(colon + 1)
    .replace(/\r\n/g, '')
    .trim()
  return [{ name: line.slice(0, colon), text: value, written: value, size: line.length + 2 }]
}

function playedAddresses(written: string): SieveAddress[] {
  return written.split(/[,;]/).flatMap((each) => readPath(/<(.*)>/.exec(each)?.[1] ?? each.trim()) ?? [])
}

function structured(written: string): { value: string; parameters: [string, string][] } {
  const [value = '', ...rest] = written.split(';')
  const parameters = rest.map((each): [string, string] => {
    const [name = '', text = ''] = each.split('=', 2)
    return [name.trim().toLowerCase(), text.trim().replace(/^"|"$/g, '')]
  })
  return { value: value.trim().toLowerCase(), parameters }
}
