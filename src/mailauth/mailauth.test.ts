// Our signatures before the verifier of others, and what is made of mails that try to deceive it.

import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { after, before, test } from 'node:test'
import { resolverFrom } from '../dns/conveniences.ts'
import { zoneResolver } from '../dns/zone.ts'
import { judgeResults } from './judge.ts'
import { type AuthResults, type Mailauth, type MailauthSettings, openMailauth, type VerifyInput } from './mailauth.ts'
import { arcSeal } from './seal.ts'
import { bodyOf, type DkimKey, signField, signMail } from './sign.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ed25519 = generateKeyPairSync('ed25519')
const spki = createPublicKey(rsa.privateKey).export({ type: 'spki', format: 'der' }).toString('base64')
const raw = createPublicKey(ed25519.privateKey).export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64')
const keysOf = (domain: string): DkimKey[] => [
  { domain, selector: 'r', algorithm: 'rsa-sha256', privateKey: rsa.privateKey },
  { domain, selector: 'e', algorithm: 'ed25519-sha256', privateKey: ed25519.privateKey },
]
const keyText = (domain: string) => `
r._domainkey.${domain}. TXT "v=DKIM1; k=rsa; p=${spki.slice(0, 200)}" "${spki.slice(200)}"
e._domainkey.${domain}. TXT "v=DKIM1; k=ed25519; p=${raw}"
`
const zone = zoneResolver(`
uni.example. TXT "v=spf1 ip4:192.0.2.0/24 -all"
_dmarc.uni.example. TXT "v=DMARC1; p=reject"
${keyText('uni.example')}
${keyText('sub.uni.example')}
careful.example. TXT "v=spf1 -all"
_dmarc.careful.example. TXT "v=DMARC1; p=quarantine"
open.example. TXT "v=spf1 ~all"
list.example. TXT "v=spf1 ip4:198.51.100.7 -all"
${keyText('list.example')}
broken.example. SERVFAIL
_dmarc.broken.example. TXT "v=DMARC1; p=reject"
flaky.example. TXT "v=spf1 -all"
_dmarc.flaky.example. TXT "v=DMARC1; p=reject"
r._domainkey.flaky.example. TIMEOUT
mx.uni.example. A 192.0.2.25
25.2.0.192.in-addr.arpa. PTR mx.uni.example.
26.2.0.192.in-addr.arpa. PTR mx.uni.example.
`)
const now = Date.UTC(2026, 10, 22)
const settings: MailauthSettings = {
  hostname: 'mx.here.example',
  dmarc: 'honour',
  arcSealers: ['list.example'],
  now: () => now,
}

let mailauth: Mailauth
before(() => (mailauth = openMailauth(zone, settings)))
after(() => mailauth.close())

const plain = [
  'From: Teacher <teacher@uni.example>',
  'To: somebody@there.example',
  'Subject: =?UTF-8?B?5ris6Kmm?=',
  'Date: Sun, 22 Nov 2026 08:00:00 +0800',
  'Message-ID: <1@uni.example>',
  'MIME-Version: 1.0',
  'Content-Type: text/plain;',
  '\tcharset=utf-8',
  '',
].join('\r\n')
const text = 'Dear  all,\r\n\r\n\tsee you. \r\n\r\n'

async function* pieces(bytes: string): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 7) yield Buffer.from(bytes.slice(at, at + 7), 'latin1')
}

const outside = { address: '203.0.113.9', helo: 'out.example', sender: 'x@open.example' }

function verify(head: string, body: string, input: Partial<VerifyInput> = {}): Promise<AuthResults> {
  const headerBlock = Buffer.from(head, 'latin1')
  return mailauth.verify({ ...outside, headerBlock, stream: () => pieces(`${head}\r\n${body}`), ...input })
}

const signed = async (head = plain, body = text, domain = 'uni.example', at = now) =>
  (await signMail(keysOf(domain), { headerBlock: Buffer.from(head, 'latin1'), body: pieces(body) }, at)) + head

const outcomes = (results: AuthResults) => results.dkim.map(({ result }) => result)

