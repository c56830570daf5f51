// The way of an accepted mail, as main.ts opens it.

import type { Writer } from '../sql/sql.ts'
import type { House, OutgoingMail } from './house.ts'
import { openFilters } from './filters.ts'
import { openIntake, type HouseIntake } from './intake.ts'
import { deliverLocal, type LocalOutcome } from './local.ts'
import { quotaNotices } from './notices.ts'
import { openPlace } from './place.ts'

export interface Delivery {
  /** For every SMTP and LMTP listener, and for what is sent by JMAP; the session says which role it has. */
  intake: HouseIntake
  /** For the queue: mail to people of ours. */
  deliverLocal(mail: OutgoingMail, address: string, settle: (sql: Writer) => Promise<void>): Promise<LocalOutcome>
  /** Resolves when nothing begun is unfinished. */
  settled(): Promise<void>
}

export function openDelivery(house: House): Delivery {
  const filters = openFilters(house)
  const place = openPlace(house)
  const notices = quotaNotices(house)
  return {
    intake: openIntake(house, filters, place, notices),
    deliverLocal: (mail, address, settle) => deliverLocal(house, filters, { mail, address, settle }),
    settled: () => notices.settled(),
  }
}
