// The shape of one benchmark, and what several of them need.
//
// A measure runs on one rig at a time and gives numbers by name. Preparing (accounts' mailboxes being
// filled) is done once for each rig and never inside a timed stretch.

import { openImap, numberAfter, type Imap } from './clients.ts'
import { mailAt } from './corpus.ts'
import { password, type Rig } from './rig.ts'

export interface Result {
  value: number
  unit: 'mails/s' | 'copies/s' | 'commands/s' | 'MB/s' | 'ms' | 'MB' | 'ratio' | 'count'
  better: 'higher' | 'lower' | 'equal'
}

export interface Run {
  rig: Rig
  round: number
  quick: boolean
  /** Does something once for each rig, whatever measure asks first, and remembers what it gave. */
  once<T>(name: string, make: () => Promise<T>): Promise<T>
}

export interface Measure {
  name: string
  rounds?: number // fewer than asked for, where a round is dear or cannot be repeated
  run(run: Run): Promise<Record<string, Result>>
}

export const perSecond = (count: number, milliseconds: number, unit: Result['unit']): Result => ({
  value: (count * 1000) / milliseconds,
  unit,
  better: 'higher',
})
export const took = (milliseconds: number): Result => ({ value: milliseconds, unit: 'ms', better: 'lower' })
/** A number both sides must agree on: how many a search found. */
export const same = (count: number): Result => ({ value: count, unit: 'count', better: 'equal' })

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const before = performance.now()
  await work()
  return performance.now() - before
}

/** The value below which the share `part` of the values lies. */
export function percentile(values: number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length / 2
  return (sorted[Math.ceil(half) - 1]! + sorted[Math.floor(half)]!) / 2
}

export const openAs = (rig: Rig, name: string): Promise<Imap> => openImap(rig.imap, { name, password })

/** Messages a mailbox has, by STATUS. */
export async function countIn(imap: Imap, mailbox = 'INBOX'): Promise<number> {
  let messages: number | undefined
  await imap.must(
    `STATUS ${mailbox} (MESSAGES)`,
    (line) => (messages ??= numberAfter(line, 'MESSAGES') ?? numberAfter(line, '(MESSAGES')),
  )
  if (messages === undefined) throw new Error(`STATUS ${mailbox} said no number`)
  return messages
}

/** Appends corpus mails first..first+count-1, many under way at once. */
export async function fill(
  imap: Imap,
  mailbox: string,
  first: number,
  count: number,
  mail = plainMail,
): Promise<number> {
  let bytes = 0
  const window = 64
  for (let done = 0; done < count; done += window) {
    const answers: Promise<{ ok: boolean; text: string }>[] = []
    for (let n = first + done; n < first + Math.min(count, done + window); n++) {
      const one = mail(n)
      bytes += one.length
      answers.push(imap.append(mailbox, one))
    }
    for (const answer of await Promise.all(answers)) if (!answer.ok) throw new Error(`APPEND: ${answer.text}`)
  }
  return bytes
}

/** Realistic mails without attachments: what a list of 10,000 is made of here. */
export const plainMail = (n: number): Buffer => mailAt(n, { attached: 0 })
