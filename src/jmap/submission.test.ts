// Sending over JMAP, by HTTP: the same gate as SMTP, held, taken back, followed.

import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { freshPostgres } from '../../test/engines.ts'
import { openWorld, type WorldHouse } from '../../test/world.ts'
import { jmapPerson, type JmapPerson } from '../../test/jmapperson.ts'
import { createAlias, grantSender } from '../directory/aliases.ts'
import { retryEntries } from '../queue/orders.ts'
import { migrations } from '../schema.ts'

let uni: WorldHouse
let other: WorldHouse
let me: JmapPerson
let li: JmapPerson
let ann: JmapPerson

async function identity(address = 'wang@uni.example'): Promise<string> {
  const { list } = await me.one('Identity/get', {})
  return list.find((one: any) => one.email === address).id
}

interface Sent {
  set: any
  made: any
  error: any
  emailId: string
  after: any
}

/** A draft, and a submission of it, in one request as the page does it. */
async function send(email: object, submission: object = {}, more: object = {}): Promise<Sent> {
  const draft = {
    mailboxIds: { [me.box('drafts')]: true },
    keywords: { $draft: true },
    from: [{ name: '王', email: 'wang@uni.example' }],
    subject: 'x',
    textBody: [{ partId: 'a', type: 'text/plain' }],
    bodyValues: { a: { value: 'Hello' } },
    ...email,
  }
  const onSuccessUpdateEmail = {
    '#s': { [`mailboxIds/${me.box('drafts')}`]: null, [`mailboxIds/${me.box('sent')}`]: true, 'keywords/$draft': null },
  }
  const create = { s: { emailId: '#d', identityId: await identity(), ...submission } }
  const [[, drafts], [, set], [, after] = []] = (await me.call(
    ['Email/set', { create: { d: draft } }],
    ['EmailSubmission/set', { create, onSuccessUpdateEmail, ...more }],
  )) as any
  return { set, made: set.created?.s, error: set.notCreated?.s, emailId: drafts.created.d.id, after }
}

