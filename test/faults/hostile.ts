// Attacks on a running server while somebody else only wants to work.
//
//   node test/faults/hostile.ts [--only TEXT] [--keep]
//
// Runs the lists of attacks.ts and crowds.ts one after the other. Meanwhile a well-behaved client asks NOOP by IMAP and
// SMTP every few milliseconds, and the server's memory is sampled. Prints one line for each attack: the
// other client's latency (p99 and worst, ms) and how much memory the server grew. Exit 1 when an answer was
// wrong, the other client was cut off, its p99 passed the limit, or memory did.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { setTimeout as wait } from 'node:timers/promises'
import { percentile } from '../../bench/measures.ts'
import { createAccounts, serve, stopServing, writeConfig, type Serving } from '../../bench/ours.ts'
import { attacks, type Attack, type Target } from './attacks.ts'
import { crowds } from './crowds.ts'
import { accounts, password } from './load.ts'
import type { Latency } from './noop.ts'

export const limits = {
  latency: 100, // ms, p99 of the other client's NOOP while one attack lasts
  // Bytes the server's memory may grow over its start, at any moment: with every cache full and every thread
  // at work it stands at about 500 MB more, however often the attacks are repeated.
  memory: 700_000_000,
}

export interface Outcome {
  attack: string
  said: string // the server's last words to the attacker, where they say something
  complaint: string | undefined
  p99: number
  worst: number
  grown: number // bytes over the start
}

export interface HostileOptions {
  only?: string
  keep?: boolean
  heard?: (outcome: Outcome) => void
}

export async function beHostile({
  only = '',
  keep = false,
  heard = () => undefined,
}: HostileOptions): Promise<Outcome[]> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-hostile-'))
  const config = writeConfig({ folder, accounts, password })
  let serving: Serving | undefined
  let other: Other | undefined
  try {
    serving = await serve(config)
    await createAccounts(config, accounts.slice(0, 3), password)
    const port = (name: string) => serving!.listeners[name]!.port
    const target: Target = {
      smtp: port('smtp'),
      imap: port('imap'),
      imaps: port('imaps'),
      pop3: port('pop3'),
      account: accounts[0]!,
      other: accounts[2]!,
      password,
    }
    other = await beOther(target, serving.pid)
    await other.take()
    const outcomes: Outcome[] = []
    for (const attack of [...attacks, ...crowds].filter(({ name }) => name.includes(only))) {
      const outcome = await suffer(attack, target, other)
      heard(outcome)
      outcomes.push(outcome)
    }
    return outcomes
  } finally {
    other?.end()
    if (serving) await stopServing(serving)
    if (!keep) rmSync(folder, { recursive: true, force: true })
  }
}

/** What was wrong with an outcome, in words; undefined if the house held. */
export function trouble({ complaint, p99, grown }: Outcome): string | undefined {
  if (complaint) return complaint
  if (p99 === Infinity) return 'the other client was cut off'
  if (p99 > limits.latency) return `the other client waited ${Math.round(p99)} ms (p99)`
  if (grown > limits.memory) return `memory grew by ${Math.round(grown / 1e6)} MB`
  return undefined
}

async function suffer(attack: Attack, target: Target, other: Other): Promise<Outcome> {
  let complaint: string | undefined
  let said = ''
  try {
    complaint = await attack.run(target, (words) => (said = words.trim().slice(0, 100)))
  } catch (error) {
    complaint = `the attack could not be run: ${error instanceof Error ? error.message : String(error)}`
  }
  await wait(50) // a few samples more, also of what the attack left to do
  const { imap, smtp, grown } = await other.take()
  const all = [...imap, ...smtp]
  return { attack: attack.name, said, complaint, p99: percentile(all, 0.99), worst: Math.max(0, ...all), grown }
}

interface Other {
  take(): Promise<Latency>
  end(): void
}

/** The well-behaved client, in a thread of its own. */
async function beOther(target: Target, pid: number): Promise<Other> {
  const worker = new Worker(new URL('./noop.ts', import.meta.url), {
    workerData: { imapPort: target.imap, smtpPort: target.smtp, name: accounts[1]!, password, pid },
  })
  const message = () =>
    new Promise<unknown>((resolve, reject) => {
      worker.once('message', (said) => {
        worker.off('error', reject)
        resolve(said)
      })
      worker.once('error', reject)
    })
  await message()
  return {
    take() {
      const taken = message() as Promise<Latency>
      worker.postMessage('take')
      return taken
    },
    end: () => worker.postMessage('end'),
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { only: { type: 'string', default: '' }, keep: { type: 'boolean', default: false } },
  })
  const show = (outcome: Outcome) => {
    const { attack, said, p99, worst, grown } = outcome
    const wrong = trouble(outcome)
    const numbers = `p99 ${p99.toFixed(1)} ms, worst ${worst.toFixed(0)} ms, memory +${(grown / 1e6).toFixed(0)} MB${said ? ` | ${said}` : ''}`
    console.log(`${wrong ? 'FAILED' : 'held  '} ${attack}: ${numbers}${wrong ? `\n         ${wrong}` : ''}`)
  }
  const outcomes = await beHostile({ only: values.only, keep: values.keep, heard: show })
  const failed = outcomes.filter(trouble).length
  console.log(`${outcomes.length - failed} held, ${failed} failed`)
  process.exitCode = failed > 0 ? 1 : 0
}
