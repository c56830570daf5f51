import { equal, match, notEqual, ok, rejects, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { Trouble } from '../wire/troubles.ts'
import { judge, openFailures, type FailureFacts } from './failures.ts'
import { loginDefaults } from './limits.ts'
import { checkNewPassword, hashPassword, oneTimePassword, openHashing, verifyPassword } from './passwords.ts'
import { isLoopback, sourceOf } from './source.ts'

const minute = 60_000
const noon = Date.UTC(2026, 0, 1, 4)
const limits = { ...loginDefaults, failuresHere: 3, failuresEverywhere: 5, namesPerSource: 4 }
const quiet: FailureFacts = { now: noon, here: [], everywhere: [], names: [] }
const times = (count: number, at = noon) => Array.from({ length: count }, () => at)

const cases: [what: string, facts: Partial<FailureFacts>, locked: string][] = [
  ['nothing happened', {}, ''],
  ['two mistakes', { here: times(2), everywhere: times(2), names: times(1) }, ''],
  ['the third locks the name here', { here: times(3), everywhere: times(3), names: times(1) }, 'here'],
  ['older than the window', { here: times(3, noon - 15 * minute), everywhere: times(3) }, ''],
  ['just inside the window', { here: times(3, noon - 15 * minute + 1) }, 'here'],
  ['an attack from many places', { here: times(1), everywhere: times(5) }, 'everywhere'],
  ['three people of one office', { here: times(1), everywhere: times(1), names: times(3) }, ''],
  ['a list of names tried from one place', { names: times(4) }, 'source'],
  ['a list of names, slowly', { names: [noon, noon - 20 * minute, noon - 40 * minute, noon - 60 * minute] }, ''],
]
for (const [what, facts, locked] of cases) {
  test(what, () => {
    const judgement = judge({ ...quiet, ...facts }, limits)
    equal(
      Object.entries(judgement)
        .flatMap(([name, is]) => (is ? [name] : []))
        .join(' '),
      locked,
    )
  })
}

test('the same wrong password counts once, whoever has the name', () => {
  const failures = openFailures(limits)
  const fail = (digest: string, source = 's1') =>
    failures.failed('wang', { at: noon, source, digest, against: undefined })
  for (let n = 0; n < 50; n++) equal(fail('same').here, false)
  equal(fail('second').here, false)
  equal(fail('third').here, true)
  equal(failures.isKnownWrong('wang', 'same', undefined), true)
  equal(failures.isKnownWrong('wang', 'same', 'another hash'), false)
  equal(failures.isKnownWrong('li', 'same', undefined), false)
})

test('a good sign-in forgets the mistakes of its place', () => {
  const failures = openFailures(limits)
  const fail = (digest: string) => failures.failed('wang', { at: noon, source: 's1', digest, against: 'h' })
  fail('a')
  fail('b')
  failures.succeeded('wang', 's1', noon)
  equal(fail('c').here, false)
  equal(failures.isFamiliar('wang', 's1', noon + minute), true)
  equal(failures.isFamiliar('wang', 's1', noon + 25 * 60 * minute), false)
  equal(failures.isFamiliar('wang', 's2', noon), false)
})

test('what is remembered is bounded', () => {
  const failures = openFailures({ ...limits, remembered: 100 })
  for (let n = 0; n < 1000; n++)
    failures.failed(`n${n}`, { at: noon, source: `s${n}`, digest: 'd', against: undefined })
  equal(failures.isKnownWrong('n0', 'd', undefined), false)
  equal(failures.isKnownWrong('n999', 'd', undefined), true)
})

const sources: [address: string, prefix: number, source: string][] = [
  ['192.0.2.7', 32, '192.0.2.7'],
  ['192.0.2.7', 24, '192.0.2.0/24'],
  ['203.0.113.255', 20, '203.0.112.0/20'],
  ['192.0.2.7', 0, '0.0.0.0/0'],
  ['::ffff:192.0.2.7', 24, '192.0.2.0/24'],
  ['2001:db8:1:2:3:4:5:6', 32, '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002::9', 32, '2001:db8:1:2::/64'],
  ['2001:db8::1', 32, '2001:db8:0:0::/64'],
  ['2001:db8::1.2.3.4', 32, '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 32, 'fe80:0:0:0::/64'],
  ['::1', 32, '0:0:0:0::/64'],
  ['', 32, 'unknown'],
]
for (const [address, prefix, source] of sources) {
  test(`${address || 'nothing'} with /${prefix} is ${source}`, () => equal(sourceOf(address, prefix), source))
}

test('loopback is told from others', () => {
  ok(isLoopback(sourceOf('::1')) && isLoopback(sourceOf('127.0.0.1')) && isLoopback(sourceOf('127.1.2.3', 8)))
  ok(!isLoopback(sourceOf('12.7.0.0', 24)) && !isLoopback(sourceOf('2001:db8::1')))
})

test('a hash is a PHC string that only its password opens', async () => {
  const phc = await hashPassword('correct horse')
  match(phc, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  notEqual(await hashPassword('correct horse'), phc)
  equal(await verifyPassword('correct horse', phc), true)
  equal(await verifyPassword('correct\u00a0horse', phc), true)
  equal(await verifyPassword('Correct horse', phc), false)
  equal(await verifyPassword('e\u0301tude', await hashPassword('\u00e9tude')), true)
})

test('a hash of other hands is read, and nonsense is nobody’s', async () => {
  // RFC 9106's reference implementation: echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1 -l 24 -e
  const cheap = '$argon2id$v=19$m=8,t=1,p=1$'
  for (const phc of [
    '',
    'phc',
    '$2b$12$abc',
    `${cheap}$`,
    `$argon2id$v=19$m=9999999,t=2,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`,
  ]) {
    equal(await verifyPassword('password', phc), false)
  }
})

const passwords: [password: string, rule: string | undefined][] = [
  ['correct horse', undefined],
  ['密碼很長很長很長', undefined],
  ['short', 'length'],
  ['七個字的密碼啊', 'length'],
  ['x'.repeat(1025), 'too-long'],
  ['with\0nul bytes', 'control'],
  ['wang.xiaoming', 'name'],
  ['Wang.Xiaoming@uni.example', 'name'],
]
for (const [password, rule] of passwords) {
  test(`password ${JSON.stringify(password).slice(0, 30)}: ${rule ?? 'good'}`, () => {
    const check = () => checkNewPassword(password, 'wang.xiaoming@uni.example')
    if (rule === undefined) check()
    else throws(check, (error) => error instanceof Trouble && error.details['rule'] === rule)
  })
}

test('a one-time password is long and never the same', () => {
  match(oneTimePassword(), /^([a-z0-9]{4}-){4}[a-z0-9]{4}$/)
  notEqual(oneTimePassword(), oneTimePassword())
})

test('a flood of one source waits for itself', async () => {
  const hashing = openHashing({ ...loginDefaults, hashesAtOnce: 1, waitingPerSource: 5, waiting: 8 })
  const done: string[] = []
  const ask = (source: string) => hashing.verify(source, 'x', undefined).then(() => done.push(source))
  const all = [ask('flood'), ask('flood'), ask('flood'), ask('flood'), ask('flood'), ask('flood'), ask('other')]
  await rejects(ask('flood'), (error) => error instanceof Trouble && error.code === 'unavailable')
  all.push(ask('third'), ask('third'))
  await rejects(ask('fourth'), (error) => error instanceof Trouble && error.code === 'unavailable')
  await Promise.all(all)
  ok(done.indexOf('other') <= 2, done.join(' '))
  equal(done.length, 9)
})
