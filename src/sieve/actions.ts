// What a run decided: effects for delivery to carry out, in order.                          RFC 5228 §2.10, §4
//
// Nothing here is done by this room. An action that stores or sends carries the header as it was edited by then
// (RFC 5293 §6); `header` is undefined when nothing was edited.

import type { Problem } from './problems.ts'

/** A line of an edited header: the number of a field of the mail as it came (from 0), or a new field. */
export type HeaderLine = number | { name: string; value: string }

/** An edited mail in place of the one that came: RFC 5703 §5 and §6. */
export interface NewBody {
  replaced: ReplacedPart[]
  enclosed: Enclosure[]
}
export interface ReplacedPart {
  part: number[] // from the root, each the index of a child; [] is the whole mail
  content: string // with its own MIME header when `mime` is said
  mime: boolean
  subject?: string
  from?: string
}
export interface Enclosure {
  content: string
  subject?: string
  headers: string[]
}

interface Changed {
  header?: HeaderLine[]
  body?: NewBody
}

export interface Keep extends Changed {
  do: 'keep'
  flags?: string[] // undefined: as the store sees fit (RFC 5232 §2)
  implicit: boolean
}
export interface FileInto extends Changed {
  do: 'fileinto'
  mailbox: string
  flags?: string[]
  create: boolean // RFC 5490 §3.2
  copy: boolean
  specialUse?: string // RFC 8579 §4: a mailbox with this use is preferred to the named one
  mailboxId?: string // RFC 9042 §3: preferred to the named one
}
export interface Redirect extends Changed {
  do: 'redirect'
  address: string
  copy: boolean
  list?: string // RFC 6134 §2.8: the address came from this list
}
export interface Discard {
  do: 'discard'
}
export interface Reject {
  do: 'reject' | 'ereject' // ereject: in the session only, never by a mail of its own (RFC 5429 §2.1)
  reason: string
}
/** RFC 8580: a copy of what was sent, to be filed. */
export interface Fcc {
  mailbox: string
  flags?: string[]
  create: boolean
  specialUse?: string
  mailboxId?: string
}
export interface Vacation {
  do: 'vacation'
  reason: string // text, or a MIME entity when `mime` is said
  mime: boolean
  subject?: string
  from?: string
  addresses: string[] // further addresses of the person
  seconds: number // how long the same sender is not answered again; 0: answer each time
  handle: string // replies with one handle are remembered together (RFC 5230 §4.2)
  fcc?: Fcc
}
export interface Notify {
  do: 'notify'
  method: string // the URI as written
  to: string[] // the mailboxes of a mailto as written: outgoingAddress() gives the bare address
  cc: string[]
  headers: [string, string][] // of a mailto: the other header fields it names
  body?: string // of a mailto
  from?: string
  importance: 1 | 2 | 3
  options: [string, string][]
  message?: string
  fcc?: Fcc
}

export type Action = Keep | FileInto | Redirect | Discard | Reject | Vacation | Notify

/** RFC 7352 §3: to be remembered when the mail was delivered. */
export interface Remembered {
  key: string
  seconds: number
}

export interface Outcome {
  actions: Action[] // an implicit keep is among them, last
  keepsImplicitly: boolean
  /** The line of the script that each action stands in; an implicit keep stands in none. */
  lines?: ReadonlyMap<Action, number>
  remember: Remembered[]
  /** What ended the run early: then the only action is an implicit keep (RFC 5228 §2.10.6). */
  problem?: Problem
  /** Went wrong without ending the run: a regular expression made of variables, say. */
  warnings: Problem[]
  steps: number
}
