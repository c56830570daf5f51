import { test } from 'node:test'
import { grant } from '../store/rights.ts'
import { createMailbox, mailboxByPath } from '../store/mailboxes.ts'
import { append } from '../../test/mailstore.ts'
import { scene, signedIn, type Stand } from '../../test/imaptown.ts'

test('LIST and its patterns', () =>
  scene(`${signedIn}
    C: a LIST "" ""
    S: * LIST (\\Noselect) "/" ""
    S: a OK That is the separator
    C: b LIST "" *
    S: * LIST (\\HasNoChildren \\Archive) "/" Archive
    S: * LIST (\\HasNoChildren \\Drafts) "/" Drafts
    S: * LIST (\\HasNoChildren) "/" INBOX
    S: * LIST (\\HasNoChildren \\Junk) "/" Junk
    S: * LIST (\\HasNoChildren \\Sent) "/" Sent
    S: * LIST (\\HasNoChildren \\Trash) "/" Trash
    S: b OK Listed
    C: c LIST "" inbox
    S: * LIST (\\HasNoChildren) "/" INBOX
    S: c OK Listed
    C: d CREATE work/2026/
    S: /^d OK \\[MAILBOXID \\(F\\d+\\)\\] Created$/
    C: e LIST "" w%
    S: * LIST (\\HasChildren) "/" work
    S: e OK Listed
    C: f LIST work/ %
    S: * LIST (\\HasNoChildren) "/" work/2026
    S: f OK Listed
    C: g LIST "" (Sent "w*")
    S: * LIST (\\HasNoChildren \\Sent) "/" Sent
    S: * LIST (\\HasChildren) "/" work
    S: * LIST (\\HasNoChildren) "/" work/2026
    S: g OK Listed
    C: h LIST "" Missing
    S: h OK Listed
  `))

test('LIST with selections and returns', () =>
  scene(`${signedIn}
    C: a CREATE work/2026
    S: a OK ...
    C: b SUBSCRIBE work/2026
    S: b OK Subscribed
    C: c LIST (SUBSCRIBED) "" w*
    S: * LIST (\\HasNoChildren \\Subscribed) "/" work/2026
    S: c OK Listed
    C: d LIST (SUBSCRIBED RECURSIVEMATCH) "" w%
    S: * LIST (\\HasChildren) "/" work ("CHILDINFO" ("SUBSCRIBED"))
    S: d OK Listed
    C: e LIST (RECURSIVEMATCH) "" *
    S: e BAD RECURSIVEMATCH needs SUBSCRIBED
    C: f LIST (SPECIAL-USE) "" * RETURN (SPECIAL-USE)
    S: * LIST (\\HasNoChildren \\Archive) "/" Archive
    S: * LIST (\\HasNoChildren \\Drafts) "/" Drafts
    S: * LIST (\\HasNoChildren \\Junk) "/" Junk
    S: * LIST (\\HasNoChildren \\Sent) "/" Sent
    S: * LIST (\\HasNoChildren \\Trash) "/" Trash
    S: f OK Listed
    C: g LIST "" w* RETURN (SUBSCRIBED CHILDREN STATUS (MESSAGES UNSEEN))
    S: * LIST (\\HasChildren) "/" work
    S: * STATUS work (MESSAGES 0 UNSEEN 0)
    S: * LIST (\\HasNoChildren \\Subscribed) "/" work/2026
    S: * STATUS work/2026 (MESSAGES 0 UNSEEN 0)
    S: g OK Listed
    C: h LSUB "" %
    S: * LSUB () "/" Archive
    S: * LSUB () "/" Drafts
    S: * LSUB () "/" INBOX
    S: * LSUB () "/" Junk
    S: * LSUB () "/" Sent
    S: * LSUB () "/" Trash
    S: * LSUB (\\Noselect) "/" work
    S: h OK Listed
    C: i UNSUBSCRIBE work/2026
    S: i OK Unsubscribed
    C: j LSUB "" work*
    S: j OK Listed
  `))

