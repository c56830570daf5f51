import { deepEqual, equal, match } from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { client, type Answer, type Client } from '../../../test/webclient.ts'
import { openWorld, password, type WorldHouse } from '../../../test/world.ts'
import { createAddressBook, grantBook } from '../../directory/addressbooks.ts'
import { accountByAddress } from '../../directory/accounts.ts'

let world: WorldHouse
let https: Client
before(async () => {
  world = await openWorld({
    hostname: 'mail.uni.example',
    people: ['wang@uni.example', 'li@uni.example'],
    web: { folder: '/nowhere' },
  })
  https = client(world, 'https')
})
after(() => world.close())

const basic = (name: string): string => `Basic ${Buffer.from(`${name}@uni.example:${password}`).toString('base64')}`

function ask(
  method: string,
  path: string,
  body?: string,
  headers: Record<string, string> = {},
  who = 'wang',
): Promise<Answer> {
  const type = body?.startsWith('BEGIN') ? 'text/vcard' : 'application/xml'
  return https.ask(method, path, {
    body,
    headers: { authorization: basic(who), ...(body && { 'content-type': type }), ...headers },
  })
}
const hrefs = ({ text }: Answer): string[] =>
  [...text.matchAll(/<D:response><D:href>([^<]*)/g)].map(([, href]) => href ?? '')
const xml = (root: string, inside: string): string =>
  `<?xml version="1.0"?><${root} xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav">${inside}</${root}>`
const vcard = (uid: string, name: string, ...more: string[]): string =>
  ['BEGIN:VCARD', 'VERSION:3.0', `UID:${uid}`, `FN:${name}`, `N:${name};;;;`, ...more, 'END:VCARD', ''].join('\r\n')

let home = ''
let book = ''

test('a client finds its way from the well-known place to its books', async () => {
  const body = xml('propfind', '<prop><current-user-principal/></prop>')
  const known = await https.ask('PROPFIND', '/.well-known/carddav', { body, headers: { 'content-type': 'text/xml' } })
  equal(known.status, 301)
  equal(known.headers.location, '/dav/')
  const options = await https.ask('OPTIONS', '/dav/')
  match(String(options.headers['dav']), /addressbook/)
  const nobody = await https.ask('PROPFIND', '/dav/')
  equal(nobody.status, 401)
  match(String(nobody.headers['www-authenticate']), /^Basic/)
  const wrong = { authorization: `Basic ${Buffer.from('wang@uni.example:no').toString('base64')}` }
  equal((await https.ask('PROPFIND', '/dav/', { headers: wrong })).status, 401)

  const root = await ask('PROPFIND', '/dav/', xml('propfind', '<prop><current-user-principal/></prop>'), { depth: '0' })
  equal(root.status, 207)
  const principal = /<D:current-user-principal><D:href>([^<]+)/.exec(root.text)?.[1] ?? ''
  const told = await ask(
    'PROPFIND',
    principal,
    xml('propfind', '<prop><C:addressbook-home-set/><nothing xmlns="x:y"/></prop>'),
  )
  home = /<C:addressbook-home-set><D:href>([^<]+)/.exec(told.text)?.[1] ?? ''
  match(told.text, /<x:nothing xmlns:x="x:y"\/><\/D:prop><D:status>HTTP\/1.1 404/)
  const books = await ask('PROPFIND', home, undefined, { depth: '1' })
  equal(hrefs(books).length, 2)
  match(books.text, /<D:collection\/><C:addressbook\/>/)
  book = hrefs(books)[1] as string
})

