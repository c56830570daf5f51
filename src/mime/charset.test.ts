import { equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { createMultibyteEncoder } from '@exodus/bytes/multi-byte.js'
import { decodeCharset } from './charset.ts'

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
const encode = (name: string, text: string): Buffer => Buffer.from(createMultibyteEncoder(name)(text))

const declared: [what: string, charset: string, bytes: Buffer, text: string][] = [
  ['Big5 with the second byte 0x5c', 'big5', hex('a4a4 a4e5 b66c a5f3 b4fa b8d5 b35c a55c bb5c'), '中文郵件測試許功蓋'],
  ['Big5 kana, where Node is wrong', 'Big5', hex('c6e8'), 'あ'],
  ['Big5 by the name Windows gives it', 'cp950', hex('a4a4'), '中'],
  ['gb2312 means gb18030', 'GB2312', encode('gb18030', '朱镕基 囍 𠮷'), '朱镕基 囍 𠮷'],
  ['Shift_JIS', 'shift_jis', encode('shift_jis', 'こんにちは ｱ'), 'こんにちは ｱ'],
  ['ISO-2022-JP', 'ISO-2022-JP', hex('1b24 4243 664a 381b 2842'), '中文'],
  ['EUC-KR by its mail name', 'ks_c_5601-1987', encode('euc-kr', '안녕하세요'), '안녕하세요'],
  ['EUC-KR by its short mail name', 'ks_c_5601', encode('euc-kr', '똠방'), '똠방'],
  ['ISO-2022-KR', 'iso-2022-kr', hex('1b242943 0e 3e48 3367 0f 41'), '안녕A'],
  ['ISO-2022-CN with planes 1 and 2', 'iso-2022-cn', hex('1b2429410e 5650 1b242a48 1b4e2121 4e44 0f'), '中乂文'],
  ['ISO-2022-CN, CNS 11643', 'iso-2022-cn', hex('1b2429470e 6253 0f 61'), '郵a'],
  ['EUC-TW plane 1', 'euc-tw', hex('c4e3c5c6e2d3c7b5e0c1e6dcddc2c5fceae4'), '中文郵件測試許功蓋'],
  ['EUC-TW plane 2', 'euc-tw', hex('8ea2a1a18ea2a1a2 41'), '乂乜A'],
  ['EUC-TW with a character of plane 3', 'euc-tw', hex('8ea3a1a1 41'), '\ufffdA'],
  ['HZ', 'hz-gb-2312', Buffer.from('~{VPND~} ~~ok'), '中文 ~ok'],
  ['UTF-7', 'utf-7', Buffer.from('+Ti1lhw- 1 +- 1'), '中文 1 + 1'],
  ['UTF-7 by its old name', 'unicode-1-1-utf-7', Buffer.from('Hi +2D3eAA!'), 'Hi 😀!'],
  ['UTF-16 with a mark', 'utf-16', hex('fffe 2d4e'), '中'],
  ['UTF-32', 'utf-32', hex('2d4e0000'), '中'],
  ['windows-1252 for latin-1', 'ISO-8859-1', hex('80 e9'), '€é'],
  ['KOI8-R', 'koi8-r', hex('f0d2c9d7c5d4'), 'Привет'],
  ['a UTF-8 mark is no text', 'utf-8', hex('efbbbf 61'), 'a'],
  ['quotes and a language around the name', '"UTF-8*en"', hex('e4b8ad'), '中'],
]
for (const [what, charset, bytes, text] of declared) test(what, () => equal(decodeCharset(bytes, charset), text))

const title = '國立臺灣大學計算機中心 系統維護公告 請同學注意時間'
const wrong: [what: string, charset: string, bytes: Buffer, text: string][] = [
  ['Big5 said to be UTF-8', 'utf-8', encode('big5', title), title],
  ['Big5 said to be ASCII', 'us-ascii', encode('big5', title), title],
  ['Big5 said to be latin-1', 'iso-8859-1', encode('big5', title), title],
  ['Big5 that says nothing', '', encode('big5', title), title],
  ['Big5 in an unknown charset', 'x-unknown', encode('big5', '附件一'), '附件一'],
  ['UTF-8 said to be Big5', 'big5', Buffer.from(title), title],
  ['UTF-8 said to be latin-1', 'iso-8859-1', Buffer.from('Müller é'), 'Müller é'],
  ['UTF-8 said to be nothing', '', Buffer.from('測'), '測'],
  ['GB said to be UTF-8', 'utf-8', encode('gb18030', '关于本学期考试的通知'), '关于本学期考试的通知'],
  ['Shift_JIS that says nothing', '', encode('shift_jis', '会議のお知らせです'), '会議のお知らせです'],
  ['EUC-JP that says nothing', '', encode('euc-jp', '会議のお知らせです'), '会議のお知らせです'],
  ['EUC-KR that says nothing', '', encode('euc-kr', '회의 일정을 보내 드립니다'), '회의 일정을 보내 드립니다'],
  ['ISO-2022-JP that says nothing', '', hex('1b24 4243 664a 381b 2842'), '中文'],
  ['French that says nothing', '', hex('636166e9206e6f6972'), 'café noir'],
  ['French in latin-1 stays', 'iso-8859-1', hex('c9 74 e9'), 'Été'],
  [
    'Russian that says nothing',
    '',
    Buffer.from('cff0e8e2e5f22c20eae0ea20e4e5ebe03f20dff1e0ebfe20f1ee20e2f1e5f5', 'hex'),
    'Привет, как дела? ',
  ],
]
for (const [what, charset, bytes, text] of wrong) {
  test(what, () => {
    const decoded = decodeCharset(bytes, charset)
    if (what.startsWith('Russian')) match(decoded, /[а-яА-Я]{6}/)
    else equal(decoded, text)
  })
}

test('short Chinese text is known without a charset', () => {
  for (const word of [
    '您好',
    '會議通知',
    '王小明',
    '附件一.pdf',
    '測試',
    'Re: 請問作業',
    '【公告】系統維護通知',
    '成績單',
    '關於選課',
  ]) {
    equal(decodeCharset(encode('big5', word), ''), word)
  }
})

test('a character cut at the end leaves the rest alone', () => {
  equal(decodeCharset(Buffer.from('測試').subarray(0, 5), 'utf-8'), '測\ufffd')
  equal(decodeCharset(Buffer.from('測試測試').subarray(0, 11), ''), '測試測\ufffd')
})

test('a little damage in UTF-8 stays damage', () => {
  const bytes = Buffer.from(title)
  bytes[4] = 0xff
  match(decodeCharset(bytes, 'utf-8'), /系統維護公告 請同學注意時間$/)
})
