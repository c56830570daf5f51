// Limits of fetching from accounts elsewhere. What reaches one costs the person whose account it is.

export interface FetchingLimits {
  accounts: number // external accounts of one person
  least: number // milliseconds between two runs, at least
  longest: number // milliseconds between two attempts after many failures, at most
  wrongPasswords: number // refusals in a row after which nothing is tried until something is changed
  runs: number // at once, of all
  mailsPerRun: number // then the next run goes on
  bytesPerRun: number
  mailBytes: number // larger ones stay where they are
  runMilliseconds: number // then the connection is ended; what was placed stays placed
  connectMilliseconds: number
  silenceMilliseconds: number // between two bytes
  addresses: number // of one host that are tried
  lookMilliseconds: number // between two looks at what is due
  lineBytes: number // of one line or small literal that a server says
  listed: number // mails of one mailbox elsewhere that are looked at
  seenKept: number // names of mails that were fetched, of one external account
}

export const fetchingDefaults: FetchingLimits = {
  accounts: 10,
  least: 5 * 60_000,
  longest: 24 * 3_600_000,
  wrongPasswords: 5,
  runs: 10,
  mailsPerRun: 500,
  bytesPerRun: 512 << 20,
  mailBytes: 50 << 20,
  runMilliseconds: 10 * 60_000,
  connectMilliseconds: 15_000,
  silenceMilliseconds: 60_000,
  addresses: 4,
  lookMilliseconds: 30_000,
  lineBytes: 64 << 10,
  listed: 200_000,
  seenKept: 200_000,
}
