// Emails made, imported and copied over JMAP, by HTTP: what was asked for is what is read again.

import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openWorld, type WorldHouse } from '../../test/world.ts'
import { jmapPerson, type JmapPerson } from '../../test/jmapperson.ts'
import { grant } from '../store/rights.ts'

let world: WorldHouse
let me: JmapPerson

before(async () => {
  const people = ['wang', 'li', 'chen'].map((name) => `${name}@uni.example`)
  world = await openWorld({ hostname: 'mail.uni.example', people, config: { 'smtp.max_size': 1_000_000 } })
  me = await jmapPerson(world, 'wang')
})
after(() => world.close())

/** The answer for one email, and its bytes. */
async function create(object: object): Promise<{ made: any; error: any; bytes: string }> {
  const mailboxIds = { [me.box('drafts')]: true }
  const { created, notCreated } = await me.one('Email/set', { create: { a: { mailboxIds, ...object } } })
  const made = created?.a
  const path = made && `/jmap/download/${me.account}/${made.blobId}/mail.eml?accept=message/rfc822`
  const bytes = made ? (await me.http.ask('GET', path, { headers: me.headers })).bytes.toString('latin1') : ''
  return { made, error: notCreated?.a, bytes }
}

async function get(id: string, more: object = {}): Promise<any> {
  const { list } = await me.one('Email/get', { ids: [id], fetchAllBodyValues: true, ...more })
  return list[0]
}

const wellFormed = (bytes: string): void => {
  for (const line of bytes.split('\r\n')) ok(line.length <= 998 && !/[\r\n\0\x80-\xff]/.test(line), line)
}

test('a draft with everything reads as it was written', async () => {
  const picture = await me.upload(Buffer.from(Array.from({ length: 5_000 }, (_, n) => n % 256)), 'image/png')
  const file = await me.upload('%PDF-1.7 內容', 'application/pdf')
  const text = '您好：\n\n這是第一行。\n.\nFrom here\nQuoted =20 trailing \nlast'
  const asked = {
    from: [{ name: '王小明（資訊處）', email: 'wang@uni.example' }],
    to: [
      { name: 'Doe, John "J"', email: 'john@else.example' },
      { name: null, email: 'li@uni.example' },
    ],
    cc: [{ name: 'Grüße', email: 'x@else.example' }],
    bcc: [{ name: null, email: 'secret@else.example' }],
    replyTo: [{ name: null, email: 'office@uni.example' }],
    subject: '關於期末會議的時間與地點，請各位老師於星期五以前回覆是否出席 🎓',
    inReplyTo: ['one@else.example'],
    references: ['zero@else.example', 'one@else.example'],
    sentAt: '2026-03-01T08:30:00+08:00',
    keywords: { $draft: true, $seen: true },
    receivedAt: '2026-03-01T00:30:00Z',
  }
  const { made, bytes } = await create({
    ...asked,
    'header:X-Priority:asText': '1',
    'header:X-Two:all': [' a', ' b'],
    textBody: [{ partId: 't', type: 'text/plain' }],
    htmlBody: [{ partId: 'h', type: 'text/html' }],
    attachments: [
      { blobId: picture, type: 'image/png', name: '圖.png', cid: 'pic@x', disposition: 'inline' },
      { blobId: file, type: 'application/pdf', name: '第一學期 "會議" 資料與附件的很長很長的檔名 2026.pdf' },
    ],
    bodyValues: { t: { value: text }, h: { value: '<p>您好 <img src="cid:pic@x"></p>' } },
  })
  wellFormed(bytes)
  const email = await get(made.id)
  for (const [name, value] of Object.entries(asked)) deepEqual(email[name], value, name)
  deepEqual([email.blobId, email.threadId, email.size], [made.blobId, made.threadId, made.size])
  equal(email.hasAttachment, true)
  match(email.messageId[0], /^[^@]+@mail\.uni\.example$/)
  equal(email.bodyValues[email.textBody[0].partId].value, `${text}\n`)
  equal(email.bodyValues[email.htmlBody[0].partId].value, '<p>您好 <img src="cid:pic@x"></p>\n')
  deepEqual(
    email.attachments.map((one: any) => [one.type, one.name, one.cid, one.disposition, one.size]),
    [
      ['image/png', '圖.png', 'pic@x', 'inline', 5_000],
      ['application/pdf', '第一學期 "會議" 資料與附件的很長很長的檔名 2026.pdf', null, 'attachment', 15],
    ],
  )
  const path = `/jmap/download/${me.account}/${email.attachments[0].blobId}/x.png?accept=image/png`
  const back = await me.http.ask('GET', path, { headers: me.headers })
  deepEqual([...back.bytes.subarray(250, 260)], [250, 251, 252, 253, 254, 255, 0, 1, 2, 3])
  const more = await get(made.id, { properties: ['header:X-Two:all', 'header:X-Priority:asText', 'bodyStructure'] })
  deepEqual([more['header:X-Two:all'], more['header:X-Priority:asText']], [[' a', ' b'], '1'])
  const shape = ({ type, subParts }: any): unknown => (subParts?.length ? [type, ...subParts.map(shape)] : type)
  deepEqual(shape(more.bodyStructure), [
    'multipart/mixed',
    ['multipart/alternative', 'text/plain', ['multipart/related', 'text/html', 'image/png']],
    'application/pdf',
  ])
})

