import { test } from 'node:test'
import { scene, signedIn, type Stand } from '../../test/imaptown.ts'

const opened = `${signedIn}
    C: s SELECT INBOX
    S*
    S: s OK [READ-WRITE] Opened`

const mails = async ({ put, store }: Stand) => {
  await put('INBOX', { subject: '會議通知', from: 'Zoe <zoe@uni.example>', date: 'Thu, 1 Jan 2026 10:00:00 +0800', id: '<a@x>', body: '明天開會\r\n' }, { flags: 1, receivedAt: Date.UTC(2026, 0, 1) }) // prettier-ignore
  await put('INBOX', { subject: 'Re: 會議通知', from: 'Ann <ann@uni.example>', date: 'Fri, 2 Jan 2026 10:00:00 +0800', id: '<b@x>', headers: 'References: <a@x>\r\nIn-Reply-To: <a@x>\r\n', body: 'hello world\r\n' }, { flags: 4, receivedAt: Date.UTC(2026, 0, 2) }) // prettier-ignore
  await put('INBOX', { subject: 'Lunch', from: 'Mia <mia@uni.example>', date: 'Sat, 3 Jan 2026 10:00:00 +0800', id: '<c@x>', body: `${'long '.repeat(500)}\r\n` }, { keywords: ['$Work'], receivedAt: Date.UTC(2026, 0, 15, 3) }) // prettier-ignore
  await store.indexer.caughtUp()
}

const found: [keys: string, numbers: string][] = [
  ['ALL', ' 1 2 3'],
  ['SEEN', ' 1'],
  ['UNSEEN', ' 2 3'],
  ['FLAGGED UNSEEN', ' 2'],
  ['NOT FLAGGED', ' 1 3'],
  ['OR SEEN FLAGGED', ' 1 2'],
  ['(OR SEEN FLAGGED) NOT SEEN', ' 2'],
  ['KEYWORD $work', ' 3'],
  ['UNKEYWORD $Work', ' 1 2'],
  ['2:*', ' 2 3'],
  ['NOT 2', ' 1 3'],
  ['UID 3,1', ' 1 3'],
  ['4', ''],
  ['3:1000', ' 3'],
  ['4:1000', ''],
  ['1000:*', ' 3'],
  ['NOT 4', ' 1 2 3'],
  ['NEW', ''],
  ['RECENT', ''],
  ['OLD', ' 1 2 3'],
  ['BEFORE 2-Jan-2026', ' 1'],
  ['ON 2-Jan-2026', ' 2'],
  ['SINCE 2-Jan-2026', ' 2 3'],
  ['SENTON 1-Jan-2026', ' 1'],
  ['SENTSINCE 2-Jan-2026', ' 2 3'],
  ['SENTBEFORE 2-Jan-2026', ' 1'],
  ['YOUNGER 7200', ' 3'],
  ['OLDER 7200', ' 1 2'],
  ['SAVEDATESUPPORTED', ' 1 2 3'],
  ['LARGER 1000', ' 3'],
  ['SMALLER 1000', ' 1 2'],
  ['FROM zoe', ' 1'],
  ['SUBJECT lunch', ' 3'],
  ['HEADER Message-ID c@x', ' 3'],
  ['HEADER In-Reply-To ""', ' 2'],
  ['TEXT "hello world"', ' 2'],
  ['BODY hello', ' 2'],
  ['BODY lunch', ''],
  ['EMAILID nonsense', ''],
]

test('SEARCH keys', () =>
  scene(
    `${opened}
    ${found
      .map(
        ([keys, numbers], i) => `
    C: k${i} SEARCH ${keys}
    S: * SEARCH${numbers}
    S: k${i} OK Searched 3 messages`,
      )
      .join('')}
  `,
    mails,
    { ways: ['by line', 'all at once'] },
  ))

test('Chinese words in UTF-8, in Big5, and in an unknown character set', () =>
  scene(
    `${opened}
    C: a SEARCH CHARSET UTF-8 SUBJECT {6}
    S: + Go on
    C~ \\xe6\\x9c\\x83\\xe8\\xad\\xb0\\r\\n
    S: * SEARCH 1 2
    S: a OK ...
    C: b SEARCH CHARSET BIG5 SUBJECT {4+}
    C~ \\xb7\\x7c\\xc4\\xb3\\r\\n
    S: * SEARCH 1 2
    S: b OK ...
    C: c SEARCH CHARSET KLINGON TEXT x
    S: c NO [BADCHARSET (US-ASCII UTF-8 BIG5 GB18030 GBK GB2312 ISO-8859-1 ISO-2022-JP SHIFT_JIS EUC-JP EUC-KR)] That character set is not known here
    C: d UID SEARCH BODY {6+}
    C~ \\xe6\\x98\\x8e\\xe5\\xa4\\xa9\\r\\n
    S: * SEARCH 1
    S: d OK ...
  `,
    mails,
  ))

