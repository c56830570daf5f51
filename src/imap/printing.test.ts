import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import type { ThreadNode } from '../store/threads.ts'
import { cutPositions, placesOf } from './aims.ts'
import { printThread } from './commands/sort.ts'
import { Printed } from './printed.ts'
import { encodedWords } from './say.ts'
import { deepEqual } from 'node:assert/strict'

const same = (uid: number) => uid
const node = (uid: number, ...children: ThreadNode[]): ThreadNode => ({ uid, children })

const threads: [text: string, root: ThreadNode][] = [
  ['(2)', node(2)],
  ['(3 6 (4 23)(44 7 96))', node(3, node(6, node(4, node(23)), node(44, node(7, node(96)))))], // RFC 5256 §4
  ['((3)(5))', node(0, node(3), node(5))],
  ['((3 4)(5))', node(0, node(3, node(4)), node(5))],
]
for (const [text, root] of threads) test(`THREAD ${text}`, () => equal(printThread(root, same), text))

test('a thread as deep as a mailbox', () => {
  let root = node(100_000)
  for (let uid = 99_999; uid > 0; uid--) root = node(uid, root)
  ok(printThread(root, same).startsWith('(1 2 3 4'))
})

test('printed texts: what was not asked for goes first, and the size is bounded', () => {
  const printed = new Printed(100_000)
  const text = 'x'.repeat(940) // with its entry 1,000
  for (let mail = 1; mail <= 200; mail++) {
    printed.set(Printed.key('envelope', false, mail), text)
    printed.get(Printed.key('envelope', false, 1))
  }
  equal(printed.get(Printed.key('envelope', false, 1)), text)
  equal(printed.get(Printed.key('envelope', false, 50)), undefined)
  equal(printed.get(Printed.key('body', false, 200)), undefined)
  const kept = Array.from({ length: 200 }, (_, i) => printed.get(Printed.key('envelope', false, i + 1))).filter(Boolean)
  ok(kept.length <= 100)
})

test('encoded words are short, and whole characters', () => {
  for (const word of encodedWords('郵驛'.repeat(50) + '😀').split(' ')) {
    ok(word.length <= 75)
    const text = Buffer.from(/^=\?UTF-8\?B\?(.*)\?=$/.exec(word)![1]!, 'base64').toString()
    ok(!text.includes('\ufffd'))
  }
  equal(encodedWords('plain'), 'plain')
  equal(encodedWords('=?x?='), '=?UTF-8?B?PT94Pz0=?=')
})

test('partial ranges', () => {
  deepEqual(placesOf({ from: 1, to: 10, text: '' }, 5), [0, 5])
  deepEqual(placesOf({ from: 4, to: 10, text: '' }, 5), [3, 5])
  deepEqual(placesOf({ from: 7, to: 10, text: '' }, 5), [5, 5])
  deepEqual(placesOf({ from: -1, to: -3, text: '' }, 5), [2, 5])
  deepEqual(placesOf({ from: -4, to: -9, text: '' }, 5), [0, 2])
  deepEqual(cutPositions([[1, 3], [7, 9]], { from: 3, to: 4, text: '' }), [[3, 3], [7, 7]]) // prettier-ignore
})
