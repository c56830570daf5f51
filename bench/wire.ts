// npm run bench: Postern and Postfix + Dovecot on this machine, in one run, measured over the wire.
//
// Each measure runs A B A B ... so that a slow minute of the machine hits both; medians of the rounds
// and their ratio are printed. Both keep the same promise: what is acknowledged is on disk.
//
//   --only TEXT   measures whose name contains TEXT (may be repeated)
//   --rounds N    rounds of each measure (3)
//   --quick       fewer mails and one round: does it work, not how fast it is
//   --json        one JSON document instead of the table
//   --rig NAME    only `postern` or only `rival`
//   --folder DIR  where both keep their data (a new folder in the system's temporary folder)
//   --rival-format maildir | sdbox | mdbox       (maildir)
//   --rival-fsync always | optimized             (always)
//   --rival-hibernate                            park idle IMAP connections

import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir, totalmem, release } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { arriving } from './arriving.ts'
import { openSink } from './sink.ts'
import { diskAccount, footprint } from './footprint.ts'
import { median, type Measure, type Result, type Run } from './measures.ts'
import { startOurs } from './ours.ts'
import { popAccount, readerAccount, reading } from './reading.ts'
import { addresses, password, type Rig } from './rig.ts'
import { rivalMissing, startRival, type RivalOptions } from './rival.ts'

const { values: asked } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    rig: { type: 'string' },
    folder: { type: 'string' },
    'rival-format': { type: 'string', default: 'maildir' },
    'rival-fsync': { type: 'string', default: 'always' },
    'rival-hibernate': { type: 'boolean', default: false },
  },
})

interface Row {
  measure: string
  name: string
  unit: Result['unit']
  better: Result['better']
  values: Record<string, number[]> // by rig
}

const note = (text: string) => void process.stderr.write(`${text}\n`)

async function main(): Promise<void> {
  const folder = asked.folder ?? mkdtempSync(join(tmpdir(), 'postern-bench-'))
  const sink = await openSink()
  const rigs: Rig[] = []
  const stop = async () => {
    for (const rig of rigs.splice(0)) await rig.stop()
    await sink.close()
    if (!asked.folder) rmSync(folder, { recursive: true, force: true })
  }
  process.once('SIGINT', () => void stop().then(() => process.exit(130)))
  process.once('SIGTERM', () => void stop().then(() => process.exit(143)))
  try {
    await startRigs(folder, sink.port, rigs)
    const measures = [...arriving(sink), ...reading, ...footprint].filter(isAsked)
    const rows = await measureAll(measures, rigs)
    if (asked.json) process.stdout.write(`${JSON.stringify({ machine: machine(), rows }, undefined, 1)}\n`)
    else
      process.stdout.write(
        table(
          rows,
          rigs.map((rig) => rig.name),
        ),
      )
  } finally {
    await stop()
  }
}

const isAsked = ({ name }: Measure) => asked.only.length === 0 || asked.only.some((part) => name.includes(part))

async function startRigs(folder: string, sinkPort: number, rigs: Rig[]): Promise<void> {
  const accounts = [...addresses(100), readerAccount, popAccount, diskAccount]
  if (asked.rig !== 'rival') {
    note('starting postern')
    rigs.push(await startOurs({ folder: join(folder, 'postern'), accounts, password, sinkPort }))
  }
  const missing = asked.rig === 'postern' ? 'not asked for' : rivalMissing()
  if (missing) return note(`without the rival: ${missing}`)
  note('starting postfix and dovecot')
  const format = asked['rival-format'] as RivalOptions['format']
  const fsync = asked['rival-fsync'] as RivalOptions['fsync']
  const hibernate = asked['rival-hibernate']
  rigs.push(await startRival({ folder: join(folder, 'rival'), accounts, password, sinkPort, format, fsync, hibernate }))
}

async function measureAll(measures: Measure[], rigs: Rig[]): Promise<Row[]> {
  const rows: Row[] = []
  const made = new Map(rigs.map((rig) => [rig, new Map<string, Promise<unknown>>()]))
  const rounds = asked.rounds ? Number(asked.rounds) : asked.quick ? 1 : 3
  for (const measure of measures) {
    for (let round = 0; round < Math.min(rounds, measure.rounds ?? rounds); round++) {
      for (const rig of rigs) {
        const run: Run = { rig, round, quick: asked.quick, once: (name, make) => remember(made.get(rig)!, name, make) }
        const before = performance.now()
        try {
          keep(rows, measure.name, rig.name, await measure.run(run))
        } catch (error) {
          note(`${measure.name}, ${rig.name}: ${error instanceof Error ? error.message : String(error)}`)
        }
        note(`${measure.name}, ${rig.name}, round ${round + 1}: ${Math.round(performance.now() - before)} ms`)
        // A restart closes the connections that were kept.
        if (measure.name === 'start to banner' || measure.name === 'memory') made.get(rig)!.clear()
      }
    }
  }
  return rows
}

function remember<T>(made: Map<string, Promise<unknown>>, name: string, make: () => Promise<T>): Promise<T> {
  const known = made.get(name) as Promise<T> | undefined
  if (known) return known
  const promise = make()
  made.set(name, promise)
  return promise
}

function keep(rows: Row[], measure: string, rig: string, results: Record<string, Result>): void {
  for (const [name, { value, unit, better }] of Object.entries(results)) {
    let row = rows.find((one) => one.measure === measure && one.name === name)
    if (!row) rows.push((row = { measure, name, unit, better, values: {} }))
    ;(row.values[rig] ??= []).push(value)
  }
}

/** How many times better ours is than the rival; undefined where one of them has no number. */
function timesBetter(row: Row, ours: string, rival: string): number | undefined {
  const [a, b] = [row.values[ours], row.values[rival]]
  if (!a || !b || row.better === 'equal') return undefined
  return row.better === 'higher' ? median(a) / median(b) : median(b) / median(a)
}

function table(rows: Row[], names: string[]): string {
  const lines = [
    `\n${machine()}\n\n| | ${names.join(' | ')} | ours is better by |\n|---|${names.map(() => '---:|').join('')}---:|\n`,
  ]
  let last = ''
  for (const row of rows) {
    if (row.measure !== last) lines.push(`| **${row.measure}** |${' |'.repeat(names.length + 1)}\n`)
    last = row.measure
    const cells = names.map((name) => cell(row, row.values[name]))
    const times = timesBetter(row, 'postern', 'postfix+dovecot')
    const agreed = row.better === 'equal' && new Set(Object.values(row.values).flat()).size > 1 ? '**differ**' : ''
    lines.push(
      `| ${row.name} | ${cells.join(' | ')} | ${times === undefined ? agreed : `${times.toPrecision(3)} x`} |\n`,
    )
  }
  return lines.join('')
}

function cell(row: Row, values: number[] | undefined): string {
  if (!values) return 'failed'
  const show = (value: number) => (value >= 100 ? String(Math.round(value)) : value.toPrecision(3))
  const spread = values.length > 1 ? ` (${show(Math.min(...values))} to ${show(Math.max(...values))})` : ''
  return `${show(median(values))} ${row.unit === 'count' || row.unit === 'ratio' ? '' : row.unit}${spread}`
}

function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor'
  const memory = Math.round(totalmem() / 2 ** 30)
  return `${new Date().toISOString().slice(0, 10)}, ${cpus().length} x ${model}, ${memory} GiB, Linux ${release()}, Node ${process.version}`
}

await main()
