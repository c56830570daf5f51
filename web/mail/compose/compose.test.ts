import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { addressees, answerSubject, threading, writtenTo } from './addressees.ts'
import { check, encodedSize, mentionsAttachment, seeEachOther } from './checks.ts'
import { emailOf, emptyDraft, isSame, withBlobs, type Attachment, type Draft } from './draft.ts'
import { readMailto } from './mailto.ts'
import { answerBody, ownText, quotePlain } from './quoting.ts'
import { momentOf, readDay, readTime, rocDay } from './scheduling.ts'
import { replaceSignature } from './signature.ts'

const zone = 'Asia/Taipei'
const me = 'wang@uni.example'
const at = (...list: string[]) => list.map((email) => ({ name: null, email }))
const to = (...list: string[]) => list.map((email) => ({ name: '', email }))
const mail = {
  from: at('chen@uni.example'),
  to: at(me, 'lin@uni.example'),
  cc: at('ho@b.tw', 'CHEN@uni.example'),
  replyTo: null,
  messageId: ['m2@uni'],
  references: ['m0@uni', 'm1@uni'],
  inReplyTo: ['m1@uni'],
  subject: 'RE: 回覆：校慶',
}
const draft: Draft = {
  ...emptyDraft('k', { name: '王小明', email: me }),
  to: to('a@b.tw'),
  subject: '校慶',
  text: '各位好',
}
const quoting = {
  wrote: (date: string, name: string, address: string) => `${name} <${address}> 於${date}寫道：`,
  forwarded: '---------- 轉寄的信 ----------',
  from: '寄件人',
  to: '收件人',
  cc: '副本',
  date: '日期',
  subject: '主旨',
}
const place = { zone, language: 'zh-Hant' as const, words: quoting }

test('an answer goes to who wrote', () =>
  deepEqual(addressees(mail, 'reply', [me]), { to: to('chen@uni.example'), cc: [] }))

test('an answer to all goes to all but oneself, each once', () =>
  deepEqual(addressees(mail, 'replyAll', [me]), {
    to: to('chen@uni.example', 'lin@uni.example'),
    cc: to('ho@b.tw'),
  }))

test('an answer to a list goes to where the list says', () =>
  deepEqual(addressees({ ...mail, replyTo: at('list@b.tw') }, 'reply', [me]).to, to('list@b.tw')))

test('an answer to one’s own mail goes to whom it went', () => {
  const own = { ...mail, from: at(me), to: at('lin@uni.example') }
  deepEqual(addressees(own, 'reply', [me]).to, to('lin@uni.example'))
  deepEqual(addressees({ ...own, to: at(me), cc: null }, 'replyAll', [me]).to, to(me))
})

test('what is passed on goes to nobody yet', () => deepEqual(addressees(mail, 'forward', [me]), { to: [], cc: [] }))

test('Re: and Fwd: stand once', () => {
  equal(answerSubject(mail.subject, 'reply'), 'Re: 校慶')
  equal(answerSubject(mail.subject, 'forward'), 'Fwd: RE: 回覆：校慶')
  equal(answerSubject('轉寄: FW: 校慶', 'forward'), 'Fwd: 校慶')
  equal(answerSubject(null, 'reply'), 'Re:')
})

test('the thread goes on', () => {
  deepEqual(threading(mail, 'reply'), { inReplyTo: ['m2@uni'], references: ['m0@uni', 'm1@uni', 'm2@uni'] })
  const long = { ...mail, references: Array.from({ length: 100 }, (_, i) => `r${i}@uni`) }
  const { references } = threading(long, 'reply')
  equal(references.length, 30)
  deepEqual([references[0], references.at(-1)], ['r0@uni', 'm2@uni'])
})

test('one answers from the address the mail came to', () =>
  equal(writtenTo({ ...mail, bcc: null }, ['office@uni.example', me]), me))

test('a quote has a line over it, and quoted lines get deeper', () => {
  const quoted = {
    ...mail,
    from: [{ name: '陳怡君', email: 'chen@uni.example' }],
    sentAt: '2026-03-04T06:05:09Z',
    receivedAt: '',
  }
  const body = answerBody('好的\r\n> 早\r\n\r\n謝謝\r\n', quoted, 'reply', place)
  equal(body, '\n\n陳怡君 <chen@uni.example> 於2026年3月4日（三）14:05:09 (GMT+8)寫道：\n> 好的\n>> 早\n>\n> 謝謝\n')
  equal(ownText(`請看附件\n${body}`, quoting), '請看附件')
  const passed = answerBody('附件在此', quoted, 'forward', place)
  equal(ownText(`給您參考${passed}`, quoting), '給您參考')
  equal(quotePlain(''), '>')
})

const signatures: [what: string, text: string, before: string, after: string, becomes: string][] = [
  ['into nothing', '', '', '王小明', '\n\n-- \n王小明'],
  ['below what is written', '您好', '', '王小明', '您好\n\n-- \n王小明'],
  ['over the quote', '\n\n某某寫道：\n> 早\n', '', '王', '\n\n-- \n王\n\n某某寫道：\n> 早\n'],
  ['another one', '您好\n\n-- \n王小明', '王小明', '校友中心', '您好\n\n-- \n校友中心'],
  ['none any more', '您好\n\n-- \n王小明\n', '王小明', '', '您好\n\n\n'.replace(/\n{3}/, '\n\n')],
  ['one that was changed stays', '您好\n\n-- \n王大明', '王小明', '', '您好\n\n-- \n王大明'],
]
for (const [what, text, before, after, becomes] of signatures) {
  test(`a signature, ${what}`, () => equal(replaceSignature(text, before, after), becomes))
}