test('a subscription outlives its mailbox', () =>
  scene(`${signedIn}
    C: a SUBSCRIBE plans/2027
    S: a OK Subscribed
    C: b LIST (SUBSCRIBED) "" pl*
    S: * LIST (\\NonExistent \\HasNoChildren \\Subscribed) "/" plans/2027
    S: b OK Listed
    C: c LSUB "" plans/*
    S: * LSUB (\\Noselect) "/" plans/2027
    S: c OK Listed
    C: d LSUB "" pl%
    S: * LSUB (\\Noselect) "/" plans
    S: d OK Listed
    C: e LIST "" pl* RETURN (SUBSCRIBED)
    S: e OK Listed
    C: f CREATE plans/2027
    S: f OK ...
    C: g LIST "" pl* RETURN (SUBSCRIBED)
    S: * LIST (\\HasChildren) "/" plans
    S: * LIST (\\HasNoChildren \\Subscribed) "/" plans/2027
    S: g OK Listed
    C: h DELETE plans/2027
    S: h OK Deleted
    C: i LIST (SUBSCRIBED RECURSIVEMATCH) "" pl%
    S: * LIST (\\HasNoChildren) "/" plans ("CHILDINFO" ("SUBSCRIBED"))
    S: i OK Listed
    C: j UNSUBSCRIBE plans/2027
    S: j OK Unsubscribed
    C: k LSUB "" pl*
    S: k OK Listed
    C: l SUBSCRIBE "Other Users/bob@uni.example/x"
    S: l NO [NONEXISTENT] There is no such mailbox
  `))

test('CHILDINFO tells of what is not named itself', () =>
  scene(`${signedIn}
    C: a CREATE a/b/c
    S: a OK ...
    C: b SUBSCRIBE a/b/c
    S: b OK Subscribed
    C: c LIST (SUBSCRIBED RECURSIVEMATCH) "" a*
    S: * LIST (\\HasNoChildren \\Subscribed) "/" a/b/c
    S: c OK Listed
    C: d LIST (SUBSCRIBED RECURSIVEMATCH) "" (a a/b)
    S: * LIST (\\HasChildren) "/" a ("CHILDINFO" ("SUBSCRIBED"))
    S: * LIST (\\HasChildren) "/" a/b ("CHILDINFO" ("SUBSCRIBED"))
    S: d OK Listed
    C: e SUBSCRIBE a/b
    S: e OK Subscribed
    C: f LIST (SUBSCRIBED RECURSIVEMATCH) "" (a a/b/c)
    S: * LIST (\\HasChildren) "/" a ("CHILDINFO" ("SUBSCRIBED"))
    S: * LIST (\\HasNoChildren \\Subscribed) "/" a/b/c
    S: f OK Listed
  `))

test('CREATE, RENAME, DELETE', () =>
  scene(`${signedIn}
    C: a CREATE inbox
    S: a NO [ALREADYEXISTS] There is a mailbox of that name
    C: b CREATE a//b
    S: b NO [CANNOT] A mailbox cannot have that name: a level is empty
    C: c CREATE "a\tb"
    S: c NO [CANNOT] A mailbox cannot have that name: it has control characters
    C: d CREATE "Other Users"
    S: d NO [CANNOT] No mailbox can be made there
    C: e CREATE old/deep
    S: e OK ...
    C: f RENAME old new
    S: f OK Renamed
    C: g LIST "" *e*
    S: * LIST (\\HasNoChildren \\Archive) "/" Archive
    S: * LIST (\\HasNoChildren \\Sent) "/" Sent
    S: * LIST (\\HasChildren) "/" new
    S: * LIST (\\HasNoChildren) "/" new/deep
    S: g OK Listed
    C: h DELETE new
    S: h OK Deleted
    C: i LIST "" new*
    S: * LIST (\\Noselect \\HasChildren) "/" new
    S: * LIST (\\HasNoChildren) "/" new/deep
    S: i OK Listed
    C: j SELECT new
    S: j NO [NONEXISTENT] The mailbox only holds others
    C: k DELETE new
    S: k NO [HASCHILDREN] The mailbox has mailboxes below it
    C: l DELETE new/deep
    S: l OK Deleted
    C: m DELETE INBOX
    S: m NO [NOPERM] You have no right to do that
    C: n DELETE nowhere
    S: n NO [NONEXISTENT] There is no such mailbox
    C: o RENAME Sent Drafts
    S: o NO [ALREADYEXISTS] There is a mailbox of that name
    C: p CREATE Gesendet (USE (\\Sent))
    S: p NO [USEATTR] Another mailbox has that use
    C: q CREATE Alles (USE (\\All))
    S: q NO [USEATTR] A mailbox cannot have that use
    C: r DELETE Sent
    S: r OK Deleted
    C: s CREATE Gesendet (USE (\\Sent))
    S: s OK ...
    C: t LIST (SPECIAL-USE) "" G*
    S: * LIST (\\HasNoChildren \\Sent) "/" Gesendet
    S: t OK Listed
  `))

