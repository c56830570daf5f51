// The server as a process, and verbs beside it: what one writes the other knows at once.

import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer, type AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { connect } from 'node:tls'

const program = join(import.meta.dirname, '../../bin/postern')
const env = { PATH: process.env['PATH'] ?? '', LANG: 'C' }
let folder: string
let settings: string
let server: ChildProcess
let said: string[]
let ports: Record<string, { host: string; port: number }>

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-serve-'))
  settings = `hostname = "mail.uni.example"\ndata = "${folder}/data"\nports = "free"\nlog = "silent"\n`
  await writeFile(join(folder, 'zone'), '')
  settings += `dns.zone_file = "${folder}/zone"\n`
})
after(async () => {
  if (server?.exitCode === null) server.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true })
})

async function start(): Promise<void> {
  server = spawn(program, ['serve', '--config', join(folder, 'postern.toml')], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  said = []
  for await (const line of createInterface({ input: server.stdout! })) {
    said.push(line)
    const ready = /^postern ready (\{.*\})$/.exec(line)?.[1]
    if (ready === undefined) continue
    const { pid, listeners } = JSON.parse(ready) as { pid: number; listeners: typeof ports }
    equal(pid, server.pid)
    ports = listeners
    return
  }
  throw new Error('the server ended before it was ready')
}

interface Ran {
  code: number
  out: string
  err: string
}

function postern(line: string, input = ''): Promise<Ran> {
  return new Promise((resolve) => {
    const words = [...line.split(' '), '--config', join(folder, 'postern.toml')]
    const child = execFile(program, words, { env }, (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), out, err }),
    )
    child.stdin?.on('error', () => undefined).end(input)
  })
}

/** The answer of IMAP to a LOGIN over TLS. */
async function signIn(name: string, password: string): Promise<string> {
  const { host, port } = ports['imaps']!
  const socket = connect({ host, port, rejectUnauthorized: false, servername: 'mail.uni.example' })
  socket.write(`a LOGIN ${name} "${password}"\r\nb LOGOUT\r\n`)
  let heard = ''
  for await (const piece of socket) heard += String(piece)
  return /^a (.*)$/m.exec(heard)?.[1] ?? heard
}

test('a first start that finds a port taken tells no password', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  await writeFile(join(folder, 'postern.toml'), `${settings}[[listener]]\nname = "pop3s"\nport = ${port}\n`)
  const { code, out, err } = await postern('serve')
  taken.close()
  deepEqual({ code, out }, { code: 1, out: '' })
  match(err, new RegExp(`${port}`))
  await writeFile(join(folder, 'postern.toml'), settings)
})

test('the first start that succeeds tells an administrator’s password once, and it signs in', async () => {
  await start()
  equal(said.length, 3)
  const address = /: (\S+)$/.exec(said[0] ?? '')?.[1]
  const password = /: (\S+)$/.exec(said[1] ?? '')?.[1] ?? ''
  equal(address, 'admin@uni.example')
  match(await signIn('admin', password), /^OK/)
})

test('accounts made, stopped and given passwords while it runs count at once', async () => {
  equal((await postern('account create wang@uni.example --password-stdin', 'correct horse')).code, 0)
  match(await signIn('wang@uni.example', 'correct horse'), /^OK/)
  await postern('account suspend wang@uni.example')
  match(await signIn('wang@uni.example', 'correct horse'), /^NO/)
  await postern('account resume wang@uni.example')
  await postern('account password wang@uni.example --password-stdin', 'a better horse')
  match(await signIn('wang@uni.example', 'correct horse'), /^NO/)
  match(await signIn('wang@uni.example', 'a better horse'), /^OK/)
  await postern('account protocols wang@uni.example --imap off')
  match(await signIn('wang@uni.example', 'a better horse'), /^NO/)
  await postern('account protocols wang@uni.example --imap on')
})

test('a locked name is unlocked from outside', async () => {
  for (let n = 0; n < 10; n++) match(await signIn('wang', `wrong ${n}`), /^NO/)
  match(await signIn('wang', 'a better horse'), /^NO/)
  equal((await postern('account unlock wang@uni.example')).code, 0)
  match(await signIn('wang', 'a better horse'), /^OK/)
})

test('doctor finds the listeners answering', async () => {
  const { out } = await postern('doctor --no-dns --json')
  const found = JSON.parse(out) as { area: string; state: string; what: { en: string } }[]
  ok(found.some(({ area, state, what }) => area === 'ports' && state === 'ok' && what.en.includes(`pid ${server.pid}`)))
})

test('a second server over the same folder is refused', async () => {
  const { code, err } = await postern('serve')
  equal(code, 1)
  match(err, /already runs over/)
})

test('SIGTERM ends it with 0; the next start has no first administrator', async () => {
  server.kill('SIGTERM')
  equal((await once(server, 'exit'))[0], 0)
  await start()
  equal(said.length, 1)
  server.kill('SIGTERM')
  equal((await once(server, 'exit'))[0], 0)
})