test('both our signatures are accepted, and DMARC passes by them', async () => {
  const results = await verify(await signed(), text)
  deepEqual(outcomes(results), ['pass', 'pass'])
  deepEqual(
    results.dkim.map(({ algorithm, domain }) => [algorithm, domain]),
    [
      ['rsa-sha256', 'uni.example'],
      ['ed25519-sha256', 'uni.example'],
    ],
  )
  equal(results.dmarc.result, 'pass')
  deepEqual(mailauth.judge(results).verdict, { outcome: 'pass' })
})

const bodies: [string, string][] = [
  ['an empty body', ''],
  ['a body of empty lines', '\r\n\r\n\r\n'],
  ['a body without a line end', 'no end'],
  ['8 bit octets', '\xe6\xb8\xac\xe8\xa9\xa6\r\n'],
  ['a large body', 'a line of  text \r\n'.repeat(20_000)],
]
for (const [what, body] of bodies) {
  test(`our signatures hold over ${what}`, async () => {
    deepEqual(outcomes(await verify(await signed(plain, body), body)), ['pass', 'pass'])
  })
}

test('lines of our signatures are short, fields that show are signed once more than they are there', async () => {
  const lines = (await signed()).split('\r\n')
  ok(lines.every((line) => line.length <= 78))
  const names = /h=([^;]+);/.exec((await signed()).replace(/\r\n\t/g, ''))![1]!.split(':')
  for (const name of ['from', 'to', 'subject', 'date', 'message-id', 'content-type']) {
    equal(names.filter((each) => each === name).length, 2, name)
  }
  equal(names.filter((each) => each === 'cc').length, 1)
})

test('white space changed on the way does no harm', async () => {
  const head = (await signed()).replace('Content-Type: text/plain;\r\n\tcharset', 'content-type:text/plain;   charset')
  deepEqual(outcomes(await verify(head, 'Dear all,\r\n\r\n see you.\r\n')), ['pass', 'pass'])
})

const alterations: [string, (head: string) => string, string][] = [
  ['a changed body', (head) => head, 'Dear all,\r\n\r\nsend money.\r\n'],
  ['a line added to the body', (head) => head, `${text}P.S.\r\n`],
  ['a changed Subject', (head) => head.replace('5ris6Kmm', '6Kmm5ris'), text],
  ['a removed To', (head) => head.replace(/To: .*\r\n/, ''), text],
  ['a second Subject above', (head) => `Subject: other\r\n${head}`, text],
  ['a second From above', (head) => `From: boss@uni.example\r\n${head}`, text],
  ['an added Cc', (head) => `${head}Cc: more@there.example\r\n`, text],
  ['a second Content-Type', (head) => `Content-Type: text/html\r\n${head}`, text],
  ['a changed signature time', (head) => head.replaceAll(/t=\d+;/g, 't=1;'), text],
]
for (const [what, alter, body] of alterations) {
  test(`${what} breaks both signatures`, async () => {
    const results = await verify(alter(await signed()), body)
    ok(
      outcomes(results).every((result) => result === 'fail' || result === 'neutral'),
      String(outcomes(results)),
    )
    equal(results.dkim.length, 2)
    equal(mailauth.judge(results).verdict.outcome, 'refuse')
  })
}

test('a signature past its time does not count', async () => {
  const results = await verify(await signed(plain, text, 'uni.example', now - 15 * 86_400_000), text)
  deepEqual(outcomes(results), ['neutral', 'neutral'])
  equal(results.dmarc.result, 'fail')
})

/** A signature as others write it, with tags we would not. */
async function foreign(tags: string, names: string[], body: string, head = plain): Promise<string> {
  const covered = names.flatMap((name) => {
    const field = head.match(new RegExp(`^${name}:.*\\r\\n(?:[ \\t].*\\r\\n)*`, 'im'))
    const [, value] = /^[^:]+:\s*([^]*)\r\n$/.exec(field![0])!
    return [`${name}:${value!.replace(/\r\n/g, '').replace(/[ \t]+/g, ' ')}\r\n`]
  })
  const { createHash } = await import('node:crypto')
  const bh = createHash('sha256').update(body).digest('base64')
  const lines = [`v=1; a=rsa-sha256; c=relaxed/simple; d=uni.example; s=r; ${tags}`, `h=${names.join(':')}; bh=${bh};`]
  return (await signField(keysOf('uni.example')[0]!, 'DKIM-Signature', lines, covered.join(''))) + head
}

