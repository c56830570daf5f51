import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { decodeText, readAddresses, readDate, readFields, readMessageIds } from './headers.ts'
import { readStructured } from './parameters.ts'

const octets = (text: string): Buffer => Buffer.from(text, 'latin1')

const texts: [what: string, raw: string | Buffer, text: string][] = [
  ['plain text', 'hello  world', 'hello  world'],
  ['B', '=?utf-8?B?5ris6Kmm?=', '測試'],
  ['Q, lower case', '=?iso-8859-1?q?caf=e9_noir?=', 'café noir'],
  ['white space between words is nothing', '=?utf-8?Q?a?=\r\n  =?utf-8?Q?b?=', 'ab'],
  ['white space beside text stays', 'x =?utf-8?Q?a?= y', 'x a y'],
  ['a character split over two words', '=?utf-8?B?5ri?= =?utf-8?B?rOippg==?=', '測試'],
  ['a character split, Q', '=?big5?Q?=A4?= =?BIG5?Q?=A4=A4=E5?=', '中文'],
  ['base64 cut in the middle of four', '=?utf-8?B?5ris6?= =?utf-8?B?Kmm?=', '測試'],
  ['padding missing', '=?utf-8?B?5ri?=', '\ufffd'],
  ['padding in each word', '=?utf-8?B?YQ==?= =?utf-8?B?Yg==?=', 'ab'],
  ['two charsets side by side', '=?big5?B?pKQ=?= =?utf-8?B?5paH?=', '中文'],
  ['no space around', 'a=?utf-8?Q?b?=c', 'abc'],
  ['no space between', '=?utf-8?Q?a?==?utf-8?Q?b?=', 'ab'],
  ['spaces inside', '=?utf-8?Q?a b?=', 'a b'],
  ['folded inside base64', '=?utf-8?B?5ris\r\n 6Kmm?=', '測試'],
  ['a question mark inside Q', '=?utf-8?Q?what?now?=', 'what?now'],
  ['a language', '=?utf-8*en?Q?a?=', 'a'],
  ['an unknown charset', '=?x-nothing?B?5ris?=', '測'],
  ['mislabelled: Big5 as UTF-8', '=?utf-8?B?tPq41aZttPq41Q==?=', '測試妃測試'],
  ['not a word: no encoding', '=?utf-8?X?a?=', '=?utf-8?X?a?='],
  ['not a word: no end', '=?utf-8?Q?abc', '=?utf-8?Q?abc'],
  ['an open word before a whole one', '=?utf-8?Q?abc =?utf-8?Q?d?=', '=?utf-8?Q?abc d'],
  ['an empty word', 'a =?utf-8?Q??= b', 'a  b'],
  ['a line break in a word is no line break', '=?utf-8?Q?a=0D=0ABcc:_x?=', 'a Bcc: x'],
  ['folds', 'a\r\n b\r\n\tc', 'a b\tc'],
  ['raw UTF-8', Buffer.from('測試 é'), '測試 é'],
  ['raw Big5', octets('\xb4\xfa\xb8\xd5\xab\x48\xa5\xf3'), '測試信件'],
  ['raw text beside a word', Buffer.from('測 =?utf-8?Q?a?='), '測 a'],
  ['Unicode given as a string', '測 =?utf-8?Q?a?=', '測 a'],
]
for (const [what, raw, text] of texts) test(`text: ${what}`, () => equal(decodeText(raw), text))

type Short = string // name|mailbox|host, or a marker
const short = (raw: string | Buffer): Short[] =>
  readAddresses(raw).map(({ name, mailbox, host, group }) =>
    group ? `${group}:${name}` : `${name}|${mailbox}|${host}`,
  )

