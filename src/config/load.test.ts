import { deepEqual, equal, match, rejects } from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readSize, readSpan } from './kinds.ts'
import { planListeners } from './listeners.ts'
import { defaultConfig, loadConfig } from './load.ts'
import { settings } from './settings.ts'

async function load(toml: string, environment: NodeJS.ProcessEnv = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'postern-test-'))
  const path = join(folder, 'postern.toml')
  await writeFile(path, toml)
  return loadConfig(path, environment).finally(() => rm(folder, { recursive: true }))
}

test('file, environment and default, in that order of weakness', async () => {
  const { config, origins } = await load('hostname = "mail.uni.example"\ngrace = "5s"', { POSTERN_GRACE: '7s' })
  equal(config.hostname, 'mail.uni.example')
  equal(config.grace, 7000)
  equal(config.log, 'info')
  deepEqual([origins['hostname'], origins['grace'], origins['log']], ['file', 'environment', 'default'])
})

const wrong: [string, RegExp, string?][] = [
  ['hostnam = "x"', /is "hostname" meant/],
  ['grace = 5', /a time like/],
  ['ports = "some"', /one of "standard"/],
  ['[net]\nconnections = -1', /whole number/],
  ['login.prefix4 = 33', /at least 8 and at most 32/],
  ['smtp.early_talk_wait = "2m"', /at most 60s/],
  ['smtp.banner = "ready\\r\\n250 ok"', /without accents/],
  ['[[listener]]\nname = "ftp2"', /name must be one of/],
  ['[[listener]]\nname = "smtp"\nprot = 5', /"prot" is not a column/],
  ['a = [', /./],
]
for (const [toml, why] of wrong) {
  test(`refuses ${JSON.stringify(toml)}`, () =>
    rejects(load(toml), (error: { code: string; details: { why: string } }) => {
      equal(error.code, 'bad-setting')
      match(error.details.why, why)
      return true
    }))
}

test('a named file that is not there is an error, an unnamed one is not', async () => {
  await rejects(loadConfig('/nonexistent/postern.toml', {}), { code: 'bad-setting' })
})

test('sizes and times', () => {
  deepEqual(['50MB', '1.5k', '100 GB', '7'].map(readSize), [50 << 20, 1536, 100 * 2 ** 30, 7])
  deepEqual(['30s', '1.5h', '5d', '10ms'].map(readSpan), [30_000, 5_400_000, 432_000_000, 10])
})

test('every setting has both sentences and a default that reads back', () => {
  for (const [key, setting] of Object.entries(settings)) {
    match(setting.en, /\.$/, key)
    match(setting.zh, /。$/, key)
    deepEqual(setting.read(setting.preset), setting.value, key)
  }
  equal(defaultConfig({ grace: 1 }).grace, 1)
})

test('a listener table moves or closes one listener', () => {
  const plan = planListeners('standard', [
    { name: 'smtp', port: 26, host: '10.0.0.1', proxies: ['10.0.0.2'] },
    { name: 'pop3', off: true, proxies: [] },
  ])
  deepEqual(
    plan.map(({ name, host, port }) => [name, host, port]),
    [
      ['smtp', '10.0.0.1', 26],
      ['submission', '::', 587],
      ['submissions', '::', 465],
      ['lmtp', '127.0.0.1', 24],
      ['imap', '::', 143],
      ['imaps', '::', 993],
      ['pop3s', '::', 995],
      ['managesieve', '::', 4190],
      ['http', '::', 80],
      ['https', '::', 443],
    ],
  )
  equal(
    planListeners('free', []).every(({ host, port }) => host === '127.0.0.1' && port === 0),
    true,
  )
})
