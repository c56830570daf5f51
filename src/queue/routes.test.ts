import { deepEqual, equal, rejects } from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { DnsTrouble, type Resolver } from '../dns/resolver.ts'
import { zoneResolver } from '../dns/zone.ts'
import { isSpecialAddress } from '../net/addresses.ts'
import { queueDefaults, routeDefaults, type QueueSettings } from './limits.ts'
import { wayTo } from './routes.ts'

const zone = `
both.example.      MX   10 a.both.example.
both.example.      MX   10 b.both.example.
both.example.      MX   20 c.both.example.
a.both.example.    A    8.8.8.1
b.both.example.    A    8.8.8.2
c.both.example.    A    8.8.8.3
c.both.example.    AAAA 2600::3
c.both.example.    A    8.8.8.4
bare.example.      A    8.8.8.5
null.example.      MX   0 .
text.example.      TXT  "nothing else"
hollow.example.    MX   10 nobody.example.
inside.example.    MX   10 in.inside.example.
in.inside.example. A    10.1.2.3
mixed.example.     MX   10 in.inside.example.
mixed.example.     MX   20 a.both.example.
circle.example.    MX   10 mx.uni.example.
second.example.    MX   10 a.both.example.
second.example.    MX   20 mx.uni.example.
second.example.    MX   30 b.both.example.
mx.uni.example.    A    8.8.8.9
relay.example.     A    10.0.0.25
`

const resolver = zoneResolver(zone)
const settings: QueueSettings = { ...queueDefaults, hostname: 'mx.uni.example' }
const drawn =
  (...numbers: number[]) =>
  () =>
    numbers.shift() ?? 0
const hopsTo = (
  domain: string,
  over: Partial<QueueSettings> = {},
  random: () => number = drawn(0, 0.5),
  names: Resolver = resolver,
) => wayTo(domain, { settings: { ...settings, ...over }, resolver: names, random }).hops()
const addressesTo = async (...args: Parameters<typeof hopsTo>) => (await hopsTo(...args)).map(({ address }) => address)

test('MX by priority, equal ones drawn, IPv6 and IPv4 in turns', async () => {
  deepEqual(await addressesTo('both.example'), ['8.8.8.1', '8.8.8.2', '2600::3', '8.8.8.3', '8.8.8.4'])
  deepEqual((await addressesTo('both.example', {}, drawn(0.9, 0.1))).slice(0, 2), ['8.8.8.2', '8.8.8.1'])
})

test('no MX: the domain itself', async () => {
  deepEqual(await addressesTo('bare.example'), ['8.8.8.5'])
})

test('hosts at or behind our own place are left out', async () => {
  deepEqual(await addressesTo('second.example'), ['8.8.8.1'])
})

test('private addresses are left out, or allowed by setting', async () => {
  deepEqual(await addressesTo('mixed.example'), ['8.8.8.1'])
  deepEqual(await addressesTo('mixed.example', { allowPrivate: true }), ['10.1.2.3', '8.8.8.1'])
})

const noWays: [domain: string, result: string, status: string][] = [
  ['null.example', 'refused', '5.1.10'],
  ['nowhere.example', 'refused', '5.1.2'],
  ['text.example', 'refused', '5.4.4'],
  ['hollow.example', 'refused', '5.4.4'],
  ['inside.example', 'refused', '5.4.4'],
  ['circle.example', 'refused', '5.4.6'],
  ['[8.8.8.8]', 'refused', '5.1.2'],
]
for (const [domain, result, status] of noWays) {
  test(`${domain}: ${result} ${status}`, () => rejects(hopsTo(domain), { result, status }))
}

test('when nobody can tell, the mail waits', async () => {
  const down = (name: string) => Promise.reject(new DnsTrouble('ESERVFAIL', name))
  await rejects(hopsTo('both.example', {}, undefined, { ...resolver, mx: down }), { result: 'later', status: '4.4.3' })
  const noAddresses = { ...resolver, a: down, aaaa: down }
  await rejects(hopsTo('both.example', {}, undefined, noAddresses), { result: 'later', status: '4.4.3' })
})

test('address literals only by setting, and not into private networks', async () => {
  deepEqual(await addressesTo('[8.8.8.8]', { allowLiterals: true }), ['8.8.8.8'])
  deepEqual(await addressesTo('[ipv6:2600::8]', { allowLiterals: true }), ['2600::8'])
  await rejects(hopsTo('[127.0.0.1]', { allowLiterals: true }), { status: '5.1.2' })
  await rejects(hopsTo('[ipv6:::ffff:127.0.0.1]', { allowLiterals: true }), { status: '5.1.2' })
})

test('routes: the first that fits, with its port, TLS and password; they may lead anywhere', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'postern-routes-'))
  t.after(() => rm(folder, { recursive: true }))
  const passwordFile = join(folder, 'password')
  await writeFile(passwordFile, 'geheim\n')
  const routes = [
    { ...routeDefaults, domain: 'bare.example', host: '' },
    {
      ...routeDefaults,
      domain: '*.example',
      host: 'relay.example',
      port: 587,
      tls: 'required' as const,
      username: 'u',
      passwordFile,
    },
    { ...routeDefaults, domain: '*', host: '[10.0.0.26]' },
  ]
  deepEqual(await hopsTo('sub.both.example', { routes }), [
    {
      host: 'relay.example',
      address: '10.0.0.25',
      port: 587,
      tls: 'required',
      verify: false,
      login: { name: 'u', password: 'geheim' },
    },
  ])
  deepEqual(await addressesTo('bare.example', { routes }), ['8.8.8.5'])
  deepEqual(await addressesTo('example', { routes }), ['10.0.0.26'])
  const lane = (domain: string) => wayTo(domain, { settings: { ...settings, routes }, resolver }).lane
  equal(lane('a.example'), lane('b.example'))
  equal(lane('bare.example'), 'bare.example')
})

const special: [address: string, is: boolean][] = [
  ['127.0.0.1', true],
  ['10.255.255.255', true],
  ['100.64.0.1', true],
  ['169.254.169.254', true],
  ['172.31.0.1', true],
  ['172.32.0.1', false],
  ['192.168.1.1', true],
  ['224.0.0.1', true],
  ['255.255.255.255', true],
  ['0.0.0.0', true],
  ['8.8.8.8', false],
  ['::1', true],
  ['::', true],
  ['::ffff:10.0.0.1', true],
  ['::ffff:8.8.8.8', true],
  ['fe80::1', true],
  ['fd00::1', true],
  ['ff02::1', true],
  ['2600::1', false],
  ['not an address', true],
]
for (const [address, is] of special) {
  test(`${address} is ${is ? 'not ' : ''}on the internet`, () => equal(isSpecialAddress(address), is))
}