test('a body structure is written as it is asked for; a mail inside is not encoded', async () => {
  const inner = await me.put({ subject: 'inside', body: 'Grüße\r\n' })
  const { blobId } = await get(inner)
  const { made, bytes } = await create({
    subject: 'Fwd',
    bodyStructure: {
      type: 'multipart/digest',
      'header:X-Root:asText': 'yes',
      subParts: [
        { type: 'text/plain', partId: '1', language: ['zh-TW', 'en'], location: 'https://x.example/a' },
        { type: 'message/rfc822', blobId, disposition: 'attachment' },
      ],
    },
    bodyValues: { 1: { value: 'see below\r\n' } },
  })
  match(bytes, /Content-Transfer-Encoding: 8bit\r\n/)
  const email = await get(made.id, { properties: ['bodyStructure', 'header:X-Root', 'hasAttachment'] })
  deepEqual(
    email.bodyStructure.subParts.map((one: any) => [one.type, one.language, one.location, one.disposition]),
    [
      ['text/plain', ['zh-TW', 'en'], 'https://x.example/a', null],
      ['message/rfc822', null, null, 'attachment'],
    ],
  )
  equal(email['header:X-Root'], ' yes')
  const { parsed } = await me.one('Email/parse', { blobIds: [email.bodyStructure.subParts[1].blobId] })
  equal((Object.values(parsed) as any)[0].subject, 'inside')
})

test('no value gets a line of its own into the header', async () => {
  const evil = 'x\r\nBcc: victim@else.example\r\n\r\nbody'
  const { bytes } = await create({
    subject: evil,
    from: [{ name: evil, email: 'wang@uni.example' }],
    'header:X-Text:asText': evil,
    textBody: [{ partId: 'a', type: 'text/plain' }],
    bodyValues: { a: { value: 'x'.repeat(5_000) } },
  })
  wellFormed(bytes)
  equal(/^Bcc:/im.test(bytes), false)
  equal(/^(?:From|Subject|X-Text):/gim.exec(bytes) !== null, true)
  for (const wrongOne of [
    { 'header:X-Raw': ` a\r\nBcc: x@y` },
    { to: [{ email: evil }] },
    { messageId: [evil] },
    { 'header:List-Help:asURLs': [evil] },
    { attachments: [{ blobId: 'U1', cid: evil }] },
    { attachments: [{ blobId: 'U1', location: evil }] },
    { attachments: [{ blobId: 'U1', name: evil }] },
    { attachments: [{ blobId: 'U1', type: evil }] },
    { attachments: [{ blobId: 'U1', disposition: evil }] },
  ]) {
    equal((await create(wrongOne)).error?.type, 'invalidProperties', JSON.stringify(wrongOne))
  }
})

