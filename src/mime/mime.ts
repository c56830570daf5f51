// The shapes of a mail taken apart: a tree of parts with byte offsets into the mail as it is stored.
// Nothing here copies a body. Offsets count from the first byte of the mail.

export interface Address {
  name: string // decoded display name, '' if none
  mailbox: string // local part, decoded
  host: string // '' inside a group's marker
  group?: 'start' | 'end' // RFC 5322 §3.4 groups, as IMAP ENVELOPE wants them
}

/** The fields IMAP ENVELOPE and JMAP want, decoded to Unicode. */
export interface MailHeaders {
  date?: number // milliseconds, undefined when unreadable
  dateText: string // the field as it stands, for ENVELOPE
  subject: string
  from: Address[]
  sender: Address[]
  replyTo: Address[]
  to: Address[]
  cc: Address[]
  bcc: Address[]
  inReplyTo: string // as it stands
  messageId: string // with angle brackets, '' if none
  references: string[] // ids with angle brackets, oldest first
}

export interface Part {
  start: number // first byte of the header block
  body: number // first byte of the body
  end: number // one past the last byte of the body (the CRLF before a boundary is not of the body)
  lines: number // lines of the body
  type: string // lower case: 'text'
  subtype: string // lower case: 'plain'
  parameters: [string, string][] // names in lower case, RFC 2231 joined and decoded
  encoding: string // lower case: '7bit', 'base64' ...
  id: string // Content-ID as it stands, '' if none
  description: string
  md5: string
  disposition: string // lower case: 'attachment', '' if none
  dispositionParameters: [string, string][]
  language: string[]
  location: string
  parts: Part[] // of a multipart
  message?: { headers: MailHeaders; part: Part } // of a message/rfc822 or message/global
}

export interface Tree {
  size: number
  headers: MailHeaders
  part: Part
  flaws: string[] // names of limits reached and repairs made: 'too-deep', 'too-many-parts', 'header-too-long', 'no-closing-boundary', 'nul' ...
}
