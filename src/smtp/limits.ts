// Everything a stranger can make large, long or many in an SMTP or LMTP conversation, by name.

export interface ServerLimits {
  size: number // bytes of one mail, said in SIZE (RFC 1870)
  recipients: number // of one mail (RFC 5321 §4.5.3.1.8 asks for at least 100)
  mails: number // in one connection
  commandLine: number // bytes with CRLF: RFC 5321 §4.5.3.1.4 says 512, extensions need more
  authLine: number // bytes with CRLF (RFC 4954 §4)
  path: number // bytes of an address (RFC 5321 §4.5.3.1.3)
  errors: number // commands that were not understood or out of place
  refusals: number // "no"s of the house: recipients that are not there, senders that may not
  idleCommands: number // commands between two mails that move nothing, before a login
  authFailures: number
  swallowed: number // bytes taken after a refusal before the connection is closed
  commandSilence: number // milliseconds (RFC 5321 §4.5.3.2.7)
  dataSilence: number // milliseconds
}

export const serverLimits: ServerLimits = {
  size: 50 * 1024 * 1024,
  recipients: 1000,
  mails: 10_000,
  commandLine: 2048,
  authLine: 12_288,
  path: 256,
  errors: 50,
  refusals: 100,
  idleCommands: 1000,
  authFailures: 5,
  swallowed: 256 * 1024 * 1024,
  commandSilence: 5 * 60_000,
  dataSilence: 10 * 60_000,
}

export interface ClientLimits {
  replyLine: number // bytes with CRLF: RFC 5321 §4.5.3.1.5 says 512
  replyLines: number // lines of one reply
  replyText: number // characters kept of a reply for the report
  pipelined: number // commands said before their replies are heard
  greeting: number // the rest is milliseconds (RFC 5321 §4.5.3.2)
  command: number
  mail: number
  recipient: number
  dataStart: number
  dataBlock: number
  dataEnd: number
  quit: number
}

export const clientLimits: ClientLimits = {
  replyLine: 4096,
  replyLines: 200,
  replyText: 2000,
  pipelined: 100,
  greeting: 5 * 60_000,
  command: 5 * 60_000,
  mail: 5 * 60_000,
  recipient: 5 * 60_000,
  dataStart: 2 * 60_000,
  dataBlock: 3 * 60_000,
  dataEnd: 10 * 60_000,
  quit: 5_000,
}