test('l= leaves the body open: right, but it does not count', async () => {
  const results = await verify(await foreign('l=6;', ['from', 'subject'], 'Dear\r\n'), 'Dear\r\nsend money\r\n')
  deepEqual(
    results.dkim.map(({ result, comment }) => [result, comment]),
    [['policy', 'l= leaves the body open']],
  )
  equal(results.dmarc.result, 'fail')
  equal(mailauth.judge(results).verdict.outcome, 'refuse')
})

test('a second field that is not covered: right, but it does not count', async () => {
  const head = await foreign('', ['from', 'subject'], 'Dear\r\n')
  deepEqual(outcomes(await verify(head, 'Dear\r\n')), ['pass'])
  const results = await verify(`Subject: you have won\r\n${head}`, 'Dear\r\n')
  deepEqual(
    results.dkim.map(({ result, comment }) => [result, comment]),
    [['policy', 'a second subject is not signed']],
  )
  equal(results.dmarc.result, 'fail')
})

test('a signature that does not cover From is none', async () => {
  const results = await verify(await foreign('', ['subject', 'to'], 'Dear\r\n'), 'Dear\r\n')
  deepEqual(outcomes(results), ['neutral'])
})

test('SPF passes DMARC by itself', async () => {
  const inside = { address: '192.0.2.25', helo: 'mx.uni.example', sender: 'bounce@uni.example' }
  const results = await verify(plain, text, inside)
  deepEqual([results.spf.result, results.dkim.length, results.dmarc.result], ['pass', 0, 'pass'])
  deepEqual(results.iprev, { result: 'pass', name: 'mx.uni.example' })
})

test('a null sender is judged by HELO', async () => {
  const results = await verify(plain, text, { address: '192.0.2.1', helo: 'uni.example', sender: '' })
  deepEqual(results.spf, { result: 'pass', domain: 'uni.example', identity: 'helo' })
})

test('SPF fail alone refuses nothing', async () => {
  const results = await verify(plain.replaceAll('uni.example', 'open.example'), text, { sender: 'x@careful.example' })
  equal(results.spf.result, 'fail')
  deepEqual(mailauth.judge(results), { verdict: { outcome: 'pass' }, junk: false })
})

const reverse: [string, string, string][] = [
  ['no name', '203.0.113.9', 'permerror'],
  ['a name that leads elsewhere', '192.0.2.26', 'fail'],
  ['IPv4 in IPv6', '::ffff:192.0.2.25', 'pass'],
]
for (const [what, address, result] of reverse) {
  test(`reverse name: ${what}`, async () => equal((await verify(plain, text, { address })).iprev.result, result))
}

const authors: [string, string, string, 'pass' | 'refuse', boolean][] = [
  ['reject', 'From: a@uni.example\r\n', 'fail', 'refuse', true],
  ['quarantine goes to Junk', 'From: a@careful.example\r\n', 'fail', 'pass', true],
  ['a subdomain obeys its parent', 'From: a@deep.uni.example\r\n', 'fail', 'refuse', true],
  ['no policy', 'From: a@open.example\r\n', 'none', 'pass', false],
  ['two domains: the stricter', 'From: a@open.example, b@uni.example\r\n', 'fail', 'refuse', true],
  ['two From fields', 'From: a@open.example\r\nFrom: b@open.example\r\n', 'none', 'refuse', true],
  ['an address in the display name', 'From: "a@open.example" <b@uni.example>\r\n', 'fail', 'refuse', true],
  ['no From', 'Subject: x\r\n', 'none', 'pass', true],
  ['a group', 'From: us: a@uni.example;\r\n', 'fail', 'refuse', true],
  [
    'more domains than are asked',
    `From: ${[1, 2, 3, 4, 5, 6].map((n) => `a@d${n}.example`).join(', ')}\r\n`,
    'fail',
    'pass',
    true,
  ],
  ['a name folded before its colon is no field', 'From\r\n : a@uni.example\r\n', 'none', 'pass', true],
]
for (const [what, head, dmarc, outcome, junk] of authors) {
  test(`author: ${what}`, async () => {
    const results = await verify(head, text)
    equal(results.dmarc.result, dmarc)
    const judged = mailauth.judge(results)
    deepEqual([judged.verdict.outcome, judged.junk], [outcome, junk])
    equal(judgeResults(results, { dmarc: 'mark', arcSealers: [] }).verdict.outcome, 'pass')
  })
}

