// The one table from Trouble to the words of JMAP: errors of a method, and of one object of a Foo/set.
// RFC 8620 §3.6.2, §5.3.

import { Trouble, type TroubleCode } from '../wire/troubles.ts'
import { MethodError, SetRefusal, type MethodErrorType, type SetError } from './method.ts'

const ofMethod: Partial<Record<TroubleCode, MethodErrorType>> = {
  'no-such-account': 'accountNotFound',
  'not-permitted': 'forbidden',
  'too-large': 'requestTooLarge',
  unavailable: 'serverUnavailable',
  'disk-full': 'serverUnavailable',
}

/** A Trouble as the error of a whole call. */
export function methodErrorOf(trouble: Trouble): MethodError {
  const type = ofMethod[trouble.code] ?? 'serverFail'
  return new MethodError(type, sentenceOf(trouble), type === 'serverFail' ? { code: trouble.code } : {})
}

const ofObject: Partial<Record<TroubleCode, string>> = {
  'not-permitted': 'forbidden',
  policy: 'forbidden',
  'over-quota': 'overQuota',
  'too-large': 'tooLarge',
  'too-many-mailboxes': 'overQuota',
  'too-many-keywords': 'tooManyKeywords',
  'bad-keyword': 'invalidProperties',
  'bad-mailbox-name': 'invalidProperties',
  'mailbox-exists': 'invalidProperties',
  'mailbox-has-children': 'mailboxHasChild',
  'no-such-mailbox': 'notFound',
  'no-such-message': 'notFound',
  'too-many-mails': 'rateLimit',
  'too-many-recipients': 'tooManyRecipients',
  'not-your-address': 'forbiddenFrom',
}

/**
 * What was thrown as the reason why one object was left alone; undefined when it is none, and the whole call fails.
 */
export function setErrorOf(error: unknown): SetError | undefined {
  if (error instanceof SetRefusal) return error.error
  if (!(error instanceof Trouble)) return undefined
  const type = ofObject[error.code]
  return type === undefined ? undefined : { type, description: sentenceOf(error) }
}

function sentenceOf({ code, details }: Trouble): string {
  const facts = Object.entries(details).map(([name, value]) => `${name}: ${value}`)
  return [code.replaceAll('-', ' '), ...facts].join(', ')
}
