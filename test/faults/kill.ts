// Nothing acknowledged is lost: numbered mails over 50 SMTP connections, APPENDs, flags, copies, moves and
// expunges over 10 IMAP connections, kill -9 at a random moment, restart, everything read back and compared.
//
//   node test/faults/kill.ts [--rounds 20] [--smtp 50] [--imap 10] [--keep]
//
// Prints its counts at the end; exit 1 if anything acknowledged was lost, changed, doubled or half placed.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createAccounts, serve, stopServing, writeConfig, type Serving } from '../../bench/ours.ts'
import { Ledger, losses, type Counts } from './ledger.ts'
import { accounts, password, places, startLoad } from './load.ts'

export interface KillOptions {
  rounds: number
  smtp: number
  imap: number
  /** Kill between the first and the second of these many acknowledgements of a round. */
  between: [number, number]
  keep?: boolean
  say?: (text: string) => void
}

export interface KillResult {
  counts: Counts
  complaints: string[]
  kills: number
  slowestStart: number // milliseconds from the start after a kill to `postern ready`
}

export async function killRounds(options: KillOptions): Promise<KillResult> {
  const { rounds, between, say = () => undefined } = options
  const folder = mkdtempSync(join(tmpdir(), 'postern-kill-'))
  const config = writeConfig({ folder, accounts, password })
  const ledger = new Ledger()
  let serving: Serving | undefined
  let counts: Counts | undefined
  let slowestStart = 0
  try {
    serving = await serve(config)
    await createAccounts(config, accounts, password)
    for (let round = 1; round <= rounds; round++) {
      const load = await startLoad({ ledger, listeners: serving.listeners, smtp: options.smtp, imap: options.imap })
      const goal = between[0] + Math.floor(Math.random() * (between[1] - between[0]))
      await reached(() => load.acknowledged(), goal, load.over)
      process.kill(serving.pid, 'SIGKILL')
      await serving.ended
      await load.over
      const before = performance.now()
      serving = await serve(config)
      slowestStart = Math.max(slowestStart, performance.now() - before)
      counts = await ledger.audit({ port: serving.listeners['imap']!.port }, password, places)
      say(`round ${round}: killed after ${goal}, ${summary(counts)}`)
      if (losses(counts) > 0) break
    }
    return { counts: counts!, complaints: ledger.complaints, kills: rounds, slowestStart }
  } finally {
    if (serving) await stopServing(serving)
    if (!options.keep) rmSync(folder, { recursive: true, force: true })
  }
}

/** Resolves when enough was acknowledged; a load that ends before is its own error or a hang. */
async function reached(acknowledged: () => number, goal: number, over: Promise<void>): Promise<void> {
  let ended = false
  void over.then(
    () => (ended = true),
    () => (ended = true),
  )
  const deadline = performance.now() + 120_000
  while (acknowledged() < goal) {
    if (ended) {
      await over
      throw new Error('every connection ended before the kill; see postern.log')
    }
    if (performance.now() > deadline) throw new Error(`only ${acknowledged()} of ${goal} acknowledged in 120 s`)
    await new Promise((resolve) => setTimeout(resolve, 1 + Math.random() * 3))
  }
}

export function summary(counts: Counts): string {
  const { acknowledged, lost, corrupted, twice, partial, refusedThere, wrongFlags, wrongUids } = counts
  return (
    `${acknowledged} acknowledged, ${lost} lost, ${corrupted} corrupted, ${twice} twice, ${partial} half placed, ` +
    `${refusedThere} refused yet there, ${wrongFlags} wrong flags or places, ${wrongUids} wrong UIDs ` +
    `(${counts.unanswered} unanswered, ${counts.unansweredThere} of them there; ${counts.refused} refused)`
  )
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '20' },
      smtp: { type: 'string', default: '50' },
      imap: { type: 'string', default: '10' },
      keep: { type: 'boolean', default: false },
    },
  })
  const { counts, complaints, kills, slowestStart } = await killRounds({
    rounds: Number(values.rounds),
    smtp: Number(values.smtp),
    imap: Number(values.imap),
    between: [20, 2_000],
    keep: values.keep,
    say: (text) => console.log(text),
  })
  for (const complaint of complaints) console.log(`  ${complaint}`)
  console.log(`${kills} kills, slowest start after one ${Math.round(slowestStart)} ms: ${summary(counts)}`)
  process.exitCode = losses(counts) > 0 ? 1 : 0
}