test('a DNS that fails is temperror, and the mail goes on', async () => {
  const results = await verify(plain.replaceAll('uni.example', 'broken.example'), text, { sender: 'x@broken.example' })
  deepEqual([results.spf.result, results.dmarc.result], ['temperror', 'temperror'])
  deepEqual(mailauth.judge(results), { verdict: { outcome: 'pass' }, junk: false })
})

test('a key that cannot be asked for is temperror, also for DMARC', async () => {
  const head = plain.replaceAll('uni.example', 'flaky.example')
  const results = await verify(await signed(head, text, 'flaky.example'), text)
  deepEqual(outcomes(results)[0], 'temperror')
  equal(results.dmarc.result, 'temperror')
})

test('a thread that fails is temperror, and the mail goes on', async (t) => {
  const hurried = openMailauth(zone, { ...settings, limits: { time: 1 } })
  t.after(() => hurried.close())
  const headerBlock = Buffer.from(plain)
  const results = await hurried.verify({ ...outside, headerBlock, stream: () => pieces(text) })
  deepEqual([results.spf.result, results.dmarc.result], ['temperror', 'temperror'])
  deepEqual(hurried.judge(results), { verdict: { outcome: 'pass' }, junk: false })
})

test('a body beyond the limit is not checked, and nobody is blamed', async (t) => {
  const small = openMailauth(zone, { ...settings, limits: { bodyBytes: 10 } })
  t.after(() => small.close())
  const head = await signed()
  const mail = { ...outside, headerBlock: Buffer.from(head), stream: () => pieces(`${head}\r\n${text}`) }
  const results = await small.verify({ ...mail, size: 5000 })
  deepEqual([outcomes(results), results.dmarc.result], [['neutral'], 'temperror'])
  equal((await small.verify(mail)).dmarc.result, 'temperror', 'the size was not told')
})

test('signatures beyond the limit are not looked at', async () => {
  const one = (await signed()).slice(0, -plain.length)
  const results = await verify(one.repeat(40) + plain, text)
  equal(results.dkim.length, 10)
  equal(results.dmarc.result, 'pass')
})

test('the field says what was found, on short lines, whatever strangers are called', async () => {
  const results = await verify(await signed(), text, { address: '192.0.2.25', helo: 'a"; dkim=pass (', sender: '' })
  match(results.header, /^mx\.here\.example;\r\n\tiprev=pass \(mx\.uni\.example\)/)
  match(results.header, /dkim=pass header\.d=uni\.example header\.s=r/)
  match(results.header, /dmarc=pass header\.from=uni\.example policy\.dmarc=reject/)
  ok(results.header.split('\r\n').every((line) => line.length <= 78))
  equal(results.header.match(/^\tdkim=/gm)!.length, 2)
})

const through = { address: '198.51.100.7', helo: 'list.example', sender: 'bounces@list.example' }

async function forwarded(sealer = 'list.example'): Promise<{ head: string; body: string }> {
  const head = await signed()
  const found = await verify(head, text)
  const mail = { headerBlock: Buffer.from(head), body: bodyOf(Buffer.from(head), pieces(`${head}\r\n${text}`)) }
  const sealed = await arcSeal({ ...keysOf(sealer)[0]!, domain: sealer }, mail, found.header, found.arc.result, now)
  return { head: sealed + head, body: text }
}

test('our ARC set is accepted, and again after a second hop', async () => {
  const { head, body } = await forwarded()
  const results = await verify(head, body, through)
  deepEqual(results.arc, { result: 'pass', sets: [{ sealer: 'list.example', dmarc: 'pass' }] })

  const mail = { headerBlock: Buffer.from(head), body: pieces(body) }
  const again = (await arcSeal(keysOf('sub.uni.example')[1]!, mail, results.header, results.arc.result, now)) + head
  const second = await verify(again, body, through)
  deepEqual(
    second.arc.sets.map(({ sealer }) => sealer),
    ['sub.uni.example', 'list.example'],
  )
  equal(second.arc.result, 'pass')
})

