// The command line as operators meet it: real processes over a folder, beside a database that is open here
// as a running server's is.

import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmod, chown, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { resolveRecipient } from '../directory/recipients.ts'
import { migrations } from '../schema.ts'
import { openDatabase } from '../sql/open.ts'
import type { Database } from '../sql/sql.ts'
import { clean, facts, json, sizeText, table, width } from './print.ts'
import { sentenceOfError } from './troubles.ts'
import { Trouble } from '../wire/troubles.ts'
import { languageOf } from './words.ts'

const program = join(import.meta.dirname, '../../bin/postern')
let folder: string
let config: string
let server: Database // what a running server would hold

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-cli-'))
  config = join(folder, 'postern.toml')
  await writeFile(join(folder, 'zone'), 'mail.uni.example. A 192.0.2.25\n')
  await writeFile(
    config,
    `hostname = "mail.uni.example"\ndata = "${folder}/data"\nports = "free"\n[dns]\nzone_file = "${folder}/zone"\n`,
  )
  equal((await postern('domain create uni.example')).code, 0)
  server = await openDatabase('', join(folder, 'data'), migrations)
})
after(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

interface Ran {
  code: number | null
  out: string
  err: string
}

function postern(line: string, input = '', environment: Record<string, string> = {}): Promise<Ran> {
  return run([...line.split(' '), '--config', config], input, environment)
}

function run(words: string[], input = '', environment: Record<string, string> = {}): Promise<Ran> {
  const { promise, resolve, reject } = Promise.withResolvers<Ran>()
  const child = spawn(program, words, { env: { PATH: process.env['PATH'] ?? '', LANG: 'C', ...environment } })
  const ran: Ran = { code: null, out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (ran.out += piece))
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (ran.err += piece))
  child.on('error', reject)
  child.on('close', (code) => resolve({ ...ran, code }))
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  return promise
}

/** The JSON a verb prints; fails where it failed. */
async function asked<T = Record<string, unknown>>(line: string, input?: string): Promise<T> {
  const { code, out, err } = await postern(`${line} --json`, input)
  equal(code, 0, err)
  return JSON.parse(out) as T
}

async function said(address: string): Promise<string> {
  const found = await resolveRecipient(server, address)
  return found.known
    ? found.destinations.map((end) => (end.kind === 'local' ? end.delivered : end.address)).join(' ')
    : 'unknown'
}

test('an account made by another process gets mail at once', async () => {
  equal(await said('wang@uni.example'), 'unknown')
  const made = await asked('account create Wang@uni.example --password-stdin --quota 100GB --admin', 'correct horse\n')
  deepEqual(
    [made['address'], made['admin'], made['quota'], made['mustChange']],
    ['wang@uni.example', true, 100 * 2 ** 30, false],
  )
  equal('password' in made, false)
  equal(await said('wang@uni.example'), 'wang@uni.example')

  const listed = await asked<Record<string, unknown>[]>('account list')
  deepEqual(
    listed.map((account) => [account['address'], account['class'], account['status'], account['used']]),
    [['wang@uni.example', 'standard', 'active', 0]],
  )
  equal(JSON.stringify(listed).includes('argon2'), false)
})

test('a domain that is there as wanted need not be made', async () => {
  equal((await asked('domain create uni.example'))['isDefault'], true)
  equal((await postern('domain create uni.example --separators -')).code, 1)
  await asked('domain create alias.example --alias-of UNI.example')
  await asked('domain create alias.example --alias-of uni.example')
  equal((await postern('domain create alias.example')).code, 1)
})

test('without a password a one-time one is made, and told once', async () => {
  const made = await asked<{ password: string; mustChange: boolean }>('account create li@uni.example')
  match(made.password, /^([a-z0-9]{4}-){4}[a-z0-9]{4}$/)
  equal(made.mustChange, true)
  await asked('account password li@uni.example --password-stdin', 'a better horse')
  equal((await asked('account show li@uni.example'))['mustChange'], false)
})

test('many at once do not get in each other’s way', async () => {
  const names = ['a', 'b', 'c', 'd']
  const codes = await Promise.all(names.map(async (name) => (await postern(`account create ${name}@uni.example`)).code))
  deepEqual(codes, [0, 0, 0, 0])
})

