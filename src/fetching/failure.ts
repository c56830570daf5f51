// Why a run of fetching ended early. The door has the words for each (http/fetchwords.ts).

export const failureCodes = [
  'no-such-host', // the name has no address
  'not-allowed', // an address of ours, or of a private network
  'refused', // nobody answers at that port
  'timeout',
  'lost', // the connection ended in the middle
  'no-tls', // encryption was asked for and is not offered
  'certificate',
  'wrong-password',
  'no-login', // no way to sign in that we speak
  'busy', // the other side asks to come again later
  'nonsense', // what was said is not the protocol
  'no-names', // POP3 without UIDL, and the mails are to stay there
  'no-remote-folder',
  'too-many', // mails in the mailbox elsewhere
  'no-such-mailbox', // ours, which mails were to go into
  'over-quota',
  'disk-full',
  'unavailable',
  'no-secret', // the password cannot be read any more: another key
] as const

export type FailureCode = (typeof failureCodes)[number]

export class Failure extends Error {
  code: FailureCode
  said: string // by the other side, as it may be shown

  constructor(code: FailureCode, said = '') {
    super(code)
    this.name = 'Failure'
    this.code = code
    this.said = said
      .replace(/[^\P{C}\t]+/gu, ' ')
      .trim()
      .slice(0, 200)
  }
}
