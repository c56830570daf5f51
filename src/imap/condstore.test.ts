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
    /\* VANISHED \(EARLIER\) 2\r\n\* 1 FETCH \(UID 1 FLAGS \(\\Seen\) MODSEQ \(7\)\)\r\n\* 4 FETCH \(UID 5 FLAGS \(\) MODSEQ \(9\)\)\r\nb OK/,
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
    S: * 4 FETCH (UID 5 FLAGS () MODSEQ (9))
    S: c OK Fetched
    C: d UID FETCH 3:* (FLAGS) (CHANGEDSINCE 6 VANISHED)
    S: * 4 FETCH (UID 5 FLAGS () MODSEQ (9))
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
