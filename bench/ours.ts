// Postern as a benchmark runs it: `bin/postern serve` on a data folder of its own and free ports.
//
// The only settings that differ from the defaults are the ones the rival gets as well: no limits on how
// fast one loopback client may send, plain logins on loopback, and a route for remote.example to the sink.

import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Rig } from './rig.ts'
import { openImap, openSmtp } from './clients.ts'

const program = join(import.meta.dirname, '..', 'bin', 'postern')

export interface OursOptions {
  folder: string
  accounts: string[]
  password: string
  sinkPort?: number
  keep?: boolean
  /** More lines of TOML, for harnesses that need a setting. */
  settings?: string
}

export interface Listeners {
  [name: string]: { host: string; port: number }
}

export interface Serving {
  child: ChildProcess
  pid: number // of the server itself, as its ready line says
  listeners: Listeners
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

/** Writes the configuration file and the zone of names it may ask, and gives its path. */
export function writeConfig({ folder, sinkPort, settings = '' }: OursOptions): string {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'postern.toml')
  writeFileSync(join(folder, 'zone'), zone)
  writeFileSync(file, `${base(folder)}${settings}\n${sinkPort === undefined ? '' : route(sinkPort)}`)
  return file
}

// The checks of an ordinary Postern stay on (SPF, DKIM, DMARC); the names they ask for are answered from here.
const zone = `
uni.example. MX 10 mx.uni.example.
mx.uni.example. A 127.0.0.1
mail.example. MX 10 mx.mail.example.
mx.mail.example. A 127.0.0.1
mail.example. TXT "v=spf1 ip4:127.0.0.0/8 -all"
bench.example. A 127.0.0.1
remote.example. MX 10 mx.remote.example.
mx.remote.example. A 127.0.0.1
`

const base = (folder: string) => `
hostname = "mx.uni.example"
data = "${join(folder, 'data')}"
ports = "free"
log = "warn"
dns.zone_file = "${join(folder, 'zone')}"
login.tls = "optional"
net.connections_per_address = 10000
smtp.connections_per_address = 10000
smtp.connections_per_minute = 1000000
smtp.mails_per_minute = 1000000
smtp.recipients_per_hour = 10000000
`

const route = (sinkPort: number) => `
[[queue.routes]]
domain = "remote.example"
host = "127.0.0.1"
port = ${sinkPort}
tls = "none"
`

/** Starts the server; resolves at its `postern ready` line. Its log goes to postern.log beside the file. */
export function serve(config: string): Promise<Serving> {
  const logFile = join(config, '..', 'postern.log')
  const log = openSync(logFile, 'a')
  const child = spawn(program, ['serve', '--config', config], { stdio: ['ignore', 'pipe', log] })
  closeSync(log)
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
    child.once('exit', (code, signal) => resolve({ code, signal })),
  )
  return new Promise((resolve, reject) => {
    let said = ''
    child.once('error', reject)
    void ended.then(({ code, signal }) => {
      const last = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-3).join('\n')
      reject(new Error(`postern serve ended with ${code ?? signal}: ${last}`))
    })
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      said += text
      const found = /^postern ready (\{.*\})$/m.exec(said)
      if (!found) return
      said = ''
      const { pid, listeners } = JSON.parse(found[1]!) as { pid: number; listeners: Listeners }
      resolve({ child, pid, listeners, ended })
    })
  })
}

/** Runs one verb of the command line; gives what it printed, throws what it said if it failed. */
export function postern(config: string, verb: string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...verb, '--config', config], { stdio: ['pipe', 'pipe', 'pipe'] })
    let out = ''
    let errors = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve(out)
      else reject(new Error(`postern ${verb.join(' ')} ended with ${code}: ${errors || out}`))
    })
    child.stdin.end(input)
  })
}

/** The domain and the accounts, two at a time (each is one argon2 hash). */
export async function createAccounts(config: string, accounts: string[], password: string): Promise<void> {
  const domains = new Set(accounts.map((address) => address.slice(address.lastIndexOf('@') + 1)))
  const known = await postern(config, ['domain', 'list', '--json']) // the first start makes that of the host name
  for (const domain of domains) {
    if (!known.includes(`"${domain}"`)) await postern(config, ['domain', 'create', domain])
  }
  const waiting = [...accounts]
  const work = async () => {
    for (let address = waiting.pop(); address !== undefined; address = waiting.pop()) {
      await postern(config, ['account', 'create', address, '--password-stdin'], `${password}\n`)
    }
  }
  await Promise.all([work(), work(), work()])
}

/** SIGTERM, and the exit; SIGKILL by pid after `patience` milliseconds. */
export async function stopServing(serving: Serving, patience = 20_000): Promise<void> {
  const { child, ended } = serving
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), patience)
  await ended
  clearTimeout(timer)
}

export async function startOurs(options: OursOptions): Promise<Rig> {
  const { folder, accounts, password } = options
  rmSync(folder, { recursive: true, force: true })
  const config = writeConfig(options)
  let serving = await serve(config)
  try {
    await createAccounts(config, accounts, password)
  } catch (error) {
    await stopServing(serving)
    throw error
  }
  const door = (name: string) => ({ port: serving.listeners[name]!.port })
  const rig: Rig = {
    name: 'postern',
    smtp: door('smtp'),
    submission: door('submission'),
    imap: door('imap'),
    pop3: door('pop3'),
    data: join(folder, 'data'),
    roots: () => [serving.child.pid!],
    async restart() {
      await stopServing(serving)
      const before = performance.now()
      serving = await serve(config)
      Object.assign(rig, {
        smtp: door('smtp'),
        submission: door('submission'),
        imap: door('imap'),
        pop3: door('pop3'),
      })
      const [smtp, imap] = await Promise.all([openSmtp(rig.smtp), openImap(rig.imap)])
      const took = performance.now() - before
      smtp.destroy()
      imap.destroy()
      return took
    },
    async stop() {
      await stopServing(serving)
      if (!options.keep) rmSync(folder, { recursive: true, force: true })
    },
  }
  return rig
}
