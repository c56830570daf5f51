import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { datePart, readMoment, readZone } from './dates.ts'
import { outgoingAddress, readPath } from './addresses.ts'
import { readMailto } from './mailto.ts'

const read: [value: string, iso: string | undefined][] = [
  ['Mon, 20 Jul 2009 21:44:43 +0300', '2009-07-20T18:44:43.000Z 180'],
  ['20 jul 2009 21:44 -0330 (comment)', '2009-07-21T01:14:00.000Z -210'],
  ['20 Jul 09 21:44:43 GMT', '2009-07-20T21:44:43.000Z 0'],
  ['20 Jul 99 21:44:43 EST', '1999-07-21T02:44:43.000Z -300'],
  ['by a (b; c) with d; Wed, 12 Nov 2014 18:18:31 +0100', '2014-11-12T17:18:31.000Z 60'],
  ['29 Feb 2008 00:00:00 +0000', '2008-02-29T00:00:00.000Z 0'],
  ['Moo, 34 Juul 3060 25:30:42 +6600', undefined],
  ['31 Apr 2009 00:00:00 +0000', undefined],
  ['1 Jan 2009 24:00:00 +0000', undefined],
  ['', undefined],
  ['x'.repeat(5000), undefined],
]
for (const [value, iso] of read) {
  test(`the date "${value.slice(0, 60)}"`, () => {
    const moment = readMoment(value)
    equal(moment && `${new Date(moment.at).toISOString()} ${moment.zone}`, iso)
  })
}

const moment = { at: Date.UTC(2009, 6, 20, 18, 44, 43), zone: 180 }
const parts: Record<string, string> = {
  year: '2009',
  month: '07',
  day: '20',
  date: '2009-07-20',
  julian: '55032',
  hour: '21',
  minute: '44',
  second: '43',
  time: '21:44:43',
  iso8601: '2009-07-20T21:44:43+03:00',
  std11: 'Mon, 20 Jul 2009 21:44:43 +0300',
  zone: '+0300',
  weekday: '1',
  constructor: '',
}
for (const [part, value] of Object.entries(parts))
  test(`the ${part} of a date`, () => equal(datePart(moment, part), value))

test('zones', () => {
  deepEqual(['+0800', '-0330', '+0060', '0800', '+9900'].map(readZone), [480, -210, undefined, undefined, undefined])
})

const outgoing: [text: string, address: string | undefined][] = [
  ['a@b.example', 'a@b.example'],
  ['Name <a@b.example>', 'a@b.example'],
  ['"Q, uoted" <a@b.example>', 'a@b.example'],
  [' a  @  b.example ', 'a@b.example'],
  ['"a"@b.example', 'a@b.example'],
  ['"a b"@b.example', '"a b"@b.example'],
  ['a@[192.0.2.1]', 'a@[192.0.2.1]'],
  ['a@b.example, c@d.example', undefined],
  ['a@b.example>', undefined],
  ['a@b..example', undefined],
  ['a@', undefined],
  ['a', undefined],
  ['a\r\nb@c.example', undefined],
  ['a@b.example\r\nBcc: c', undefined],
]
for (const [text, address] of outgoing)
  test(`redirect to ${JSON.stringify(text)}`, () => equal(outgoingAddress(text), address))

const paths: [path: string, local: string | undefined, domain?: string][] = [
  ['a@b.example', 'a', 'b.example'],
  ['<a@b.example>', 'a', 'b.example'],
  ['<@c.example,@d.example:a@b.example>', 'a', 'b.example'],
  ['"a b"@c.example', 'a b', 'c.example'],
  ['MAILER-DAEMON', 'MAILER-DAEMON', ''],
  ['a@', undefined],
  ['<a@b.example', undefined],
]
for (const [path, local, domain] of paths) {
  test(`the path ${path}`, () => deepEqual(readPath(path), local === undefined ? undefined : { local, domain }))
}

const uris: [uri: string, mailto: object | undefined][] = [
  ['mailto:a@b.example', { to: ['a@b.example'], cc: [], headers: [] }],
  ['MAILTO:a@b.example,c@d.example', { to: ['a@b.example', 'c@d.example'], cc: [], headers: [] }],
  ['mailto:a%40b.example%2Cc@d.example', { to: ['a@b.example', 'c@d.example'], cc: [], headers: [] }],
  [
    'mailto:a@b.example?cc=C%20%3Cc@d.example%3E,A@b.example',
    { to: ['a@b.example'], cc: ['C <c@d.example>'], headers: [] },
  ],
  ['mailto:?to=a@b.example&to=A@b.example', { to: ['a@b.example'], cc: [], headers: [] }],
  [
    'mailto:a@b.example?subject=x%20y%0D%0AZ&body=1%0A2',
    { to: ['a@b.example'], cc: [], headers: [['subject', 'x y Z']], body: '1\n2' },
  ],
  ['mailto:a@b.example?from=x@y.example', { to: ['a@b.example'], cc: [], headers: [] }],
  ['mailto:a@b.example?bad:=1', undefined],
  ['mailto:a@b.example?x', undefined],
  ['mailto:a@b.example?x=%ff', undefined],
  ['mailto:a b@c.example', undefined],
  ['mailto:nobody', undefined],
  ['tel:1', undefined],
]
for (const [uri, mailto] of uris) test(`the URI ${uri}`, () => deepEqual(readMailto(uri, 10), mailto))