test('what RFC 8621 forbids is refused with the property that is wrong', async () => {
  const text = { partId: 'a', type: 'text/plain' }
  const bodyValues = { a: { value: 'x' } }
  const cases: [object, string, string[] | undefined][] = [
    [{ mailboxIds: {} }, 'invalidProperties', ['mailboxIds']],
    [{ mailboxIds: { F99999: true } }, 'invalidProperties', ['mailboxIds']],
    [{ mailboxIds: undefined }, 'invalidProperties', ['mailboxIds']],
    [{ id: 'M1' }, 'invalidProperties', ['id']],
    [{ headers: [] }, 'invalidProperties', ['headers']],
    [{ size: 1, preview: 'x' }, 'invalidProperties', ['size', 'preview']],
    [{ from: [], 'header:From:asAddresses': [] }, 'invalidProperties', ['header:From:asAddresses']],
    [{ 'header:Content-Type': ' text/html' }, 'invalidProperties', ['header:Content-Type']],
    [{ 'header:From:asText': 'x' }, 'invalidProperties', ['header:From:asText']],
    [{ subject: 7 }, 'invalidProperties', ['subject']],
    [{ from: 'wang' }, 'invalidProperties', ['from']],
    [{ sentAt: 'yesterday' }, 'invalidProperties', ['sentAt']],
    [{ receivedAt: '2026-02-30T00:00:00Z' }, 'invalidProperties', ['receivedAt']],
    [{ keywords: { 'a b': true } }, 'invalidProperties', ['keywords']],
    [{ keywords: { $deleted: true } }, 'invalidProperties', ['keywords']],
    [{ textBody: [text] }, 'invalidProperties', ['textBody']],
    [{ textBody: [text, text], bodyValues }, 'invalidProperties', ['textBody']],
    [{ textBody: [{ partId: 'a', type: 'text/html' }], bodyValues }, 'invalidProperties', ['textBody']],
    [{ textBody: [{ ...text, charset: 'big5' }], bodyValues }, 'invalidProperties', ['textBody']],
    [{ textBody: [{ ...text, size: 1 }], bodyValues }, 'invalidProperties', ['textBody']],
    [{ textBody: [{ ...text, blobId: 'U1' }], bodyValues }, 'invalidProperties', ['textBody']],
    [{ bodyStructure: text, textBody: [text], bodyValues }, 'invalidProperties', ['textBody']],
    [{ bodyStructure: { type: 'multipart/mixed' } }, 'invalidProperties', ['bodyStructure']],
    [{ bodyStructure: { type: 'image/png', partId: 'a' }, bodyValues }, 'invalidProperties', ['bodyStructure']],
    [
      { bodyStructure: { ...text, 'header:Content-Transfer-Encoding': ' 8bit' }, bodyValues },
      'invalidProperties',
      ['bodyStructure'],
    ],
    [
      { bodyStructure: { ...text, 'header:X-A': ' 1' }, 'header:X-A': ' 2', bodyValues },
      'invalidProperties',
      ['bodyStructure'],
    ],
    [{ bodyValues: { a: { value: 'x', isTruncated: true } } }, 'invalidProperties', ['bodyValues']],
    [{ attachments: [{ blobId: 'U999' }, { blobId: 'B1-1' }, { blobId: 'U999' }] }, 'blobNotFound', undefined],
  ]
  for (const [object, type, properties] of cases) {
    const { error } = await create(object)
    deepEqual([error?.type, error?.properties], [type, properties], JSON.stringify(object))
    if (type === 'blobNotFound') deepEqual(error.notFound, ['U999', 'B1-1'])
  }
})

test('what is announced for attachments fits, more does not, and leaves no bytes behind', async () => {
  const { json } = await me.http.ask('GET', '/jmap/session', { headers: me.headers })
  const most = json.accounts[me.account].accountCapabilities['urn:ietf:params:jmap:mail'].maxSizeAttachmentsPerEmail
  const whole = await me.upload(Buffer.alloc(most, 'x'))
  const { made } = await create({ subject: 'large', attachments: [{ blobId: whole, type: 'application/zip' }] })
  const { attachments } = await get(made.id)
  equal(attachments[0].size, most)
  const { error } = await create({ attachments: [{ blobId: whole }, { blobId: whole }] })
  deepEqual([error.type, error.maxSize], ['tooLarge', 1_000_000])
})