test('a card is put, read back as it was, changed only by who knows it, and deleted', async () => {
  const text = vcard('a', '王大明', 'EMAIL:wang@out.example', 'X-ODD;TYPE=a:b')
  const put = await ask('PUT', `${book}a.vcf`, text, { 'if-none-match': '*' })
  equal(put.status, 201)
  const etag = String(put.headers.etag)
  match(etag, /^"[\d-]+"$/)
  equal((await ask('PUT', `${book}a.vcf`, text, { 'if-none-match': '*' })).status, 412)
  equal((await ask('PUT', `${book}a.vcf`, text, { 'if-match': '"0-0"' })).status, 412)
  const got = await ask('GET', `${book}a.vcf`)
  equal(got.text, text)
  equal(got.headers.etag, etag)
  equal((await ask('GET', `${book}a.vcf`, undefined, { 'if-none-match': etag })).status, 304)
  const changed = await ask('PUT', `${book}a.vcf`, text.replace('王大明', '王小明'), { 'if-match': etag })
  equal(changed.status, 204)
  match((await ask('PUT', `${book}b.vcf`, text)).text, /no-uid-conflict/)
  const bad: [string, string, RegExp][] = [
    ['no vCard', 'BEGIN:nothing', /valid-address-data/],
    ['no UID', text.replace('UID:a\r\n', ''), /valid-address-data/],
    ['two', text + text, /valid-address-data/],
    ['an old one', text.replace('VERSION:3.0', 'VERSION:2.1'), /supported-address-data/],
  ]
  for (const [what, body, words] of bad) {
    const { status, text: said } = await ask('PUT', `${book}c.vcf`, body)
    equal(status, 403, what)
    match(said, words, what)
  }
  equal((await ask('DELETE', `${book}a.vcf`, undefined, { 'if-match': etag })).status, 412)
  equal((await ask('DELETE', `${book}a.vcf`)).status, 204)
  equal((await ask('GET', `${book}a.vcf`)).status, 404)
})

test('sync-collection tells what changed since, once, and in pieces', async () => {
  const sync = (token: string, more = ''): Promise<Answer> =>
    ask(
      'REPORT',
      book,
      xml(
        'sync-collection',
        `<sync-token>${token}</sync-token><sync-level>1</sync-level>${more}<prop><getetag/></prop>`,
      ),
    )
  const tokenOf = ({ text }: Answer): string => /<D:sync-token>([^<]+)/.exec(text)?.[1] ?? ''
  for (const uid of ['s1', 's2', 's3']) equal((await ask('PUT', `${book}${uid}.vcf`, vcard(uid, uid))).status, 201)
  const first = await sync('')
  deepEqual(
    hrefs(first),
    ['s1', 's2', 's3'].map((uid) => `${book}${uid}.vcf`),
  )
  const none = await sync(tokenOf(first))
  deepEqual(hrefs(none), [])
  equal(tokenOf(none), tokenOf(first))
  await ask('PUT', `${book}s1.vcf`, vcard('s1', 'changed'))
  await ask('DELETE', `${book}s2.vcf`)
  await ask('PUT', `${book}s4.vcf`, vcard('s4', 's4'))
  await ask('DELETE', `${book}s4.vcf`)
  const later = await sync(tokenOf(first))
  deepEqual(hrefs(later).toSorted(), [`${book}s1.vcf`, `${book}s2.vcf`])
  match(later.text, /s2\.vcf<\/D:href><D:status>HTTP\/1\.1 404/)
  const piece = await sync('', '<limit><nresults>1</nresults></limit>')
  match(piece.text, /507/)
  equal(hrefs(await sync(tokenOf(piece))).includes(`${book}s1.vcf`), true)
  for (const token of ['nonsense', 'urn:postern:contacts:1:999999999', 'urn:postern:contacts:99:1']) {
    const { status, text } = await sync(token)
    equal(status, 403, token)
    match(text, /valid-sync-token/, token)
  }
})

test('multiget and query', async () => {
  const data = '<prop><getetag/><C:address-data/></prop>'
  const multi = await ask(
    'REPORT',
    book,
    xml('C:addressbook-multiget', `${data}<href>${book}s1.vcf</href><href>${book}none.vcf</href>`),
  )
  match(multi.text, /<C:address-data>BEGIN:VCARD/)
  match(multi.text, /none\.vcf<\/D:href><D:status>HTTP\/1\.1 404/)
  const query = (filter: string): Promise<Answer> => ask('REPORT', book, xml('C:addressbook-query', data + filter))
  const matching = (name: string, inside: string): string =>
    `<C:filter><C:prop-filter name="${name}">${inside}</C:prop-filter></C:filter>`
  const cases: [string, number][] = [
    ['', 2],
    [matching('FN', '<C:text-match>CHANG</C:text-match>'), 1],
    [matching('FN', '<C:text-match match-type="equals">chang</C:text-match>'), 0],
    [matching('FN', '<C:text-match negate-condition="yes">chang</C:text-match>'), 1],
    [matching('EMAIL', '<C:is-not-defined/>'), 2],
    [matching('NICKNAME', ''), 0],
  ]
  for (const [filter, count] of cases) equal(hrefs(await query(filter)).length, count, filter)
  match((await query(matching('FN', '<C:text-match collation="i;odd">a</C:text-match>'))).text, /supported-collation/)
})