const attachmentCases: [text: string, mentions: boolean][] = [
  ['請見附件', true],
  ['附上出席名冊，請確認', true],
  ['如附，請查收', true],
  ['Please find attached the file.', true],
  ['我在學校附近', false],
  ['an attaché came', false],
  ['收到\n\n王寫道：\n> 請見附件', false],
  ['好\n\n-- \n附件請以 PDF 寄送', false],
]
for (const [text, mentions] of attachmentCases) {
  test(`"${text.slice(0, 12)}" ${mentions ? 'speaks' : 'does not speak'} of a file`, () =>
    equal(mentionsAttachment({ ...draft, text }, quoting), mentions))
}

const file: Attachment = { key: 'f', name: 'a.pdf', type: 'application/pdf', size: 3_000_000, cid: null, blobId: 'U1' }
const limits = { bytes: 5_000_000, recipients: 100 }
const found = (change: Partial<Draft>) => check({ ...draft, ...change }, limits, quoting).map(({ is }) => is)

test('a mail that may go has no findings', () => deepEqual(found({}), []))
test('checks before sending', () => {
  deepEqual(found({ to: [] }), ['nobody'])
  deepEqual(found({ to: [], bcc: to('a@b.tw') }), [])
  deepEqual(found({ cc: to('李大同') }), ['invalid'])
  deepEqual(found({ subject: ' ' }), ['no-subject'])
  deepEqual(found({ text: '請見附件' }), ['no-attachment'])
  deepEqual(found({ text: '請見附件', attachments: [file] }), [])
  deepEqual(found({ attachments: [{ ...file, blobId: null }] }), ['uploading'])
  deepEqual(found({ attachments: [file, file] }), ['too-big'])
  deepEqual(found({ to: to(...Array.from({ length: 101 }, (_, i) => `p${i}@b.tw`)) }), ['too-many'])
})

test('three bytes become a little more than four', () => {
  const grown = encodedSize({ ...draft, attachments: [file] }) - encodedSize(draft)
  ok(grown > 4_100_000 && grown < 4_110_000, String(grown))
})

test('outsiders who would see each other are counted with all who are visible', () => {
  const many = to(...Array.from({ length: 21 }, (_, i) => `p${i}@b.tw`))
  equal(seeEachOther({ to: many, cc: to(me) }, 'uni.example'), 22)
  equal(seeEachOther({ to: many.slice(1), cc: to(me) }, 'uni.example'), 0)
})

test('days and times as people type them', () => {
  const now = Date.UTC(2026, 2, 4, 6)
  const day = (typed: string) => readDay(typed, now, zone)
  const fifth = { year: 2026, month: 3, day: 5 }
  for (const typed of [
    '115/3/5',
    '115年3月5日',
    '民國 115 年 3 月 5 日',
    '2026-03-05',
    '2026/3/5',
    '１１５／３／５',
    '3/5',
  ])
    deepEqual(day(typed), fifth, typed)
  deepEqual(day('3/3'), { year: 2027, month: 3, day: 3 })
  for (const typed of ['', '2/30', '115/13/1', '明天', '0/3/5']) equal(day(typed), undefined, typed)
  for (const [typed, minutes] of [
    ['9:05', 545],
    ['0905', 545],
    ['14點半', 870],
    ['下午3:20', 920],
    ['３：２０pm', 920],
    ['12am', 0],
    ['24:00', undefined],
    ['x', undefined],
  ] as const)
    equal(readTime(typed), minutes, typed)
  equal(momentOf(fifth, 545, zone), Date.UTC(2026, 2, 5, 1, 5))
  equal(momentOf({ year: 2026, month: 3, day: 8 }, 180, 'America/New_York'), Date.UTC(2026, 2, 8, 7))
  equal(rocDay(fifth), '115年3月5日')
})

test('links', () => {
  deepEqual(
    readMailto('mailto:a@b.tw,c@d.tw?subject=%E6%A0%A1%E6%85%B6&cc=e@f.tw&body=a%0D%0Ab&attach=/etc/passwd&From=x@y.z'),
    {
      to: to('a@b.tw', 'c@d.tw'),
      cc: to('e@f.tw'),
      bcc: [],
      subject: '校慶',
      text: 'a\nb',
    },
  )
  deepEqual(readMailto('mailto:a+b@c.tw?subject=100%').subject, '100%')
})

test('the object the server gets', () => {
  const email = emailOf(
    { ...draft, priority: 'high', attachments: [file, { ...file, blobId: null }] },
    { draftsId: 'F3', now: 0, zoneMinutes: 480 },
  )
  equal(email['sentAt'], '1970-01-01T08:00:00+08:00')
  deepEqual(email['messageId'], ['k@uni.example'])
  equal((email['attachments'] as unknown[]).length, 1)
  equal(email['header:X-Priority:asText'], '1')
  equal('htmlBody' in email, false)
})

test('blobs follow the version that was saved', () => {
  const part = {
    partId: '2',
    blobId: 'P9',
    size: 1,
    name: 'a.pdf',
    type: '',
    charset: null,
    disposition: 'attachment',
    cid: null,
  }
  const [first, second] = withBlobs(
    [
      { ...file, file: new Blob() },
      { ...file, key: 'g', blobId: 'U2' },
    ],
    [part],
    ['f'],
  )
  deepEqual([first!.blobId, 'file' in first!, second!.blobId], ['P9', false, 'U2'])
})

test('a draft is the same when nothing that is kept differs', () => {
  ok(isSame(draft, { ...draft, serverId: 'M1' }))
  ok(!isSame(draft, { ...draft, subject: 'x' }))
})
