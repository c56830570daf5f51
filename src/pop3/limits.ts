// Everything a stranger can stretch in a POP3 session, with its bound.

const KiB = 1024

export const pop3Limits = {
  line: 1 * KiB, // octets of a command; 255 in RFC 2449 §4
  response: 12 * KiB, // octets of an answer to a SASL challenge
  swallow: 64 * KiB, // octets of a line that is too long and is passed over; then the session ends
  badCommands: 20, // commands nobody could read in one session; then it ends
  failedLogins: 5, // of one connection; then it ends
  idleBeforeLogin: 60_000, // milliseconds without a byte
  idle: 10 * 60_000, // milliseconds; at least ten minutes, RFC 1939 §3
  messages: 500_000, // of a mailbox in one session; the rest is there in the next one
  page: 5_000, // rows read at a time when the mailbox is opened
  rowsAhead: 64, // mails looked up at a time when they are fetched in order
  batch: 64, // pipelined RETRs answered together
  batchBytes: 1024 * KiB, // and their octets
  wholeRead: 256 * KiB, // a mail above this is streamed
  gather: 64 * KiB, // octets of answers gathered before they are said
  mailsAtOnce: 256 * KiB, // octets of mails said at once
}

export type Pop3Limits = typeof pop3Limits
