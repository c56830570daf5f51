// What mail programs ask to set themselves up.

import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { SaxesParser } from 'saxes'
import { client, type Client } from '../../test/webclient.ts'
import { openWorld, password, type WorldHouse } from '../../test/world.ts'

let house: WorldHouse
let http: Client

before(async () => {
  house = await openWorld({ hostname: 'mail.uni.example', people: ['wang@uni.example'] })
  http = client(house, 'http')
})
after(() => house?.close())

/** The texts of elements, by path; fails where it is no XML. */
function texts(xml: string): [path: string, text: string][] {
  const parser = new SaxesParser({ xmlns: true })
  const path: string[] = []
  const found: [string, string][] = []
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', ({ local, attributes }) => {
    path.push(local)
    for (const [name, { value }] of Object.entries(attributes)) found.push([`${path.join('/')}@${name}`, value])
  })
  parser.on('text', (text) => text.trim() !== '' && found.push([path.join('/'), text.trim()]))
  parser.on('closetag', () => void path.pop())
  parser.write(xml).close()
  return found
}

const of = (xml: string, end: string): string[] =>
  texts(xml)
    .filter(([path]) => path.endsWith(end))
    .map(([, text]) => text)

test('autoconfig tells what listens, for our domains, whoever asks', async () => {
  for (const path of ['/mail/config-v1.1.xml', '/.well-known/autoconfig/mail/config-v1.1.xml']) {
    for (const who of ['wang@uni.example', 'nobody@uni.example', 'x@elsewhere.example', '', '<&">@uni.example']) {
      const { status, text, headers } = await http.ask('GET', `${path}?emailaddress=${encodeURIComponent(who)}`)
      equal(status, 200)
      match(headers['content-type'] ?? '', /^text\/xml/)
      deepEqual(of(text, 'emailProvider/domain'), ['uni.example'])
      deepEqual(of(text, 'incomingServer@type'), ['imap', 'imap', 'pop3', 'pop3'])
      deepEqual(
        of(text, 'incomingServer/port').map(Number),
        ['imaps', 'imap', 'pop3s', 'pop3'].map((name) => house.port(name)),
      )
      deepEqual(of(text, 'outgoingServer/socketType'), ['SSL', 'STARTTLS'])
      deepEqual([...new Set(of(text, '/hostname'))], ['mail.uni.example'])
    }
  }
})

const asked = (address: string, head = '') => `<?xml version="1.0" encoding="utf-8"?>${head}
<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"><Request>
<EMailAddress>${address}</EMailAddress>
<AcceptableResponseSchema>http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a</AcceptableResponseSchema>
</Request></Autodiscover>`

const discover = (body: string, path = '/autodiscover/autodiscover.xml') =>
  http.ask('POST', path, { body, headers: { 'content-type': 'text/xml' } })

test('autodiscover answers Outlook, and takes no DOCTYPE, no entities, nothing large', async () => {
  for (const path of ['/autodiscover/autodiscover.xml', '/Autodiscover/Autodiscover.xml']) {
    const { text } = await discover(asked('wang@uni.example'), path)
    deepEqual(of(text, 'Protocol/Type'), ['IMAP', 'IMAP', 'POP3', 'POP3', 'SMTP', 'SMTP'])
    deepEqual([...new Set(of(text, '/LoginName'))], ['wang@uni.example'])
    deepEqual(of(text, 'Protocol/Port').map(Number)[0], house.port('imaps'))
  }
  const odd = await discover(asked('a&lt;b&gt;@uni.example'))
  ok(!odd.text.includes('<b>'))
  const evil = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
  for (const body of [
    asked('&e;@uni.example', evil),
    asked('x'),
    asked('&e;'),
    '<a><b></a>',
    '',
    '\0',
    'x'.repeat(9000),
  ]) {
    const { status, text } = await discover(body)
    equal(status, 200)
    deepEqual(of(text, 'Error/ErrorCode'), ['600'], body)
  }
  equal((await discover(asked('x@uni.example', ' '.repeat(20_000)))).status, 413)
})

test('autodiscover version 2 names the file', async () => {
  const { json } = await http.ask('GET', '/autodiscover/autodiscover.json?Email=a@uni.example&Protocol=AutodiscoverV1')
  equal(json.Url, `https://mail.uni.example:${house.port('https')}/autodiscover/autodiscover.xml`)
  const wrong = await http.ask('GET', '/autodiscover/autodiscover.json/v1.0/a@uni.example?Protocol=EWS')
  deepEqual([wrong.status, wrong.json.ErrorCode], [400, 'InvalidProtocol'])
})

test('who signed in sees the connections, and takes them away as a profile', async () => {
  for (const path of ['/api/connections', '/api/mobileconfig']) equal((await http.ask('GET', path)).status, 401)
  const { headers } = await http.signIn({ name: 'wang@uni.example', password })
  const { json } = await http.ask('GET', '/api/connections', { headers })
  equal(json.username, 'wang@uni.example')
  deepEqual(json.connections[0], {
    protocol: 'imap',
    host: 'mail.uni.example',
    port: house.port('imaps'),
    security: 'tls',
  })
  const profile = await http.ask('GET', '/api/mobileconfig', { headers })
  match(profile.headers['content-type'] ?? '', /^application\/x-apple-aspen-config/)
  const strings = of(profile.text, 'dict/string')
  ok(strings.includes('wang@uni.example') && strings.includes('EmailTypeIMAP'))
  ok(of(profile.text, 'dict/integer').map(Number).includes(house.port('submissions')))
})