test('names beyond ASCII: modified UTF-7, and UTF-8 when enabled', () =>
  scene(`${signedIn}
    C: a CREATE &W8RO9lCZTv0-
    S: a OK ...
    C: b LIST "" "&W8RO9lCZTv0-"
    S: * LIST (\\HasNoChildren) "/" &W8RO9lCZTv0-
    S: b OK Listed
    C: c CREATE &bad
    S: c NO [CANNOT] A mailbox cannot have that name: it is not modified UTF-7
    C: d CREATE 備份
    S: d BAD ...
    C: e CREATE "備份"
    S: e OK ...
    C: f ENABLE IMAP4rev2
    S: * ENABLED IMAP4REV2
    S: f OK Enabled
    C: g LIST "" "*份"
    S: * LIST (\\HasNoChildren) "/" "備份"
    S: * LIST (\\HasNoChildren) "/" "寄件備份"
    S: g OK Listed
    C: h STATUS "寄件備份" (MESSAGES)
    S: * STATUS "寄件備份" (MESSAGES 0)
    S: h OK That is how it stands
    C: i DELETE "R&D"
    S: i NO [NONEXISTENT] There is no such mailbox
  `))

test('STATUS', () =>
  scene(
    `${signedIn}
    C: a STATUS INBOX (MESSAGES RECENT UIDNEXT UNSEEN DELETED SIZE APPENDLIMIT DELETED-STORAGE)
    S: * STATUS INBOX (MESSAGES 2 RECENT 0 UIDNEXT 3 UNSEEN 1 DELETED 1 SIZE 314 APPENDLIMIT 52428800 DELETED-STORAGE 157)
    S: a OK That is how it stands
    C: b STATUS INBOX (UIDVALIDITY HIGHESTMODSEQ MAILBOXID)
    S: /^\\* STATUS INBOX \\(UIDVALIDITY \\d+ HIGHESTMODSEQ \\d+ MAILBOXID \\(F\\d+\\)\\)$/
    S: b OK That is how it stands
    C: c STATUS INBOX ()
    S: c BAD Expected a status item at ")"
    C: d STATUS nowhere (MESSAGES)
    S: d NO [NONEXISTENT] There is no such mailbox
  `,
    async ({ put }) => {
      const body = 'x'.repeat(20)
      await put('INBOX', { subject: 'a', id: '<1@uni.example>', body }, { flags: 9 })
      await put('INBOX', { subject: 'b', id: '<2@uni.example>', body })
    },
  ))

/** Bob shares a mailbox, and has a secret. */
async function sharing({ store, ann, bob }: Stand, rights = 'lrs') {
  await createMailbox(store, bob.id, { path: ['Team'] })
  const team = (await mailboxByPath(store.db, bob.id, ['Team']))!
  await append(store, team.id, { subject: 'Plan' })
  await createMailbox(store, bob.id, { path: ['Secret'] })
  await grant(store, team.id, ann.id, 'set', rights)
}

