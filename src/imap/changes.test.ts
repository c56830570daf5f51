// Two sessions on one mailbox: what one does, the other is told, when the protocol allows it.

import { equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { expunge } from '../store/messages.ts'
import { scene, signedIn, stand } from '../../test/imaptown.ts'

const opened = `${signedIn}
    C: s SELECT INBOX
    S*
    S: s OK [READ-WRITE] Opened`

test('news come with NOOP: EXPUNGE, EXISTS, FETCH', () =>
  scene(
    `${opened}
    C: a FETCH 3 UID
    S: * 3 FETCH (UID 3)
    S: a OK Fetched
    -- run change
    C: b NOOP
    S: * 2 EXPUNGE
    S: * 3 EXISTS
    S: * 1 RECENT
    S: * 1 FETCH (FLAGS (\\Flagged))
    S: b OK Nothing done
    C: c FETCH 1:* UID
    S: * 1 FETCH (UID 1)
    S: * 2 FETCH (UID 3)
    S: * 3 FETCH (UID 4)
    S: c OK Fetched
    C: d NOOP
    S: d OK Nothing done
  `,
    async ({ put, client }) => {
      for (let i = 0; i < 3; i++) await put('INBOX')
      return {
        async change() {
          const other = await client()
          await other.say('1 SELECT INBOX')
          await other.say('2 STORE 1 +FLAGS.SILENT (\\Flagged)')
          await other.say('3 STORE 2 +FLAGS.SILENT (\\Deleted)')
          match(await other.say('4 EXPUNGE'), /^\* 2 EXPUNGE\r\n4 OK/)
          await put('INBOX')
        },
      }
    },
  ))

test('no EXPUNGE while numbers are in use; what is gone is left out', () =>
  scene(
    `${opened}
    C: a FETCH 1:2 UID
    S: * 1 FETCH (UID 1)
    S: * 2 FETCH (UID 2)
    S: a OK Fetched
    -- run expunge
    C: b FETCH 1:3 (UID)
    S: * 1 FETCH (UID 1)
    S: * 3 FETCH (UID 3)
    S: b OK [EXPUNGEISSUED] Fetched, some were expunged
    C: c STORE 2:3 +FLAGS (\\Seen)
    S: * 3 FETCH (FLAGS (\\Seen))
    S: c OK [EXPUNGEISSUED] Stored, some were expunged
    C: d SEARCH ALL
    S: * SEARCH 1 3
    S: d OK ...
    C: e UID FETCH 3 UID
    S: * 3 FETCH (UID 3)
    S: * 2 EXPUNGE
    S: e OK Fetched
    C: f FETCH 2 UID
    S: * 2 FETCH (UID 3)
    S: f OK Fetched
  `,
    async ({ put, store, mailboxId }) => {
      for (let i = 0; i < 3; i++) await put('INBOX')
      return { expunge: async () => expunge(store, await mailboxId('INBOX'), [2]) }
    },
  ))

test('numbers asked for late still mean what SELECT said', () =>
  scene(
    `${opened}
    -- run change
    C: a FETCH 1:3 UID
    S: * 2 FETCH (UID 2)
    S: * 3 FETCH (UID 3)
    S: * 4 EXISTS
    S: * 1 RECENT
    S: a OK [EXPUNGEISSUED] Fetched, some were expunged
    C: b FETCH 4 UID
    S: * 4 FETCH (UID 4)
    S: b OK Fetched
    C: c NOOP
    S: * 1 EXPUNGE
    S: c OK Nothing done
  `,
    async ({ put, store, mailboxId }) => {
      for (let i = 0; i < 3; i++) await put('INBOX')
      return {
        async change() {
          await expunge(store, await mailboxId('INBOX'), [1])
          await put('INBOX')
        },
      }
    },
  ))

test('IDLE is told at once', async () => {
  const { put, client, mistakes } = await stand()
  await put('INBOX')
  const idler = await client()
  const worker = await client()
  await idler.say('a SELECT INBOX')
  await worker.say('a SELECT INBOX')
  await idler.say('b IDLE')
  await put('INBOX')
  equal(await idler.until(/RECENT\r\n/), '* 2 EXISTS\r\n* 2 RECENT\r\n')
  await worker.say('b STORE 1 +FLAGS (\\Seen $Work)')
  match(
    await idler.until(/FETCH .*\r\n/),
    /^\* FLAGS \(.*\$work\)\r\n\* 1 FETCH \(FLAGS \(\\Seen \\Recent \$Work\)\)\r\n$/i,
  )
  await worker.say('c STORE 1:2 +FLAGS.SILENT (\\Deleted)')
  await idler.until(/1 FETCH[^\n]*\n.*2 FETCH.*\r\n/s)
  await worker.say('d EXPUNGE')
  equal(await idler.until(/1 EXPUNGE\r\n/), '* 2 EXPUNGE\r\n* 1 EXPUNGE\r\n')
  idler.send('DONE\r\n')
  equal(await idler.until(/b .*\r\n/), 'b OK Done\r\n')
  idler.gone()
  worker.gone()
  equal(mistakes.length, 0)
})

test('one’s own changes are not told twice', () =>
  scene(
    `${opened}
    C: a STORE 1 +FLAGS (\\Seen)
    S: * 1 FETCH (FLAGS (\\Seen))
    S: a OK Stored
    C: b STORE 1 +FLAGS.SILENT (\\Flagged)
    S: b OK Stored
    C: c NOOP
    S: c OK Nothing done
    C: d STORE 1:2 +FLAGS.SILENT (\\Deleted)
    S: d OK Stored
    C: e EXPUNGE
    S: * 2 EXPUNGE
    S: * 1 EXPUNGE
    S: e OK Expunged
    C: f NOOP
    S: f OK Nothing done
  `,
    async ({ put }) => {
      for (let i = 0; i < 2; i++) await put('INBOX')
    },
  ))

test('flags: add, take, replace, keywords', () =>
  scene(
    `${opened}
    C: a STORE 1 FLAGS (\\Seen \\Answered One)
    S: /^\\* FLAGS \\(\\\\Answered .* One\\)$/
    S: * 1 FETCH (FLAGS (\\Answered \\Seen One))
    S: a OK Stored
    C: b STORE 1 -FLAGS \\Seen \\Answered
    S: * 1 FETCH (FLAGS (One))
    S: b OK Stored
    C: c UID STORE 1 +FLAGS (one \\Draft)
    S: * 1 FETCH (UID 1 FLAGS (\\Draft One))
    S: c OK Stored
    C: d STORE 1 FLAGS ()
    S: * 1 FETCH (FLAGS ())
    S: d OK Stored
    C: e STORE 1 +FLAGS (\\NoSuch)
    S: e BAD There is no flag \\NoSuch
    C: f STORE 1 +FLAGS (\\Recent)
    S: * 1 FETCH (FLAGS ())
    S: f OK Stored
    C: g STORE 2 +FLAGS (\\Seen)
    S: g BAD There is no message of that number
    C: h STORE 1 *FLAGS (\\Seen)
    S: h BAD Expected FLAGS at "*FLAGS (\\Seen)"
  `,
    async ({ put }) => put('INBOX'),
  ))

test('COPY and MOVE', () =>
  scene(
    `${opened}
    C: a COPY 2:3 Sent
    S: /^a OK \\[COPYUID \\d+ 2:3 1:2\\] Copied$/
    C: b UID COPY 9 Sent
    S: b OK Nothing to copy
    C: c COPY 1 nowhere
    S: c NO [TRYCREATE] There is no such mailbox
    C: d MOVE 1,3 Trash
    S: /^\\* OK \\[COPYUID \\d+ 1,3 1:2\\] Moved$/
    S: * 3 EXPUNGE
    S: * 1 EXPUNGE
    S: d OK Moved
    C: e UID MOVE 2 INBOX
    S: /^\\* OK \\[COPYUID \\d+ 2 4\\] Moved$/
    S: * 1 EXPUNGE
    S: * 1 EXISTS
    S: * 1 RECENT
    S: e OK Moved
    C: f UID MOVE 4 Trash
    S: /^\\* OK \\[COPYUID \\d+ 4 3\\] Moved$/
    S: * 1 EXPUNGE
    S: f OK Moved
    C: g STATUS Trash (MESSAGES UIDNEXT)
    S: * STATUS Trash (MESSAGES 3 UIDNEXT 4)
    S: g OK ...
    C: h FETCH 1:* UID
    S: h OK Fetched
  `,
    async ({ put }) => {
      for (let i = 0; i < 3; i++) await put('INBOX')
    },
  ))

test('COPY into the selected mailbox', () =>
  scene(
    `${opened}
    C: a COPY 1 INBOX
    S: * 2 EXISTS
    S: * 1 RECENT
    S: /^a OK \\[COPYUID \\d+ 1 2\\] Copied$/
  `,
    async ({ put }) => put('INBOX'),
  ))

test('CLOSE expunges in silence, UNSELECT and EXAMINE do not; UID EXPUNGE takes only what it names', () =>
  scene(
    `${opened}
    C: a STORE 1:3 +FLAGS.SILENT (\\Deleted)
    S: a OK Stored
    C: b UNSELECT
    S: b OK Left
    C: c EXAMINE INBOX
    S: * 4 EXISTS
    S*
    S: c OK ...
    C: d CLOSE
    S: d OK Closed
    C: e SELECT INBOX
    S: * 4 EXISTS
    S*
    S: e OK ...
    C: f UID EXPUNGE 2,4
    S: * 2 EXPUNGE
    S: f OK Expunged
    C: g CLOSE
    S: g OK Closed
    C: h STATUS INBOX (MESSAGES)
    S: * STATUS INBOX (MESSAGES 1)
    S: h OK ...
    C: i FETCH 1 UID
    S: i BAD [CLIENTBUG] Select a mailbox first
  `,
    async ({ put }) => {
      for (let i = 0; i < 4; i++) await put('INBOX')
    },
  ))

test('a mailbox deleted under a session', () =>
  scene(
    `${signedIn}
    C: a SELECT Junk
    S*
    S: a OK ...
    -- run remove
    C: b NOOP
    S: * BYE The selected mailbox is no longer open to you
    -- close
  `,
    async ({ client }) => ({ remove: async () => (await client()).say('a DELETE Junk') }),
  ))
