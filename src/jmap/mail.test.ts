// Mail over JMAP, by HTTP: reading. What the store answers is proved in store/emails.test.ts; here it is said.

import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openWorld, password, type WorldHouse } from '../../test/world.ts'
import { client, type Client } from '../../test/webclient.ts'
import { flagBits, storeFlags } from '../store/flags.ts'
import { append } from '../../test/mailstore.ts'
import { mailboxByRole } from '../store/mailboxes.ts'
import { copyMessages, expunge } from '../store/messages.ts'
import { grant } from '../store/rights.ts'

let world: WorldHouse
let http: Client
const as = (name: string) => ({ authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` })
const using = ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail']
const start = 1_767_600_000_000

before(async () => {
  const people = ['wang', 'li', 'chen', 'zhou', 'wu', 'xu', 'sun'].map((name) => `${name}@uni.example`)
  world = await openWorld({ hostname: 'mail.uni.example', people })
  http = client(world, 'http')
})
after(() => world.close())

interface Person {
  account: string
  accountNumber: number
  inbox: number
  call(...calls: [string, object][]): Promise<[string, any][]>
  one(name: string, args?: object): Promise<any>
  put(letter?: Letter, more?: { flags?: number; keywords?: string[]; at?: number; mailbox?: number }): Promise<string>
}

type Letter = Parameters<typeof append>[2]

/** Somebody of the house, with no mail yet. */
async function person(name: string, owner = name): Promise<Person> {
  const find = async (who: string) => {
    const row = await world.db.one<{ id: number }>('select id from account where address = $1', [`${who}@uni.example`])
    return row!.id
  }
  const accountNumber = await find(owner)
  const account = `A${accountNumber}`
  const inbox = (await mailboxByRole(world.db, accountNumber, 'inbox'))!.id
  const self: Person = {
    account,
    accountNumber,
    inbox,
    async call(...calls) {
      const methodCalls = calls.map(([method, args], i) => [method, { accountId: account, ...args }, `c${i}`])
      const { status, json, text } = await http.ask('POST', '/jmap/api', {
        json: { using, methodCalls },
        headers: as(name),
      })
      equal(status, 200, text)
      return json.methodResponses
    },
    async one(method, args = {}) {
      const [[said, answer]] = (await self.call([method, args])) as [[string, any]]
      return said === 'error' ? answer.type : answer
    },
    async put(letter = {}, { flags = 0, keywords = [], at = start, mailbox = inbox } = {}) {
      const placed = await append(world.store, mailbox, letter, { flags, keywords, receivedAt: at })
      const row = await world.db.one<{ id: number }>(
        'select mail_id as id from message where mailbox_id = $1 and uid = $2',
        [mailbox, placed.uid],
      )
      return `M${row!.id}`
    },
  }
  return self
}

const rich = Buffer.from(
  [
    'Received: from here; Mon, 5 Jan 2026 10:00:01 +0800',
    'From: =?utf-8?B?546L5bCP5piO?= <wang@uni.example>, "Doe, J." <j@else.example>',
    'To: Team: a@x.example, B <b@x.example>;, c@x.example',
    'Subject: =?utf-8?Q?M=C3=BCnchen?=',
    'Date: Mon, 5 Jan 2026 10:00:00 +0800',
    'Message-ID: <rich@x.example>',
    'References: <one@x.example> <two@x.example>',
    'List-Unsubscribe: <mailto:off@x.example>, <https://x.example/off>',
    'X-Colour: red',
    'X-Colour:  =?utf-8?Q?gr=C3=BCn?=',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=m',
    '',
    '--m',
    'Content-Type: multipart/alternative; boundary=a',
    '',
    '--a',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    'Gr=C3=BC=C3=9Fe',
    'zweite Zeile',
    '--a',
    'Content-Type: text/html; charset=big5',
    'Content-Transfer-Encoding: 8bit',
    '',
    '<p>HTML <b>here</b></p>',
    '--a--',
    '--m',
    'Content-Type: application/pdf; name="plan.pdf"',
    'Content-Transfer-Encoding: base64',
    'Content-Disposition: attachment; filename="=?utf-8?B?6KiI55WrLnBkZg==?="',
    'Content-ID: <pdf@x.example>',
    'Content-Language: de, en',
    '',
    ...Buffer.from('%PDF-1.7 '.repeat(200))
      .toString('base64')
      .match(/.{1,76}/g)!,
    '--m',
    'Content-Type: message/rfc822',
    '',
    'Subject: inside',
    'From: deep@x.example',
    '',
    'Deep text.',
    '--m--',
    '',
  ].join('\r\n'),
)

test('an email is told with everything it has', async () => {
  const me = await person('wang')
  const id = await me.put(rich, { flags: flagBits.seen | flagBits.flagged, keywords: ['Work', '$Forwarded'] })
  const { list, notFound, state } = await me.one('Email/get', {
    ids: [id, 'M99999999', 'nonsense'],
    fetchAllBodyValues: true,
  })
  match(state, /^\d+$/)
  deepEqual(notFound, ['M99999999', 'nonsense'])
  const [email] = list
  const number = id.slice(1)
  equal(email.id, id)
  equal(email.blobId, `B${number}`)
  match(email.threadId, /^T\d+$/)
  deepEqual(email.mailboxIds, { [`F${me.inbox}`]: true })
  deepEqual(email.keywords, { $seen: true, $flagged: true, $forwarded: true, work: true })
  equal(email.size, rich.length)
  equal(email.receivedAt, '2026-01-05T08:00:00Z')
  deepEqual(email.from, [
    { name: '王小明', email: 'wang@uni.example' },
    { name: 'Doe, J.', email: 'j@else.example' },
  ])
  deepEqual(email.to, [
    { name: null, email: 'a@x.example' },
    { name: 'B', email: 'b@x.example' },
    { name: null, email: 'c@x.example' },
  ])
  deepEqual([email.cc, email.sender, email.inReplyTo], [null, null, null])
  equal(email.subject, 'München')
  equal(email.sentAt, '2026-01-05T10:00:00+08:00')
  deepEqual(email.messageId, ['rich@x.example'])
  deepEqual(email.references, ['one@x.example', 'two@x.example'])
  equal(email.hasAttachment, true)
  equal(email.preview, 'Grüße zweite Zeile Deep text. 計畫.pdf')
  deepEqual(email.bodyValues, {
    '1.1': { value: 'Grüße\nzweite Zeile', isEncodingProblem: false, isTruncated: false },
    '1.2': { value: '<p>HTML <b>here</b></p>', isEncodingProblem: false, isTruncated: false },
  })
  deepEqual(
    email.textBody.map((part: any) => part.partId),
    ['1.1'],
  )
  deepEqual(
    email.htmlBody.map((part: any) => part.partId),
    ['1.2'],
  )
  deepEqual(email.attachments, [
    {
      partId: '2',
      blobId: `P${number}-2`,
      size: 1800,
      name: '計畫.pdf',
      type: 'application/pdf',
      charset: null,
      disposition: 'attachment',
      cid: 'pdf@x.example',
      language: ['de', 'en'],
      location: null,
    },
    {
      partId: '3',
      blobId: `P${number}-3`,
      size: 51,
      name: null,
      type: 'message/rfc822',
      charset: null,
      disposition: null,
      cid: null,
      language: null,
      location: null,
    },
  ])
  const file = await http.ask('GET', `/jmap/download/${me.account}/P${number}-2/plan.pdf`, { headers: as('wang') })
  equal(file.text.length, 1800)
})

test('header fields come in the forms that are asked for', async () => {
  const me = await person('wang')
  const id = await me.put(rich)
  const properties = {
    'header:Subject': ' =?utf-8?Q?M=C3=BCnchen?=',
    'header:subject:asText': 'München',
    'header:X-Colour': '  =?utf-8?Q?gr=C3=BCn?=',
    'header:X-Colour:asText:all': ['red', 'grün'],
    'header:X-Nothing:asText': null,
    'header:X-Nothing:asText:all': [],
    'header:To:asGroupedAddresses': [
      {
        name: 'Team',
        addresses: [
          { name: null, email: 'a@x.example' },
          { name: 'B', email: 'b@x.example' },
        ],
      },
      { name: null, addresses: [{ name: null, email: 'c@x.example' }] },
    ],
    'header:To:asAddresses': [
      { name: null, email: 'a@x.example' },
      { name: 'B', email: 'b@x.example' },
      { name: null, email: 'c@x.example' },
    ],
    'header:References:asMessageIds': ['one@x.example', 'two@x.example'],
    'header:Date:asDate': '2026-01-05T10:00:00+08:00',
    'header:List-Unsubscribe:asURLs': ['mailto:off@x.example', 'https://x.example/off'],
  }
  const { list } = await me.one('Email/get', { ids: [id], properties: Object.keys(properties) })
  deepEqual(list, [{ id, ...properties }])
  const { list: structures } = await me.one('Email/get', {
    ids: [id],
    properties: ['bodyStructure', 'headers'],
    bodyProperties: ['partId', 'type', 'header:Content-Language'],
  })
  equal(structures[0].headers.length, 12)
  equal(structures[0].bodyStructure.subParts[0].subParts[1].type, 'text/html')
  equal(structures[0].bodyStructure.subParts[1]['header:Content-Language'], ' de, en')
  for (const wrong of ['header:Subject:asDate', 'header:', 'header:From:asText', 'header:X:asText:any', 'colour'])
    equal(await me.one('Email/get', { ids: [id], properties: [wrong] }), 'invalidArguments', wrong)
})

test('values of bodies are cut where a character ends', async () => {
  const me = await person('wang')
  const id = await me.put({ headers: 'Content-Type: text/plain; charset=utf-8\r\n', body: '會議記錄很長\r\n' })
  const ask = async (most: number) => {
    const { list } = await me.one('Email/get', {
      ids: [id],
      properties: ['bodyValues'],
      fetchTextBodyValues: true,
      maxBodyValueBytes: most,
    })
    return list[0].bodyValues['1']
  }
  deepEqual(await ask(8), { value: '會議', isEncodingProblem: false, isTruncated: true })
  deepEqual(await ask(9), { value: '會議記', isEncodingProblem: false, isTruncated: true })
  deepEqual(await ask(0), { value: '會議記錄很長\n', isEncodingProblem: false, isTruncated: false })
})

test('a list has positions, anchors, a total, and threads only once', async () => {
  const me = await person('li')
  const ids: string[] = []
  for (let i = 0; i < 10; i++) {
    const headers = i % 2 === 0 ? 'References: <root@x.example>\r\n' : ''
    ids.unshift(await me.put({ subject: `n${i}`, headers }, { at: start + i * 1000 }))
  }
  const filter = { inMailbox: `F${me.inbox}` }
  const sort = [{ property: 'receivedAt', isAscending: false }]
  const ask = (args: object) => me.one('Email/query', { filter, sort, ...args })
  const all = await ask({ calculateTotal: true })
  deepEqual(all.ids, ids)
  equal(all.total, 10)
  equal(all.canCalculateChanges, true)
  deepEqual((await ask({ position: 3, limit: 2 })).ids, ids.slice(3, 5))
  deepEqual((await ask({ position: -2 })).ids, ids.slice(-2))
  equal((await ask({ position: -2 })).position, 8)
  deepEqual((await ask({ anchor: ids[4], anchorOffset: -1, limit: 3 })).ids, ids.slice(3, 6))
  equal(await ask({ anchor: 'M987654321' }), 'anchorNotFound')
  deepEqual((await ask({ position: 20 })).ids, [])
  const collapsed = await ask({ collapseThreads: true, calculateTotal: true })
  deepEqual(
    collapsed.ids,
    [ids[0], ids[1], ids[2], ids[4], ids[6], ids[8]].sort((a, b) => ids.indexOf(a!) - ids.indexOf(b!)),
  )
  equal(collapsed.total, 6)
  const oldest = await me.one('Email/query', { filter, sort: [{ property: 'receivedAt' }] })
  deepEqual(oldest.ids, ids.toReversed())
  const bySubject = await me.one('Email/query', { filter, sort: [{ property: 'subject', isAscending: false }] })
  deepEqual(bySubject.ids, ids)

  const [, got] = await me.call(
    ['Email/query', { filter, sort, limit: 3 }],
    [
      'Email/get',
      { '#ids': { resultOf: 'c0', name: 'Email/query', path: '/ids' }, properties: ['subject', 'threadId'] },
    ],
  )
  deepEqual(
    got![1].list.map((email: any) => email.subject),
    ['n9', 'n8', 'n7'],
  )
  const { list: threads } = await me.one('Thread/get', { ids: [got![1].list[1].threadId] })
  deepEqual(threads[0].emailIds, [ids[9], ids[7], ids[5], ids[3], ids[1]])
})

const filters: [what: string, filter: object, wanted: number[]][] = [
  ['all', {}, [0, 1, 2, 3]],
  ['text in the body', { text: 'budget' }, [0]],
  ['two words, wherever', { text: 'lunch zoe' }, [1]],
  ['a phrase', { text: '"for lunch"' }, [1]],
  ['two Chinese characters', { text: '會議' }, [2]],
  ['from', { from: 'zoe@' }, [1]],
  ['subject', { subject: 'plan' }, [0]],
  ['another field', { header: ['X-Kind', 'odd'] }, [3]],
  ['that there is a field', { header: ['X-Kind'] }, [3]],
  ['a keyword', { hasKeyword: '$flagged' }, [1]],
  ['no keyword', { notKeyword: '$SEEN' }, [2, 3]],
  ['before', { before: new Date(start + 2000).toISOString() }, [0, 1]],
  ['after', { after: new Date(start + 2000).toISOString() }, [2, 3]],
  ['small', { maxSize: 300 }, [0, 1, 2]],
  ['large', { minSize: 300 }, [3]],
  ['not', { operator: 'NOT', conditions: [{ hasKeyword: '$flagged' }, { subject: 'plan' }] }, [2, 3]],
  ['or', { operator: 'OR', conditions: [{ from: 'zoe' }, { text: '會議' }] }, [1, 2]],
  ['nowhere', { inMailbox: 'F987654321' }, []],
]

test('a filter finds what it describes', async () => {
  const me = await person('chen')
  const letters: [Letter, number][] = [
    [{ subject: 'The plan', body: 'our budget\r\n' }, flagBits.seen],
    [{ subject: 'Time for lunch', from: 'Zoe <zoe@uni.example>' }, flagBits.seen | flagBits.flagged],
    [{ subject: '=?utf-8?B?5pyD6K2w6KiY6YyE?=' }, 0],
    [{ headers: 'X-Kind: odd\r\n', body: `${'x '.repeat(300)}\r\n` }, 0],
  ]
  const ids: string[] = []
  for (const [i, [letter, flags]] of letters.entries()) ids.push(await me.put(letter, { flags, at: start + i * 1000 }))
  for (const [what, filter, wanted] of filters) {
    const { ids: found } = await me.one('Email/query', { filter, sort: [{ property: 'receivedAt' }] })
    deepEqual(
      found,
      wanted.map((i) => ids[i]),
      what,
    )
  }
  await world.store.indexer.caughtUp()
  for (const [what, filter, wanted] of filters) {
    const { ids: found } = await me.one('Email/query', {
      filter,
      sort: [{ property: 'from' }, { property: 'receivedAt' }],
    })
    deepEqual(new Set(found), new Set(wanted.map((i) => ids[i])), what)
  }
})

const refused: [name: string, args: object, type: string][] = [
  ['Email/query', { filter: { colour: 'red' } }, 'unsupportedFilter'],
  ['Email/query', { filter: { before: 'yesterday' } }, 'invalidArguments'],
  ['Email/query', { filter: { hasAttachment: 1 } }, 'invalidArguments'],
  ['Email/query', { sort: [{ property: 'colour' }] }, 'unsupportedSort'],
  ['Email/query', { sort: [{ property: 'hasKeyword' }] }, 'invalidArguments'],
  ['Email/query', { sort: [{ property: 'subject', collation: 'i;klingon' }] }, 'unsupportedSort'],
  ['Email/query', { limit: -1 }, 'invalidArguments'],
  ['Email/query', { collapseThreads: 'yes' }, 'invalidArguments'],
  ['Email/changes', { sinceState: 'nonsense' }, 'cannotCalculateChanges'],
  ['Email/changes', { sinceState: '999999999' }, 'cannotCalculateChanges'],
  ['Email/changes', { sinceState: '1', maxChanges: 0 }, 'invalidArguments'],
  ['Email/queryChanges', { sinceQueryState: 'x' }, 'cannotCalculateChanges'],
  ['Thread/get', { ids: null }, 'requestTooLarge'],
  ['Email/get', { ids: ['M1'], bodyProperties: ['colour'] }, 'invalidArguments'],
  ['Mailbox/query', { filter: { colour: 1 } }, 'unsupportedFilter'],
  ['Mailbox/query', { sort: [{ property: 'colour' }] }, 'unsupportedSort'],
  ['Mailbox/set', { ifInState: 'old' }, 'stateMismatch'],
]

test('what is wrong is refused by its name', async () => {
  const me = await person('chen')
  for (const [name, args, type] of refused) equal(await me.one(name, args), type, `${name} ${JSON.stringify(args)}`)
})

test('changes are told from state to state', async () => {
  const me = await person('zhou')
  const filter = { inMailbox: `F${me.inbox}` }
  const first = await me.put({ subject: 'first' }, { at: start })
  const { state } = await me.one('Email/get', { ids: [] })
  const { queryState } = await me.one('Email/query', { filter })
  const second = await me.put({ subject: 'second' }, { at: start + 1000 })
  await storeFlags(world.store, me.inbox, [1], { mode: 'add', flags: flagBits.seen, keywords: [] })
  const emails = await me.one('Email/changes', { sinceState: state })
  deepEqual([emails.created, emails.updated, emails.destroyed], [[second], [first], []])
  equal(emails.hasMoreChanges, false)
  const page = await me.one('Email/changes', { sinceState: state, maxChanges: 1 })
  equal(page.hasMoreChanges, true)
  const next = await me.one('Email/changes', { sinceState: page.newState, maxChanges: 1 })
  deepEqual(new Set([...page.created, ...page.updated, ...next.created, ...next.updated]), new Set([first, second]))
  equal(next.newState, emails.newState)
  const threads = await me.one('Thread/changes', { sinceState: state })
  equal(threads.created.length, 1)
  const boxes = await me.one('Mailbox/changes', { sinceState: state })
  deepEqual(boxes.updated, [`F${me.inbox}`])
  deepEqual(boxes.updatedProperties, ['totalEmails', 'unreadEmails', 'totalThreads', 'unreadThreads'])
  const list = await me.one('Email/queryChanges', { filter, sinceQueryState: queryState, calculateTotal: true })
  deepEqual([list.removed, list.added, list.total], [[], [{ id: second, index: 0 }], 2])
  await expunge(world.store, me.inbox, [1])
  const gone = await me.one('Email/changes', { sinceState: emails.newState })
  deepEqual([gone.created, gone.updated, gone.destroyed], [[], [], [first]])
  const unread = await me.one('Email/queryChanges', {
    filter: { notKeyword: '$seen' },
    sinceQueryState: queryState,
    maxChanges: 50,
  })
  deepEqual(unread.removed, [first])
  equal(await me.one('Email/queryChanges', { filter, sinceQueryState: queryState, maxChanges: 1 }), 'tooManyChanges')
})

test('mailboxes have counts, rights and an order', async () => {
  const me = await person('wu')
  await me.put({ id: '<root@y.example>' })
  await me.put({ headers: 'References: <root@y.example>\r\n' }, { flags: flagBits.seen })
  await me.put({}, { flags: flagBits.deleted })
  const { list } = await me.one('Mailbox/get', { ids: null })
  equal(list.length, 6)
  const inbox = list.find((box: any) => box.role === 'inbox')
  deepEqual(
    { ...inbox, myRights: undefined },
    {
      id: `F${me.inbox}`,
      name: 'INBOX',
      parentId: null,
      role: 'inbox',
      sortOrder: 0,
      totalEmails: 2,
      unreadEmails: 1,
      totalThreads: 1,
      unreadThreads: 1,
      myRights: undefined,
      isSubscribed: true,
    },
  )
  equal(inbox.myRights.mayReadItems, true)
  equal(inbox.myRights.mayDelete, false)
  const some = await me.one('Mailbox/get', { ids: [inbox.id, 'F987654321'], properties: ['name'] })
  deepEqual([some.list, some.notFound], [[{ id: inbox.id, name: 'INBOX' }], ['F987654321']])
  const drafts = list.find((box: any) => box.role === 'drafts')
  const found = await me.one('Mailbox/query', { filter: { role: 'drafts' }, calculateTotal: true })
  deepEqual([found.ids, found.total], [[drafts.id], 1])
  const none = await me.one('Mailbox/query', { filter: { operator: 'NOT', conditions: [{ hasAnyRole: true }] } })
  deepEqual(none.ids, [])
})

test('mailboxes are made, changed and destroyed', async () => {
  const me = await person('xu')
  const made = await me.one('Mailbox/set', {
    create: {
      child: { name: 'Child', parentId: '#top' },
      top: { name: 'Top', sortOrder: 7, isSubscribed: true },
      twin: { name: 'INBOX' },
      second: { name: 'Second', role: 'trash' },
      odd: { name: 'Odd', colour: 'red' },
    },
  })
  const top = made.created.top.id
  const child = made.created.child.id
  deepEqual(
    Object.entries(made.notCreated)
      .map(([id, error]: any) => [id, error.type, error.properties])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
    [
      ['odd', 'invalidProperties', ['colour']],
      ['second', 'invalidProperties', ['role']],
      ['twin', 'invalidProperties', undefined],
    ],
  )
  const { list } = await me.one('Mailbox/get', {
    ids: [top, child],
    properties: ['name', 'parentId', 'sortOrder', 'isSubscribed'],
  })
  deepEqual(list, [
    { id: top, name: 'Top', parentId: null, sortOrder: 7, isSubscribed: true },
    { id: child, name: 'Child', parentId: top, sortOrder: 0, isSubscribed: false },
  ])
  const changed = await me.one('Mailbox/set', {
    update: {
      [child]: { name: '子', parentId: null, isSubscribed: true, role: 'flagged' },
      [top]: { parentId: child },
      [`F${me.inbox}`]: { name: 'Other' },
      F987654321: { name: 'x' },
    },
  })
  deepEqual(new Set(Object.keys(changed.updated)), new Set([child, top]))
  deepEqual(
    new Set(Object.values(changed.notUpdated).map((error: any) => error.type)),
    new Set(['forbidden', 'notFound']),
  )
  const after = await me.one('Mailbox/get', {
    ids: [top, child],
    properties: ['name', 'parentId', 'role', 'isSubscribed'],
  })
  deepEqual(after.list, [
    { id: top, name: 'Top', parentId: child, role: null, isSubscribed: true },
    { id: child, name: '子', parentId: null, role: 'flagged', isSubscribed: true },
  ])
  const below = await me.one('Mailbox/set', { update: { [child]: { parentId: top } } })
  equal(below.notUpdated[child].type, 'invalidProperties')

  const email = await me.put({}, { mailbox: Number(top.slice(1)) })
  const refusals = await me.one('Mailbox/set', { destroy: [child] })
  equal(refusals.notDestroyed[child].type, 'mailboxHasChild')
  const full = await me.one('Mailbox/set', { destroy: [top] })
  equal(full.notDestroyed[top].type, 'mailboxHasEmail')
  const { state } = await me.one('Email/get', { ids: [] })
  const gone = await me.one('Mailbox/set', { destroy: [child, top], onDestroyRemoveEmails: true })
  deepEqual(new Set(gone.destroyed), new Set([child, top]))
  deepEqual((await me.one('Email/changes', { sinceState: state })).destroyed, [email])
  const { destroyed } = await me.one('Mailbox/changes', { sinceState: state })
  deepEqual(new Set(destroyed), new Set([child, top]))
})

test('a snippet shows where the words stand, and nothing a stranger could run', async () => {
  const me = await person('xu')
  const id = await me.put({
    subject: 'Cut <b>the</b> Crème',
    headers: 'Content-Type: text/plain; charset=utf-8\r\n',
    body: `${'before '.repeat(100)}\r\n請各位準時出席會議，<script>謝謝\r\n`,
  })
  const ask = async (filter: object) => {
    const { list, notFound } = await me.one('SearchSnippet/get', { filter, emailIds: [id, 'M987654321'] })
    deepEqual(notFound, ['M987654321'])
    return [list[0].subject, list[0].preview]
  }
  deepEqual(await ask({ text: 'creme' }), ['Cut &lt;b&gt;the&lt;/b&gt; <mark>Crème</mark>', null])
  const [subject, preview] = await ask({ text: '會議' })
  equal(subject, null)
  match(preview, /出席<mark>會議<\/mark>，&lt;script&gt;謝謝/)
  ok(Buffer.byteLength(preview) <= 255)
  deepEqual(await ask({ from: 'ann' }), [null, null])
})

test('a mail inside a mail is opened', async () => {
  const me = await person('wang')
  const id = await me.put(rich)
  const blob = `P${id.slice(1)}-3`
  const answer = await me.one('Email/parse', {
    blobIds: [blob, `B${id.slice(1)}`, `P${id.slice(1)}-2`, 'B987654321'],
    fetchTextBodyValues: true,
  })
  deepEqual([answer.notFound, answer.notParsable], [['B987654321'], [`P${id.slice(1)}-2`]])
  const inside = answer.parsed[blob]
  equal(inside.subject, 'inside')
  equal(inside.bodyValues['1'].value, 'Deep text.')
  equal(inside.textBody[0].blobId, `P${id.slice(1)}-3-1`)
  const part = await http.ask('GET', `/jmap/download/${me.account}/P${id.slice(1)}-3-1/x`, { headers: as('wang') })
  equal(part.text, 'Deep text.')
  equal(answer.parsed[`B${id.slice(1)}`].subject, 'München')
})

test('in the account of somebody else only what is shared is there', async () => {
  const owner = await person('sun')
  const archive = (await mailboxByRole(world.db, owner.accountNumber, 'archive'))!.id
  const secret = await owner.put({ subject: 'secret' })
  const open = await owner.put({ subject: 'open' })
  await copyMessages(world.store, owner.inbox, [2], archive)
  const guestNumber = (await person('zhou')).accountNumber
  await grant(world.store, archive, guestNumber, 'set', 'lrs')
  const guest = await person('zhou', 'sun')
  const { list } = await guest.one('Mailbox/get', { ids: null })
  deepEqual(
    list.map((box: any) => [box.id, box.totalEmails, box.myRights.maySetSeen, box.myRights.mayDelete]),
    [[`F${archive}`, 1, true, false]],
  )
  deepEqual((await guest.one('Email/query')).ids, [open])
  deepEqual((await guest.one('Email/query', { filter: { inMailbox: `F${owner.inbox}` } })).ids, [])
  deepEqual((await guest.one('Email/query', { filter: { text: 'secret' } })).ids, [])
  const got = await guest.one('Email/get', { ids: [secret, open], properties: ['mailboxIds'] })
  deepEqual([got.list, got.notFound], [[{ id: open, mailboxIds: { [`F${archive}`]: true } }], [secret]])
  const set = await guest.one('Mailbox/set', {
    create: { a: { name: 'Mine' }, b: { name: 'Below', parentId: `F${archive}` } },
    update: { [`F${archive}`]: { isSubscribed: true }, [`F${owner.inbox}`]: { name: 'x' } },
    destroy: [],
  })
  deepEqual(Object.keys(set.updated), [`F${archive}`])
  deepEqual([set.notCreated.a.type, set.notCreated.b.type], ['forbidden', 'forbidden'])
  equal(set.notUpdated[`F${owner.inbox}`].type, 'notFound')
  await storeFlags(world.store, archive, [1], { mode: 'add', flags: flagBits.flagged, keywords: [] })
  await storeFlags(world.store, owner.inbox, [1], { mode: 'add', flags: flagBits.flagged, keywords: [] })
  const changes = await guest.one('Email/changes', { sinceState: got.state })
  deepEqual([changes.created, changes.updated, changes.destroyed], [[], [open], []])
  await grant(world.store, owner.inbox, guestNumber, 'set', 'lr')
  equal(await guest.one('Email/changes', { sinceState: got.state }), 'cannotCalculateChanges')
})