test("somebody else's mailbox, by what was granted", () =>
  scene(
    `${signedIn}
    C: a LIST "" Other*
    S: * LIST (\\Noselect \\HasChildren) "/" "Other Users"
    S: * LIST (\\Noselect \\HasChildren) "/" "Other Users/bob@uni.example"
    S: * LIST (\\HasNoChildren) "/" "Other Users/bob@uni.example/Team"
    S: a OK Listed
    C: b MYRIGHTS "Other Users/bob@uni.example/Team"
    S: * MYRIGHTS "Other Users/bob@uni.example/Team" lrs
    S: b OK Those are your rights
    C: c SELECT "Other Users/bob@uni.example/Secret"
    S: c NO [NONEXISTENT] There is no such mailbox
    C: d SELECT "Other Users/nobody@uni.example/Team"
    S: d NO [NONEXISTENT] There is no such mailbox
    C: e SELECT "Other Users/bob@uni.example/Team"
    S: * 1 EXISTS
    S*
    S: * OK [PERMANENTFLAGS (\\Seen)] What can be kept
    S*
    S: e OK [READ-WRITE] Opened
    C: f STORE 1 +FLAGS (\\Seen \\Flagged)
    S: * 1 FETCH (FLAGS (\\Seen \\Recent))
    S: f OK Stored
    C: g STORE 1 FLAGS ()
    S: * 1 FETCH (FLAGS (\\Recent))
    S: g OK Stored
    C: h STORE 1 +FLAGS (\\Deleted)
    S: h NO [NOPERM] You have no right to do that
    C: i EXPUNGE
    S: i NO [NOPERM] You have no right to do that
    C: j MOVE 1 INBOX
    S: j NO [NOPERM] You have no right to do that
    C: k COPY 1 INBOX
    S: /^k OK \\[COPYUID \\d+ 1 1\\] Copied$/
    C: l APPEND "Other Users/bob@uni.example/Team" {5}
    S: l NO [NOPERM] You have no right to do that
    C: m SETACL "Other Users/bob@uni.example/Team" ann@uni.example +a
    S: m NO [NOPERM] You have no right to do that
    C: n RENAME "Other Users/bob@uni.example/Team" mine
    S: n NO [NOPERM] You have no right to do that
    C: o CREATE "Other Users/bob@uni.example/New"
    S: o NO [NOPERM] You have no right to do that
    C: p SUBSCRIBE "Other Users/bob@uni.example/Team"
    S: p OK Subscribed
    C: q LIST (SUBSCRIBED) "" Other*
    S: * LIST (\\HasNoChildren \\Subscribed) "/" "Other Users/bob@uni.example/Team"
    S: q OK Listed
  `,
    (made) => sharing(made),
  ))

test('COPY and MOVE into a mailbox of somebody else leave the flags behind that the rights do not reach', () =>
  scene(
    `${signedIn}
    C: a SELECT INBOX
    S*
    S: a OK [READ-WRITE] Opened
    C: b STORE 1 +FLAGS.SILENT (\\Seen \\Flagged \\Deleted $Work)
    S: b OK Stored
    C: c COPY 1 "Other Users/bob@uni.example/Team"
    S: /^c OK \\[COPYUID \\d+ 1 2\\] Copied$/
    C: d MOVE 1 "Other Users/bob@uni.example/Team"
    S: /^\\* OK \\[COPYUID \\d+ 1 3\\] Moved$/
    S: * 1 EXPUNGE
    S: d OK Moved
    C: e SELECT "Other Users/bob@uni.example/Team"
    S*
    S: e OK [READ-WRITE] Opened
    C: f FETCH 2:3 FLAGS
    S: * 2 FETCH (FLAGS (\\Seen \\Recent))
    S: * 3 FETCH (FLAGS (\\Seen \\Recent))
    S: f OK Fetched
  `,
    async (made) => {
      await sharing(made, 'lrsi')
      await made.put('INBOX', { subject: 'a', id: '<1@uni.example>', body: 'x' })
    },
  ))

