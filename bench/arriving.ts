// Mail coming in and going out: how many a second, how soon the 250, how soon anybody sees it.
//
// "Visible" is counted by the readers: the clock stops when IMAP STATUS of every mailbox together
// says that all have come.

import { cpuOf } from './process.ts'
import { dotStuffed, openImap, openSmtp, type Imap, type Smtp } from './clients.ts'
import type { Sink } from './sink.ts'
import { sized } from './corpus.ts'
import {
  countIn,
  median,
  openAs,
  percentile,
  perSecond,
  took,
  type Measure,
  type Result,
  type Run,
} from './measures.ts'
import { addresses, password } from './rig.ts'

const people = addresses(100)
const kib = 1024
const shapes = [
  { what: '4 KiB', bytes: 4 * kib, mails: { 1: 400, 10: 2000, 50: 3000, 200: 4000 } },
  { what: '64 KiB', bytes: 64 * kib, mails: { 1: 150, 10: 600, 50: 1000, 200: 1000 } },
  { what: '1 MiB', bytes: kib * kib, mails: { 1: 20, 10: 60, 50: 100, 200: 200 } },
] as const

let numbers = 0 // every mail of a run has its own

/** One open IMAP connection for each of the 100: those who look whether mail has come. */
async function readersOf(run: Run): Promise<Imap[]> {
  return run.once('readers', () => Promise.all(people.map((name) => openAs(run.rig, name))))
}

async function countAll(readers: Imap[]): Promise<number[]> {
  return Promise.all(readers.map((reader) => countIn(reader)))
}

