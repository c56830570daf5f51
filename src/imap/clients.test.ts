// What mail clients say when an account is opened, as it is seen on the wire: their usual sequences, word for word where they are
// particular, and the answers they need to go on.

import { test } from 'node:test'
import { scene, type Stand } from '../../test/imaptown.ts'

const mails = async ({ put }: Stand) => {
  await put('INBOX', { subject: 'One', body: 'Hello\r\n' })
  await put('INBOX', { subject: 'Two', body: 'World\r\n' }, { flags: 1 })
}

test('Thunderbird', () =>
  scene(
    `
    S: * OK ...
    C: 1 STARTTLS
    S: 1 OK Begin TLS
    -- tls
    C: 2 CAPABILITY
    S: * CAPABILITY ...
    S: 2 OK ...
    C: 3 AUTHENTICATE PLAIN
    S: + 
    C: AGFubgBzZWNyZXQ=
    S: 3 OK [CAPABILITY ...
    C: 4 CAPABILITY
    S: * CAPABILITY ...
    S: 4 OK ...
    C: 5 ID ("name" "Thunderbird" "version" "140.0")
    S: * ID ("name" "Postern" "version" "0")
    S: 5 OK ...
    C: 6 ENABLE UTF8=ACCEPT
    S: * ENABLED UTF8=ACCEPT
    S: 6 OK Enabled
    C: 7 NAMESPACE
    S: * NAMESPACE (("" "/")) (("Other Users/" "/")) NIL
    S: 7 OK ...
    C: 8 LIST (SUBSCRIBED) "" "*" RETURN (SPECIAL-USE)
    S: * LIST (\\HasNoChildren \\Subscribed \\Archive) "/" "Archive"
    S: * LIST (\\HasNoChildren \\Subscribed \\Drafts) "/" "Drafts"
    S: * LIST (\\HasNoChildren \\Subscribed) "/" "INBOX"
    S: * LIST (\\HasNoChildren \\Subscribed \\Junk) "/" "Junk"
    S: * LIST (\\HasNoChildren \\Subscribed \\Sent) "/" "Sent"
    S: * LIST (\\HasNoChildren \\Subscribed \\Trash) "/" "Trash"
    S: 8 OK Listed
    C: 9 LIST "" "INBOX"
    S: * LIST (\\HasNoChildren) "/" "INBOX"
    S: 9 OK Listed
    C: 10 SELECT "INBOX" (CONDSTORE)
    S: * 2 EXISTS
    S*
    S: 10 OK [READ-WRITE] Opened
    C: 11 getquotaroot "INBOX"
    S: * QUOTAROOT "INBOX" ann@uni.example
    S: * QUOTA ann@uni.example ()
    S: 11 OK ...
    C: 12 UID fetch 1:* (FLAGS)
    S: * 1 FETCH (UID 1 FLAGS ())
    S: * 2 FETCH (UID 2 FLAGS (\\Seen))
    S: 12 OK Fetched
    C: 13 UID fetch 1:2 (UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (From To Cc Bcc Subject Date Message-ID Priority X-Priority References Newsgroups In-Reply-To Content-Type Reply-To)])
    S: /^\\* 1 FETCH \\(UID 1 RFC822.SIZE \\d+ FLAGS \\(\\) BODY\\[HEADER.FIELDS \\(From To Cc .* Reply-To\\)\\] \\{\\d+\\}$/
    S*
    S: 13 OK Fetched
    C: 14 IDLE
    S: + Waiting for news
    -- run arrive
    -- wake
    S: * 3 EXISTS
    S: * 1 RECENT
    C: DONE
    S: 14 OK Done
    C: 15 noop
    S: 15 OK ...
    C: 16 UID fetch 3:* (FLAGS)
    S: * 3 FETCH (UID 3 FLAGS (\\Recent))
    S: 16 OK Fetched
    C: 17 UID fetch 3 (UID RFC822.SIZE BODY[])
    S: /^\\* 3 FETCH \\(UID 3 RFC822.SIZE (\\d+) FLAGS \\(\\\\Seen( \\\\Recent)?\\) BODY\\[\\] \\{\\1\\}$|^\\* 3 FETCH \\(UID 3 RFC822.SIZE (\\d+) BODY\\[\\]/
    S*
    S: 17 OK Fetched
    C: 18 uid store 3 +Flags (\\Seen)
    S: * 3 FETCH (UID 3 FLAGS (\\Seen \\Recent) MODSEQ ...
    S: 18 OK Stored
    C: 19 uid move 3 "Trash"
    S: * OK [COPYUID ...
    S: * 3 EXPUNGE
    S: 19 OK Moved
    C: 20 check
    S: 20 OK ...
    C: 21 close
    S: 21 OK Closed
    C: 22 logout
    S: * BYE See you
    S: 22 OK Logged out
    -- close
  `,
    async (made) => {
      await mails(made)
      return { arrive: () => made.put('INBOX') }
    },
    { plainLogin: false },
  ))

