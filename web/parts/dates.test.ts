import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { countText, fullDate, listDate, mailDate, sizeText, startOfDay } from './dates.ts'

const zone = 'Asia/Taipei'
const at = (text: string): number => Date.parse(`${text}+08:00`)
const now = at('2026-03-04T14:05:00')

const lists: [string, string][] = [
  ['2026-03-04T00:00:00', '00:00'],
  ['2026-03-04T14:05:00', '14:05'],
  ['2026-03-03T23:59:59', '23:59'],
  ['2026-03-02T10:00:00', '3/2'],
  ['2026-01-01T00:00:00', '1/1'],
  ['2025-12-31T23:59:59', '2025/12/31'],
]
for (const [then, shown] of lists) test(`in a list ${then}`, () => equal(listDate(at(then), now, zone), shown))

test('a day begins where the person is', () => {
  equal(listDate(Date.UTC(2026, 2, 3, 16, 0), now, zone), '00:00') // midnight there, the day before in UTC
  equal(listDate(Date.UTC(2026, 2, 3, 16, 0), now, 'UTC'), '16:00')
})

test('over a mail', () => {
  equal(mailDate(at('2026-03-04T11:20:00'), now, zone, '今天'), '今天 11:20')
  equal(mailDate(at('2026-03-03T09:12:00'), now, zone, '今天'), '3/3 09:12')
  equal(mailDate(at('2025-03-03T09:12:00'), now, zone, '今天'), '2025/3/3 09:12')
})

test('all of it', () => {
  equal(fullDate(at('2026-03-04T14:05:09'), zone, 'zh-Hant'), '2026年3月4日（三）14:05:09 (GMT+8)')
  equal(fullDate(at('2026-03-04T14:05:09'), zone, 'en'), 'Wed 4 Mar 2026, 14:05:09 (GMT+8)')
  equal(fullDate(Date.UTC(2026, 0, 1), 'Asia/Kolkata', 'zh-Hant'), '2026年1月1日（四）05:30:00 (GMT+5:30)')
})

test('days that are shorter or longer begin at their own midnight', () => {
  equal(startOfDay({ year: 2026, month: 3, day: 29 }, 'Europe/Berlin'), Date.UTC(2026, 2, 28, 23))
  equal(startOfDay({ year: 2026, month: 3, day: 30 }, 'Europe/Berlin'), Date.UTC(2026, 2, 29, 22))
  equal(startOfDay({ year: 2026, month: 13, day: 1 }, zone), at('2027-01-01T00:00:00'))
})

const sizes: [number, string][] = [
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1 KB'],
  [48 << 10, '48 KB'],
  [1.2 * (1 << 20), '1.2 MB'],
  [2 << 20, '2 MB'],
  [83.2 * 2 ** 30, '83.2 GB'],
  [100 * 2 ** 30, '100 GB'],
  [-1, '0 B'],
]
for (const [bytes, shown] of sizes) test(`${bytes} bytes`, () => equal(sizeText(bytes), shown))

test('counts', () => equal(countText(12345), '12,345'))