test('books are made, renamed and deleted', async () => {
  const body = xml(
    'mkcol',
    '<set><prop><resourcetype><collection/><C:addressbook/></resourcetype><displayname>系辦</displayname></prop></set>',
  )
  equal((await ask('MKCOL', `${home}office/`, body)).status, 201)
  equal((await ask('MKCOL', `${home}office/`, body)).status, 405)
  const plain = xml('mkcol', '<set><prop><resourcetype><collection/></resourcetype></prop></set>')
  equal((await ask('MKCOL', `${home}plain/`, plain)).status, 403)
  const patched = await ask(
    'PROPPATCH',
    `${home}office/`,
    xml('propertyupdate', '<set><prop><displayname>系 &amp; 辦</displayname></prop></set>'),
  )
  match(patched.text, /200 OK/)
  const refused = await ask(
    'PROPPATCH',
    `${home}office/`,
    xml('propertyupdate', '<set><prop><displayname>x</displayname><getetag>1</getetag></prop></set>'),
  )
  match(refused.text, /403/)
  match(refused.text, /424/)
  match((await ask('PROPFIND', `${home}office/`)).text, /系 &amp; 辦/)
  equal((await ask('DELETE', `${home}office/`)).status, 204)
  equal((await ask('PROPFIND', `${home}office/`)).status, 404)
})

test('nobody sees another’s books, and a public book only with the right to take it along', async () => {
  for (const [method, path] of [
    ['PROPFIND', home],
    ['PROPFIND', book],
    ['GET', `${book}s1.vcf`],
    ['DELETE', `${book}s1.vcf`],
  ] as const) {
    equal((await ask(method, path, undefined, {}, 'li')).status, 404, `${method} ${path}`)
  }
  const [wang, li] = [
    await accountByAddress(world.db, 'wang@uni.example'),
    await accountByAddress(world.db, 'li@uni.example'),
  ]
  const admin = { id: wang!.id, admin: true }
  const id = await createAddressBook(world.db, 0, { name: '公用' })
  const liHome = `/dav/addressbooks/A${li!.id}/`
  const grant = (may: boolean) =>
    grantBook(world.db, admin, id, { account: 0, rights: { read: true, write: false, export: may, admin: false } })
  await grant(false)
  equal(hrefs(await ask('PROPFIND', liHome, undefined, { depth: '1' }, 'li')).length, 2)
  equal((await ask('PROPFIND', `${liHome}~${id}/`, undefined, {}, 'li')).status, 404)
  await grant(true)
  deepEqual(hrefs(await ask('PROPFIND', liHome, undefined, { depth: '1' }, 'li'))[2], `${liHome}~${id}/`)
  equal((await ask('PUT', `${liHome}~${id}/x.vcf`, vcard('x', 'x'), {}, 'li')).status, 403)
})

test('hostile XML and paths', async () => {
  const bomb = '<!DOCTYPE a [<!ENTITY x "y">]><propfind xmlns="DAV:"><prop>&x;</prop></propfind>'
  equal((await ask('PROPFIND', '/dav/', bomb)).status, 400)
  equal((await ask('PROPFIND', '/dav/', '<a>'.repeat(1000))).status, 400)
  equal((await ask('PROPFIND', '/dav/', 'nothing')).status, 400)
  equal((await ask('PROPFIND', home, undefined, { depth: 'infinity' })).status, 403)
  for (const path of [
    '/dav/x/',
    '/dav/addressbooks/A1/%2e%2e/',
    '/dav/addressbooks/A1/a%2Fb/',
    '/dav/addressbooks/A1/%00/',
  ])
    equal((await ask('PROPFIND', path)).status, 404, path)
  equal((await ask('PROPFIND', '/dav/addressbooks/A1/%ff/')).status, 400)
  // A cookie alone is nothing here: another site cannot use it.
  const { headers } = await https.signIn({ name: 'wang@uni.example', password })
  equal((await https.ask('PROPFIND', '/dav/', { headers })).status, 401)
})
