import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { postedOf, type Submission } from './submissions.ts'

test('a submission says who was not reached, and who is tried again', () => {
  const submission: Submission = {
    id: 'S1',
    emailId: 'M1',
    envelope: { rcptTo: ['a', 'b', 'c', 'd'].map((name) => ({ email: `${name}@x.example` })) },
    sendAt: '2026-01-01T00:00:00Z',
    undoStatus: 'final',
    deliveryStatus: {
      'a@x.example': { delivered: 'yes', smtpReply: '250 OK' },
      'b@x.example': { delivered: 'no', smtpReply: '550 5.1.1 nobody' },
      'c@x.example': { delivered: 'queued', smtpReply: '451 4.3.0 later' },
      'd@x.example': { delivered: 'queued', smtpReply: '250 queued' },
    },
  }
  deepEqual(postedOf(submission, 's').troubles, [
    { address: 'b@x.example', reply: '550 5.1.1 nobody', isFinal: true },
    { address: 'c@x.example', reply: '451 4.3.0 later', isFinal: false },
  ])
})
