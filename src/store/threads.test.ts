import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { sort, type SortKey } from './sort.ts'
import { byReferences, bySubject, threads, type Threaded, type ThreadNode } from './threads.ts'
import { append, eachStore, type Letter } from '../../test/mailstore.ts'

/** '1(2 3(4))': 2 and 3 answer 1, 4 answers 3; 0 is a mail that is not here. */
function print(nodes: ThreadNode[]): string {
  return nodes.map(({ uid, children }) => (children.length > 0 ? `${uid}(${print(children)})` : `${uid}`)).join(' ')
}

const mail = (uid: number, key: number, references: number[], subject = `s${uid}`, isReply = false): Threaded => ({
  uid,
  key,
  references,
  subject,
  isReply,
  date: uid,
})

const cases: [string, Threaded[], string][] = [
  ['an answer', [mail(1, 10, []), mail(2, 20, [10])], '1(2)'],
  ['an answer that came first', [mail(1, 20, [10]), mail(2, 10, [])], '2(1)'],
  ['a chain', [mail(1, 10, []), mail(2, 20, [10]), mail(3, 30, [10, 20])], '1(2(3))'],
  ['a mail between is not here', [mail(1, 10, []), mail(3, 30, [10, 20])], '1(3)'],
  ['the root is not here', [mail(2, 20, [10]), mail(3, 30, [10])], '0(2 3)'],
  ['a lone answer to nothing here', [mail(2, 20, [10])], '2'],
  ['two that answer each other', [mail(1, 10, [20]), mail(2, 20, [10])], '2(1)'],
  ['one that answers itself', [mail(1, 10, [10])], '1'],
  ['two mails with one id', [mail(1, 10, []), mail(2, 10, []), mail(3, 30, [10])], '1(3) 2'],
  [
    'the last reference wins over hearsay',
    [mail(1, 10, []), mail(2, 20, []), mail(3, 40, [10, 30]), mail(4, 30, [20])],
    '1 2(4(3))',
  ],
  ['a link that would close a loop is not made', [mail(1, 20, [10, 30]), mail(2, 30, [20]), mail(3, 10, [])], '2(1) 3'],
  ['without references there is no parent', [mail(1, 30, [10, 20]), mail(2, 20, []), mail(3, 10, [])], '2(1) 3'],
  ['one subject, an answer and the first', [mail(1, 10, [], 's'), mail(2, 20, [], 's', true)], '1(2)'],
  ['one subject, both first', [mail(1, 10, [], 's'), mail(2, 20, [], 's')], '0(1 2)'],
  ['one subject, both answers', [mail(1, 10, [], 's', true), mail(2, 20, [], 's', true)], '0(1 2)'],
  ['empty subjects do not meet', [mail(1, 10, [], ''), mail(2, 20, [], '')], '1 2'],
  ['three of one subject', [mail(1, 10, [], 's'), mail(2, 20, [], 's'), mail(3, 30, [], 's')], '0(1 2 3)'],
]
for (const [what, mails, printed] of cases) {
  test(`REFERENCES: ${what}`, async () => equal(print(await byReferences(mails)), printed))
}

test('ORDEREDSUBJECT: answers of one subject below the first', () => {
  equal(
    print(bySubject([mail(1, 1, [], 'a'), mail(2, 2, [], 'b'), mail(3, 3, [], 'a'), mail(4, 4, [], 'a')])),
    '1(3 4) 2',
  )
})

test('chains and fans of fifty thousand end soon and do not recurse', async () => {
  const n = 50_000
  const chain = Array.from({ length: n }, (_, i) => mail(i + 1, i + 1, i > 0 ? [i] : [], 's'))
  let depth = 0
  for (let nodes = await byReferences(chain); nodes.length > 0; nodes = nodes[0]!.children) depth++
  equal(depth, n)
  const backwards = Array.from({ length: n }, (_, i) => mail(i + 1, i + 1, [i + 2], 's'))
  equal((await byReferences(backwards)).length, 1)
  const fan = Array.from({ length: n }, (_, i) => mail(i + 1, i + 1, i > 0 ? [1] : [], 's'))
  equal((await byReferences(fan))[0]!.children.length, n - 1)
})

