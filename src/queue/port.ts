// What the queue is given by main.ts.

import type { Resolver } from '../dns/resolver.ts'
import type { Mailauth } from '../mailauth/mailauth.ts'
import type { Writer } from '../sql/sql.ts'
import type { Together } from '../sql/together.ts'
import type { Store } from '../store/store.ts'
import type { NewQueueMail } from './entries.ts'
import type { QueueSettings } from './limits.ts'
import type { SubmissionNews } from './submissions.ts'

export interface QueueHouse {
  store: Store
  inOneGo: Together
  resolver: Resolver
  mailauth: Mailauth
  settings: QueueSettings
  mainDomain: () => Promise<string> // reports come from MAILER-DAEMON there
  clock: () => number
  warn: (what: string, error: unknown) => void
  /** Submissions of an account changed, after the commit: who follows them looks again. */
  submissionsChanged?: (news: SubmissionNews) => void
  isLocalDomain: (domain: string) => Promise<boolean>
  /**
   * Puts a mail into the mailboxes of one of our addresses (delivery/local.ts). Code >= 400: nothing was changed.
   * `settle` runs in the transaction that places.
   */
  deliverLocal: (
    mail: NewQueueMail,
    address: string,
    settle: (sql: Writer) => Promise<void>,
  ) => Promise<{ code: number; status: string; words: string }>
}