test('Outlook', () =>
  scene(
    `
    S: * OK ...
    C: abc1 CAPABILITY
    S: * CAPABILITY ...
    S: abc1 OK ...
    C: abc2 AUTHENTICATE LOGIN
    S: + VXNlciBOYW1l
    C: YW5u
    S: + UGFzc3dvcmQ=
    C: c2VjcmV0
    S: abc2 OK ...
    C: abc3 CAPABILITY
    S: * CAPABILITY ...
    S: abc3 OK ...
    C: abc4 ID ("name" "Microsoft Outlook")
    S: * ID ...
    S: abc4 OK ...
    C: abc5 LIST "" ""
    S: * LIST (\\Noselect) "/" ""
    S: abc5 OK ...
    C: abc6 LSUB "" "*"
    S: * LSUB () "/" Archive
    S: * LSUB () "/" Drafts
    S: * LSUB () "/" INBOX
    S: * LSUB () "/" Junk
    S: * LSUB () "/" Sent
    S: * LSUB () "/" Trash
    S: abc6 OK ...
    C: abc7 LIST "" "*"
    S: * LIST ...
    S*
    S: abc7 OK ...
    C: abc8 STATUS "INBOX" (UIDNEXT UIDVALIDITY UNSEEN RECENT MESSAGES)
    S: /^\\* STATUS INBOX \\(UIDNEXT 3 UIDVALIDITY \\d+ UNSEEN 1 RECENT 0 MESSAGES 2\\)$/
    S: abc8 OK ...
    C: abc9 SELECT "INBOX"
    S: * 2 EXISTS
    S*
    S: abc9 OK [READ-WRITE] Opened
    C: abc10 UID FETCH 1:* (UID FLAGS)
    S: * 1 FETCH (UID 1 FLAGS ())
    S: * 2 FETCH (UID 2 FLAGS (\\Seen))
    S: abc10 OK Fetched
    C: abc11 UID FETCH 1:2 (UID FLAGS RFC822.SIZE BODY.PEEK[] INTERNALDATE)
    S: /^\\* 1 FETCH \\(UID 1 FLAGS \\(\\) RFC822.SIZE \\d+ INTERNALDATE "[^"]+" BODY\\[\\] \\{\\d+\\}$/
    S*
    S: abc11 OK Fetched
    C: abc12 UID STORE 1 +FLAGS.SILENT (\\Seen)
    S: abc12 OK Stored
    C: abc13 UID COPY 1 "Trash"
    S: abc13 OK [COPYUID ...
    C: abc14 UID STORE 1 +FLAGS (\\Deleted \\Seen)
    S: * 1 FETCH (UID 1 FLAGS (\\Deleted \\Seen))
    S: abc14 OK Stored
    C: abc15 EXPUNGE
    S: * 1 EXPUNGE
    S: abc15 OK Expunged
    C: abc16 NOOP
    S: abc16 OK ...
    C: abc17 APPEND "Sent" (\\Seen) {12}
    S: + Go on
    C~ Subject: 1\\r\\n\\r\\n
    S: abc17 OK [APPENDUID ...
    C: abc18 LOGOUT
    S: * BYE See you
    S: abc18 OK ...
    -- close
  `,
    mails,
  ))

