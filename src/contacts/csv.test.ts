import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { isUtf8 } from 'node:buffer'
import { decodeAs, decodeCharset } from '../mime/charset.ts'
import { guessCharset } from '../mime/detect.ts'
import type { Card } from './card.ts'
import { meaningOf } from './columns.ts'
import { decodeFile, readTable, writeTable } from './csv.ts'
import { cardOfRow, headingRow, rowOfCard } from './rows.ts'

const tables: [what: string, text: string, rows: string[][]][] = [
  [
    'plain',
    'a,b\r\nc,d\r\n',
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  ],
  [
    'no line break at the end',
    'a,b\nc,d',
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  ],
  [
    'quotes, doubled, with line breaks',
    '"a ""x""","b\r\nc"\r\nd,',
    [
      ['a "x"', 'b\r\nc'],
      ['d', ''],
    ],
  ],
  [
    'semicolons',
    'a;b\nc;d,e',
    [
      ['a', 'b'],
      ['c', 'd,e'],
    ],
  ],
  [
    'tabs',
    'a\tb\nc\td',
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  ],
  ['what Excel is told', 'sep=;\r\na;b', [['a', 'b']]],
  [
    'blank lines',
    'a,b\n\n,\n \nc,d',
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  ],
  [
    'old line ends',
    'a,b\rc,d',
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  ],
  ['a quote that never closes', 'a,"b\nc', [['a', 'b\nc']]],
  ['something behind a quote', '"a"b,c', [['ab', 'c']]],
  [
    'a separator in quotes does not count',
    '"a;b;c;d",e\nf,g',
    [
      ['a;b;c;d', 'e'],
      ['f', 'g'],
    ],
  ],
  ['nothing', '', []],
]
for (const [what, text, rows] of tables) test(`a table: ${what}`, () => deepEqual(readTable(text).rows, rows))

test('what was written is read again, and nothing in it is computed', () => {
  const rows = [
    ['=1+1', '+cmd|x', '-2+3', '@SUM(A1)', '\t=1', ' =1', '%0a'],
    ['+886 912', "it's", 'a,b', '"', 'a\nb', '', ' x '],
  ]
  const text = writeTable(rows)
  equal(text[0], '\ufeff')
  const back = readTable(text.slice(1), ',').rows
  for (const cell of back[0] ?? []) equal(cell.startsWith("'"), true, cell)
  deepEqual(back[1], rows[1])
})

const big5 = Buffer.from('a96dA657'.replace('A6', 'a6'), 'hex') // 姓名
const files: [what: string, bytes: Buffer, charset: string, text: string][] = [
  ['UTF-8 with its mark', Buffer.from('\ufeff姓名,電話'), 'utf-8', '姓名,電話'],
  ['UTF-8', Buffer.from('姓名,電話'), 'utf-8', '姓名,電話'],
  ['UTF-16 as Excel saves it', Buffer.from('\ufeff姓名\t電話', 'utf16le'), 'utf-16le', '姓名\t電話'],
  ['UTF-16 without a mark', Buffer.from('name,phone\n', 'utf16le'), 'utf-16le', 'name,phone\n'],
  ['Big5', Buffer.concat(Array.from({ length: 20 }, () => big5)), 'big5', '姓名'.repeat(20)],
]
for (const [what, bytes, charset, text] of files) {
  test(`a file in ${what}`, () => {
    const detect = (some: Buffer): string => (isUtf8(some) ? 'utf-8' : guessCharset(some, decodeAs))
    deepEqual(decodeFile(bytes, decodeCharset, detect), { text, charset })
  })
}

