// Power loss: what was acknowledged is on the disk itself, not in the memory of the kernel.
//
//   node test/faults/power.ts [--rounds 10] [--smtp 30] [--imap 6] [--settled]
//
// The data folder is an ext4 file system in a file. At a random moment the server is stopped in its tracks
// and the file is copied: the copy holds only what fdatasync (or the kernel by its own leave) has brought to
// the "disk"; everything else is lost as by a pulled plug. The server is killed, the copy is mounted (the
// journal is replayed), the server starts on it, and every mailbox is held against what was acknowledged.
// Needs root and loop devices; without them it says so. Exit 1 if anything acknowledged is gone or changed.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createAccounts, serve, stopServing, writeConfig, type Serving } from '../../bench/ours.ts'
import { summary } from './kill.ts'
import { Ledger, losses, type Counts } from './ledger.ts'
import { accounts, password, places, startLoad } from './load.ts'

export interface PowerOptions {
  rounds: number
  smtp: number
  imap: number
  between: [number, number] // acknowledgements of a round before the plug is pulled
  settled?: boolean // begin with everything synced
  say?: (text: string) => void
}

/** Why it cannot run on this machine, if it cannot. */
export function powerMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'mounting a file system needs root'
  if (!existsSync('/dev/loop-control')) return 'this machine has no loop devices'
  return undefined
}

export async function pullPlug(options: PowerOptions): Promise<{ counts: Counts; complaints: string[] }> {
  const { rounds, between, say = () => undefined } = options
  const folder = mkdtempSync(join(tmpdir(), 'postern-power-'))
  const disk = makeDisk(folder)
  const config = writeConfig({ folder, accounts, password })
  const ledger = new Ledger()
  let serving: Serving | undefined
  let counts: Counts | undefined
  try {
    disk.mount()
    serving = await serve(config)
    await createAccounts(config, accounts, password)
    // Without `settled` the first plug is pulled on an installation minutes old: keys, certificates and accounts too
    // have to be on the disk by themselves.
    if (options.settled) execFileSync('sync', ['-f', join(folder, 'data')])
    for (let round = 1; round <= rounds; round++) {
      const load = await startLoad({ ledger, listeners: serving.listeners, smtp: options.smtp, imap: options.imap })
      const goal = between[0] + Math.floor(Math.random() * (between[1] - between[0]))
      const deadline = performance.now() + 120_000
      while (load.acknowledged() < goal) {
        if (performance.now() > deadline)
          throw new Error(`only ${load.acknowledged()} of ${goal} acknowledged in 120 s`)
        await wait(1 + Math.random() * 3)
      }
      process.kill(serving.pid, 'SIGSTOP')
      await wait(100) // acknowledgements already on their way are heard, and count
      disk.snapshot()
      process.kill(serving.pid, 'SIGKILL')
      await serving.ended
      await load.over
      disk.unmount()
      disk.useSnapshot()
      disk.mount()
      serving = await serve(config)
      counts = await ledger.audit({ port: serving.listeners['imap']!.port }, password, places)
      say(`round ${round}: plug pulled after ${goal}, ${summary(counts)}`)
      if (losses(counts) > 0) break
    }
    return { counts: counts!, complaints: ledger.complaints }
  } finally {
    if (serving) await stopServing(serving)
    disk.unmount()
    rmSync(folder, { recursive: true, force: true })
    disk.remove()
  }
}

interface Disk {
  mount(): void
  unmount(): void
  snapshot(): void
  useSnapshot(): void
  remove(): void
}

// The file lies in memory where it can, so that copying it takes a moment. `commit=300`: the file system's own
// journal timer does not save what nobody synced.
function makeDisk(folder: string): Disk {
  const shelf = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'postern-disk-'))
  const file = join(shelf, 'disk')
  const copy = join(shelf, 'copy')
  const data = join(folder, 'data')
  mkdirSync(data)
  execFileSync('truncate', ['-s', '1G', file])
  execFileSync('mkfs.ext4', ['-q', '-F', file])
  let isMounted = false
  return {
    mount() {
      execFileSync('mount', ['-o', 'loop,commit=300', file, data])
      isMounted = true
    },
    unmount() {
      if (isMounted) execFileSync('umount', [data])
      isMounted = false
    },
    snapshot: () => void execFileSync('cp', ['--sparse=always', file, copy]),
    useSnapshot: () => renameSync(copy, file),
    remove: () => rmSync(shelf, { recursive: true, force: true }),
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '10' },
      smtp: { type: 'string', default: '30' },
      imap: { type: 'string', default: '6' },
      settled: { type: 'boolean', default: false },
    },
  })
  const missing = powerMissing()
  if (missing) {
    console.log(`skipped: ${missing}`)
  } else {
    const { counts, complaints } = await pullPlug({
      rounds: Number(values.rounds),
      smtp: Number(values.smtp),
      imap: Number(values.imap),
      between: [20, 800],
      settled: values.settled,
      say: (text) => console.log(text),
    })
    for (const complaint of complaints) console.log(`  ${complaint}`)
    console.log(`after power loss: ${summary(counts)}`)
    process.exitCode = losses(counts) > 0 ? 1 : 0
  }
}
