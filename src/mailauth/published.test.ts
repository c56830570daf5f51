import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { after, test } from 'node:test'
import { resolverFrom } from '../dns/conveniences.ts'
import type { Resolver } from '../dns/resolver.ts'
import { zoneResolver } from '../dns/zone.ts'
import type { KeyRow } from './keys.ts'
import { checkDns } from './published.ts'
import { dnsRecords, type DnsSetup, zoneLines } from './records.ts'
import { openMailauth } from './mailauth.ts'

const setup: DnsSetup = {
  hostname: 'mx.uni.example',
  addresses: ['192.0.2.25', '2001:db8::25'],
  ports: { submissions: 465, imaps: 993 },
  mtaStsId: '20261122',
}
const keys: KeyRow[] = [
  {
    domain: 'uni.example',
    selector: 'r1',
    algorithm: 'rsa',
    publicKey: 'QUJD'.repeat(90),
    file: 'f',
    state: 'active',
    since: 0,
    createdAt: 0,
  },
  {
    domain: 'uni.example',
    selector: 'old',
    algorithm: 'rsa',
    publicKey: 'QUJD',
    file: 'f',
    state: 'retired',
    since: 0,
    createdAt: 0,
  },
]
// One verifier for all tests, over whatever is published at the moment.
let published: Resolver = zoneResolver('')
const whatIsPublished = resolverFrom(
  (name, type) => published.resolve(name, type),
  async () => {},
)
const mailauth = openMailauth(whatIsPublished, { hostname: 'mx.uni.example', dmarc: 'honour', arcSealers: [] })
after(() => mailauth.close())

const right = zoneLines(dnsRecords('uni.example', setup, keys))

test('the records as they are pasted into a zone', () => {
  const lines = right.split('\n')
  for (const line of [
    'uni.example. MX 10 mx.uni.example.',
    'uni.example. TXT "v=spf1 mx -all"',
    '_dmarc.uni.example. TXT "v=DMARC1; p=quarantine; rua=mailto:postmaster@uni.example"',
    '_smtp._tls.uni.example. TXT "v=TLSRPTv1; rua=mailto:postmaster@uni.example"',
    '_mta-sts.uni.example. TXT "v=STSv1; id=20261122"',
    '_submissions._tcp.uni.example. SRV 0 1 465 mx.uni.example.',
    '25.2.0.192.in-addr.arpa. PTR mx.uni.example.',
    'mx.uni.example. AAAA 2001:db8::25',
  ]) {
    ok(lines.includes(line), line)
  }
  match(right, /^r1\._domainkey\.uni\.example\. TXT "v=DKIM1; k=rsa; p=[^"]+" "[^"]+"$/m)
  equal(right.includes('old._domainkey'), false, 'a retired key may go')
})

test('what was pasted is found right, SPF by its outcome', async () => {
  published = zoneResolver(right)
  const findings = await checkDns('uni.example', setup, keys, published, mailauth.spf)
  deepEqual(
    findings.filter(({ state }) => state !== 'ok'),
    [],
  )
  equal(findings.length, right.trimEnd().split('\n').length)
})

const changes: [string, RegExp, string, string, string][] = [
  ['no MX', /^uni\.example\. MX.*\n/m, '', 'mx', 'missing'],
  ['the MX of others', /10 mx\.uni/, '10 mx.other', 'mx', 'wrong'],
  ['the null MX', /10 mx\.uni\.example\./, '0 .', 'mx', 'wrong'],
  ['another MX beside ours', /^uni\.example\. MX/m, 'uni.example. MX 5 backup.example.\nuni.example. MX', 'mx', 'ok'],
  ['two SPF records', /^uni\.example\. TXT.*\n/m, '$&uni.example. TXT "v=spf1 -all"\n', 'spf', 'wrong'],
  ['an SPF record without us', /v=spf1 mx -all/, 'v=spf1 -all', 'spf', 'wrong'],
  ['another SPF record that has us', /v=spf1 mx -all/, 'v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 ~all', 'spf', 'ok'],
  [
    'other texts beside SPF',
    /^uni\.example\. TXT/m,
    'uni.example. TXT "site-verification=1"\nuni.example. TXT',
    'spf',
    'ok',
  ],
  ['another key', /p=QUJD/, 'p=WFla', 'dkim', 'wrong'],
  ['no key', /^r1\._domainkey.*\n/m, '', 'dkim', 'missing'],
  ['a DMARC record of another mind', /p=quarantine/, 'p=reject', 'dmarc', 'ok'],
  ['a DMARC record that says nothing', /p=quarantine; /, '', 'dmarc', 'wrong'],
  ['a reverse name of the provider', /(in-addr\.arpa\. PTR) .*/, '$1 host25.isp.example.', 'reverse', 'wrong'],
  ['no reverse name', /^.*ip6\.arpa.*\n/m, '', 'reverse', 'missing'],
  ['a service on another port', / 993 /, ' 1993 ', 'srv', 'wrong'],
  ['a server that fails', /^_dmarc.*\n/m, '_dmarc.uni.example. SERVFAIL\n', 'dmarc', 'unknown'],
]
for (const [what, pattern, text, subject, state] of changes) {
  test(`${what}: ${state}`, async () => {
    published = zoneResolver(right.replace(pattern, text))
    const findings = await checkDns('uni.example', setup, keys, published, mailauth.spf)
    const found = findings.filter((finding) => finding.what === subject).map((finding) => finding.state)
    equal(found.find((each) => each !== 'ok') ?? 'ok', state)
    for (const { advice } of findings) ok(advice.en.length > 10 && /\p{Script=Han}/u.test(advice.zh))
  })
}

test('a host without an address and a domain without a key are said', async () => {
  const findings = await checkDns('uni.example', { hostname: 'mx.uni.example', addresses: [] }, [], zoneResolver(''))
  deepEqual(
    findings.filter(({ isNeeded }) => isNeeded).map(({ what, state }) => `${what} ${state}`),
    ['address missing', 'mx missing', 'spf missing', 'dmarc missing', 'dkim missing'],
  )
})
