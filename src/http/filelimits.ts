// Limits of large files behind links. What reaches one costs the one who does.

export interface FileLimits {
  fileBytes: number // of one file
  accountBytes: number // of all files of one person
  files: number // of one person
  milliseconds: number // that a link may live, at most
  ticketMilliseconds: number // that a download may go on
  nameLength: number
  uploads: number // of one person at once
  idleMilliseconds: number // without a byte, then an upload is broken off; what came stays
  pages: number // asked for by one source in a minute
  downloads: number // begun by one source in a minute
  wrongPasswords: number // for one file in that time, of all sources; then nobody tries until it is over
  wrongMilliseconds: number
}

export const fileDefaults: FileLimits = {
  fileBytes: 2 * 2 ** 30,
  accountBytes: 10 * 2 ** 30,
  files: 500,
  milliseconds: 90 * 86_400_000,
  ticketMilliseconds: 6 * 3_600_000,
  nameLength: 200,
  uploads: 4,
  idleMilliseconds: 60_000,
  pages: 120,
  downloads: 30,
  wrongPasswords: 20,
  wrongMilliseconds: 900_000,
}
