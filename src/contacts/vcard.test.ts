import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { decodeCharset } from '../mime/charset.ts'
import { displayName, readCard, type Card } from './card.ts'
import { readCards, writeLines } from './contentlines.ts'
import { fromVCard } from './fromvcard.ts'
import { searchable, sortKey } from './searchable.ts'
import { writeVCard } from './tovcard.ts'

function read(text: string | Buffer): Card {
  const [lines = []] = readCards(typeof text === 'string' ? text : text.toString('latin1'), decodeCharset)
  return fromVCard(lines, () => 'made')
}
const vcard = (...lines: string[]): string => ['BEGIN:VCARD', ...lines, 'END:VCARD', ''].join('\r\n')

test('a vCard 4.0 as people write it', () => {
  const card = read(
    vcard(
      'VERSION:4.0',
      'UID:urn:uuid:1',
      'FN:王大明',
      'N:王;大明;;教授,博士;',
      'EMAIL;TYPE=work;PREF=1:wang@uni.example',
      'TEL;VALUE=uri;TYPE="cell,home":tel:+886-912-345-678',
      'ORG:國立清華大學;計算機中心;網路組',
      'TITLE:組長',
      'ADR;TYPE=work;LABEL="新竹市光復路二段101號":;;光復路二段101號;新竹市;;300;臺灣',
      'BDAY:--0415',
      'NOTE:一\\n二\\, 三\\; 四',
      'CATEGORIES:同事,家長\\,會',
      'PHOTO:data:image/png;base64,AAAA',
      'item1.URL:https://uni.example/~wang',
      'item1.X-ABLabel:_$!<HomePage>!$_',
      'X-SKYPE;TYPE=home:wang.skype',
      'GENDER:M',
      'REV:20260102T030405Z',
    ),
  )
  equal(card.uid, 'urn:uuid:1')
  deepEqual(card.name, {
    full: '王大明',
    components: [
      { kind: 'title', value: '教授' },
      { kind: 'title', value: '博士' },
      { kind: 'given', value: '大明' },
      { kind: 'surname', value: '王' },
    ],
  })
  deepEqual(card.emails, { 1: { address: 'wang@uni.example', contexts: { work: true }, pref: 1 } })
  deepEqual(card.phones, { 1: { number: '+886-912-345-678', features: { mobile: true }, contexts: { private: true } } })
  deepEqual(card.organizations, { 1: { name: '國立清華大學', units: [{ name: '計算機中心' }, { name: '網路組' }] } })
  deepEqual(card.anniversaries, { 1: { kind: 'birth', date: { '@type': 'PartialDate', month: 4, day: 15 } } })
  equal(card.notes?.['1']?.note, '一\n二, 三; 四')
  deepEqual(card.keywords, { 同事: true, '家長,會': true })
  equal(card.links?.['1']?.['label'], 'HomePage')
  equal(card.updated, '2026-01-02T03:04:05Z')
  deepEqual(
    card.vCardProps?.map(([name]) => name),
    ['x-skype', 'gender'],
  )
  readCard(card)
})

test('a vCard 2.1 of an old telephone: QUOTED-PRINTABLE in Big5, soft line breaks, bare types', () => {
  const card = read(
    vcard(
      'VERSION:2.1',
      'N;CHARSET=BIG5;ENCODING=QUOTED-PRINTABLE:=A4=FD;=A4=6A=A9=FA;;;',
      'FN;CHARSET=BIG5;ENCODING=QUOTED-PRINTABLE:=A4=FD=A4=6A=',
      '=A9=FA',
      'TEL;CELL;VOICE:0912345678',
      'TEL;WORK;FAX:035715131',
      'EMAIL;PREF;INTERNET:wang@uni.example',
      'PHOTO;ENCODING=BASE64;JPEG:',
      ' AAAA',
      ' BBBB',
      '',
    ),
  )
  equal(card.name?.full, '王大明')
  deepEqual(Object.values(card.phones ?? {}), [
    { number: '0912345678', features: { mobile: true, voice: true } },
    { number: '035715131', features: { fax: true }, contexts: { work: true } },
  ])
  deepEqual(Object.values(card.emails ?? {}), [{ address: 'wang@uni.example', pref: 1 }])
  equal(card.media?.['1']?.uri, 'data:image/jpeg;base64,AAAABBBB')
  equal(card.uid, 'made')
})

test('groups, in 4.0 and as Apple has them in 3.0', () => {
  const four = read(
    vcard('VERSION:4.0', 'UID:g', 'FN:組', 'KIND:group', 'MEMBER:urn:uuid:1', 'MEMBER:mailto:a@b.example'),
  )
  const three = read(
    vcard('VERSION:3.0', 'UID:g', 'FN:組', 'X-ADDRESSBOOKSERVER-KIND:group', 'X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:1'),
  )
  equal(four.kind, 'group')
  deepEqual(four.members, { 'urn:uuid:1': true, 'mailto:a@b.example': true })
  deepEqual(three.members, { 'urn:uuid:1': true })
  equal(three.kind, 'group')
})

