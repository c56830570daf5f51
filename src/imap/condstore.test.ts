// CONDSTORE and QRESYNC. RFC 7162.

import { deepEqual, doesNotMatch, match } from 'node:assert/strict'
import { test } from 'node:test'
import { storeFlags } from '../store/flags.ts'
import { mailboxById } from '../store/mailboxes.ts'
import { expunge } from '../store/messages.ts'
import { scene, signedIn, stand, type Stand } from '../../test/imaptown.ts'

const three = async ({ put }: Stand) => {
  for (let i = 0; i < 3; i++) await put('INBOX')
}

// A fresh account has modseq 1 for its mailboxes; each append takes the next: 3 mails have 3, 4 and 5.
test('modseqs are given and tested', () =>
  scene(
    `${signedIn}
    C: a SELECT INBOX (CONDSTORE)
    S*
    S: * OK [HIGHESTMODSEQ 5] Highest
    S*
    S: a OK ...
    C: b FETCH 1:3 (MODSEQ)
    S: * 1 FETCH (MODSEQ (3))
    S: * 2 FETCH (MODSEQ (4))
    S: * 3 FETCH (MODSEQ (5))
    S: b OK Fetched
    C: c STORE 1 +FLAGS.SILENT (\\Seen)
    S: * 1 FETCH (MODSEQ (6))
    S: c OK Stored
    C: d STORE 1:3 (UNCHANGEDSINCE 5) +FLAGS (\\Flagged)
    S: * 2 FETCH (FLAGS (\\Flagged) MODSEQ (7))
    S: * 3 FETCH (FLAGS (\\Flagged) MODSEQ (7))
    S: d OK [MODIFIED 1] Some were changed by others
    C: e UID STORE 1:3 (UNCHANGEDSINCE 6) +FLAGS (\\Flagged)
    S: * 1 FETCH (UID 1 FLAGS (\\Flagged \\Seen) MODSEQ (8))
    S: e OK [MODIFIED 2:3] Some were changed by others
    C: f FETCH 1:* FLAGS (CHANGEDSINCE 7)
    S: * 1 FETCH (FLAGS (\\Flagged \\Seen) MODSEQ (8))
    S: f OK Fetched
    C: g SEARCH MODSEQ 7
    S: * SEARCH 1 2 3 (MODSEQ 8)
    S: g OK ...
    C: h SEARCH MODSEQ "/flags/\\\\draft" all 8
    S: * SEARCH 1 (MODSEQ 8)
    S: h OK ...
    C: i SEARCH RETURN (ALL) MODSEQ 8
    S: * ESEARCH (TAG i) ALL 1 MODSEQ 8
    S: i OK ...
  `,
    three,
  ))

test('without CONDSTORE no modseq is said', () =>
  scene(
    `${signedIn}
    C: a SELECT INBOX
    S*
    S: a OK ...
    C: b STORE 1 +FLAGS (\\Seen)
    S: * 1 FETCH (FLAGS (\\Seen))
    S: b OK Stored
  `,
    three,
  ))

const missed = async (made: Stand) => {
  await three(made)
  await made.put('INBOX')
  const id = await made.mailboxId('INBOX')
  return {
    async change() {
      await storeFlags(made.store, id, [1], { mode: 'add', flags: 1, keywords: [] }) // modseq 7
      await expunge(made.store, id, [2]) // 8
      await made.put('INBOX') // 9
    },
  }
}

test('a resync tells what was missed', async () => {
  const made = await stand()
  const { change } = await missed(made)
  const before = (await mailboxById(made.store.db, await made.mailboxId('INBOX')))!
  await change()
  const client = await made.client()
  await client.say('a ENABLE QRESYNC')
  const all = await client.say(`b SELECT INBOX (QRESYNC (${before.uidValidity} 6))`)
  match(all, /^\* 4 EXISTS\r\n/)
  match(
    all,
    /\* VANISHED \(EARLIER\) 2\r\n\* 1 FETCH \(UID 1 FLAGS \(\\Seen \\Recent\) MODSEQ \(7\)\)\r\n\* 4 FETCH \(UID 5 FLAGS \(\\Recent\) MODSEQ \(9\)\)\r\nb OK/,
  )
  const known = await client.say(`c SELECT INBOX (QRESYNC (${before.uidValidity} 6 3:4 (1:2 1:2)))`)
  match(known, /^\* OK \[CLOSED\] /)
  doesNotMatch(known, /VANISHED|FETCH/)
  doesNotMatch(await client.say(`d SELECT INBOX (QRESYNC (1 6))`), /VANISHED|FETCH/)
  doesNotMatch(await client.say(`e SELECT INBOX (QRESYNC (${before.uidValidity} 9))`), /VANISHED|FETCH/)
  client.gone()
  await client.ended
  deepEqual(made.mistakes, [])
})

