import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import type { Mailbox } from '../jmap/types.ts'
import { readAge, readDate, readSize } from './dates.ts'
import { searchOf, type SearchContext } from './filter.ts'
import { readSearch, type Node } from './language.ts'
import { piecesOf } from './snippet.ts'

const zone = 'Asia/Taipei'
const now = Date.UTC(2026, 2, 4, 6, 5) // 2026-03-04 14:05 there
const day = (text: string): number => Date.parse(`${text}T00:00:00+08:00`)

/** A tree as one line: (and a (or b c) -d). */
function show(node: Node): string {
  if (node.is === 'term') return `${node.name === 'text' ? '' : `${node.name}=`}${node.value}`
  if (node.is === 'not') return `-${show(node.of)}`
  return `(${[node.is, ...node.of.map(show)].join(' ')})`
}

const trees: [typed: string, tree: string][] = [
  ['', '(all)'],
  ['會議', '會議'],
  ['會議 經費', '(all 會議 經費)'],
  ['會議　經費', '(all 會議 經費)'],
  ['"校務 會議"', '校務 會議'],
  ['「校務 會議」 x', '(all 校務 會議 x)'],
  ['“a b', 'a b'],
  ['from:wang', 'from=wang'],
  ['寄件人：王小明', 'from=王小明'],
  ['ＦＲＯＭ：wang', 'from=wang'],
  ['主旨:"期中 考"', 'subject=期中 考'],
  ['a OR b', '(any a b)'],
  ['a b OR c d', '(all a (any b c) d)'],
  ['a 或 b', '(any a b)'],
  ['(a b) OR c', '(any (all a b) c)'],
  ['（a b） OR c', '(any (all a b) c)'],
  ['-a', '-a'],
  ['-from:x b', '(all -from=x b)'],
  ['-(a OR b)', '-(any a b)'],
  ['a-b', 'a-b'],
  ['a - b', '(all a - b)'],
  ['未讀 有附件 校外', '(all is=unread has=attachment is=external)'],
  ['未讀信', '未讀信'],
  ['foo:bar', 'foo:bar'],
  ['https://a.example/', 'https://a.example/'],
  ['from:', '(all)'],
  ['OR', '(all)'],
  ['OR a', 'a'],
  ['a OR', 'a'],
  ['((((', '(all)'],
  ['a) b', '(all a b)'],
  ['()', '(all)'],
  ['"', '(all)'],
  ['constructor __proto__:x', '(all constructor __proto__:x)'],
]
for (const [typed, tree] of trees) test(`reads ${JSON.stringify(typed)}`, () => equal(show(readSearch(typed)), tree))

test('deep nesting ends', () => {
  equal(typeof show(readSearch('('.repeat(500) + 'a')), 'string')
  equal(typeof show(readSearch('-'.repeat(999) + 'a')), 'string')
})

test('terms know where they stand', () => {
  const typed = 'x -寄件人：王 y'
  const tree = searchOf(typed, context()).terms[1]!
  equal(typed.slice(tree.start, tree.end), '-寄件人：王')
  equal(tree.isNot, true)
})

const dates: [string, string | undefined][] = [
  ['2026/3/4', '2026-03-04'],
  ['2026-03-04', '2026-03-04'],
  ['20260304', '2026-03-04'],
  ['115/3/4', '2026-03-04'],
  ['１１５／３／４', '2026-03-04'],
  ['民國115年3月4日', '2026-03-04'],
  ['115年3月', '2026-03-01'],
  ['99年', '2010-01-01'],
  ['2025', '2025-01-01'],
  ['2025/12', '2025-12-01'],
  ['3/4', '2026-03-04'],
  ['12/31', '2025-12-31'],
  ['今天', '2026-03-04'],
  ['yesterday', '2026-03-03'],
  ['7', undefined],
  ['2026/2/30', undefined],
  ['2026/13/1', undefined],
  ['soon', undefined],
  ['', undefined],
]
for (const [typed, date] of dates) {
  test(`the date ${JSON.stringify(typed)}`, () => equal(readDate(typed, now, zone), date && day(date)))
}

test('ages and sizes', () => {
  equal(readAge('7d', now, zone), day('2026-02-25'))
  equal(readAge('2週', now, zone), day('2026-02-18'))
  equal(readAge('3m', now, zone), day('2025-12-04'))
  equal(readAge('1年', now, zone), day('2025-03-04'))
  equal(readAge('d', now, zone), undefined)
  equal(readSize('5M'), 5 << 20)
  equal(readSize('1.5kb'), 1536)
  equal(readSize('３０００'), 3000)
  equal(readSize('big'), undefined)
})

function context(): SearchContext {
  const mailbox = (id: string, name: string, role: Mailbox['role']): Mailbox =>
    ({ id, name, role, parentId: null }) as unknown as Mailbox
  const mailboxes = [
    mailbox('F1', 'INBOX', 'inbox'),
    mailbox('F2', 'Junk', 'junk'),
    mailbox('F3', 'Trash', 'trash'),
    mailbox('F4', '國科會計畫', null),
  ]
  return { mailboxes, address: 'wang@uni.example', domain: 'uni.example', now, zone }
}

const scope = { inMailboxOtherThan: ['F2', 'F3'] }
const filters: [string, object | null][] = [
  ['', scope],
  ['會議', { operator: 'AND', conditions: [scope, { text: '"會議"' }] }],
  ['in:anywhere', null],
  ['in:收信匣', { inMailbox: 'F1' }],
  ['信件匣：國科會計畫', { inMailbox: 'F4' }],
  ['in:all from:me', { from: '"wang@uni.example"' }],
  ['in:all 校外', { operator: 'NOT', conditions: [{ from: '@uni.example' }, { from: '.uni.example' }] }],
  ['in:all -is:unread', { operator: 'NOT', conditions: [{ notKeyword: '$seen' }] }],
  ['in:all a OR b', { operator: 'OR', conditions: [{ text: '"a"' }, { text: '"b"' }] }],
  ['in:all after:115/3/4', { after: '2026-03-03T16:00:00Z' }],
  ['in:all 之前：2026/3/4', { before: '2026-03-03T16:00:00Z' }],
  ['in:all larger:5M', { minSize: 5 << 20 }],
  ['in:all 檔名:名冊', { operator: 'AND', conditions: [{ hasAttachment: true }, { text: '"名冊"' }] }],
  ['in:all a\\b', { text: '"a\\\\b"' }],
]
for (const [typed, filter] of filters) {
  test(`means ${JSON.stringify(typed)}`, () => deepEqual(searchOf(typed, context()).filter, filter))
}

test('what is not understood is named, and left out', () => {
  const { problems, filter } = searchOf('in:all before:soon in:nowhere is:odd x', context())
  deepEqual(
    problems.map(({ name, value }) => [name, value]),
    [
      ['before', 'soon'],
      ['in', 'nowhere'],
      ['is', 'odd'],
    ],
  )
  deepEqual(filter, { text: '"x"' })
})

test('snippets become text', () => {
  deepEqual(piecesOf('a <mark>b</mark> &lt;i&gt; &amp;lt;'), [
    { text: 'a ', isHit: false },
    { text: 'b', isHit: true },
    { text: ' <i> &lt;', isHit: false },
  ])
})