const sheets: [what: string, source: string, text: string, card: Partial<Card>][] = [
  [
    'Outlook, English',
    'outlook',
    'First Name,Last Name,Company,E-mail Address,E-mail 2 Address,Business Phone,Mobile Phone,Business Street,Business City,Birthday,Categories\n' +
      'Ann,Lee,ACME,ann@a.example,ann@b.example,03-571,0912345678,1 Road,Hsinchu,4/15/1990,friends;work',
    {
      name: {
        components: [
          { kind: 'given', value: 'Ann' },
          { kind: 'surname', value: 'Lee' },
        ],
      },
      emails: { 1: { address: 'ann@a.example' }, 2: { address: 'ann@b.example' } },
      phones: {
        1: { number: '03-571', contexts: { work: true } },
        2: { number: '0912345678', features: { mobile: true } },
      },
      organizations: { 1: { name: 'ACME' } },
      addresses: {
        1: {
          components: [
            { kind: 'name', value: '1 Road' },
            { kind: 'locality', value: 'Hsinchu' },
          ],
          contexts: { work: true },
        },
      },
      anniversaries: { 1: { kind: 'birth', date: { '@type': 'PartialDate', year: 1990, month: 4, day: 15 } } },
      keywords: { friends: true, work: true },
    },
  ],
  [
    'Outlook, 中文',
    'outlook',
    '姓氏,名字,公司,部門,電子郵件地址,商務電話,行動電話\n王,大明,清大,資工,wang@a.example,03-571,0912',
    {
      name: {
        components: [
          { kind: 'given', value: '大明' },
          { kind: 'surname', value: '王' },
        ],
      },
      emails: { 1: { address: 'wang@a.example' } },
      organizations: { 1: { name: '清大', units: [{ name: '資工' }] } },
      phones: { 1: { number: '03-571', contexts: { work: true } }, 2: { number: '0912', features: { mobile: true } } },
    },
  ],
  [
    'Gmail, new',
    'gmail',
    'First Name,Middle Name,Last Name,Organization Name,Labels,E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value\n' +
      'Ann,,Lee,ACME,* myContacts ::: friends,Work,ann@a.example ::: ann@b.example,Mobile,0912',
    {
      emails: {
        1: { address: 'ann@a.example', contexts: { work: true } },
        2: { address: 'ann@b.example', contexts: { work: true } },
      },
      phones: { 1: { number: '0912', features: { mobile: true } } },
      keywords: { friends: true },
    },
  ],
  [
    'Gmail, old',
    'gmail',
    'Name,Given Name,Family Name,Group Membership,E-mail 1 - Type,E-mail 1 - Value,Phone 1 - Type,Phone 1 - Value,Organization 1 - Name\n' +
      'Ann Lee,Ann,Lee,* My Contacts,* Home,ann@a.example,Work Fax,03-5,ACME',
    {
      name: {
        full: 'Ann Lee',
        components: [
          { kind: 'given', value: 'Ann' },
          { kind: 'surname', value: 'Lee' },
        ],
      },
      emails: { 1: { address: 'ann@a.example', contexts: { private: true } } },
      phones: { 1: { number: '03-5', features: { fax: true } } },
    },
  ],
  [
    'Mail2000 and its kin',
    'mail2000',
    '姓名,電子郵件,單位,電話,備註\n王大明,wang@a.example,計中,03-571,=note',
    {
      name: { full: '王大明' },
      emails: { 1: { address: 'wang@a.example' } },
      organizations: { 1: { name: '計中' } },
      phones: { 1: { number: '03-571' } },
      notes: { 1: { note: '=note' } },
    },
  ],
  [
    'no headings at all',
    'no heading',
    '1;王大明;wang@a.example;0912-345-678\n2;李四;li@a.example;',
    {
      name: { full: '王大明' },
      emails: { 1: { address: 'wang@a.example' } },
      phones: { 1: { number: '0912-345-678', features: { mobile: true } } },
    },
  ],
]
for (const [what, source, text, wanted] of sheets) {
  test(`columns of ${what}`, () => {
    const { rows } = readTable(text)
    const meaning = meaningOf(rows)
    equal(meaning.source, source)
    const card = cardOfRow(rows[meaning.hasHeading ? 1 : 0] ?? [], meaning.mapping, () => 'made')
    const some = Object.fromEntries(Object.keys(wanted).map((name) => [name, card?.[name]]))
    deepEqual(some, wanted)
  })
}

test('an exported row comes back as the same contact', () => {
  const card: Card = {
    '@type': 'Card',
    version: '1.0',
    uid: 'u1',
    name: {
      full: '王大明',
      components: [
        { kind: 'given', value: '大明' },
        { kind: 'surname', value: '王' },
      ],
    },
    emails: { 1: { address: 'a@b.example' }, 2: { address: 'c@d.example' } },
    phones: {
      1: { number: '+886 3 571', contexts: { work: true } },
      2: { number: '0912', features: { mobile: true } },
    },
    notes: { 1: { note: '=1+1\n"x"' } },
    keywords: { a: true, b: true },
  }
  for (const language of ['en', 'zh'] as const) {
    const { rows } = readTable(writeTable([headingRow(language), rowOfCard(card)]).slice(1))
    const { mapping, hasHeading } = meaningOf(rows)
    equal(hasHeading, true)
    equal(mapping.includes(''), false, (rows[0] ?? []).join(','))
    deepEqual(
      cardOfRow(rows[1] ?? [], mapping, () => 'made'),
      card,
    )
  }
})

test('a row with nobody in it is no contact', () => {
  equal(
    cardOfRow(['', '', 'x'], ['full', 'email', 'note'], () => 'made'),
    undefined,
  )
})
