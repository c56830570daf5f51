// Everything a stranger can stretch in an IMAP session, with its bound. main.ts may override each from settings.

const KiB = 1024
const MiB = 1024 * KiB

export const imapLimits = {
  /** Octets of one command with its literals before login: what the longest ID of RFC 2971 §3.3 needs, in literals. */
  commandBeforeLogin: 32 * KiB,
  /** The same after login; the mails of APPEND and REPLACE do not count. */
  command: 64 * KiB,
  /** Literals in one command, those of MULTIAPPEND not counted. */
  literals: 200,
  /** Octets of one appended mail (RFC 7889). */
  append: 50 * MiB,
  /** Mails in one MULTIAPPEND. */
  appends: 500,
  /** Octets of a refused non-synchronizing literal that are read and forgotten; above, the session ends. */
  swallow: 128 * MiB,
  swallowBeforeLogin: 64 * KiB,
  /** Parentheses within parentheses. */
  nesting: 30,
  /** Keys in one SEARCH. */
  searchKeys: 500,
  /** Ranges in one sequence set. */
  ranges: 8000,
  /** Keywords of one STORE or APPEND, and octets of one keyword. */
  keywords: 50,
  keyword: 100,
  /** Octets of a mailbox name in UTF-8, and its levels. */
  mailboxName: 1000,
  levels: 20,
  /** Patterns in one LIST. */
  patterns: 50,
  /** Octets of a part that BINARY decodes in memory: all encodings but base64, which streams. */
  binary: 16 * MiB,
  /** Sections in one FETCH. */
  sections: 100,
  /** Octets of one message that are read ahead; the rest streams. */
  wholeRead: 256 * KiB,
  /** Octets of one METADATA value. */
  metadataValue: 64 * KiB,
  /** Milliseconds without a byte. */
  idleBeforeLogin: 60_000,
  /** Milliseconds from greeting to login, however busy the client keeps us. */
  beforeLogin: 5 * 60_000,
  idle: 30 * 60_000,
  /** Commands nobody could read, or refused before login, in one minute; then the session ends. */
  badCommands: 30,
  /** Failed logins of one connection; then it ends. */
  failedLogins: 5,
  /** Octets of answers gathered before they are handed to the socket. */
  gather: 64 * KiB,
  /** Octets of mails gathered before they are handed to the socket. */
  page: 256 * KiB,
  /** Milliseconds of work before others have a turn. */
  atOnce: 5,
  /** Octets of printed envelopes and structures kept for all sessions. */
  printed: 16 * MiB,
}

export type ImapLimits = typeof imapLimits
