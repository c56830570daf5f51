// EmailSubmissions as JMAP tells them.                                            RFC 8621 §7

import type { Followed, Submission } from '../queue/submissions.ts'
import { objectId } from '../store/objectids.ts'
import { utcDate } from './arguments.ts'
import type { EnvelopeAddress, SubmissionEnvelope } from './envelopes.ts'

export const submissionProperties = [
  'id',
  'identityId',
  'emailId',
  'threadId',
  'envelope',
  'sendAt',
  'undoStatus',
  'deliveryStatus',
  'dsnBlobIds',
  'mdnBlobIds',
] as const

export type SubmissionObject = Record<(typeof submissionProperties)[number], unknown>

export function tellSubmission(submission: Submission): SubmissionObject {
  const envelope = JSON.parse(submission.envelope) as SubmissionEnvelope
  return {
    id: objectId('S', submission.id),
    identityId: objectId('I', submission.identityId),
    emailId: objectId('M', submission.mailId),
    threadId: objectId('T', submission.thread),
    envelope,
    sendAt: utcDate(submission.sendAt),
    undoStatus: submission.state,
    deliveryStatus: tellDelivery(envelope.rcptTo, submission.recipients),
    dsnBlobIds: [],
    mdnBlobIds: [],
  }
}

/** By the addresses of the envelope, as they are written there. */
function tellDelivery(rcptTo: readonly EnvelopeAddress[], recipients: readonly Followed[]): Record<string, object> {
  const spelled = new Map(rcptTo.map(({ email }) => [email.toLowerCase(), email]))
  return Object.fromEntries(
    recipients.map(({ address, delivered, reply }) => [
      spelled.get(address.toLowerCase()) ?? address,
      { smtpReply: reply, delivered, displayed: 'unknown' },
    ]),
  )
}