test('a draft is saved anew and the old one goes, in one call; later calls use its creation id', async () => {
  const { made } = await create({ subject: 'old' })
  const [[, set], [, got]] = (await me.call(
    ['Email/set', { create: { n: { mailboxIds: { [me.box('drafts')]: true }, subject: 'new' } }, destroy: [made.id] }],
    ['Email/get', { ids: ['#n'], properties: ['subject'] }],
  )) as any
  deepEqual([set.destroyed, got.list[0].subject], [[made.id], 'new'])
  const { created, updated } = await me.one('Email/changes', { sinceState: set.oldState })
  deepEqual([created, updated], [[set.created.n.id], []])
})

test('an upload is imported as it is, a mail inside a mail too', async () => {
  const raw = 'Received: from a by b; Tue, 6 Jan 2026 10:00:00 +0000\r\nSubject: imported\r\n\r\nText\r\n'
  const blobId = await me.upload(raw, 'message/rfc822')
  const mailboxIds = { [me.box('archive')]: true, [me.box('inbox')]: true }
  const emails = {
    a: { blobId, mailboxIds, keywords: { $seen: true } },
    b: { blobId: 'U987', mailboxIds },
    c: { blobId, mailboxIds: { F987: true } },
    d: { blobId: await me.upload('', 'text/plain'), mailboxIds },
    e: { blobId, mailboxIds, subject: 'x' },
  }
  const { created, notCreated } = await me.one('Email/import', { emails })
  const email = await get(created.a.id)
  deepEqual(
    [email.subject, email.receivedAt, email.mailboxIds, email.keywords],
    ['imported', '2026-01-06T10:00:00Z', mailboxIds, { $seen: true }],
  )
  const types = Object.fromEntries(Object.entries(notCreated).map(([key, error]) => [key, (error as any).type]))
  deepEqual(types, { b: 'blobNotFound', c: 'invalidProperties', d: 'invalidEmail', e: 'invalidProperties' })
  const again = await me.one('Email/import', { emails: { x: { blobId: created.a.blobId, mailboxIds } } })
  equal((await get(again.created.x.id)).subject, 'imported')
})

test('emails are copied into a shared mailbox, and the original may go', async () => {
  const guest = await jmapPerson(world, 'wang', 'li')
  const owner = await jmapPerson(world, 'li')
  await grant(world.store, Number(owner.box('archive').slice(1)), me.number, 'set', 'lri')
  await grant(world.store, Number(owner.box('inbox').slice(1)), me.number, 'set', 'lr')
  const id = await me.put({ subject: 'for Li' }, { keywords: ['work'] })
  const copy = (box: string, more: object = {}) =>
    guest.call([
      'Email/copy',
      { fromAccountId: me.account, create: { a: { id, mailboxIds: { [owner.box(box)]: true } } }, ...more },
    ])
  equal(((await copy('inbox')) as any)[0][1].notCreated.a.type, 'forbidden')
  equal(((await copy('trash')) as any)[0][1].notCreated.a.type, 'invalidProperties')
  const [[, copied], [name, set]] = (await copy('archive', { onSuccessDestroyOriginal: true })) as any
  equal(copied.created.a.id, id)
  deepEqual([name, set.accountId, set.destroyed], ['Email/set', me.account, [id]])
  deepEqual((await me.one('Email/get', { ids: [id] })).notFound, [id])
  const { list } = await owner.one('Email/get', { ids: [id], properties: ['subject', 'keywords'] })
  deepEqual([list[0].subject, list[0].keywords], ['for Li', {}]) // no right to label there
  equal(((await copy('archive')) as any)[0][1].notCreated.a.type, 'notFound')
  const twice = await me.put()
  const again = {
    fromAccountId: me.account,
    create: { a: { id: twice, mailboxIds: { [owner.box('archive')]: true } } },
  }
  await guest.one('Email/copy', again)
  const refused = (await guest.one('Email/copy', again)).notCreated.a
  deepEqual([refused.type, refused.existingId], ['alreadyExists', twice])
  equal(await guest.one('Email/copy', { ...again, fromAccountId: 'A99' }), 'fromAccountNotFound')
})
