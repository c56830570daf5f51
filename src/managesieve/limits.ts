// Everything a stranger can stretch in a ManageSieve session, with its bound.

const KiB = 1024

export const manageSieveLimits = {
  line: 8 * KiB, // octets of one line of a command; RFC 5804 §4 wants quoted strings of 1024
  arguments: 8, // strings and numbers of one command
  literalBeforeLogin: 4 * KiB, // octets
  literal: 256 * KiB, // octets: a script
  swallow: 1024 * KiB, // octets of what is too long and is passed over; then the session ends
  badCommands: 20, // commands nobody could read in one session; then it ends
  failedLogins: 5, // of one connection; then it ends
  idleBeforeLogin: 60_000, // milliseconds without a byte
  idle: 30 * 60_000, // milliseconds; RFC 5804 §1.2 wants thirty minutes
}

export type ManageSieveLimits = typeof manageSieveLimits