const lists: [what: string, raw: string | Buffer, found: Short[]][] = [
  ['one', 'a@b.example', ['|a|b.example']],
  ['in brackets', '<a@b.example>', ['|a|b.example']],
  ['with a name', 'Wang Xiao <w@b.example>', ['Wang Xiao|w|b.example']],
  ['a quoted name', '"Wang, Xiao \\"X\\"" <w@b.example>', ['Wang, Xiao "X"|w|b.example']],
  ['an encoded name', '=?utf-8?B?546L?= =?utf-8?B?5bCP?= <w@b.example>', ['王小|w|b.example']],
  ['an encoded name in quotes', '"=?utf-8?B?546L?=" <w@b.example>', ['王|w|b.example']],
  ['an encoded comma does not cut', '=?utf-8?Q?a=2C_b?= <w@b.example>', ['a, b|w|b.example']],
  ['raw Big5 with 0x5c', octets('"\xb3\\\xa5\\\xbb\\" <x@b.example>'), ['許功蓋|x|b.example']],
  ['raw UTF-8 address', '王小明 <王@例子.台灣>', ['王小明|王|例子.台灣']],
  ['several', 'a@b, "c" <d@e>,, f@g', ['|a|b', 'c|d|e', '|f|g']],
  ['a comment as name', 'a@b (Old Style)', ['Old Style|a|b']],
  ['comments everywhere', '(x) A (y) B <(z) a@b (w(v)w)>', ['A B|a|b']],
  ['a group', 'team: a@b, C <c@d>;, e@f', ['start:team', '|a|b', 'C|c|d', 'end:team', '|e|f']],
  ['an empty group', 'undisclosed-recipients:;', ['start:undisclosed-recipients', 'end:undisclosed-recipients']],
  ['a group without end', 'team: a@b', ['start:team', '|a|b', 'end:team']],
  ['a source route', '<@r1,@r2:user@host>', ['|user|host']],
  ['a quoted local part', '"a b"@c.example', ['|a b|c.example']],
  ['a quoted local part in brackets', 'N <"a@b"@c.example>', ['N|a@b|c.example']],
  ['spaces in the address', 'a . b @ c . example', ['|a.b|c.example']],
  ['an unquoted dot in the name', 'Dr. X. Y <a@b>', ['Dr. X. Y|a|b']],
  ['a domain literal', '<a@[192.0.2.1]>', ['|a|[192.0.2.1]']],
  ['a name without brackets', 'John Doe john@example.org', ['John Doe|john|example.org']],
  ['no closing bracket', 'A <a@b', ['A|a|b']],
  ['a local name alone', 'root', ['|root|']],
  ['empty brackets', '<>', []],
  ['an at sign in the name', '"a@b" <c@d>', ['a@b|c|d']],
  ['semicolons as Outlook writes them', 'a@b; c@d', ['|a|b', '|c|d']],
  ['nothing', '  ', []],
]
for (const [what, raw, found] of lists) test(`addresses: ${what}`, () => deepEqual(short(raw), found))

const at = (iso: string): number => Date.parse(iso)
const dates: [text: string, time: number | undefined][] = [
  ['Mon, 5 Jan 2026 10:00:00 +0800', at('2026-01-05T02:00:00Z')],
  ['5 Jan 2026 10:00 +0800', at('2026-01-05T02:00:00Z')],
  ['Mon, 05 Jan 26 10:00:00 GMT', at('2026-01-05T10:00:00Z')],
  ['5 Jan 99 10:00:00 EST', at('1999-01-05T15:00:00Z')],
  ['Mon, 5 Jan 2026 10:00:00 -0330 (Newfoundland (old))', at('2026-01-05T13:30:00Z')],
  ['Mon (Monday), 5 Jan 2026 10:00:00', at('2026-01-05T10:00:00Z')],
  ['Mon,5 Jan 2026 10:00:00 Z', at('2026-01-05T10:00:00Z')],
  ['Mon Jan  5 10:00:00 2026', at('2026-01-05T10:00:00Z')],
  ['Mon Jan  5 10:00:00 CST 2026', at('2026-01-05T16:00:00Z')],
  ['2026-01-05T10:00:00+08:00', at('2026-01-05T02:00:00Z')],
  ['5-January-2026 10:00:00 +0000', at('2026-01-05T10:00:00Z')],
  ['Thu, 30 Jun 2016 23:59:60 +0000', at('2016-07-01T00:00:00Z')],
  ['yesterday', undefined],
  ['99 Jan 2026 10:00:00', undefined],
  ['5 Foo 2026 10:00:00', undefined],
  ['', undefined],
]
for (const [text, time] of dates) test(`date: ${text}`, () => equal(readDate(text), time))

