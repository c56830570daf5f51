// The expected "no"s of the house, thrown where they are met. Each door has one table that turns
// a code into its own words; anything else that is thrown is our mistake.

export type TroubleCode =
  // directory, login
  | 'no-such-domain'
  | 'no-such-account'
  | 'no-such-class'
  | 'already-exists'
  | 'bad-address'
  | 'weak-password'
  | 'wrong-password' // also for an unknown name: no door may tell them apart
  | 'account-closed'
  | 'protocol-off'
  | 'no-such-address-book'
  | 'no-such-contact'
  | 'too-many-contacts'
  | 'too-many-failures'
  | 'tls-required'
  | 'no-such-script'
  | 'bad-script-name'
  | 'script-active'
  | 'too-many-scripts'
  // store
  | 'no-such-mailbox'
  | 'mailbox-exists'
  | 'mailbox-has-children'
  | 'bad-mailbox-name'
  | 'not-permitted'
  | 'over-quota'
  | 'no-such-message'
  | 'too-many-mailboxes'
  | 'too-many-keywords'
  | 'bad-keyword'
  | 'in-use'
  // transit
  | 'too-large'
  | 'too-many-recipients'
  | 'too-many-mails'
  | 'mail-loop'
  | 'not-your-address'
  | 'relay-denied'
  | 'policy'
  | 'no-such-queue-entry'
  // ground
  | 'disk-full'
  | 'unavailable' // database, blobs or a worker cannot answer now: try later
  | 'no-such-key' // a DKIM key
  | 'bad-setting'

export class Trouble extends Error {
  code: TroubleCode
  details: Record<string, string | number>

  constructor(code: TroubleCode, details: Record<string, string | number> = {}) {
    super(code)
    this.name = 'Trouble'
    this.code = code
    this.details = details
  }
}
