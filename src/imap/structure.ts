// ENVELOPE, BODY and BODYSTRUCTURE from the tree of a mail. RFC 9051 §7.5.2.
//
// Pure. Text beyond ASCII goes out as UTF-8 for a client that enabled it, else as RFC 2047 words or
// RFC 2231 parameters.

import type { Address, MailHeaders, Part } from '../mime/mime.ts'
import { encodedWords, quote, quoteOrNil } from './say.ts'

export function printEnvelope(headers: MailHeaders, utf8: boolean): string {
  const text = (value: string) => (value === '' ? 'NIL' : quote(utf8 ? value : encodedWords(value), utf8))
  const { from } = headers
  // Sender and Reply-To default to From (RFC 9051 §7.5.2).
  const sender = headers.sender.length > 0 ? headers.sender : from
  const replyTo = headers.replyTo.length > 0 ? headers.replyTo : from
  const lists = [from, sender, replyTo, headers.to, headers.cc, headers.bcc]
  const addresses = lists.map((list) => printAddresses(list, utf8)).join(' ')
  const ids = `${text(headers.inReplyTo)} ${text(headers.messageId)}`
  return `(${text(headers.dateText)} ${text(headers.subject)} ${addresses} ${ids})`
}

// env-from = "(" 1*address ")" / nil; a group is written as two special addresses.
function printAddresses(addresses: Address[], utf8: boolean): string {
  if (addresses.length === 0) return 'NIL'
  let printed = '('
  for (const { name, mailbox, host, group } of addresses) {
    if (group === 'start') printed += `(NIL NIL ${quote(encodeUnless(utf8, mailbox || name), utf8)} NIL)`
    else if (group === 'end') printed += '(NIL NIL NIL NIL)'
    else {
      const named = name === '' ? 'NIL' : quote(encodeUnless(utf8, name), utf8)
      // NIL as host means a group, so a bare mailbox gets the empty string.
      printed += `(${named} NIL ${quote(encodeUnless(utf8, mailbox), utf8)} ${quote(encodeUnless(utf8, host), utf8)})`
    }
  }
  return printed + ')'
}

function encodeUnless(utf8: boolean, text: string): string {
  return utf8 ? text : encodedWords(text)
}

/** BODY (extended: false) or BODYSTRUCTURE. The depth is bounded by mime's own limit. */
export function printStructure(part: Part, extended: boolean, utf8: boolean): string {
  if (part.type === 'multipart') return printMultipart(part, extended, utf8)
  const { type, subtype, parameters, encoding } = part
  const text = (value: string) => (value === '' ? 'NIL' : quote(encodeUnless(utf8, value), utf8))
  const media = `${quote(type || 'text')} ${quote(subtype || 'plain')} ${printParameters(parameters, utf8)}`
  let printed = `(${media} ${text(part.id)} ${text(part.description)} ${quote(encoding || '7bit')} ${part.end - part.body}`
  if (part.message && type === 'message') {
    const inner = part.message
    printed += ` ${printEnvelope(inner.headers, utf8)} ${printStructure(inner.part, extended, utf8)} ${part.lines}`
  } else if (type === 'text' || type === '') {
    printed += ` ${part.lines}`
  }
  if (extended) printed += ` ${quoteOrNil(part.md5)} ${printExtension(part, utf8)}`
  return printed + ')'
}

function printMultipart(part: Part, extended: boolean, utf8: boolean): string {
  // The grammar wants at least one body: a multipart without parts shows an empty text.
  const bodies =
    part.parts.length === 0
      ? '("text" "plain" NIL NIL NIL "7bit" 0 0)'
      : part.parts.map((inner) => printStructure(inner, extended, utf8)).join('')
  if (!extended) return `(${bodies} ${quote(part.subtype)})`
  return `(${bodies} ${quote(part.subtype)} ${printParameters(part.parameters, utf8)} ${printExtension(part, utf8)})`
}

// body-fld-dsp SP body-fld-lang SP body-fld-loc
function printExtension(part: Part, utf8: boolean): string {
  const { disposition, dispositionParameters, language, location } = part
  const parameters = printParameters(dispositionParameters, utf8)
  const shown = disposition === '' ? 'NIL' : `(${quote(disposition)} ${parameters})`
  const languages =
    language.length === 0
      ? 'NIL'
      : language.length === 1
        ? quote(language[0]!)
        : `(${language.map((l) => quote(l)).join(' ')})`
  return `${shown} ${languages} ${location === '' ? 'NIL' : quote(encodeUnless(utf8, location), utf8)}`
}

function printParameters(parameters: [string, string][], utf8: boolean): string {
  if (parameters.length === 0) return 'NIL'
  let printed = '('
  for (const [name, value] of parameters) {
    if (printed !== '(') printed += ' '
    printed += printParameter(name, value, utf8)
  }
  return printed + ')'
}

function printParameter(name: string, value: string, utf8: boolean): string {
  if (utf8 || /^[\x00-\x7f]*$/.test(value)) return `${quote(name, utf8)} ${quote(value, utf8)}`
  // RFC 2231 §4, as it would stand in the header.
  const percent = encodeURIComponent(value.toWellFormed()).replace(
    /['()*!]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `${quote(`${name}*`)} ${quote(`UTF-8''${percent}`)}`
}
