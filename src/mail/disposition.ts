// Message disposition notifications: "your mail was displayed", written and read.                   RFC 8098, RFC 9007
//
// Three parts: words for people, the fields for programs, and the header of the mail where that is wished.
// Invariants: nothing that is given ends a line; what is read from a stranger is bounded and may all be absent.

import { writeIds } from '../mime/compose.ts'
import type { Composed } from '../mime/compose.ts'
import { encodeText } from '../mime/compose.ts'
import { readFields } from '../mime/headers.ts'
import { writeAddressHeader, writeHeader } from '../mime/write.ts'

export const actionModes = ['manual-action', 'automatic-action'] as const
export const sendingModes = ['mdn-sent-manually', 'mdn-sent-automatically'] as const
export const dispositionTypes = ['deleted', 'dispatched', 'displayed', 'processed'] as const

/** RFC 8098 §3.2.6 */
export interface Disposition {
  actionMode: (typeof actionModes)[number]
  sendingMode: (typeof sendingModes)[number]
  type: (typeof dispositionTypes)[number]
}

/** RFC 8098 §3.1; texts without line ends. */
export interface DispositionFields {
  reportingUA?: string
  mdnGateway?: string
  originalRecipient?: string // 'rfc822;x@y'
  finalRecipient: string
  originalMessageId?: string // without brackets
  disposition: Disposition
  error: string[]
  extensions: [name: string, value: string][]
}

export interface Notification {
  from: { name: string; address: string }
  to: string
  subject: string
  text: string
  messageId: string // without brackets
  date: string // as RFC 5322 writes it
  references: string[] // the mail's own, and its id; without brackets
  fields: DispositionFields
  returned: Buffer | undefined // header block of the mail
  boundary: string
}

/** The whole notification. */
export function composeNotification(notification: Notification): Composed {
  const { from, to, subject, text, messageId, date, references, fields, returned, boundary } = notification
  const [mailbox, host] = [from.address.slice(0, from.address.lastIndexOf('@')), from.address.split('@').at(-1)!]
  const [toMailbox, toHost] = [to.slice(0, to.lastIndexOf('@')), to.split('@').at(-1)!]
  const header =
    `Date: ${date}\r\n` +
    writeAddressHeader('From', [{ name: from.name, mailbox, host }]) +
    writeAddressHeader('To', [{ name: '', mailbox: toMailbox, host: toHost }]) +
    writeHeader('Subject', subject) +
    `Message-ID: <${messageId}>\r\n` +
    (references.length > 0 ? writeIds('In-Reply-To', references.slice(-1)) + writeIds('References', references) : '') +
    'Auto-Submitted: auto-replied\r\n' + // RFC 3834 §5: nobody answers it by itself
    'MIME-Version: 1.0\r\n' +
    `Content-Type: multipart/report; report-type=disposition-notification;\r\n boundary="${boundary}"\r\n`
  const words = encodeText(text)
  const parts: Composed[] = [
    {
      is: 'text',
      header: `Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: ${words.encoding}\r\n`,
      body: words.body,
    },
    {
      is: 'text',
      header: 'Content-Type: message/disposition-notification\r\n',
      body: Buffer.from(writeDisposition(fields)),
    },
  ]
  if (returned) parts.push({ is: 'text', header: 'Content-Type: text/rfc822-headers\r\n', body: returned })
  return { is: 'multipart', header, boundary, parts }
}

function writeDisposition(fields: DispositionFields): string {
  const { reportingUA, mdnGateway, originalRecipient, finalRecipient, originalMessageId, disposition } = fields
  const { actionMode, sendingMode, type } = disposition
  const lines: [string, string | undefined][] = [
    ['Reporting-UA', reportingUA],
    ['MDN-Gateway', mdnGateway],
    ['Original-Recipient', originalRecipient],
    ['Final-Recipient', finalRecipient],
    ['Original-Message-ID', originalMessageId === undefined ? undefined : `<${originalMessageId}>`],
    ['Disposition', `${actionMode}/${sendingMode}; ${type}`],
    ...fields.error.map((text): [string, string] => ['Error', text]),
    ...fields.extensions,
  ]
  return lines.map(([name, value]) => (value === undefined ? '' : writeHeader(name, value))).join('')
}

const known = new Set([
  'reporting-ua',
  'mdn-gateway',
  'original-recipient',
  'final-recipient',
  'original-message-id',
  'disposition',
  'error',
])
const mostExtensions = 50

/** The fields of a message/disposition-notification; undefined where they are none. */
export function readDisposition(body: Buffer): DispositionFields | undefined {
  const fields = readFields(body).map(
    ({ name, value }) => [name, value.toString('utf8').trim().slice(0, 2_000)] as const,
  )
  const of = (wanted: string): string | undefined => fields.find(([name]) => name.toLowerCase() === wanted)?.[1]
  const said = of('disposition')?.toLowerCase() ?? ''
  const [, action, sending, type] = /^([a-z-]+)\s*\/\s*([a-z-]+)\s*;\s*([a-z]+)/.exec(said) ?? []
  const actionMode = actionModes.find((one) => one === action)
  const sendingMode = sendingModes.find((one) => one === sending)
  const kind = dispositionTypes.find((one) => one === type)
  const finalRecipient = of('final-recipient')
  if (!actionMode || !sendingMode || !kind || finalRecipient === undefined) return undefined
  const optional = {
    reportingUA: of('reporting-ua'),
    mdnGateway: of('mdn-gateway'),
    originalRecipient: of('original-recipient'),
    originalMessageId: of('original-message-id')?.replace(/^<|>$/g, ''),
  }
  return {
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
    finalRecipient,
    disposition: { actionMode, sendingMode, type: kind },
    error: fields.filter(([name]) => name.toLowerCase() === 'error').map(([, value]) => value),
    extensions: fields
      .filter(([name]) => !known.has(name.toLowerCase()))
      .slice(0, mostExtensions)
      .map(([name, value]) => [name, value]),
  }
}