const parameters: [what: string, raw: string, found: [string, string][]][] = [
  [
    'plain',
    'text/plain; charset=utf-8; format=flowed',
    [
      ['charset', 'utf-8'],
      ['format', 'flowed'],
    ],
  ],
  ['quoted', 'a/b; name="x; y\\" z"', [['name', 'x; y" z']]],
  ['upper case names, spaces', 'a/b ; NAME = "x" ;', [['name', 'x']]],
  [
    'a bare value with spaces',
    'a/b; name=my file.txt; x=y',
    [
      ['name', 'my file.txt'],
      ['x', 'y'],
    ],
  ],
  ['the first of two counts', 'a/b; name=x; name=y', [['name', 'x']]],
  ['continued', 'a/b; name*0="ab"; name*1="cd"', [['name', 'abcd']]],
  ['continued out of order', 'a/b; name*1="cd"; name*0="ab"; name*2=ef', [['name', 'abcdef']]],
  ['a gap ends it', 'a/b; name*0=a; name*2=c', [['name', 'a']]],
  ['encoded', "a/b; name*=utf-8'zh'%E6%B8%AC.txt", [['name', '測.txt']]],
  ['encoded and continued, charset once', 'a/b; name*0*=big5\'\'%A4; name*1*=%A4; name*2=".txt"', [['name', '中.txt']]],
  ['encoded without a charset', 'a/b; name*=%E6%B8%AC', [['name', '測']]],
  ['encoded beats plain', "a/b; name=plain; name*=utf-8''%E6%B8%AC", [['name', '測']]],
  ['plain beats what does not start at 0', 'a/b; name*3=x; name=plain', [['name', 'plain']]],
  ['RFC 2047 where it may not be', 'a/b; name="=?utf-8?B?5ris?= =?utf-8?B?6Kmm?=.txt"', [['name', '測試.txt']]],
  ['a boundary that looks like a word', 'multipart/mixed; boundary="=?utf-8?Q?x?="', [['boundary', '=?utf-8?Q?x?=']]],
  [
    'comments',
    'a/b (c); name=x (d); y=z',
    [
      ['name', 'x'],
      ['y', 'z'],
    ],
  ],
  ['rubbish between', 'a/b; ; foo; =x; name=y', [['name', 'y']]],
  ['an unclosed quote', 'a/b; name="x', [['name', 'x']]],
]
for (const [what, raw, found] of parameters) {
  test(`parameters: ${what}`, () => deepEqual(readStructured(raw, 100).parameters, found))
}

test('more parameters than the limit are left', () => {
  const many = Array.from({ length: 5000 }, (_, i) => `name*${i}=x`).join(';')
  const { parameters: found, tooMany } = readStructured(`a/b;${many}`, 1000)
  deepEqual([found[0]![1].length, tooMany], [1000, true])
})

test('fields with their bytes', () => {
  const block = octets('Subject: a\r\n b\r\nno field\r\nX-Y : z\r\nTo:\r\n\tc \r\n')
  const fields = readFields(block)
  deepEqual(
    fields.map(({ name, raw, value }) => [name, raw.toString(), value.toString()]),
    [
      ['Subject', 'Subject: a\r\n b\r\n', 'a b'],
      ['X-Y', 'X-Y : z\r\n', 'z'],
      ['To', 'To:\r\n\tc \r\n', 'c'],
    ],
  )
})

test('message ids', () => {
  deepEqual(readMessageIds('<a@b>\r\n\t<c@d><e @f> junk'), ['<a@b>', '<c@d>', '<e@f>'])
  deepEqual(readMessageIds('a@b c@d word'), ['<a@b>', '<c@d>'])
  deepEqual(readMessageIds('Your message of Monday'), [])
})
