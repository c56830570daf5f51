// What one script may cost, to read and to run. A script over a limit of reading is refused when it is
// uploaded; one that meets a limit of running ends with a problem, and the mail is kept (RFC 5228 §2.10.6).

export interface SieveLimits {
  // reading
  script: number // characters of a script
  tokens: number // tokens of a script
  blockDepth: number // blocks inside each other; RFC 5228 §2.10.5 wants 15 or more
  testDepth: number // tests inside each other; RFC 5228 §2.10.5 wants 15 or more
  arguments: number // arguments of one command or test
  listItems: number // strings of one list
  identifier: number // characters of a command's or a tag's name
  problems: number // problems told about one script
  regexLength: number // characters of a regular expression
  regexSize: number // instructions a regular expression compiles to
  // running
  steps: number // units of work, some 30 ns each: a run holds up others no longer than a tenth of a second
  actions: number // actions of one run
  redirects: number // redirects of one run; MAXREDIRECTS of RFC 5804 §1.7
  notifications: number // notify actions of one run
  variables: number // variables of one script; RFC 5229 §6 wants 128 or more
  variableName: number // characters
  variable: number // octets of a value; RFC 5229 §6 wants 4000 or more
  matchValues: number // the highest of ${0}, ${1} ...; RFC 5229 §6 wants 10 or more
  includes: number // scripts included by one run
  includeDepth: number // scripts inside each other
  foreveryDepth: number // foreverypart loops inside each other
  body: number // characters of one part that are compared
  regexSubject: number // characters a regular expression is tried on
  parts: number // MIME parts looked at
  edits: number // header fields added or deleted by one run
  headerField: number // octets of a field added by editheader
  flags: number // flags in one variable
  vacationMinimum: number // seconds between two replies to one person, at least
  vacationDays: number // days between two replies when the script says nothing
  vacationMaximum: number // seconds, at most
  duplicateSeconds: number // how long an id is remembered when the script says nothing
  duplicateMaximum: number // seconds
}

export const sieveLimits: SieveLimits = {
  script: 256 * 1024,
  tokens: 100_000,
  blockDepth: 32,
  testDepth: 32,
  arguments: 32,
  listItems: 4096,
  identifier: 32,
  problems: 100,
  regexLength: 2048,
  regexSize: 4000,
  steps: 2_000_000,
  actions: 32,
  redirects: 4,
  notifications: 8,
  variables: 128,
  variableName: 64,
  variable: 8192,
  matchValues: 32,
  includes: 100,
  includeDepth: 10,
  foreveryDepth: 4,
  body: 1024 * 1024,
  regexSubject: 64 * 1024,
  parts: 1000,
  edits: 100,
  headerField: 2048,
  flags: 100,
  vacationMinimum: 60,
  vacationDays: 7,
  vacationMaximum: 365 * 86_400,
  duplicateSeconds: 7 * 86_400,
  duplicateMaximum: 365 * 86_400,
}
