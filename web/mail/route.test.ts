import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import type { Mailbox } from './jmap/types.ts'
import { branches } from './mailboxes.ts'
import { readRoute, writeRoute } from './route.ts'

const inbox = {
  accountId: undefined,
  place: 'inbox',
  emailId: undefined,
  words: '',
  show: undefined,
  compose: undefined,
}

const routes: [hash: string, route: object][] = [
  ['', {}],
  ['#/inbox/M3', { emailId: 'M3' }],
  ['#/A7/F9/M2', { accountId: 'A7', place: 'F9', emailId: 'M2' }],
  ['#/search?q=%E4%B8%BB%E6%97%A8%3A+x', { place: 'search', words: '主旨: x' }],
  ['#/inbox?show=unread', { show: 'unread' }],
  ['#/inbox?show=constructor', {}],
  ['#/inbox?compose=reply&email=M3&account=A1', { compose: { kind: 'reply', emailId: 'M3', accountId: 'A1' } }],
  ['#/compose?to=mailto%3Aa%40b.example', { compose: { kind: 'mailto', mailto: 'mailto:a@b.example' } }],
  ['#compose', { compose: { kind: 'new' } }],
  ['#/../<x>', {}],
]
for (const [hash, route] of routes) {
  test(`the place ${hash}`, () => {
    deepEqual(readRoute(hash), { ...inbox, ...route })
    deepEqual(readRoute(writeRoute(readRoute(hash))), readRoute(hash))
  })
}

test('a tree, whatever parents the server names', () => {
  const mailbox = (id: string, name: string, parentId: string | null = null, role: Mailbox['role'] = null): Mailbox =>
    ({ id, name, parentId, role, sortOrder: 0 }) as Mailbox
  const all = [
    mailbox('F1', 'Inbox', null, 'inbox'),
    mailbox('F2', 'b'),
    mailbox('F3', 'a', 'F2'),
    mailbox('F4', 'under the inbox', 'F1'),
    mailbox('F5', 'lost', 'F99'),
  ]
  deepEqual(
    branches(all, (a, b) => (a < b ? -1 : 1)).map(({ mailbox: { id }, depth, path }) => [id, depth, path]),
    [
      ['F4', 0, 'Inbox / under the inbox'],
      ['F2', 0, 'b'],
      ['F3', 1, 'b / a'],
      ['F5', 0, 'lost'],
    ],
  )
  equal(branches([mailbox('F6', 'x', 'F6')], () => 0).length, 0) // its own parent: nowhere, and no endless walk
})
