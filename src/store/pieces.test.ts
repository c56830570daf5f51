// Searches for pieces of a text: one and two letters of Latin, one Chinese character, mixed, on both engines, indexed or
// not; the truth is whether the folded text has the folded piece. And mails that an index could choke on.

import { deepEqual } from 'node:assert/strict'
import { search } from './search.ts'
import { append, eachStore, unindexed } from '../../test/mailstore.ts'
import { openStore, type Store } from './store.ts'
import { plain } from './tokens.ts'

const bodies = [
  'a',
  'A1 b2 x',
  'Zürich Ærø straße ŁÓDŹ',
  'data-base v2.0 C++ e-mail foo_bar don’t',
  'Привет мир Ελλάδα',
  '書',
  '圖書館 library 書本',
  '郵件abc系統 A書B',
  'abc郵件 系統def',
  '𠮷野家 x𠮷',
  'ガイド ﾃｽﾄ ＡＢＣ',
  '한국어 메일',
  'ภาษาไทย ab',
  `${'x'.repeat(64)} end q`,
  '100% a&b | c:* \'d\' !e (f) "g" \\h <-> AND OR NOT NEAR',
]

const asked = [
  ...'abcdefghijklmnopqrstuvwxyz0129'.split(''),
  ...['ab', 'ri', 'v2', 'ä', 'ü', 'æ', 'ß', 'ss', 'л', 'ρ', 'ри', 'x𠮷', 'é', 'ÉA'],
  ...['書', '圖', '館', '本', '郵', '統', '𠮷', '野', 'ガ', 'テ', '한', '일', 'ภ', 'ไ', 'ย', 'む'],
  ...[
    '圖書',
    '書館',
    '書 書',
    '館 l',
    'y 書',
    'c系',
    '件a',
    '郵件abc',
    'abc系',
    'abc郵',
    '統d',
    'A書',
    '書b',
    'a書b',
    '本a',
  ],
  ...['-', '+', '_', 'c++', 'c:', ':*', "'d", '&', '|', '!', '(', '"', '\\', '%', 'a&', 'and', 'o_b', 't’', '<->', '*'],
  ...['x'.repeat(64), 'x'.repeat(65), 'xe', 'x end'],
]

eachStore('pieces are found wherever they stand', async ({ store, inbox }) => {
  await store.indexer.stop()
  for (const body of bodies)
    await append(store, inbox.id, { headers: 'Content-Type: text/plain; charset=utf-8\r\n', body: `${body}\r\n` })
  const check = async (by: Store, when: string): Promise<void> => {
    for (const piece of asked) {
      const truth = bodies.flatMap((body, i) => (plain(body).includes(plain(piece)) ? [i + 1] : []))
      deepEqual(await search(by, inbox.id, { is: 'body', text: piece }), truth, `${when}: ${piece}`)
    }
  }
  await check(store, 'not indexed')
  const again = openStore(store.db, store.blobs)
  await again.indexer.caughtUp()
  deepEqual(await unindexed(again), [])
  await check(again, 'indexed')
  await again.close()
})

/** Different words of 64 letters of two bytes each: several parts of them are more than PostgreSQL keeps of one mail. */
function longWords(from: number, count: number): string {
  const word = (n: number): string =>
    String(n)
      .padStart(64, '0')
      .replace(/./g, (digit) => 'абвгдежзий'[Number(digit)]!)
  return Array.from({ length: count }, (_, n) => word(from + n)).join(' ')
}

eachStore('empty mails, and mails of very many very long words, are indexed like others', async ({ store, inbox }) => {
  const part = (text: string): string => `--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${text}\r\n`
  const long = [0, 5_000, 10_000].map((from) => part(longWords(from, 5_000))).join('')
  for (const bytes of [
    '',
    '\r\n',
    '\r\n \r\n...\r\n',
    `Content-Type: multipart/mixed; boundary=b\r\n\r\n${long}${part('needle')}--b--\r\n`,
    'Subject: short\r\n\r\nneedle\r\n',
  ])
    await append(store, inbox.id, Buffer.from(bytes))
  await store.indexer.caughtUp()
  deepEqual(await unindexed(store), [])
  deepEqual(await search(store, inbox.id, { is: 'body', text: 'needle' }), [4, 5])
  deepEqual(await search(store, inbox.id, { is: 'body', text: longWords(14_999, 1) }), [4])
  deepEqual(await search(store, inbox.id, { is: 'text', text: 'short' }), [5])
})