test('aliases, classes, switches', async () => {
  await asked('alias create staff@uni.example wang@uni.example far@away.example')
  equal(await said('staff@uni.example'), 'far@away.example wang@uni.example')
  await asked('alias delete staff@uni.example')
  equal(await said('staff@uni.example'), 'unknown')

  const made = await asked<{ limits: object }>(
    'class create student --quota 5GB --off ftp,pop3 --limit recipientsPerHour=50',
  )
  deepEqual(made.limits, { recipientsPerHour: 50 })
  const set = await asked<{ quota: number; protocols: object }>('account set wang@uni.example --class student')
  deepEqual([set.quota, Object.values(set.protocols).filter((on) => on === false).length], [100 * 2 ** 30, 2])
  equal((await asked('account quota wang@uni.example class'))['quota'], 5 * 2 ** 30)
  const locked = await asked('account protocols wang@uni.example --imap off --lock')
  deepEqual(locked['protocolsLocked'], ['imap'])
})

test('an account is suspended, deleted, brought back', async () => {
  await asked('account suspend wang@uni.example --reason misuse')
  deepEqual(
    [(await asked('account show wang@uni.example'))['status'], await said('wang@uni.example')],
    ['suspended', 'wang@uni.example'],
  )
  await asked('account resume wang@uni.example')
  await asked('account delete wang@uni.example')
  equal(await said('wang@uni.example'), 'unknown')
  equal(
    (await asked<{ address: string }[]>('account list')).some(({ address }) => address === 'wang@uni.example'),
    false,
  )
  await asked('account restore wang@uni.example')
  equal(await said('wang@uni.example'), 'wang@uni.example')
})

test('a shared mailbox with members; somebody acts for another until he no longer may', async () => {
  for (const name of ['hsu', 'tsai']) await asked(`account create ${name}@uni.example`)
  const box = await asked('account create desk@uni.example --shared --members hsu@uni.example --quota 1GB')
  deepEqual([box['shared'], box['password'], box['quota']], [true, undefined, 2 ** 30])
  await asked('account add-member desk@uni.example tsai@uni.example')
  await asked('account remove-member desk@uni.example hsu@uni.example')
  deepEqual((await asked('account show desk@uni.example'))['members'], ['tsai@uni.example'])
  for (const wrong of ['--shared --admin', '--shared --password-stdin', '--members tsai@uni.example']) {
    equal((await postern(`account create x@uni.example ${wrong}`, 'a long password')).code, 1, wrong)
  }
  equal((await postern('account password desk@uni.example --password-stdin', 'a long password')).code, 1)
  equal((await postern('account create y@uni.example --shared --members nobody@uni.example')).code, 1)
  equal((await postern('account show y@uni.example')).code, 1)

  const dates = '--from 2026-01-31 --until 2126-01-31T08:00'
  const made = await asked(`delegate grant hsu@uni.example tsai@uni.example read,reply ${dates} --mailbox INBOX`)
  deepEqual([made['rights'], made['mailboxes']], [['read', 'reply'], ['INBOX']])
  const owners = async (address: string) =>
    (await asked<{ owner: string }[]>(`delegate list ${address}`)).map(({ owner }) => owner)
  deepEqual(await owners('tsai@uni.example'), ['desk@uni.example', 'hsu@uni.example'])
  for (const wrong of ['write', 'read --until never', 'read --mailbox Nowhere']) {
    equal((await postern(`delegate grant tsai@uni.example hsu@uni.example ${wrong}`)).code, 1, wrong)
  }
  await asked('delegate revoke hsu@uni.example tsai@uni.example')
  equal((await postern('delegate revoke hsu@uni.example tsai@uni.example')).code, 1)
  deepEqual(await owners('hsu@uni.example'), [])
  const acts = await asked<{ details: { act?: string } }[]>('trace hsu@uni.example --kind delegate')
  deepEqual(
    acts.map(({ details }) => details.act),
    ['granted', 'ended'],
  )
})

