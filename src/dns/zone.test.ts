import { deepEqual, equal, rejects, throws } from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { reverseName } from './names.ts'
import { openResolver } from './stub.ts'
import { zoneResolver } from './zone.ts'

const zone = zoneResolver(`
$TTL 1h
uni.example.        MX 20 mx2.uni.example.   ; the second
uni.example.        MX 10 mx1.uni.example.
                    TXT "v=spf1 " "mx -all"
                    TXT ( "one record"
                          " over two lines" )
mx1.uni.example 600 IN A 192.0.2.1
mx1.uni.example     AAAA 2001:db8::1
none.example.       MX 0 .
alias.example.      CNAME mx1.uni.example.
loop.example.       CNAME pool.example.
pool.example.       CNAME loop.example.
broken.example.     SERVFAIL
slow.example.       TIMEOUT
*.wild.example.     TXT here
there.wild.example. A 192.0.2.9
1.2.0.192.in-addr.arpa. PTR mx1.uni.example.
${reverseName('2001:db8::1')}. PTR mx1.uni.example.
xn--g6w251d.example. A 192.0.2.77
$AUTHENTIC on
_25._tcp.mx1.uni.example. TLSA 3 1 1 0123456789abcdef 0123456789abcdef
$AUTHENTIC off
$ORIGIN sub.example.
@ A 192.0.2.40
www A 192.0.2.41
_imaps._tcp SRV 0 1 993 www
`)

const answers: [string, () => Promise<unknown>, unknown][] = [
  [
    'MX by priority',
    () => zone.mx('UNI.example'),
    [
      { exchange: 'mx1.uni.example', priority: 10 },
      { exchange: 'mx2.uni.example', priority: 20 },
    ],
  ],
  ['the null MX is an empty exchange', () => zone.mx('none.example.'), [{ exchange: '', priority: 0 }]],
  ['strings of a TXT are put together', () => zone.txt('uni.example'), ['v=spf1 mx -all', 'one record over two lines']],
  ['A', () => zone.a('mx1.uni.example'), ['192.0.2.1']],
  ['AAAA', () => zone.aaaa('mx1.uni.example'), ['2001:db8::1']],
  ['an alias is followed', () => zone.a('alias.example'), ['192.0.2.1']],
  ['reverse IPv4', () => zone.ptr('192.0.2.1'), ['mx1.uni.example']],
  ['reverse IPv4 in IPv6', () => zone.ptr('::ffff:192.0.2.1'), ['mx1.uni.example']],
  ['reverse IPv6', () => zone.ptr('2001:db8:0:0::1'), ['mx1.uni.example']],
  ['a wildcard', () => zone.txt('a.b.wild.example'), ['here']],
  ['an IDN is asked as A-labels', () => zone.a('測試.example'), ['192.0.2.77']],
  ['$ORIGIN and @', () => zone.a('sub.example'), ['192.0.2.40']],
  [
    'relative names',
    () => zone.srv('_imaps._tcp.sub.example'),
    [{ priority: 0, weight: 1, port: 993, target: 'www.sub.example' }],
  ],
]
for (const [what, ask, wanted] of answers) test(what, async () => deepEqual(await ask(), wanted))

const refusals: [string, () => Promise<unknown>, string][] = [
  ['an unknown name', () => zone.a('nobody.example'), 'ENOTFOUND'],
  ['a known name without such records', () => zone.aaaa('sub.example'), 'ENODATA'],
  ['a name that only has names below it', () => zone.a('_tcp.mx1.uni.example'), 'ENODATA'],
  ['a wildcard does not cover what exists', () => zone.txt('there.wild.example'), 'ENODATA'],
  ['a loop of aliases', () => zone.a('loop.example'), 'ESERVFAIL'],
  ['a failing server', () => zone.a('broken.example'), 'ESERVFAIL'],
  ['a silent server', () => zone.mx('slow.example'), 'ETIMEOUT'],
  ['a label of 64 octets', () => zone.a(`${'a'.repeat(64)}.example`), 'ENOTFOUND'],
  ['an empty label', () => zone.a('a..example'), 'ENOTFOUND'],
  ['the reverse of what is no address', () => zone.ptr('not-an-ip'), 'ENOTFOUND'],
]
for (const [what, ask, code] of refusals) test(what, () => rejects(ask(), { name: 'DnsTrouble', code }))

test('TLSA is authentic only where the zone says so', async () => {
  const answer = await zone.tlsa('_25._tcp.mx1.uni.example')
  equal(answer.authentic, true)
  equal((await zone.resolve('mx1.uni.example', 'A')).authentic, false)
  equal(answer.records[0]!.certificate.toString('hex'), '0123456789abcdef0123456789abcdef')
})

test('a TTL is kept, in any unit', async () => {
  equal((await zone.resolve('mx1.uni.example', 'A')).ttl, 600)
  equal((await zone.resolve('uni.example', 'MX')).ttl, 3600)
})

const bad: [string, string, number][] = [
  ['a bad address', 'a.example. A 192.0.2.300', 1],
  ['an unknown type', '\n\na.example. NAPTR x', 3],
  ['an open parenthesis', 'a.example. TXT ( "x"', 1],
  ['no record at all', 'a.example.', 1],
]
for (const [what, text, line] of bad) {
  test(`${what} is a bad setting with its line`, () => {
    throws(
      () => zoneResolver(text),
      (error: { code: string; details: { line: number } }) => {
        equal(error.code, 'bad-setting')
        equal(error.details.line, line)
        return true
      },
    )
  })
}

const reversed: [string, string | undefined][] = [
  ['192.0.2.5', '5.2.0.192.in-addr.arpa'],
  ['::1', `1.${'0.'.repeat(31)}ip6.arpa`],
  ['::', `${'0.'.repeat(32)}ip6.arpa`],
  ['1::', `${'0.'.repeat(28)}1.0.0.0.ip6.arpa`],
  ['64:ff9b::192.0.2.1', `1.0.2.0.0.0.0.c.${'0.'.repeat(16)}b.9.f.f.4.6.0.0.ip6.arpa`],
  ['fe80::1%eth0', `1.${'0.'.repeat(28)}8.e.f.ip6.arpa`],
  ['example', undefined],
]
for (const [address, name] of reversed) test(`reverse name of ${address}`, () => equal(reverseName(address), name))

test('a resolver with a zone file asks nobody', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'postern-zone-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const zoneFile = join(folder, 'zone')
  await writeFile(zoneFile, 'host.example. A 192.0.2.1\n')
  const resolver = openResolver({ zoneFile, servers: ['127.0.0.1:1'] })
  deepEqual(await resolver.a('host.example'), ['192.0.2.1'])
  await rejects(resolver.a('other.example'), { code: 'ENOTFOUND' })
})
