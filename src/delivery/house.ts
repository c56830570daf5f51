// What delivery is given by main.ts. Delivery and the queue do not import each other: the queue comes in
// through the port below, and gives local mail back through Delivery.deliverLocal.

import type { Resolver } from '../dns/resolver.ts'
import type { SignIn } from '../login/login.ts'
import type { Mailauth } from '../mailauth/mailauth.ts'
import type { Notify } from '../smtp/intake.ts'
import type { Writer } from '../sql/sql.ts'
import type { Together } from '../sql/together.ts'
import type { MailRow } from '../store/mails.ts'
import type { Store } from '../store/store.ts'
import type { Tracking } from '../tracking/tracking.ts'
import type { DeliverySettings } from './limits.ts'
import type { Srs } from './srs.ts'

export interface House {
  store: Store
  inOneGo: Together // shared with the queue: what comes in and what has gone out share commits
  signIn: SignIn
  tracking: Tracking
  mailauth: Mailauth
  queue: OutgoingQueue
  resolver: Resolver
  srs: Srs
  settings: DeliverySettings
  /** The domain of the house's own mail (MAILER-DAEMON@, postmaster without a domain); it may change at any time. */
  mainDomain: () => Promise<string>
  clock: () => number
  warn: (what: string, error: unknown) => void
}

export interface OutgoingQueue {
  /** Adds inside the caller's transaction. */
  add(sql: Writer, mail: OutgoingMail, recipients: OutgoingRecipient[]): Promise<unknown>
  /** As add, for a mail that may leave at once; what comes back is called after commit, instead of wake(). */
  handOver(sql: Writer, mail: OutgoingMail, recipients: OutgoingRecipient[]): Promise<HandOver>
  /** Something may be due: look. After commit. */
  wake(): void
}

/** Tells the queue that the mail is durable, and gives it the mail where that is in memory. */
export type HandOver = (mail?: { row: MailRow; bytes: Buffer }) => void

export interface OutgoingMail {
  mailId: number
  historyId: string
  at: number
  sender: string // '' for reports
  envid?: string
  ret?: 'FULL' | 'HDRS'
  smtputf8: boolean
  body: '7BIT' | '8BITMIME' | 'BINARYMIME'
  prefix?: string // header lines this copy alone carries in front: ARC set and Delivered-To of a forward
  sign?: boolean // written by one of us: gets DKIM signatures of its sender's domain
  report?: boolean // whether failures may be told to the sender; true when absent
  submission?: boolean // somebody follows what becomes of each recipient (queue/submissions.ts)
}

export interface OutgoingRecipient {
  address: string
  notify?: Notify
  originalRecipient?: string
}
