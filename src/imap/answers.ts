// What ends a command: a done, or a refusal. And the one table from the house's troubles to the words
// of this door. RFC 9051 §7.1, RFC 5530.

import { Trouble, type TroubleCode } from '../wire/troubles.ts'

/** A command that succeeded: the text of its OK, with an optional response code. */
export interface Done {
  code?: string
  text: string
}

export function done(text: string, code?: string): Done {
  return code === undefined ? { text } : { text, code }
}

/** NO: cannot be done. BAD: cannot be understood. BYE: the session ends. GONE: it has, and nobody listens. */
export type RefusalKind = 'NO' | 'BAD' | 'BYE' | 'GONE'

export class Refusal extends Error {
  kind: RefusalKind
  code: string | undefined

  constructor(kind: RefusalKind, text: string, code?: string) {
    super(text)
    this.name = 'Refusal'
    this.kind = kind
    this.code = code
  }
}

export const no = (text: string, code?: string) => new Refusal('NO', text, code)
export const bad = (text: string, code?: string) => new Refusal('BAD', text, code)
export const bye = (text: string, code?: string) => new Refusal('BYE', text, code)
export const gone = () => new Refusal('GONE', 'The client has gone')

/** A status response: "* OK [CODE] text" or "tag NO text". */
export function status(tag: string, kind: string, text: string, code?: string): string {
  return code === undefined ? `${tag} ${kind} ${text}\r\n` : `${tag} ${kind} [${code}] ${text}\r\n`
}

const words: Partial<Record<TroubleCode, [code: string, text: string]>> = {
  'wrong-password': ['AUTHENTICATIONFAILED', 'User name or password is wrong'],
  'no-such-account': ['NONEXISTENT', 'There is no such account'],
  'account-closed': ['AUTHENTICATIONFAILED', 'This account cannot sign in'],
  'protocol-off': ['AUTHORIZATIONFAILED', 'IMAP is switched off for this account'],
  'too-many-failures': ['UNAVAILABLE', 'Too many failed logins, try again later'],
  'tls-required': ['PRIVACYREQUIRED', 'Start TLS first'],
  'no-such-mailbox': ['NONEXISTENT', 'There is no such mailbox'],
  'mailbox-exists': ['ALREADYEXISTS', 'There is a mailbox of that name'],
  'mailbox-has-children': ['HASCHILDREN', 'The mailbox has mailboxes below it'],
  'bad-mailbox-name': ['CANNOT', 'A mailbox cannot have that name'],
  'not-permitted': ['NOPERM', 'You have no right to do that'],
  'over-quota': ['OVERQUOTA', 'The mailbox is full: delete mail or ask for more room'],
  'no-such-message': ['EXPUNGEISSUED', 'The message is gone'],
  'too-many-mailboxes': ['LIMIT', 'There are too many mailboxes'],
  'too-many-keywords': ['LIMIT', 'There are too many keywords'],
  'bad-keyword': ['CANNOT', 'A keyword cannot be called that'],
  'too-many-mails': ['LIMIT', 'Too many mails at once'],
  'in-use': ['INUSE', 'The mailbox is in use, try again'],
  'too-large': ['TOOBIG', 'The mail is too large'],
  'disk-full': ['UNAVAILABLE', 'No room on the disk, try again later'],
  unavailable: ['UNAVAILABLE', 'That cannot be done now, try again later'],
}

/** The refusal for whatever was thrown; undefined when it is a mistake of ours. */
export function refusalFor(thrown: unknown): Refusal | undefined {
  if (thrown instanceof Refusal) return thrown
  if (!(thrown instanceof Trouble)) return undefined
  const [code, text] = words[thrown.code] ?? ['CANNOT', `Not possible: ${thrown.code}`]
  return no(text, code)
}

/** What is said for a mistake of ours. RFC 5530 §3: the operator is told, the client may try again. */
export const ourMistake = no('An internal error, it was written down', 'SERVERBUG')