test('ESEARCH, SAVE and "$", PARTIAL', () =>
  scene(
    `${opened}
    C: a SEARCH RETURN (MIN MAX COUNT ALL) UNSEEN
    S: * ESEARCH (TAG a) MIN 2 MAX 3 ALL 2:3 COUNT 2
    S: a OK ...
    C: b UID SEARCH RETURN () ALL
    S: * ESEARCH (TAG b) UID ALL 1:3
    S: b OK ...
    C: c SEARCH RETURN (COUNT) NEW
    S: * ESEARCH (TAG c) COUNT 0
    S: c OK ...
    C: d SEARCH RETURN (SAVE) UNSEEN
    S: d OK ...
    C: e FETCH $ UID
    S: * 2 FETCH (UID 2)
    S: * 3 FETCH (UID 3)
    S: e OK Fetched
    C: f SEARCH $ FLAGGED
    S: * SEARCH 2
    S: f OK ...
    C: g UID SEARCH UID $
    S: * SEARCH 2 3
    S: g OK ...
    C: h SEARCH RETURN (SAVE MIN) ALL
    S: * ESEARCH (TAG h) MIN 1
    S: h OK ...
    C: i STORE $ +FLAGS.SILENT (\\Answered)
    S: i OK Stored
    C: j SEARCH ANSWERED
    S: * SEARCH 1
    S: j OK ...
    C: k UID SEARCH RETURN (PARTIAL -1:-2) ALL
    S: * ESEARCH (TAG k) UID PARTIAL (-1:-2 2:3)
    S: k OK ...
    C: l UID SEARCH RETURN (PARTIAL 10:20 COUNT) ALL
    S: * ESEARCH (TAG l) UID PARTIAL (10:20 NIL) COUNT 3
    S: l OK ...
    C: m SEARCH RETURN (SAVE) CHARSET X ALL
    S: m NO [BADCHARSET ...
    C: n ENABLE IMAP4rev2
    S: * ENABLED IMAP4REV2
    S: n OK Enabled
    C: o SEARCH UNSEEN
    S: * ESEARCH (TAG o) ALL 2:3
    S: o OK ...
  `,
    mails,
  ))

test('bad searches', () =>
  scene(
    `${opened}
    C: a SEARCH
    S: a BAD Expected a space at the end
    C: b SEARCH FOO
    S: b BAD There is no search key FOO
    C: c SEARCH OR SEEN
    S: c BAD Expected a space at the end
    C: d SEARCH (SEEN
    S: d BAD Expected ")" at the end
    C: f SEARCH ${'NOT '.repeat(40)}SEEN
    S: f BAD [LIMIT] Too many parentheses within parentheses
    C: g SEARCH BEFORE 31-Feb-2026
    S: g BAD Expected a date that exists at the end
  `,
    mails,
  ))

test('SORT and THREAD', () =>
  scene(
    `${opened}
    C: a SORT (SUBJECT) UTF-8 ALL
    S: * SORT 3 1 2
    S: a OK Sorted
    C: b UID SORT (REVERSE DATE) US-ASCII ALL
    S: * SORT 3 2 1
    S: b OK Sorted
    C: c SORT (FROM) UTF-8 UNSEEN
    S: * SORT 2 3
    S: c OK Sorted
    C: d SORT (REVERSE SIZE ARRIVAL) UTF-8 ALL
    S: /^\\* SORT 3 [12] [12]$/
    S: d OK Sorted
    C: e THREAD REFERENCES UTF-8 ALL
    S: * THREAD (1 2)(3)
    S: e OK Threaded
    C: f UID THREAD ORDEREDSUBJECT UTF-8 ALL
    S: * THREAD (1 2)(3)
    S: f OK Threaded
    C: g THREAD REFERENCES UTF-8 NEW
    S: * THREAD
    S: g OK Threaded
    C: h SORT (HEIGHT) UTF-8 ALL
    S: h BAD Expected a sort key at "HEIGHT) UTF-8 ALL"
    C: i THREAD REFS UTF-8 ALL
    S: i BAD Expected an algorithm at "REFS UTF-8 ALL"
  `,
    mails,
  ))

test('once strings are UTF-8, a search names no character set', () =>
  scene(
    `${signedIn}
    C: a ENABLE UTF8=ACCEPT
    S: * ENABLED UTF8=ACCEPT
    S: a OK Enabled
    C: b SELECT INBOX
    S*
    S: b OK ...
    C: c SEARCH CHARSET UTF-8 SUBJECT lunch
    S: c BAD Strings are UTF-8 here: name no character set
    C: d SEARCH SUBJECT lunch
    S: * SEARCH 3
    S: d OK ...
    C: e SORT (SUBJECT) UTF-8 SUBJECT lunch
    S: * SORT 3
    S: e OK ...
  `,
    mails,
  ))
