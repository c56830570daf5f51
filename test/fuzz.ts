// Drives every fuzz target (src/**/*.fuzz.ts) with mutations of its corpus.
//
//   node test/fuzz.ts [--seconds N] [--seed N] [NAME ...]     default 600 seconds each
//
// A target's run() throws when a property is broken, or takes too long; the input is then written to a file
// in the temporary folder and the exit code is 1. The same seed gives the same inputs.
//
// Time is processor time, of the run and of each input: how busy the machine is otherwise does not count.
// Only an input that hangs is told by the wall clock, from a thread of its own.

import { writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { isMainThread, Worker, workerData } from 'node:worker_threads'

export interface FuzzTarget {
  name: string
  corpus: (Buffer | string)[]
  run(input: Buffer): void | Promise<void>
}

export interface Finding {
  target: string
  input: Buffer
  error: unknown
}

const slowMilliseconds = 2_000 // of the processor; an input of at most 64 KiB that takes so long is a finding
const hangSeconds = 300 // by the wall clock; a stopped process does not count them
const longest = 64 << 10

/** All targets of the house. */
export async function allTargets(): Promise<FuzzTarget[]> {
  const top = resolve(import.meta.dirname, '../src')
  const files = (await readdir(top, { recursive: true })).filter((name) => name.endsWith('.fuzz.ts')).sort()
  const loaded = await Promise.all(files.map((name) => import(join(top, name)) as Promise<Record<string, unknown>>))
  return loaded.flatMap((module) =>
    Object.values(module)
      .flat()
      .filter((value): value is FuzzTarget => typeof (value as FuzzTarget | undefined)?.run === 'function'),
  )
}

/** Milliseconds of processor time this process has used. */
function used(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Runs one target for `seconds` of processor time; gives the number of inputs tried and the first finding. */
export async function fuzz(
  target: FuzzTarget,
  seconds: number,
  seed: number,
  begins: (input: Buffer) => void = () => undefined,
): Promise<{ runs: number; finding?: Finding }> {
  const random = seeded(seed)
  const pool: Buffer[] = target.corpus.map((input) => Buffer.from(input as string))
  const started = used()
  let runs = 0
  const attempt = async (input: Buffer): Promise<Finding | undefined> => {
    runs++
    begins(input)
    const begun = used()
    try {
      await target.run(input)
    } catch (error) {
      return { target: target.name, input, error }
    }
    const took = used() - begun
    return took > slowMilliseconds
      ? { target: target.name, input, error: new Error(`took ${took.toFixed(0)} ms of processor time`) }
      : undefined
  }
  for (const input of pool) {
    const finding = await attempt(input)
    if (finding) return { runs, finding }
  }
  while (used() - started < seconds * 1000) {
    const input = mutate(pool, random)
    const finding = await attempt(input)
    if (finding) return { runs, finding }
    // Some of the mutants breed: deep damage grows from shallow.
    if (pool.length < 2_000 && random() < 0.01) pool.push(input)
    // Sockets and timers of the target have their turn.
    if (runs % 256 === 0) await new Promise((done) => setImmediate(done))
  }
  return { runs }
}

/** mulberry32: small, seeded, good enough to choose mutations. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

const spices = [
  '\r\n',
  '\n',
  '\r',
  '\0',
  '.',
  '\r\n.\r\n',
  '(',
  ')',
  '{',
  '}',
  '"',
  '\\',
  '<',
  '>',
  '[',
  ']',
  ' ',
  '=?',
  '?=',
  '=?big5?B?',
  ';',
  ':',
  '--',
  '%',
  '*',
  '{4294967296}\r\n',
  '{0+}\r\n',
  '\xff\xfe',
  '\xe9\x83\xb5',
  '~{5}\r\n',
  '!',
  '&-',
  '4294967295',
  '-1',
  '9'.repeat(30),
]

function mutate(pool: Buffer[], random: () => number): Buffer {
  const pick = <T>(of: T[]): T => of[Math.floor(random() * of.length)] as T
  let bytes: Buffer = Buffer.from(pick(pool))
  const rounds = 1 + Math.floor(random() * 6)
  for (let i = 0; i < rounds; i++) {
    const at = Math.floor(random() * (bytes.length + 1))
    const length = Math.floor(random() ** 3 * (bytes.length - at))
    const cut = (middle: Buffer): Buffer => Buffer.concat([bytes.subarray(0, at), middle, bytes.subarray(at + length)])
    const kind = random()
    if (kind < 0.2) bytes = cut(Buffer.alloc(0))
    else if (kind < 0.45) bytes = cut(Buffer.from(pick(spices), 'latin1'))
    else if (kind < 0.6) bytes = Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)])
    else if (kind < 0.75 && bytes.length > 0) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256)
    else if (kind < 0.9) {
      const other = pick(pool)
      const from = Math.floor(random() * other.length)
      bytes = cut(other.subarray(from, from + Math.floor(random() * (other.length - from))))
    } else {
      const middle = bytes.subarray(at, at + Math.min(length, 200))
      bytes = cut(Buffer.concat(Array.from({ length: 2 + Math.floor(random() * 40) }, () => middle)))
    }
    if (bytes.length > longest) bytes = bytes.subarray(0, longest)
  }
  return bytes
}

/** Writes an input where it can be read again; gives the path. */
function keep(name: string, input: Uint8Array): string {
  const path = join(tmpdir(), `fuzz-${name.replaceAll(/\W+/g, '-')}-${process.pid}.bin`)
  writeFileSync(path, input)
  return path
}

interface Watched {
  name: string
  /** Input number, its length. */
  state: Int32Array
  input: Uint8Array
}

/** Tells the watching thread of each input; a main thread that hangs cannot speak for itself. */
function beWatched(name: string): { begins: (input: Buffer) => void; end: () => void } {
  const state = new Int32Array(new SharedArrayBuffer(8))
  const input = new Uint8Array(new SharedArrayBuffer(longest))
  const worker = new Worker(import.meta.filename, { workerData: { name, state, input } satisfies Watched })
  return {
    begins(bytes) {
      input.set(bytes.subarray(0, longest))
      state[1] = Math.min(bytes.length, longest)
      Atomics.add(state, 0, 1)
    },
    end: () => void worker.terminate(),
  }
}

/** The watching thread. Its seconds are its own ticks, so that a process stopped for a while is not blamed. */
function watch({ name, state, input }: Watched): void {
  let last = 0
  let ticks = 0
  setInterval(() => {
    const current = Atomics.load(state, 0)
    ticks = current === last ? ticks + 1 : 0
    last = current
    if (ticks < hangSeconds) return
    const path = keep(name, input.slice(0, state[1]))
    writeFileSync(2, `${name}: input ${current} hangs: ${path}\n`)
    process.kill(process.pid, 'SIGKILL')
  }, 1000)
}

// What a stranger's first bytes meet.
const doors = /^(?:smtp (?:server|client|content)|imap (?:session|grammar)|pop3|mime\/(?:reader|headers|bodies))/

/**
 * What the test suite does, from a fixed seed: twenty seconds for each door and for MIME, five for the parts of them
 * and what stands behind (there are dozens). Throws at a finding.
 */
export async function fuzzBriefly(target: FuzzTarget): Promise<void> {
  const { finding } = await fuzz(target, doors.test(target.name) ? 20 : 5, 20_260_101)
  if (finding) throw new Error(`input (base64): ${finding.input.toString('base64')}`, { cause: finding.error })
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '600' },
      seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    },
  })
  const targets = (await allTargets()).filter(({ name }) => positionals.length === 0 || positionals.includes(name))
  let findings = 0
  for (const target of targets) {
    const { begins, end } = beWatched(target.name)
    const { runs, finding } = await fuzz(target, Number(values.seconds), Number(values.seed), begins)
    end()
    console.log(`${target.name}: ${runs} inputs, seed ${values.seed}${finding ? '' : ', no finding'}`)
    if (!finding) continue
    findings++
    console.log(String((finding.error as Error).stack ?? finding.error))
    console.log(`input (${finding.input.length} bytes): ${keep(target.name, finding.input)}`)
  }
  process.exit(findings > 0 ? 1 : 0)
}

if (!isMainThread && (workerData as Watched | null)?.state) watch(workerData as Watched)
else if (process.argv[1] === import.meta.filename) await main()
