// MDN objects: read from a client, told of a mail.                                RFC 9007 §2
//
// Pure.

import {
  actionModes,
  dispositionTypes,
  sendingModes,
  type Disposition,
  type DispositionFields,
} from '../mail/disposition.ts'
import { isObject, isReference, type Arguments } from './arguments.ts'
import { wrong } from './emailpatch.ts'
import { setError } from './method.ts'

export const mdnCapability = 'urn:ietf:params:jmap:mdn'

export interface WantedNotification {
  forEmailId: string
  subject: string | undefined
  text: string | undefined
  includeOriginal: boolean
  reportingUA: string | undefined
  disposition: Disposition
  finalRecipient: string | undefined
  extensions: [string, string][]
}

const settable = [
  'forEmailId',
  'subject',
  'textBody',
  'includeOriginalMessage',
  'reportingUA',
  'disposition',
  'finalRecipient',
  'extensionFields',
]

/** Throws setError invalidProperties. */
export function readNotification(object: Arguments): WantedNotification {
  const odd = Object.keys(object).filter((name) => !settable.includes(name))
  if (odd.length > 0) throw setError('invalidProperties', { properties: odd, description: 'Not set by clients' })
  const { forEmailId, includeOriginalMessage = false, extensionFields } = object
  if (!isReference(forEmailId)) throw wrong('forEmailId', 'That is no id')
  if (typeof includeOriginalMessage !== 'boolean') throw wrong('includeOriginalMessage', 'true or false')
  return {
    forEmailId,
    subject: readLine(object, 'subject'),
    text: readWords(object, 'textBody'),
    includeOriginal: includeOriginalMessage,
    reportingUA: readLine(object, 'reportingUA'),
    disposition: readMode(object['disposition']),
    finalRecipient: readLine(object, 'finalRecipient'),
    extensions: readExtensions(extensionFields),
  }
}

function readWords(object: Arguments, name: string): string | undefined {
  const value = object[name] ?? undefined
  if (value !== undefined && (typeof value !== 'string' || value.length > 100_000)) throw wrong(name, 'A text')
  return value
}

function readLine(object: Arguments, name: string): string | undefined {
  const value = readWords(object, name)
  if (value !== undefined && (value.length > 1_000 || /[\x00-\x1f\x7f]/.test(value))) throw wrong(name, 'One line')
  return value
}

function readMode(value: unknown): Disposition {
  const { actionMode, sendingMode, type } = isObject(value) ? value : {}
  const [action, sending, kind] = [
    actionModes.find((one) => one === String(actionMode).toLowerCase()),
    sendingModes.find((one) => one === String(sendingMode).toLowerCase()),
    dispositionTypes.find((one) => one === String(type).toLowerCase()),
  ]
  if (!action || !sending || !kind) throw wrong('disposition', 'actionMode, sendingMode and type of RFC 8098')
  return { actionMode: action, sendingMode: sending, type: kind }
}

function readExtensions(value: unknown): [string, string][] {
  if (value == null) return []
  const entries = isObject(value) ? Object.entries(value) : undefined
  const isField = ([name, text]: [string, unknown]): boolean =>
    /^[!-9;-~]{1,100}$/.test(name) && typeof text === 'string' && /^[^\x00-\x1f\x7f]{0,1000}$/.test(text)
  if (!entries || entries.length > 50 || !entries.every(isField)) throw wrong('extensionFields', 'Fields, by name')
  return entries as [string, string][]
}

/** What a notification says. */
export function tellFields(fields: DispositionFields): Arguments {
  const { error, extensions, disposition, finalRecipient, ...more } = fields
  return {
    reportingUA: more.reportingUA ?? null,
    mdnGateway: more.mdnGateway ?? null,
    originalRecipient: more.originalRecipient ?? null,
    finalRecipient,
    originalMessageId: more.originalMessageId ?? null,
    disposition,
    error: error.length > 0 ? error : null,
    extensionFields: extensions.length > 0 ? Object.fromEntries(extensions) : null,
  }
}
