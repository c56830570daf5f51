// The outbox.

import type { words as chinese } from '../zh-Hant/outbox.ts'
import type { Same } from '../words.ts'

export const words: Same<typeof chinese> = {
  waiting: 'Waiting to be sent',
  waitingNone: 'Nothing is waiting to be sent',
  waitingNoneHow: 'Messages scheduled for later, and those that can still be undone, appear here.',
  toWhom: (names) => `To ${names}`,
  leaves: (date) => `Leaves ${date}`,
  noSubject: '(no subject)',
  more: (names, n) => `${names} and others, ${n} in all`,
  takeBack: 'Take back',
  takeBackNamed: (subject) => `Take back “${subject}”`,
  takenBack: 'Taken back; it is in the drafts.',
  tooLate: 'It has left and cannot be taken back.',
  failed: (why) => `Not done: ${why}`,
  notRead: 'The outbox could not be read. Check the network and try again.',
  again: 'Try again',
  troubled: 'Not delivered in the last 7 days',
  sentAt: (date) => `Sent ${date}`,
  refused: 'Refused',
  late: 'Still trying',
  said: (address, reply) => `${address}: ${reply}`,
  read: 'Read',
  readNamed: (subject) => `Read “${subject}”`,
  dismiss: 'Dismiss',
  dismissNamed: (subject) => `List “${subject}” no longer`,
}