test('the history says who changed what', async () => {
  const events = await asked<{ kind: string; details: Record<string, unknown> }[]>('trace wang@uni.example --kind act')
  const first = events[0]?.details
  deepEqual([first?.['verb'], first?.['quota'], typeof first?.['by']], ['account create', '100GB', 'string'])
  ok(events.some(({ details }) => details['verb'] === 'account suspend' && details['reason'] === 'misuse'))
  equal(JSON.stringify(events).includes('correct horse'), false)
})

test('a key is made, and its private half lies in a file of its owner', async () => {
  const key = await asked<{ record: { name: string; text: string } }>(
    'dkim add uni.example --kind ed25519 --selector s1',
  )
  equal(key.record.name, 's1._domainkey.uni.example')
  match(key.record.text, /^v=DKIM1; k=ed25519; p=[A-Za-z0-9+/=]+$/)
  const files = await readdir(join(folder, 'data/keys'))
  equal((await stat(join(folder, 'data/keys', files[0] ?? ''))).mode & 0o777, 0o600)
  const { out } = await postern('domain records uni.example')
  match(out, /^uni\.example\. MX 10 mail\.uni\.example\.$/m)
  match(out, /^s1\._domainkey\.uni\.example\. TXT "v=DKIM1/m)
})

const wrong: [line: string, code: number, says: RegExp, environment?: Record<string, string>][] = [
  ['account create x@away.example', 1, /no domain "away\.example".*postern domain create/s],
  ['account create x@away.example', 1, /沒有網域/, { LANG: 'zh_TW.UTF-8' }],
  ['account show nobody@uni.example', 1, /Nobody here has the address/],
  ['account create li@uni.example', 1, /already there/],
  ['account create y@uni.example --quota much', 1, /size like/],
  ['account protocols li@uni.example --imap maybe', 1, /on, off/],
  ['class delete standard', 1, /always stays/],
  ['nonsense', 2, /unknown command/],
  ['account create', 2, /missing required argument/],
  ['account create', 2, /缺少參數/, { LC_ALL: 'zh_TW.UTF-8' }],
  ['config', 1, /no such setting/, { POSTERN_DATA: '', TOML: 'x = 1' }],
]
for (const [line, code, says, environment = {}] of wrong) {
  test(`postern ${line}: exit ${code}`, async () => {
    const words =
      environment['TOML'] === undefined ? undefined : [...line.split(' '), '--config', join(folder, 'wrong.toml')]
    if (words) await writeFile(join(folder, 'wrong.toml'), environment['TOML'] ?? '')
    const ran = words ? await run(words) : await postern(line, '', environment)
    equal(ran.code, code, ran.out + ran.err)
    match(ran.err, says)
    equal(ran.out, '')
  })
}

test('errors are JSON under --json, and data cannot steer the terminal', async () => {
  const { err, code } = await run(['account', 'show', '\x1b[2J\u202e@uni.example', '--json', '--config', config])
  equal(code, 1)
  const { error } = JSON.parse(err) as { error: string }
  equal(error, 'no-such-account')
  const plain = await run(['account', 'show', '\x1b[2J@uni.example', '--config', config])
  ok(!plain.err.includes('\x1b') && plain.err.includes('\\u001b[2J'))
})

test('root leaves nothing behind that the owner of the folder cannot use', async (t) => {
  if (process.getuid?.() !== 0) return t.skip('only root can try this')
  const home = await mkdtemp(join(tmpdir(), 'postern-owned-'))
  await chmod(home, 0o755)
  await mkdir(join(home, 'data'), { mode: 0o700 })
  await chown(join(home, 'data'), 65534, 65534)
  await writeFile(join(home, 'postern.toml'), `hostname = "mail.uni.example"\ndata = "${home}/data"\n`)
  const { code, err } = await run(['domain', 'create', 'uni.example', '--config', join(home, 'postern.toml')])
  equal(code, 0, err)
  for (const name of await readdir(join(home, 'data'))) equal((await stat(join(home, 'data', name))).uid, 65534, name)
  await rm(home, { recursive: true })
})

test('what went wrong is said in both languages, with what to do', () => {
  const system = (code: string, more: object) => Object.assign(new Error(code), { code, ...more })
  const errors = [
    ...(
      [
        'no-such-domain',
        'no-such-account',
        'no-such-class',
        'already-exists',
        'bad-address',
        'weak-password',
        'in-use',
        'too-many-recipients',
        'bad-setting',
        'not-permitted',
        'disk-full',
        'unavailable',
      ] as const
    ).map((code) => new Trouble(code)),
    system('EADDRINUSE', { port: 25 }),
    system('EACCES', { port: 25 }),
    system('EACCES', { path: '/var/lib/postern' }),
    system('ENOSPC', {}),
  ]
  for (const error of errors) {
    const [en, zh] = [sentenceOfError(error, 'en'), sentenceOfError(error, 'zh')]
    ok(/^[ -~]+$/.test(en) && en.includes(' ') && /\p{Script=Han}/u.test(zh), en + zh)
  }
})

test('every verb has --help', async () => {
  const { out } = await run(['--help'])
  const verbs = [...out.matchAll(/^ {2}(\w+)/gm)].map((found) => found[1] ?? '').filter((word) => word !== '')
  ok(verbs.length >= 8, out)
  for (const verb of verbs) {
    const help = await run([verb, '--help'])
    equal(help.code, 0)
    match(help.out, /Usage: postern/)
  }
})

test('settings with their values and where they come from, and their manual', async () => {
  const ran = await postern('config --json', '', { POSTERN_SMTP_MAX_SIZE: '10MB', POSTERN_DATABASE: '' })
  const rows = JSON.parse(ran.out) as { key: string; value: unknown; origin: string }[]
  const row = (key: string) => rows.find((each) => each.key === key)
  deepEqual([row('smtp.max_size')?.value, row('smtp.max_size')?.origin], [10 << 20, 'environment'])
  deepEqual([row('hostname')?.origin, row('grace')?.origin], ['file', 'default'])
  match((await postern('config --manual', '', { LANG: 'zh_TW.UTF-8' })).out, /^### `hostname`\n\n.*主機名稱/m)
})

test('doctor finds what is wrong and says what to do', async () => {
  await chmod(join(folder, 'data'), 0o755)
  const { out, code } = await postern('doctor --json')
  equal(code, 1)
  const found = JSON.parse(out) as { area: string; state: string; what: { en: string }; advice?: { en: string } }[]
  const bad = (area: string) => found.filter((finding) => finding.area === area && finding.state !== 'ok')
  match(
    bad('disk')
      .map((finding) => finding.advice?.en)
      .join(),
    /chmod go=/,
  )
  match(
    bad('dns')
      .map((finding) => finding.advice?.en)
      .join(),
    /uni\.example\. MX 10 mail\.uni\.example\./,
  )
  match(bad('ports')[0]?.what.en ?? '', /no server runs/)
  equal(bad('database').length, 0)
  await chmod(join(folder, 'data'), 0o700)
})

test('text for terminals', () => {
  equal(clean('a\x1b[31m\r\nb\u202ec\x9b'), 'a\\u001b[31m\\u000d\\u000ab\\u202ec\\u009b')
  equal(JSON.parse(json({ a: '\x9b\u202e' })).a, '\x9b\u202e')
  ok(!/[\x80-\x9f\u202e]/.test(json({ a: '\x9b\u202e' })))
  deepEqual([width('王小明'), width('wang'), width('é')], [6, 4, 1])
  equal(
    table(
      ['N', 'X'],
      [
        ['王', 1],
        ['ab', undefined],
      ],
    ),
    'N   X\n王  1\nab',
  )
  equal(
    facts([
      ['a', 1],
      ['名稱', undefined],
    ]),
    'a     1\n名稱  -',
  )
  deepEqual([sizeText(0), sizeText(1536), sizeText(107_374_182_400)], ['0 B', '1.5 KB', '100 GB'])
})

test('the language is the environment’s', () => {
  deepEqual([{}, { LANG: 'zh_TW.UTF-8' }, { LANG: 'zh_TW', LC_ALL: 'C' }, { LC_MESSAGES: 'zh' }].map(languageOf), [
    'en',
    'zh',
    'en',
    'zh',
  ])
})