test('VANISHED and changes since a modseq', async () => {
  await scene(
    `${signedIn}
    C: a ENABLE QRESYNC
    S: * ENABLED QRESYNC
    S: a OK Enabled
    -- run change
    C: b SELECT INBOX
    S*
    S: b OK ...
    C: c UID FETCH 1:* (FLAGS) (CHANGEDSINCE 6 VANISHED)
    S: * VANISHED (EARLIER) 2
    S: * 1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ (7))
    S: * 4 FETCH (UID 5 FLAGS (\\Recent) MODSEQ (9))
    S: c OK Fetched
    C: d UID FETCH 3:* (FLAGS) (CHANGEDSINCE 6 VANISHED)
    S: * 4 FETCH (UID 5 FLAGS (\\Recent) MODSEQ (9))
    S: d OK Fetched
    C: e UID STORE 3 +FLAGS.SILENT (\\Deleted)
    S: * 2 FETCH (UID 3 MODSEQ (10))
    S: e OK Stored
    C: f EXPUNGE
    S: * VANISHED 3
    S: f OK [HIGHESTMODSEQ 11] Expunged
    C: g UID MOVE 4 Trash
    S: /^\\* OK \\[COPYUID \\d+ 4 1\\] Moved$/
    S: * VANISHED 4
    S: g OK Moved
    C: h SELECT Sent
    S: * OK [CLOSED] The mailbox before is closed
    S: * 0 EXISTS
    S*
    S: h OK ...
  `,
    missed,
  )
})

test('QRESYNC must be enabled, VANISHED needs UID FETCH', () =>
  scene(
    `${signedIn}
    C: a SELECT INBOX (QRESYNC (1 1))
    S: a BAD QRESYNC must be enabled first
    C: b SELECT INBOX
    S*
    S: b OK ...
    C: c FETCH 1 FLAGS (CHANGEDSINCE 1 VANISHED)
    S: c BAD VANISHED needs UID FETCH and CHANGEDSINCE
    C: d UID FETCH 1 FLAGS (CHANGEDSINCE 1 VANISHED)
    S: d BAD VANISHED needs ENABLE QRESYNC
  `,
    three,
  ))

test('who begins to count modseqs is told where the mailbox stands, once', () =>
  scene(
    `${signedIn}
    C: a SELECT INBOX
    S*
    S: a OK ...
    C: b FETCH 1 MODSEQ
    S: * OK [HIGHESTMODSEQ 5] Modseqs are told
    S: * 1 FETCH (MODSEQ (3))
    S: b OK Fetched
    C: c SEARCH MODSEQ 5
    S: * SEARCH 3 (MODSEQ 5)
    S: c OK ...
    C: d ENABLE CONDSTORE
    S: * ENABLED
    S: d OK Enabled
  `,
    three,
  ))

for (const [how, first] of [
  ['SEARCH MODSEQ 100', '* OK [HIGHESTMODSEQ 5] Modseqs are told'],
  ['STATUS Sent (HIGHESTMODSEQ)', '* OK [HIGHESTMODSEQ 5] Modseqs are told'],
  ['STORE 1 (UNCHANGEDSINCE 100) +FLAGS (\\Seen)', '* OK [HIGHESTMODSEQ 5] Modseqs are told'],
  ['FETCH 1 UID (CHANGEDSINCE 100)', '* OK [HIGHESTMODSEQ 5] Modseqs are told'],
  ['ENABLE QRESYNC', '* ENABLED QRESYNC\n    S: * OK [HIGHESTMODSEQ 5] Modseqs are told'],
])
  test(`${how} switches modseqs on`, () =>
    scene(
      `${signedIn}
    C: a SELECT INBOX
    S*
    S: a OK ...
    C: b ${how}
    S: ${first}
    S*
    S: b OK ...
  `,
      three,
    ))

test('MIN and MAX tell the modseqs of what they name', () =>
  scene(
    `${signedIn}
    C: a SELECT INBOX (CONDSTORE)
    S*
    S: a OK ...
    C: b STORE 3 +FLAGS.SILENT (\\Seen)
    S: * 3 FETCH (MODSEQ (6))
    S: b OK ...
    C: c STORE 1 +FLAGS.SILENT (\\Seen)
    S: * 1 FETCH (MODSEQ (7))
    S: c OK ...
    C: d STORE 2 +FLAGS.SILENT (\\Seen)
    S: * 2 FETCH (MODSEQ (8))
    S: d OK ...
    C: e SEARCH RETURN (MIN) MODSEQ 1
    S: * ESEARCH (TAG e) MIN 1 MODSEQ 7
    S: e OK ...
    C: f SEARCH RETURN (MAX) MODSEQ 1
    S: * ESEARCH (TAG f) MAX 3 MODSEQ 6
    S: f OK ...
    C: g UID SEARCH RETURN (MIN MAX) MODSEQ 1
    S: * ESEARCH (TAG g) UID MIN 1 MAX 3 MODSEQ 7
    S: g OK ...
    C: h SEARCH RETURN (MIN COUNT) MODSEQ 1
    S: * ESEARCH (TAG h) MIN 1 COUNT 3 MODSEQ 8
    S: h OK ...
    C: i SEARCH RETURN (MIN) MODSEQ 100
    S: * ESEARCH (TAG i)
    S: i OK ...
  `,
    three,
  ))