/** The mails of a subject that somebody has, as soon as they have one. */
async function arrived(who: JmapPerson, subject: string, count = 1): Promise<any[]> {
  for (;;) {
    const found = await present(who, subject)
    if (found.length >= count) return found
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function present(who: JmapPerson, subject: string): Promise<any[]> {
  const { ids } = await who.one('Email/query', { filter: { inMailbox: who.box('inbox') } })
  const { list } = await who.one('Email/get', { ids, properties: ['subject', 'from', 'to', 'bcc', 'headers'] })
  return list.filter((one: any) => one.subject === subject)
}

async function submission(id: string): Promise<any> {
  return (await me.one('EmailSubmission/get', { ids: [id] })).list[0]
}

for (const engine of ['SQLite', 'PostgreSQL'] as const) {
  describe(engine, () => {
    let fresh: Awaited<ReturnType<typeof freshPostgres>> | undefined

    before(async () => {
      fresh = engine === 'SQLite' ? undefined : await freshPostgres(migrations)
      const people = ['wang', 'li', 'office', 'full', 'slow'].map((name) => `${name}@uni.example`)
      other = await openWorld({ hostname: 'mail.other.example', people: ['ann@other.example'] })
      const zone = 'other.example. MX 10 mail.other.example.\nmail.other.example. A 127.0.0.1\n'
      const config = { 'queue.port': other.port('smtp'), 'smtp.mails_per_minute': 100 }
      uni = await openWorld({
        hostname: 'mail.uni.example',
        people,
        zone,
        config,
        ...(fresh && { database: fresh.url }),
      })
      await grantSender(uni.db, 'office@uni.example', 'wang@uni.example')
      await createAlias(uni.db, 'both@uni.example', ['li@uni.example', 'ann@other.example'])
      me = await jmapPerson(uni, 'wang')
      li = await jmapPerson(uni, 'li')
      ann = await jmapPerson(other, 'ann', 'ann', 'other.example')
    })
    after(async () => {
      await uni?.close()
      await other?.close()
      await fresh?.drop()
    })

    test('a mail goes to people here and elsewhere; the copy in Sent keeps its Bcc', async () => {
      const { made, set, emailId, after } = await send({
        subject: 'to all',
        to: [
          { name: 'Li', email: 'li@uni.example' },
          { name: null, email: 'LI@uni.example' },
        ],
        cc: [{ name: null, email: 'ann@other.example' }],
        bcc: [{ name: null, email: 'office@uni.example' }],
      })
      deepEqual(made.envelope, {
        mailFrom: { email: 'wang@uni.example', parameters: null },
        rcptTo: ['li@uni.example', 'ann@other.example', 'office@uni.example'].map((email) => ({
          email,
          parameters: null,
        })),
      })
      deepEqual([made.undoStatus, after.updated], ['final', { [emailId]: null }])
      ok(set.newState !== set.oldState)
      const [there] = await arrived(ann, 'to all')
      const [here] = await arrived(li, 'to all')
      equal((await arrived(await jmapPerson(uni, 'office'), 'to all')).length, 1)
      deepEqual([there.bcc, here.bcc, here.from[0].name], [null, null, '王'])
      match(here.headers.find((one: any) => one.name === 'Received').value, /with HTTPS?\s/)
      const sent = (await me.one('Email/get', { ids: [emailId] })).list[0]
      deepEqual(
        [sent.bcc[0].email, sent.mailboxIds, sent.keywords],
        ['office@uni.example', { [me.box('sent')]: true }, {}],
      )

      let told = await submission(made.id)
      while (told.deliveryStatus['ann@other.example'].delivered === 'queued') told = await submission(made.id)
      const status = Object.entries(told.deliveryStatus).map(([who, one]: any) => [
        who,
        one.delivered,
        one.smtpReply.slice(0, 3),
      ])
      deepEqual(status, [
        ['li@uni.example', 'yes', '250'],
        ['ann@other.example', 'unknown', '250'],
        ['office@uni.example', 'yes', '250'],
      ])
      const changes = await me.one('EmailSubmission/changes', { sinceState: set.oldState })
      deepEqual([changes.created, changes.updated], [[made.id], []])
      deepEqual((await me.one('EmailSubmission/changes', { sinceState: set.newState })).updated, [made.id])
    })

    test('what is held moves nowhere, and is taken back; what has left is not', async () => {
      const parameters = { HOLDFOR: '3600' }
      const rcptTo = [{ email: 'li@uni.example' }, { email: 'ann@other.example' }]
      const envelope = { mailFrom: { email: 'wang@uni.example', parameters }, rcptTo }
      const before = Date.now()
      const { made, set } = await send({ subject: 'held' }, { envelope })
      equal(made.undoStatus, 'pending')
      const sendAt = Date.parse(made.sendAt)
      ok(sendAt >= before + 3_599_000 && sendAt <= Date.now() + 3_600_000)
      deepEqual(
        Object.values(made.deliveryStatus).map((one: any) => one.delivered),
        ['queued', 'queued'],
      )
      equal((await present(li, 'held')).length, 0)

      const wrong = await me.one('EmailSubmission/set', { update: { [made.id]: { undoStatus: 'final' } } })
      deepEqual(wrong.notUpdated[made.id].properties, ['undoStatus'])
      const [[, undone], [, back]] = (await me.call([
        'EmailSubmission/set',
        {
          update: { [made.id]: { undoStatus: 'canceled' } },
          onSuccessUpdateEmail: { [made.id]: { 'keywords/$draft': true } },
        },
      ])) as any
      deepEqual(
        [undone.oldState, undone.updated, Object.values(back.updated)],
        [set.newState, { [made.id]: null }, [null]],
      )
      equal((await submission(made.id)).undoStatus, 'canceled')
      const again = await me.one('EmailSubmission/set', { update: { [made.id]: { undoStatus: 'canceled' } } })
      deepEqual(again.updated, { [made.id]: null }) // it is already
      const { n } = (await uni.db.one<{ n: number }>('select count(*) as n from queue_mail'))!
      equal(n, 0)

      const gone = await send({ subject: 'gone', to: [{ email: 'li@uni.example' }] })
      const late = await me.one('EmailSubmission/set', { update: { [gone.made.id]: { undoStatus: 'canceled' } } })
      equal(late.notUpdated[gone.made.id].type, 'cannotUnsend')
    })

    test('what was held leaves when its time has come, once, to everybody, and is final then', async () => {
      const until = new Date(Date.now() + 1_500).toISOString()
      const envelope = {
        mailFrom: { email: 'wang@uni.example', parameters: { HOLDUNTIL: until } },
        rcptTo: [{ email: 'li@uni.example' }, { email: 'both@uni.example' }, { email: 'ann@other.example' }],
      }
      const { made, set } = await send({ subject: 'later' }, { envelope })
      equal((await present(li, 'later')).length, 0)
      const [first] = await arrived(li, 'later')
      ok(Date.now() >= Date.parse(until))
      equal(first.subject, 'later')
      await arrived(ann, 'later')
      let told = await submission(made.id)
      while (Object.values(told.deliveryStatus).some((one: any) => one.delivered === 'queued'))
        told = await submission(made.id)
      deepEqual(
        [told.undoStatus, ...Object.values(told.deliveryStatus).map((one: any) => one.delivered)],
        ['final', 'yes', 'unknown', 'unknown'], // both@ is a list
      )
      deepEqual((await me.one('EmailSubmission/changes', { sinceState: set.newState })).updated, [made.id])
      await arrived(ann, 'later', 2) // by name, and as one of both@: as from SMTP
      equal((await present(li, 'later')).length, 1)
    })

    test('who listens is told when it leaves, and hears no more than asked for', async () => {
      const path = '/jmap/events?types=EmailSubmission&closeafter=no&ping=0'
      const { hostname: host, port } = new URL(me.http.origin)
      const [stream] = (await once(get({ host, port, path, headers: me.headers }), 'response')) as [IncomingMessage]
      const mailFrom = { email: 'wang@uni.example', parameters: { HOLDFOR: '1' } }
      const { set } = await send({ subject: 'told' }, { envelope: { mailFrom, rcptTo: [{ email: 'li@uni.example' }] } })
      let heard = ''
      for await (const piece of stream) {
        heard += String(piece)
        const states = Array.from(heard.matchAll(/"EmailSubmission":"(\d+)"/g), ([, state]) => Number(state))
        if (states.some((state) => state > Number(set.newState))) break
      }
      equal(/"(?:Email|Mailbox)":/.test(heard), false)
    })

    test('each no has its word', async () => {
      const to = [{ email: 'li@uni.example' }]
      const mailFrom = { email: 'wang@uni.example' }
      const envelope = (more: object) => ({ envelope: { mailFrom, rcptTo: to, ...more } })
      const held = (parameters: object) => envelope({ mailFrom: { ...mailFrom, parameters } })
      const cases: [string, object, object, string, (string[] | undefined)?][] = [
        ['nobody', {}, {}, 'noRecipients'],
        ['no From', { to, from: [] }, {}, 'invalidEmail', ['from']],
        ['a From of somebody else', { to, from: [{ email: 'li@uni.example' }] }, {}, 'forbiddenFrom'],
        [
          'an envelope of somebody else',
          { to },
          envelope({ mailFrom: { email: 'li@uni.example' } }),
          'forbiddenMailFrom',
        ],
        ['no such mailbox', { to: [...to, { email: 'nobody@uni.example' }] }, {}, 'invalidRecipients'],
        ['no address', {}, envelope({ rcptTo: [{ email: 'x y' }, ...to] }), 'invalidRecipients'],
        ['a trick', {}, envelope({ rcptTo: [{ email: 'a@b.example> NOTIFY=NEVER' }] }), 'invalidRecipients'],
        [
          'too many',
          {},
          envelope({ rcptTo: Array.from({ length: 1_001 }, (_, n) => ({ email: `n${n}@x.example` })) }),
          'tooManyRecipients',
        ],
        ['no such identity', { to }, { identityId: 'I999' }, 'invalidProperties', ['identityId']],
        ['no such email', { to }, { emailId: 'M999' }, 'invalidProperties', ['emailId']],
        ['a property of the server', { to }, { sendAt: '2027-01-01T00:00:00Z' }, 'invalidProperties', ['sendAt']],
        ['held too long', {}, held({ HOLDFOR: '9999999' }), 'invalidProperties', ['envelope']],
        [
          'held twice',
          {},
          held({ HOLDFOR: '1', HOLDUNTIL: '2027-01-01T00:00:00Z' }),
          'invalidProperties',
          ['envelope'],
        ],
        ['held until never', {}, held({ HOLDUNTIL: 'never' }), 'invalidProperties', ['envelope']],
        ['a parameter nobody knows', {}, held({ XYZZY: '1' }), 'invalidProperties', ['envelope']],
        ['a parameter with a second in it', {}, held({ RET: 'HDRS SIZE=1' }), 'invalidProperties', ['envelope']],
        [
          'a bad NOTIFY',
          {},
          envelope({ rcptTo: [{ ...to[0], parameters: { NOTIFY: 'SOON' } }] }),
          'invalidProperties',
          ['envelope'],
        ],
        ['no envelope', {}, { envelope: {} }, 'invalidProperties', ['envelope']],
      ]
      for (const [what, email, more, type, properties] of cases) {
        const { error, after, made } = await send(email, more)
        deepEqual([error?.type, error?.properties, after, made], [type, properties, undefined, undefined], what)
      }
      const { error } = await send({ to: [...to, { email: 'nobody@uni.example' }] })
      deepEqual(error.invalidRecipients, ['nobody@uni.example'])
      match(error.description, /nobody@uni\.example: 550 5\.1\.1/)
      equal((await present(li, 'x')).length, 0)
    })

    test('as an office that one may write for, from its own identity', async () => {
      const office = await identity('office@uni.example')
      const from = [{ name: '資訊處 王小明', email: 'office@uni.example' }]
      const { made } = await send(
        { subject: 'office', from, to: [{ email: 'li@uni.example' }] },
        { identityId: office },
      )
      equal(made.envelope.mailFrom.email, 'office@uni.example')
      equal((await arrived(li, 'office'))[0].from[0].name, '資訊處 王小明')
    })

    test('submissions are listed, and forgotten when asked', async () => {
      const { ids } = await me.one('EmailSubmission/query', { sort: [{ property: 'sentAt', isAscending: false }] })
      ok(ids.length >= 4)
      const only = await me.one('EmailSubmission/query', {
        filter: { operator: 'AND', conditions: [{ undoStatus: 'canceled' }, { identityIds: [await identity()] }] },
        calculateTotal: true,
      })
      equal(only.total, 1)
      const of = await submission(only.ids[0])
      deepEqual((await me.one('EmailSubmission/query', { filter: { emailIds: [of.emailId] } })).ids, only.ids)
      deepEqual((await me.one('EmailSubmission/query', { filter: { emailIds: [] } })).ids, [])
      deepEqual((await me.one('EmailSubmission/query', { filter: { after: '2099-01-01T00:00:00Z' } })).ids, [])
      equal(await me.one('EmailSubmission/query', { filter: { colour: 1 } }), 'unsupportedFilter')
      const { state } = await me.one('EmailSubmission/get', { ids: [] })
      const set = await me.one('EmailSubmission/set', { ifInState: state, destroy: [only.ids[0], 'S999'] })
      deepEqual([set.destroyed, set.notDestroyed.S999.type], [[only.ids[0]], 'notFound'])
      deepEqual((await me.one('EmailSubmission/changes', { sinceState: state })).destroyed, [only.ids[0]])
      equal(await me.one('EmailSubmission/set', { ifInState: state }), 'stateMismatch')
      deepEqual((await li.one('EmailSubmission/get', { ids: null })).list, [])
    })

    test('an operator may let go of what is held', async () => {
      const mailFrom = { email: 'wang@uni.example', parameters: { HOLDFOR: '3600' } }
      const { made } = await send(
        { subject: 'freed' },
        { envelope: { mailFrom, rcptTo: [{ email: 'li@uni.example' }] } },
      )
      await retryEntries(uni.db, { address: 'li@uni.example' }, Date.now())
      await arrived(li, 'freed')
      equal((await submission(made.id)).undoStatus, 'final')
    })

    test('identities and the absence are read and changed', async () => {
      const { list, state } = await me.one('Identity/get', {})
      deepEqual(
        list.map((one: any) => [one.email, one.mayDelete]),
        [
          ['wang@uni.example', false],
          ['office@uni.example', false],
        ],
      )
      const set = await me.one('Identity/set', {
        create: {
          a: { email: 'wang+lab@uni.example', name: 'Lab', bcc: [{ name: null, email: 'wang@uni.example' }] },
          b: { email: 'li@uni.example' },
          c: { name: 'no address' },
        },
        update: {
          [list[0].id]: { name: '王小明', textSignature: '--\n王' },
          [list[1].id]: { email: 'x@y.example' },
          I999: {},
        },
        destroy: [list[1].id],
      })
      deepEqual(
        [
          set.notCreated.b.type,
          set.notCreated.c.properties,
          set.notUpdated[list[1].id].properties ?? set.notUpdated[list[1].id].type,
        ],
        ['forbiddenFrom', ['email'], 'willDestroy'],
      )
      deepEqual(
        [set.oldState, set.notUpdated.I999.type, set.notDestroyed[list[1].id].type],
        [state, 'notFound', 'forbidden'],
      )
      const after = await me.one('Identity/get', {})
      equal(after.state, set.newState)
      deepEqual(
        after.list.map((one: any) => [one.name, one.textSignature]),
        [
          ['王小明', '--\n王'],
          ['', ''],
          ['Lab', ''],
        ],
      )
      equal(await me.one('Identity/changes', { sinceState: state }), 'cannotCalculateChanges')
      deepEqual((await me.one('Identity/changes', { sinceState: after.state })).updated, [])
      deepEqual((await me.one('Identity/set', { destroy: [set.created.a.id] })).destroyed, [set.created.a.id])

      const away = await me.one('VacationResponse/get', {})
      deepEqual([away.list[0].id, away.list[0].isEnabled], ['singleton', false])
      const update = {
        isEnabled: true,
        fromDate: '2026-07-01T00:00:00Z',
        toDate: '2026-08-01T00:00:00Z',
        subject: '出國',
        textBody: '八月回來',
      }
      const changed = await me.one('VacationResponse/set', {
        ifInState: away.state,
        update: { singleton: update },
        create: { a: {} },
        destroy: ['singleton', 'x'],
      })
      deepEqual([changed.notCreated.a.type, changed.notDestroyed.x.type], ['singleton', 'notFound'])
      equal(changed.notUpdated?.singleton.type ?? changed.notDestroyed.singleton.type, 'willDestroy')
      deepEqual((await me.one('VacationResponse/set', { update: { singleton: update } })).updated, { singleton: null })
      const now = await me.one('VacationResponse/get', { ids: ['singleton', 'y'] })
      deepEqual([now.list[0], now.notFound], [{ id: 'singleton', htmlBody: null, ...update }, ['y']])
      for (const wrong of [
        { toDate: '2026-06-01T00:00:00Z' },
        { isEnabled: null },
        { subject: 7 },
        { colour: 1 },
        { fromDate: 'x' },
      ]) {
        const answer = await me.one('VacationResponse/set', { update: { singleton: wrong } })
        deepEqual(answer.notUpdated.singleton.properties, Object.keys(wrong))
      }
    })

    test('a receipt goes to who asked for it, once', async () => {
      const ask = 'Disposition-Notification-To: Ann <ann@other.example>\r\n'
      const id = await me.put({
        subject: '請回覆',
        id: '<asks@other.example>',
        headers: ask,
        from: 'ann@other.example',
      })
      const silent = await me.put({ subject: 'asks for nothing' })
      const disposition = { actionMode: 'manual-action', sendingMode: 'mdn-sent-manually', type: 'displayed' }
      const mdn = {
        forEmailId: id,
        subject: '已讀',
        disposition,
        includeOriginalMessage: true,
        extensionFields: { 'X-A': 'b' },
      }
      const send = async (object: object): Promise<any> =>
        me.call([
          'MDN/send',
          {
            identityId: await identity(),
            send: { k: object },
            onSuccessUpdateEmail: { '#k': { 'keywords/$mdnsent': true } },
          },
        ])
      const [[, answer], [, after]] = await send(mdn)
      deepEqual(
        [answer.sent.k.finalRecipient, answer.sent.k.originalMessageId, Object.values(after.updated)],
        ['rfc822;wang@uni.example', 'asks@other.example', [null]],
      )
      const [came] = await arrived(ann, '已讀')
      equal(came.headers.find((one: any) => one.name === 'Return-Path').value.trim(), '<>')
      const { list } = await ann.one('Email/get', { ids: [came.id], properties: ['blobId', 'inReplyTo'] })
      deepEqual(list[0].inReplyTo, ['asks@other.example'])
      const { parsed, notParsable, notFound } = await ann.one('MDN/parse', { blobIds: [list[0].blobId, 'B999'] })
      const told = parsed[list[0].blobId]
      deepEqual(
        [told.disposition, told.originalMessageId, told.extensionFields, told.includeOriginalMessage],
        [disposition, 'asks@other.example', { 'X-A': 'b' }, true],
      )
      deepEqual([notParsable, notFound], [null, ['B999']])
      equal(((await send(mdn)) as any)[0][1].notSent.k.type, 'mdnAlreadySent')
      equal(((await send({ ...mdn, forEmailId: silent })) as any)[0][1].notSent.k.type, 'forbidden')
      equal(((await send({ ...mdn, forEmailId: 'M999' })) as any)[0][1].notSent.k.type, 'notFound')
      const wrongs = [{ disposition: {} }, { subject: 'a\r\nb' }, { extensionFields: { 'a:': 'b' } }, { error: [] }]
      for (const one of [...wrongs, { finalRecipient: 'li@uni.example' }]) {
        const [[, refused]] = (await send({ ...mdn, forEmailId: await me.put({ headers: ask }), ...one })) as any
        deepEqual(refused.notSent.k.properties, Object.keys(one))
      }
    })
  })
}