const letters: Letter[] = [
  {
    subject: 'Re: Plan',
    from: 'Zed <b@uni.example>',
    to: 'c@x.example',
    id: '<2@t>',
    date: 'Tue, 6 Jan 2026 10:00:00 +0000',
    headers: 'References: <1@t>\r\n',
  },
  {
    subject: 'plan',
    from: 'Émile <C@uni.example>',
    to: 'a@x.example',
    id: '<1@t>',
    date: 'Mon, 5 Jan 2026 10:00:00 +0000',
    headers: 'Content-Type: text/plain; charset=utf-8\r\n',
  },
  {
    subject: 'apple',
    from: 'a@uni.example',
    to: '會計室 <b@x.example>',
    id: '<3@t>',
    date: 'none',
    headers: 'Cc: z@x.example\r\n',
    body: 'longer body\r\n',
  },
]

const orders: [SortKey['by'][], number[]][] = [
  [['arrival'], [2, 1, 3]],
  [['date'], [3, 2, 1]], // the third has no date: its arrival counts
  [['subject'], [3, 1, 2]], // 1 and 2 have one base subject
  [
    ['subject', 'date'],
    [3, 2, 1],
  ],
  [['from'], [3, 1, 2]],
  [['displayfrom'], [3, 2, 1]],
  [['to'], [2, 3, 1]],
  [['displayto'], [2, 1, 3]],
  [['cc'], [1, 2, 3]],
  [[], [1, 2, 3]],
]

eachStore('SORT by every key, and the reverse', async ({ store, inbox }) => {
  const arrivals = [2000, 1000, 3000]
  for (const [i, letter] of letters.entries()) await append(store, inbox.id, letter, { receivedAt: arrivals[i]! })
  for (const [by, order] of orders) {
    const keys = (reverse: boolean): SortKey[] => by.map((each) => ({ by: each, reverse }))
    deepEqual(await sort(store, inbox.id, [3, 1, 2, 9], keys(false)), order, by.join())
    if (by.length === 1 && by[0] !== 'subject' && by[0] !== 'cc')
      deepEqual(await sort(store, inbox.id, [1, 2, 3], keys(true)), order.toReversed(), `reverse ${by.join()}`)
  }
  equal(print(await threads(store, inbox.id, [1, 2, 3], 'references')), '3 2(1)')
  equal(print(await threads(store, inbox.id, [1, 2, 3, 77], 'orderedsubject')), '3 2(1)')
  equal(print(await threads(store, inbox.id, [1, 3], 'references')), '3 1')
})

eachStore('SORT compares in capitals: what lies between the cases comes last', async ({ store, inbox }) => {
  for (const subject of ['_', 'b', '[xyz]', 'A', '', 'z']) await append(store, inbox.id, { subject })
  deepEqual(await sort(store, inbox.id, [1, 2, 3, 4, 5, 6], [{ by: 'subject', reverse: false }]), [5, 4, 2, 6, 3, 1])
})

eachStore('a mail joins the thread of the mail it answers, or of the root it names', async ({ store, inbox }) => {
  const named = (references: string) => `References: ${references}\r\n`
  await append(store, inbox.id, { id: '<root@t>' })
  await append(store, inbox.id, { id: '<one@t>', headers: named('<root@t>') })
  await append(store, inbox.id, { id: '<two@t>', headers: named('<one@t>') }) // names its parent only
  await append(store, inbox.id, { id: '<three@t>', headers: 'In-Reply-To: <two@t>\r\n' })
  await append(store, inbox.id, { id: '<far@t>', headers: named('<root@t> <never-came@t>') })
  await append(store, inbox.id, { id: '<other@t>' })
  const rows = await store.db.all<{ thread: number }>('select thread from message order by uid', [])
  equal(new Set(rows.slice(0, 5).map((row) => row.thread)).size, 1)
  equal(new Set(rows.map((row) => row.thread)).size, 2)
})
