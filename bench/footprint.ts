// What a server costs when nobody asks for anything: memory, disk, and the time until it answers.

import { execFileSync } from 'node:child_process'
import { idleBegins } from './arriving.ts'
import type { Imap } from './clients.ts'
import { mailAt } from './corpus.ts'
import { fill, openAs, took, type Measure, type Result } from './measures.ts'
import { memoryOf } from './process.ts'
import { addresses } from './rig.ts'

export const diskAccount = 'disk@uni.example'
const megabytes = (bytes: number): Result => ({ value: bytes / 1e6, unit: 'MB', better: 'lower' })

const starting: Measure = {
  name: 'start to banner',
  async run(run) {
    return { 'after a stop, SMTP and IMAP greet': took(await run.rig.restart()) }
  },
}

// After a restart, so that no earlier measure's caches are counted.
const memory: Measure = {
  name: 'memory',
  rounds: 1,
  async run(run) {
    await run.rig.restart()
    const alone = memoryOf(run.rig.roots())
    const people = addresses(100)
    const open: Imap[] = []
    const count = run.quick ? 100 : 1_000
    while (open.length < count) {
      const batch = Array.from({ length: 20 }, (_, index) => openAs(run.rig, people[(open.length + index) % 100]!))
      for (const imap of await Promise.all(batch)) {
        imap.socket.setTimeout(0)
        await imap.must('SELECT INBOX')
        await idleBegins(imap)
        open.push(imap)
      }
    }
    // Both sides settle: caches freed, processes parked. Done when two looks differ by less than 1%.
    let busy = memoryOf(run.rig.roots())
    for (let last = 0, looks = 0; Math.abs(busy.pss - last) > busy.pss / 100 && looks < 10; looks++) {
      last = busy.pss
      await new Promise((resolve) => setTimeout(resolve, 3_000))
      busy = memoryOf(run.rig.roots())
    }
    for (const imap of open) imap.destroy()
    return {
      'at rest, PSS': megabytes(alone.pss),
      'at rest, RSS': megabytes(alone.rss),
      'with 1,000 idle IMAP connections, PSS': megabytes(busy.pss),
      'with 1,000 idle IMAP connections, RSS': megabytes(busy.rss),
    }
  },
}

/** Bytes of disk blocks below a folder. */
function diskUsed(folder: string): number {
  return Number(execFileSync('du', ['-s', '--block-size=1', folder]).toString().split('\t')[0])
}

// Everything counts: mails, indexes, search, logs of the database. The clock of background work
// (indexing, checkpoints) is waited for: until the size has stayed the same for five seconds.
const disk: Measure = {
  name: 'disk',
  rounds: 1,
  async run(run) {
    const before = await settled(run.rig.data)
    const imap = await openAs(run.rig, diskAccount)
    const bytes = await fill(imap, 'INBOX', 500_000, run.quick ? 200 : 2_000, (n) => mailAt(n))
    await imap.logout()
    const after = await settled(run.rig.data)
    return { 'bytes of disk for a byte of mail': { value: (after - before) / bytes, unit: 'ratio', better: 'lower' } }
  },
}

async function settled(folder: string): Promise<number> {
  let last = diskUsed(folder)
  for (let quiet = 0, waited = 0; quiet < 5 && waited < 120; waited++) {
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    const now = diskUsed(folder)
    quiet = now === last ? quiet + 1 : 0
    last = now
  }
  return last
}

export const footprint: Measure[] = [disk, starting, memory]