/** Waits until each reader's INBOX has at least what is expected. Asks only those that still miss some. */
async function untilVisible(readers: Imap[], expected: number[]): Promise<void> {
  const deadline = performance.now() + 120_000
  let missing = readers.map((_, index) => index)
  while (missing.length > 0) {
    if (performance.now() > deadline) throw new Error(`${missing.length} mailboxes still miss mail after 120 s`)
    const counts = await Promise.all(missing.map((index) => countIn(readers[index]!)))
    missing = missing.filter((index, at) => counts[at]! < expected[index]!)
    if (missing.length > 0) await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

async function deliver(run: Run, bytes: number, total: number, connections: number): Promise<Record<string, Result>> {
  const readers = await readersOf(run)
  const expected = await countAll(readers)
  const make = sized(bytes)
  const senders = await Promise.all(Array.from({ length: connections }, () => openSmtp(run.rig.smtp)))
  const waits: number[] = []
  let next = 0
  const work = async (smtp: Smtp) => {
    while (next < total) {
      const index = next++ % people.length
      expected[index]!++
      let sent = 0
      const answer = await smtp.send(
        'sender@mail.example',
        [people[index]!],
        make(numbers++),
        () => (sent = performance.now()),
      )
      waits.push(performance.now() - (sent || performance.now()))
      if (!answer.accepted) throw new Error(`mail refused: ${answer.reply.text}`)
    }
  }
  const cpuBefore = cpuOf(run.rig.roots())
  const before = performance.now()
  await Promise.all(senders.map(work))
  const accepted = performance.now() - before
  await untilVisible(readers, expected)
  const visible = performance.now() - before
  const cpu = cpuOf(run.rig.roots()) - cpuBefore
  await Promise.all(senders.map((smtp) => smtp.quit()))
  return {
    accepted: perSecond(total, accepted, 'mails/s'),
    'accepted and visible': perSecond(total, visible, 'mails/s'),
    'p99 of the 250': took(percentile(waits, 0.99)),
    'processor time of the server for one mail': took((cpu * 1000) / total),
  }
}

const intake: Measure[] = shapes.flatMap(({ what, bytes, mails }) =>
  ([1, 10, 50, 200] as const).map((connections) => ({
    name: `intake ${what}, ${connections} connection${connections === 1 ? '' : 's'}`,
    run: (run: Run) => deliver(run, bytes, Math.ceil(mails[connections] / (run.quick ? 5 : 1)), connections),
  })),
)

const fanOut: Measure = {
  name: 'one mail to 100 local people',
  async run(run) {
    const readers = await readersOf(run)
    const mails = run.quick ? 5 : 30
    const expected = (await countAll(readers)).map((count) => count + mails)
    const make = sized(4 * kib)
    const smtp = await openSmtp(run.rig.smtp)
    const before = performance.now()
    for (let mail = 0; mail < mails; mail++) {
      const answer = await smtp.send('sender@mail.example', people, make(numbers++))
      if (!answer.accepted || answer.recipients.some((one) => one.code !== 250)) throw new Error(answer.reply.text)
    }
    const accepted = performance.now() - before
    await untilVisible(readers, expected)
    const visible = performance.now() - before
    await smtp.quit()
    return {
      accepted: perSecond(mails * people.length, accepted, 'copies/s'),
      'accepted and visible': perSecond(mails * people.length, visible, 'copies/s'),
    }
  },
}

const notice: Measure = {
  name: 'new mail told to an IDLE client',
  async run(run) {
    const idle = await openImap(run.rig.imap, { name: people[0]!, password })
    await idle.must('SELECT INBOX')
    await idleBegins(idle)
    const smtp = await openSmtp(run.rig.smtp)
    const make = sized(4 * kib)
    const fromDot: number[] = []
    const from250: number[] = []
    for (let mail = 0; mail < (run.quick ? 10 : 60); mail++) {
      let told = 0
      const heard = new Promise<void>((resolve) => {
        idle.listen((line) => {
          if (!line.endsWith(' EXISTS')) return
          told = performance.now()
          resolve()
        })
      })
      let sent = 0
      await smtp.send('sender@mail.example', [people[0]!], make(numbers++), () => (sent = performance.now()))
      const acknowledged = performance.now()
      await heard
      fromDot.push(told - sent)
      from250.push(Math.max(0, told - acknowledged))
    }
    await smtp.quit()
    idle.destroy()
    return {
      'after the last byte, median': took(median(fromDot)),
      'after the last byte, p95': took(percentile(fromDot, 0.95)),
      'after the 250, median': took(median(from250)),
    }
  },
}

/** Sends IDLE and resolves when the server said "+". */
export function idleBegins(imap: Imap): Promise<void> {
  return new Promise((resolve, reject) => {
    imap.onContinue(() => resolve())
    imap.ask('IDLE').catch(reject)
  })
}

/** Outbound mail of both sides ends in the same sink. */
function relay(sink: Sink): Measure {
  return {
    name: 'outbound relay, 10 connections',
    async run(run) {
      const total = run.quick ? 200 : 1000
      const make = sized(4 * kib)
      const senders = await Promise.all(
        Array.from({ length: 10 }, (_, index) => openSmtp(run.rig.submission, { name: people[index]!, password })),
      )
      const goal = sink.count() + total
      let next = 0
      const cpuBefore = cpuOf(run.rig.roots())
      const before = performance.now()
      await Promise.all(
        senders.map(async (smtp, index) => {
          while (next < total) {
            const n = next++
            const from = people[index]!
            const own = Buffer.concat(make(numbers++)).toString('latin1').replace('<sender@mail.example>', `<${from}>`)
            const mail = dotStuffed(Buffer.from(own, 'latin1'))
            const answer = await smtp.send(from, [`r${n}@remote.example`], [mail])
            if (!answer.accepted) throw new Error(`mail refused: ${answer.reply.text}`)
          }
        }),
      )
      const accepted = performance.now() - before
      await sink.reached(goal)
      const relayed = performance.now() - before
      const cpu = cpuOf(run.rig.roots()) - cpuBefore
      await Promise.all(senders.map((smtp) => smtp.quit()))
      return {
        accepted: perSecond(total, accepted, 'mails/s'),
        relayed: perSecond(total, relayed, 'mails/s'),
        'processor time of the server for one mail': took((cpu * 1000) / total),
      }
    },
  }
}

export const arriving = (sink: Sink): Measure[] => [...intake, fanOut, notice, relay(sink)]