test('Apple Mail', () =>
  scene(
    `
    S: * OK ...
    C: 1.1 CAPABILITY
    S: * CAPABILITY ...
    S: 1.1 OK ...
    C: 2.1 AUTHENTICATE PLAIN AGFubgBzZWNyZXQ=
    S: 2.1 OK ...
    C: 3.1 ID ("name" "Mac OS X Mail" "version" "16.0" "os" "Mac OS X" "os-version" "15.0" "vendor" "Apple Inc.")
    S: * ID ...
    S: 3.1 OK ...
    C: 4.1 NAMESPACE
    S: * NAMESPACE ...
    S: 4.1 OK ...
    C: 5.1 ENABLE CONDSTORE
    S: * ENABLED CONDSTORE
    S: 5.1 OK ...
    C: 6.1 LIST "" "*" RETURN (SPECIAL-USE)
    S: * LIST (\\HasNoChildren \\Archive) "/" Archive
    S*
    S: 6.1 OK ...
    C: 7.1 STATUS INBOX (MESSAGES UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ)
    S: * STATUS INBOX (MESSAGES 2 ...
    S: 7.1 OK ...
    C: 8.1 SELECT INBOX (CONDSTORE)
    S: * 2 EXISTS
    S*
    S: 8.1 OK ...
    C: 9.1 FETCH 1:2 (FLAGS UID MODSEQ)
    S: * 1 FETCH (FLAGS () UID 1 MODSEQ (3))
    S: * 2 FETCH (FLAGS (\\Seen) UID 2 MODSEQ (4))
    S: 9.1 OK ...
    C: 10.1 UID FETCH 1:2 (INTERNALDATE UID RFC822.SIZE FLAGS BODYSTRUCTURE BODY.PEEK[HEADER.FIELDS (date subject from to cc message-id in-reply-to references content-type x-priority x-uniform-type-identifier x-universally-unique-identifier list-id list-unsubscribe)])
    S: /^\\* 1 FETCH \\(INTERNALDATE "[^"]+" UID 1 RFC822.SIZE \\d+ FLAGS \\(\\) BODYSTRUCTURE \\(.*\\) MODSEQ|^\\* 1 FETCH \\(INTERNALDATE/
    S*
    S: 10.1 OK ...
    C: 11.1 UID FETCH 1 (BODY.PEEK[1]<0.65536> UID)
    S: /^\\* 1 FETCH \\(UID 1 BODY\\[1\\]<0> \\{7\\}$/
    S: Hello
    S: )
    S: 11.1 OK ...
    C: 12.1 FETCH 1:2 (FLAGS UID) (CHANGEDSINCE 4)
    S: 12.1 OK ...
    C: 13.1 UID SEARCH RETURN (ALL) 1:2 NOT DELETED
    S: * ESEARCH (TAG 13.1) UID ALL 1:2
    S: 13.1 OK ...
    C: 14.1 IDLE
    S: + Waiting for news
    C: DONE
    S: 14.1 OK ...
  `,
    mails,
  ))

test('K-9', () =>
  scene(
    `
    S: * OK ...
    C: 1 CAPABILITY
    S: * CAPABILITY ...
    S: 1 OK ...
    C: 2 AUTHENTICATE PLAIN AGFubgBzZWNyZXQ=
    S: 2 OK [CAPABILITY ...
    C: 3 ID ("name" "K-9 Mail")
    S: * ID ...
    S: 3 OK ...
    C: 4 COMPRESS DEFLATE
    S: 4 OK Compression on
    -- compress
    C: 5 NAMESPACE
    S: * NAMESPACE (("" "/")) ...
    S: 5 OK ...
    C: 6 LIST (SUBSCRIBED) "" "*" RETURN (SPECIAL-USE)
    S*
    S: 6 OK ...
    C: 7 SELECT "INBOX"
    S: * 2 EXISTS
    S*
    S: 7 OK ...
    C: 8 UID SEARCH 1:2 NOT DELETED
    S: * SEARCH 1 2
    S: 8 OK ...
    C: 9 UID FETCH 1,2 (UID FLAGS)
    S: * 1 FETCH (UID 1 FLAGS ())
    S: * 2 FETCH (UID 2 FLAGS (\\Seen))
    S: 9 OK ...
    C: 10 UID FETCH 1,2 (UID INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (date subject from content-type to cc reply-to message-id references in-reply-to list-unsubscribe sender X-K9mail-Identity)])
    S: * 1 FETCH (UID 1 INTERNALDATE ...
    S*
    S: 10 OK ...
    C: 11 UID FETCH 1 (UID BODYSTRUCTURE)
    S: * 1 FETCH (UID 1 BODYSTRUCTURE ("text" "plain" NIL NIL NIL "7bit" 7 1 NIL NIL NIL NIL))
    S: 11 OK ...
    C: 12 UID FETCH 1 (UID BODY.PEEK[TEXT]<0.32768>)
    S: * 1 FETCH (UID 1 BODY[TEXT]<0> {7}
    S: Hello
    S: )
    S: 12 OK ...
    C: 13 UID STORE 1 +FLAGS.SILENT (\\Seen)
    S: 13 OK ...
    C: 14 UID MOVE 1 "Archive"
    S: * OK [COPYUID ...
    S: * 1 EXPUNGE
    S: 14 OK ...
    C: 15 IDLE
    S: + Waiting for news
    C: DONE
    S: 15 OK ...
  `,
    mails,
  ))
