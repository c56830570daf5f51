// \Recent: what no session was told of before. RFC 3501 §2.3.2.

import { deepEqual, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { scene, signedIn, stand, type Stand } from '../../test/imaptown.ts'

const two = async ({ put }: Stand) => {
  await put('INBOX', {}, { flags: 1 })
  await put('INBOX')
}

test('EXAMINE looks, SELECT takes', () =>
  scene(
    `${signedIn}
    C: a STATUS INBOX (MESSAGES RECENT)
    S: * STATUS INBOX (MESSAGES 2 RECENT 2)
    S: a OK ...
    C: b EXAMINE INBOX
    S: * 2 EXISTS
    S: * 2 RECENT
    S*
    S: b OK [READ-ONLY] Opened for reading
    C: c SELECT INBOX
    S: * 2 EXISTS
    S: * 2 RECENT
    S*
    S: c OK [READ-WRITE] Opened
    C: d FETCH 1:2 FLAGS
    S: * 1 FETCH (FLAGS (\\Seen \\Recent))
    S: * 2 FETCH (FLAGS (\\Recent))
    S: d OK Fetched
    C: e SEARCH RECENT
    S: * SEARCH 1 2
    S: e OK ...
    C: f SEARCH NEW
    S: * SEARCH 2
    S: f OK ...
    C: g SEARCH OLD
    S: * SEARCH
    S: g OK ...
    C: h STATUS INBOX (RECENT)
    S: * STATUS INBOX (RECENT 2)
    S: h OK ...
    C: i FETCH 2 (FLAGS INTERNALDATE)
    S: * 2 FETCH (FLAGS (\\Recent) INTERNALDATE " 5-Jan-2026 08:00:00 +0000")
    S: i OK Fetched
    C: j STORE 2 +FLAGS (\\Deleted)
    S: * 2 FETCH (FLAGS (\\Deleted \\Recent))
    S: j OK Stored
    C: k EXPUNGE
    S: * 2 EXPUNGE
    S: k OK Expunged
    C: l STATUS INBOX (RECENT)
    S: * STATUS INBOX (RECENT 1)
    S: l OK ...
    C: m SELECT INBOX
    S: * 1 EXISTS
    S: * 0 RECENT
    S*
    S: m OK ...
    C: n SEARCH OLD
    S: * SEARCH 1
    S: n OK ...
    C: o STATUS INBOX (RECENT)
    S: * STATUS INBOX (RECENT 0)
    S: o OK ...
  `,
    two,
    { recent: true },
  ))

test('IMAP4rev2 knows no \\Recent', () =>
  scene(
    `${signedIn}
    C: a ENABLE IMAP4rev2
    S: * ENABLED IMAP4REV2
    S: a OK Enabled
    C: b SELECT INBOX
    S: * 2 EXISTS
    S: * FLAGS ...
    S*
    S: b OK ...
    C: c FETCH 2 FLAGS
    S: * 2 FETCH (FLAGS ())
    S: c OK Fetched
    C: d SEARCH RECENT
    S: * ESEARCH (TAG d)
    S: d OK ...
  `,
    two,
    { recent: true },
  ))

test('what comes is told as recent to the first session that hears of it', async () => {
  const made = await stand()
  await made.put('INBOX')
  const [ann, again, reader] = [await made.client(), await made.client(), await made.client()]
  match(await ann.say('a SELECT INBOX'), /\* 1 RECENT/)
  match(await again.say('a SELECT INBOX'), /\* 0 RECENT/)
  match(await reader.say('a EXAMINE INBOX'), /\* 0 RECENT/)

  await made.put('INBOX')
  equal(await reader.say('b NOOP'), '* 2 EXISTS\r\n* 1 RECENT\r\nb OK Nothing done\r\n')
  equal(await again.say('b NOOP'), '* 2 EXISTS\r\n* 1 RECENT\r\nb OK Nothing done\r\n')
  equal(await ann.say('b NOOP'), '* 2 EXISTS\r\n* 1 RECENT\r\nb OK Nothing done\r\n')

  await made.put('INBOX')
  equal(await ann.say('c NOOP'), '* 3 EXISTS\r\n* 2 RECENT\r\nc OK Nothing done\r\n')
  match(
    await ann.say('d FETCH 1:* FLAGS'),
    /\* 1 FETCH \(FLAGS \(\\Recent\)\)\r\n\* 2 FETCH \(FLAGS \(\)\)\r\n\* 3 FETCH \(FLAGS \(\\Recent\)\)/,
  )
  await again.say('c NOOP')
  match(
    await again.say('d FETCH 1:* FLAGS'),
    /\* 1 FETCH \(FLAGS \(\)\)\r\n\* 2 FETCH \(FLAGS \(\\Recent\)\)\r\n\* 3 FETCH \(FLAGS \(\)\)/,
  )
  deepEqual(made.mistakes, [])
})

test('the first unseen is told where the counters know it', () =>
  scene(
    `${signedIn}
    C: a SELECT INBOX
    S: * 1 EXISTS
    S: * 0 RECENT
    S: * OK [UNSEEN 1] The first unseen
    S*
    S: a OK ...
  `,
    async ({ put }) => put('INBOX'),
  ))
