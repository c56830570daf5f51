import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { mailboxById } from '../store/mailboxes.ts'
import { expunge } from '../store/messages.ts'
import { scene, signedIn } from '../../test/imaptown.ts'

test('APPEND with flags and a date', () =>
  scene(`${signedIn}
    C: a APPEND Drafts (\\Draft \\Seen $Important) "17-Jul-1996 02:44:25 -0700" {21}
    S: + Go on
    C: Subject: hi
    C: 
    C: body
    C: 
    S: /^a OK \\[APPENDUID \\d+ 1\\] Appended$/
    C: b SELECT Drafts
    S: * 1 EXISTS
    S*
    S: b OK ...
    C: c FETCH 1 (FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])
    S: * 1 FETCH (FLAGS (\\Seen \\Draft \\Recent $Important) INTERNALDATE "17-Jul-1996 09:44:25 +0000" RFC822.SIZE 21 BODY[] {21}
    S: Subject: hi
    S: 
    S: body
    S: )
    S: c OK Fetched
  `))

test('MULTIAPPEND, non-synchronizing and literal8', () =>
  scene(`${signedIn}
    C~ a APPEND INBOX (\\x5cSeen) {12+}\\r\\nSubject: 1\\r\\n {13+}\\r\\nSubject: 22\\r\\n () ~{14+}\\r\\nSubject:\\x00 33\\r\\n\\r\\n
    S: /^a OK \\[APPENDUID \\d+ 1:3\\] Appended$/
    C: b EXAMINE INBOX
    S*
    S: b OK ...
    C: c FETCH 1:* (FLAGS RFC822.SIZE)
    S: * 1 FETCH (FLAGS (\\Seen \\Recent) RFC822.SIZE 12)
    S: * 2 FETCH (FLAGS (\\Recent) RFC822.SIZE 13)
    S: * 3 FETCH (FLAGS (\\Recent) RFC822.SIZE 14)
    S: c OK Fetched
  `))

test('all of a MULTIAPPEND or none', () =>
  scene(`${signedIn}
    C: a APPEND INBOX {12}
    S: + Go on
    C~ Subject: 1\\r\\n (\\x5cNoSuch) {5}\\r\\n
    S: a BAD There is no flag \\NoSuch
    C: b STATUS INBOX (MESSAGES)
    S: * STATUS INBOX (MESSAGES 0)
    S: b OK ...
    C~ c APPEND INBOX {12+}\\r\\nSubject: 1\\r\\n (\\x5cNoSuch) {5+}\\r\\nhello {2+}\\r\\nhi\\r\\n
    S: c BAD There is no flag \\NoSuch
    C: d STATUS INBOX (MESSAGES)
    S: * STATUS INBOX (MESSAGES 0)
    S: d OK ...
  `))

test('UTF8 literals', () =>
  scene(`${signedIn}
    C: a ENABLE UTF8=ACCEPT
    S: * ENABLED UTF8=ACCEPT
    S: a OK Enabled
    C~ b APPEND INBOX UTF8 (~{17+}\\r\\nSubject: \\xe9\\x83\\xb5\\xe9\\xa9\\x9b\\r\\n)\\r\\n
    S: /^b OK \\[APPENDUID \\d+ 1\\] Appended$/
  `))

test('refusals before an octet is asked for', () =>
  scene(
    `${signedIn}
    C: a APPEND nowhere {5}
    S: a NO [TRYCREATE] There is no such mailbox
    C: b APPEND INBOX {2000}
    S: b NO [TOOBIG] A mail has at most 1500 octets here
    C: c APPEND INBOX {1200}
    S: c NO [OVERQUOTA] The mailbox is full: delete mail or ask for more room
    C: d APPEND INBOX
    S: d BAD Expected a space at the end
    C: e APPEND INBOX "quoted mail"
    S: e BAD Expected """ ...
    C: f APPEND INBOX {0}
    S: + Go on
    C: 
    S: f NO [CANNOT] A mail cannot be empty
    C~ g APPEND nowhere {5+}\\r\\nhello\\r\\nh NOOP\\r\\n
    S: g NO [TRYCREATE] There is no such mailbox
    S: h OK Nothing done
    C: i APPEND {5}
    S: + Go on
    C: INBOX {12+}
    C~ Subject: 1\\r\\n\\r\\n
    S: /^i OK \\[APPENDUID \\d+ 1\\] Appended$/
  `.replace('S: e BAD Expected """ ...', 'S: /^e BAD Expected/'),
    undefined,
    { quota: 1000, limits: { append: 1500 } },
  ))

test('a client that goes away in the middle leaves nothing', async () => {
  await scene(
    `${signedIn}
    C: a APPEND INBOX {100}
    S: + Go on
    C: Subject: never
    -- gone
  `,
    async ({ store, mailboxId }) => {
      const id = await mailboxId('INBOX')
      equal((await mailboxById(store.db, id))!.total, 0)
    },
  )
})

test('REPLACE puts the new one in and takes the old one away', () =>
  scene(
    `${signedIn}
    C: a SELECT Drafts
    S*
    S: a OK ...
    C: b REPLACE 1 Drafts (\\Draft) {12}
    S: + Go on
    C~ Subject: 2\\r\\n\\r\\n
    S: /^\\* OK \\[APPENDUID \\d+ 2\\] Replacement$/
    S: * 1 EXPUNGE
    S: * 1 EXISTS
    S: * 1 RECENT
    S: b OK Replaced
    C: c UID REPLACE 2 Sent {12+}
    C~ Subject: 3\\r\\n\\r\\n
    S: /^\\* OK \\[APPENDUID \\d+ 1\\] Replacement$/
    S: * 1 EXPUNGE
    S: c OK Replaced
    C: d UID REPLACE 2 Sent {5}
    S: d NO [EXPUNGEISSUED] The message is gone
    C: e UID REPLACE 1:2 Sent {5}
    S: e BAD REPLACE takes one message
  `,
    async ({ put }) => put('Drafts'),
  ))

test('REPLACE of a message that went meanwhile changes nothing', () =>
  scene(
    `${signedIn}
    C: a SELECT Drafts
    S*
    S: a OK ...
    C: b UID REPLACE 1 Drafts {12}
    S: + Go on
    -- run expunge
    C~ Subject: 2\\r\\n\\r\\n
    S: b NO [EXPUNGEISSUED] The message is gone
    C: c STATUS Drafts (MESSAGES UIDNEXT)
    S: * STATUS Drafts (MESSAGES 0 UIDNEXT 2)
    S: c OK ...
    C: d NOOP
    S: * 1 EXPUNGE
    S: d OK Nothing done
  `,
    async ({ put, store, mailboxId }) => {
      await put('Drafts')
      return { expunge: async () => expunge(store, await mailboxId('Drafts'), [1]) }
    },
  ))

test('APPEND into the selected mailbox is told', () =>
  scene(`${signedIn}
    C: a SELECT INBOX
    S*
    S: a OK ...
    C: b APPEND INBOX {12+}
    C~ Subject: 1\\r\\n\\r\\n
    S: * 1 EXISTS
    S: * 1 RECENT
    S: /^b OK \\[APPENDUID \\d+ 1\\] Appended$/
  `))