test('a grant that is taken back ends the reading', () =>
  scene(
    `${signedIn}
    C: a EXAMINE "Other Users/bob@uni.example/Team"
    S*
    S: a OK [READ-ONLY] Opened for reading
    -- run revoke
    C: b NOOP
    S: * BYE The selected mailbox is no longer open to you
    -- close
  `,
    async (made) => {
      await sharing(made)
      const team = (await mailboxByPath(made.store.db, made.bob.id, ['Team']))!
      return { revoke: () => grant(made.store, team.id, made.ann.id, 'set', '') }
    },
  ))

test('ACL of a mailbox of one’s own', () =>
  scene(`${signedIn}
    C: a SETACL Sent bob@uni.example lrs
    S: a OK Granted
    C: b SETACL Sent anyone +l
    S: b OK Granted
    C: c SETACL Sent bob@uni.example +wd
    S: c OK Granted
    C: d GETACL Sent
    S: * ACL Sent ann@uni.example lrswipkxtea anyone l bob@uni.example lrswte
    S: d OK Those are the rights
    C: e SETACL Sent bob@uni.example -w
    S: e OK Granted
    C: f DELETEACL Sent anyone
    S: f OK Taken away
    C: g GETACL Sent
    S: * ACL Sent ann@uni.example lrswipkxtea bob@uni.example lrste
    S: g OK Those are the rights
    C: h LISTRIGHTS Sent bob@uni.example
    S: * LISTRIGHTS Sent bob@uni.example "" l r s w i p k x t e a
    S: h OK Those can be granted
    C: i MYRIGHTS INBOX
    S: * MYRIGHTS INBOX lrswipkxtea
    S: i OK Those are your rights
    C: j SETACL Sent ann@uni.example lr
    S: j NO [NOPERM] You have no right to do that
    C: k SETACL Sent nobody@uni.example lr
    S: k NO [CANNOT] There is no such account
    C: l SETACL Sent bob@uni.example lrz
    S: l BAD There is no such right
  `))

test('QUOTA', () =>
  scene(
    `${signedIn}
    C: a GETQUOTAROOT INBOX
    S: * QUOTAROOT INBOX ann@uni.example
    S: * QUOTA ann@uni.example (STORAGE 1 100)
    S: a OK That is the quota
    C: b GETQUOTA ann@uni.example
    S: * QUOTA ann@uni.example (STORAGE 1 100)
    S: b OK That is the quota
    C: c GETQUOTA bob@uni.example
    S: c NO [NONEXISTENT] There is no such quota root
    C: d SETQUOTA ann@uni.example (STORAGE 1000000)
    S: d NO [NOPERM] Quotas are set by the administration
  `,
    async ({ put }) => put('INBOX'),
    { quota: 102_400 },
  ))

test('METADATA', () =>
  scene(`${signedIn}
    C: a SETMETADATA INBOX (/private/comment "My own" /shared/comment {5}
    S: + Go on
    C: Every)
    S: a OK Noted
    C: b GETMETADATA INBOX /private/comment
    S: * METADATA INBOX (/private/comment {6}
    S: My own)
    S: b OK Those are the annotations
    C: c GETMETADATA (DEPTH infinity) INBOX (/private /shared)
    S: * METADATA INBOX (/private/comment {6}
    S: My own /shared/comment {5}
    S: Every)
    S: c OK Those are the annotations
    C: d GETMETADATA (MAXSIZE 5) INBOX (/private/comment /shared/comment)
    S: * METADATA INBOX (/shared/comment {5}
    S: Every)
    S: d OK [METADATA LONGENTRIES 6] Some are longer
    C: e SETMETADATA INBOX (/private/comment NIL)
    S: e OK Noted
    C: f GETMETADATA INBOX /private/comment
    S: f OK Those are the annotations
    C: g SETMETADATA "" (/private/vendor/x "account")
    S: g OK Noted
    C: h GETMETADATA "" /private/vendor/x
    S: * METADATA "" (/private/vendor/x {7}
    S: account)
    S: h OK Those are the annotations
    C: i SETMETADATA INBOX (/other "x")
    S: i BAD An entry begins with /private or /shared
  `))