test('a listed sealer saves a mail that the list has changed; others do not', async () => {
  const { head } = await forwarded()
  const changed = head.replace('Subject: ', 'Subject: [list] ')
  const broken = await verify(changed, text, through)
  equal(broken.arc.result, 'fail', 'changed after the seal')

  const found = await verify(await signed(), text)
  const listHead = (await signed()).replace('Subject: ', 'Subject: [list] ')
  const mail = () => ({ headerBlock: Buffer.from(listHead), body: pieces(text) })
  const sealed = (await arcSeal(keysOf('list.example')[0]!, mail(), found.header, 'none', now)) + listHead
  const results = await verify(sealed, text, through)
  deepEqual([results.dmarc.result, results.arc.result], ['fail', 'pass'])
  equal(mailauth.judge(results).verdict.outcome, 'pass')
  equal(judgeResults(results, { dmarc: 'honour', arcSealers: [] }).verdict.outcome, 'refuse')
})

const tampered: [string, (head: string) => string, string][] = [
  ['a changed body', (head) => head, `${text}more\r\n`],
  ['changed results', (head) => head.replace(/(ARC-Authentication-Results: [^]*?)dmarc=pass/, '$1dmarc=none'), text],
  ['a changed cv', (head) => head.replace('cv=none', 'cv=pass'), text],
  ['a missing seal', (head) => head.replace(/ARC-Seal: [^]*?\r\n(?=\S)/, ''), text],
]
for (const [what, tamper, body] of tampered) {
  test(`ARC: ${what} fails the chain`, async () => {
    const results = await verify(tamper((await forwarded()).head), body, through)
    deepEqual([results.arc.result, results.arc.sets], ['fail', []])
  })
}

test('a failed chain is sealed once as failed, then left alone', async () => {
  const head = (await forwarded()).head
  const mail = (block: string) => ({ headerBlock: Buffer.from(block), body: pieces('changed\r\n') })
  const failed = await arcSeal(keysOf('list.example')[0]!, mail(head), 'mx.here.example; arc=fail', 'fail', now)
  match(failed, /^ARC-Seal: i=2; a=rsa-sha256; t=\d+; cv=fail;/)
  equal(await arcSeal(keysOf('list.example')[0]!, mail(failed + head), 'x; none', 'fail', now), '')
})

test('a chain with a gap or too many sets is not sealed', async () => {
  const head = (await forwarded()).head
  const mail = (block: string) => ({ headerBlock: Buffer.from(block), body: pieces(text) })
  for (const block of [
    head.replaceAll('i=1;', 'i=3;'),
    head.replaceAll('i=1;', 'i=51;'),
    `ARC-Seal: i=1; b=x\r\n${head}`,
  ]) {
    equal(await arcSeal(keysOf('list.example')[0]!, mail(block), 'x; none', 'fail', now), '')
  }
})

test('what was found of an unsigned mail serves its likes for a minute, and nobody else', async () => {
  const asked: string[] = []
  const counting = resolverFrom(
    (name, type) => {
      if (type === 'TXT') asked.push(name)
      return zone.resolve(name, type)
    },
    async () => undefined,
  )
  let time = now
  const own = openMailauth(counting, { ...settings, now: () => time })
  const inside = { address: '192.0.2.25', helo: 'mx.uni.example', sender: 'bounce@uni.example' }
  const ask = async (change: Partial<VerifyInput> = {}, head = plain) => {
    const before = asked.length
    const headerBlock = Buffer.from(head, 'latin1')
    const results = await own.verify({ ...inside, headerBlock, stream: () => pieces(`${head}\r\n${text}`), ...change })
    return [results.spf.result, results.dmarc.result, asked.length > before]
  }
  deepEqual(await ask(), ['pass', 'pass', true])
  deepEqual(await ask(), ['pass', 'pass', false])
  deepEqual(await ask({}, plain.replace('=?UTF-8?B?5ris6Kmm?=', 'another')), ['pass', 'pass', false])
  deepEqual(await ask({ address: '203.0.113.9' }), ['fail', 'fail', true])
  deepEqual(await ask({}, plain.replace('teacher@uni', 'teacher@careful')), ['pass', 'fail', true])
  deepEqual(await ask({}, `From: x@careful.example\r\n${plain}`), ['pass', 'fail', true])
  deepEqual((await ask({}, await signed()))[2], true)
  time += 60_001
  deepEqual(await ask(), ['pass', 'pass', true])
  await own.close()
})