const cards: [string, Card][] = [
  [
    'a plain one',
    { '@type': 'Card', version: '1.0', uid: 'a', name: { full: 'Ann Lee' }, emails: { 1: { address: 'a@b.example' } } },
  ],
  [
    'one with everything',
    {
      '@type': 'Card',
      version: '1.0',
      uid: 'urn:uuid:2',
      updated: '2026-01-02T03:04:05Z',
      name: {
        full: '王大明',
        components: [
          { kind: 'given', value: '大,明' },
          { kind: 'surname', value: '王;' },
        ],
      },
      nicknames: { 1: { name: '小明, 阿明' } },
      organizations: { 1: { name: 'A;B', units: [{ name: 'C\\D' }] } },
      titles: { 1: { name: '教授' }, 2: { name: 'dean', kind: 'role' } },
      emails: {
        1: { address: 'a@b.example', contexts: { work: true }, pref: 1 },
        2: { address: 'c@d.example', label: '備用' },
      },
      phones: { 1: { number: '+886 3 571', features: { mobile: true, voice: true }, contexts: { private: true } } },
      addresses: {
        1: {
          components: [
            { kind: 'name', value: '光復路' },
            { kind: 'locality', value: '新竹' },
          ],
          contexts: { work: true },
        },
      },
      links: { 1: { uri: 'https://a.example/?a=1,2;b' } },
      notes: { 1: { note: 'one\ntwo; three' } },
      anniversaries: { 1: { kind: 'birth', date: { '@type': 'PartialDate', year: 1990, month: 4, day: 15 } } },
      keywords: { 'a,b': true, c: true },
      media: { 1: { kind: 'photo', uri: 'data:image/jpeg;base64,AAAA' } },
      vCardProps: [['x-skype', { type: 'home' }, 'unknown', 'a\\, b']],
    },
  ],
  [
    'a group',
    { '@type': 'Card', version: '1.0', uid: 'g', kind: 'group', name: { full: 'G' }, members: { 'urn:uuid:1': true } },
  ],
]
for (const [what, card] of cards) {
  for (const version of ['3.0', '4.0'] as const) {
    test(`${what} comes back from vCard ${version}`, () => {
      const text = writeVCard(card, version)
      for (const line of text.split('\r\n')) ok(Buffer.byteLength(line) <= 75, line)
      const back = read(Buffer.from(text).toString())
      if (version === '3.0' && back.name?.components && !card.name?.components) delete back.name.components
      // An order of their own: titles and given names first.
      const bare = (one: Card): unknown => ({ ...one, name: { ...one.name, components: one.name?.components?.length } })
      deepEqual(bare(back), bare(card))
    })
  }
}

test('what stands in parameters and unknown properties cannot bring in lines', () => {
  const text = writeVCard(
    {
      '@type': 'Card',
      version: '1.0',
      uid: 'a',
      name: { full: 'x\r\nEND:VCARD' },
      emails: { 1: { address: 'a@b.example', label: 'y\r\nX-EVIL:1', vCardParams: { 'x-a': '"\r\nEVIL:1' } } },
      vCardProps: [
        ['x-b', {}, 'unknown', 'z\r\nEND:VCARD'],
        ['end', {}, 'unknown', 'VCARD'],
      ],
    },
    '4.0',
  )
  equal(text.match(/^END:VCARD/gm)?.length, 1)
  equal(/^(?:X-EVIL|EVIL)/m.test(text), false)
})

test('a line that is folded inside a character', () => {
  const line = { group: '', name: 'NOTE', parameters: [], value: '郵'.repeat(100) }
  const text = writeLines([line])
  deepEqual(readCards(`BEGIN:VCARD\r\n${text}END:VCARD\r\n`, decodeCharset), [[line]])
})

test('names sort by letters, then by strokes', () => {
  const names = ['張三', 'Émile', '丁一', 'adam', '陳五', '王二', '李四', 'Zoe']
  const sorted = names.toSorted((a, b) => Buffer.compare(sortKey(a), sortKey(b)))
  deepEqual(sorted.slice(0, 6), ['adam', 'Émile', 'Zoe', '丁一', '王二', '李四'])
  deepEqual(sorted.slice(6).toSorted(), ['張三', '陳五'].toSorted())
})

test('a name is made of its components where nobody wrote it out', () => {
  const of = (...components: [string, string][]): string =>
    displayName({
      '@type': 'Card',
      version: '1.0',
      uid: 'a',
      name: { components: components.map(([kind, value]) => ({ kind, value })) },
    })
  equal(of(['given', '大明'], ['surname', '王']), '王大明')
  equal(of(['surname', 'Lee'], ['given', 'Ann'], ['title', 'Dr.']), 'Dr. Ann Lee')
  equal(
    searchable({ '@type': 'Card', version: '1.0', uid: 'a', emails: { 1: { address: 'A@B.example' } } }).words,
    'a@b.example',
  )
})
