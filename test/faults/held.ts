// What is held leaves once: mails sent over JMAP with a time to leave, half of them taken back, kill -9 while they are
// handed over, while they wait and while they leave; then everything is read back and counted.
//
//   node test/faults/held.ts [--mails 200] [--kills 6]
//
// Prints its counts at the end; exit 1 if a mail that was acknowledged did not come, came twice, came before its time
// or came although it was taken back.

import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createAccounts, serve, stopServing, writeConfig, type Serving } from '../../bench/ours.ts'
import { password } from './load.ts'

export interface HeldOptions {
  mails: number
  kills: number // while they leave
  hold: number // seconds
}

export interface HeldCounts {
  sent: number // acknowledged and left to leave
  canceled: number // acknowledged as taken back
  unanswered: number // the kill came before the answer: may have been sent or not
  lost: number
  twice: number
  early: number
  cameAnyway: number
}

interface Sent {
  subject: string
  submission: string | undefined
  leaves: number
  fate: 'sent' | 'canceled' | 'unanswered'
}

const [sender, receiver] = ['h0@uni.example', 'h1@uni.example'] as const
const using = ['core', 'mail', 'submission'].map((name) => `urn:ietf:params:jmap:${name}`)

interface Speaker {
  account: string
  call(...calls: [name: string, args: object][]): Promise<any[]>
}

export async function heldRounds({ mails, kills, hold }: HeldOptions): Promise<HeldCounts> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-held-'))
  const config = writeConfig({ folder, accounts: [sender, receiver], password })
  const all: Sent[] = []
  let early = 0
  let serving: Serving | undefined
  const restart = async (): Promise<void> => {
    if (serving) {
      process.kill(serving.pid, 'SIGKILL')
      await serving.ended
    }
    serving = await serve(config)
  }
  try {
    await restart()
    await createAccounts(config, [sender, receiver], password)
    const boxes = await mailboxesOf(await speak(serving!, sender))
    for (let n = 0; n < mails; n += 20) {
      const before = all.length
      const work = sendSome(serving!, boxes, all, Math.min(20, mails - n), hold)
      if (n % 60 === 40) {
        await until(() => all.length > before + 5)
        await restart() // in the middle of handing over
      }
      await work
    }
    if ((await subjectsOf(serving!)).some((subject) => leavesLater(all, subject))) early++
    await restart() // while they wait
    for (let kill = 0; kill < kills; kill++) {
      await until(async () => (await subjectsOf(serving!)).length > ((kill + 0.5) * mails) / 2 / (kills + 1))
      await restart() // while they leave
    }
    const wanted = all.filter(({ fate }) => fate === 'sent')
    const deadline = Date.now() + 150_000 // what a dead process had in hand comes back with its lease
    await until(async () => {
      const there = new Set(await subjectsOf(serving!))
      return wanted.every(({ subject }) => there.has(subject)) || Date.now() > deadline
    })
    return { ...(await count(serving!, all)), early }
  } finally {
    if (serving) await stopServing(serving)
    rmSync(folder, { recursive: true, force: true })
  }
}

function leavesLater(all: readonly Sent[], subject: string): boolean {
  return (all.find((one) => one.subject === subject)?.leaves ?? 0) > Date.now()
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 200_000
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('It took too long')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

async function sendSome(serving: Serving, boxes: Boxes, all: Sent[], count: number, hold: number): Promise<void> {
  const me = await speak(serving, sender)
  const [[, { list }]] = (await me.call(['Identity/get', {}])) as any
  for (let n = 0; n < count; n++) {
    const subject = `held ${all.length}`
    const one: Sent = { subject, submission: undefined, leaves: Date.now() + hold * 1_000, fate: 'unanswered' }
    all.push(one)
    try {
      await sendOne(me, one, { boxes, identityId: list[0].id, hold })
      if (all.length % 2 === 0) await takeBack(me, one)
    } catch {
      return // killed
    }
  }
}

async function sendOne(
  me: Speaker,
  one: Sent,
  { boxes, identityId, hold }: { boxes: Boxes; identityId: string; hold: number },
): Promise<void> {
  const draft = {
    mailboxIds: { [boxes['drafts']!]: true },
    from: [{ name: null, email: sender }],
    to: [{ name: null, email: receiver }],
    subject: one.subject,
  }
  const envelope = {
    mailFrom: { email: sender, parameters: { HOLDFOR: String(hold) } },
    rcptTo: [{ email: receiver }],
  }
  const [, [, set]] = (await me.call(
    ['Email/set', { create: { d: draft } }],
    ['EmailSubmission/set', { create: { s: { emailId: '#d', identityId, envelope } } }],
  )) as any
  if (!set.created) throw new Error(JSON.stringify(set))
  Object.assign(one, { submission: set.created.s.id, leaves: Date.parse(set.created.s.sendAt), fate: 'sent' })
}

async function takeBack(me: Speaker, one: Sent): Promise<void> {
  one.fate = 'unanswered'
  const [[, set]] = (await me.call([
    'EmailSubmission/set',
    { update: { [one.submission!]: { undoStatus: 'canceled' } } },
  ])) as any
  one.fate = set.updated ? 'canceled' : 'sent'
}

async function count(serving: Serving, all: readonly Sent[]): Promise<Omit<HeldCounts, 'early'>> {
  const came = new Map<string, number>()
  for (const subject of await subjectsOf(serving)) came.set(subject, (came.get(subject) ?? 0) + 1)
  const of = (fate: Sent['fate']): Sent[] => all.filter((one) => one.fate === fate)
  return {
    sent: of('sent').length,
    canceled: of('canceled').length,
    unanswered: of('unanswered').length,
    lost: of('sent').filter(({ subject }) => !came.has(subject)).length,
    twice: [...came.values()].filter((times) => times > 1).length,
    cameAnyway: of('canceled').filter(({ subject }) => came.has(subject)).length,
  }
}

// -- JMAP

type Boxes = Record<string, string>

async function mailboxesOf(me: Speaker): Promise<Boxes> {
  const [[, { list }]] = (await me.call(['Mailbox/get', {}])) as any
  return Object.fromEntries(list.map(({ id, role }: any) => [role, id]))
}

async function subjectsOf(serving: Serving): Promise<string[]> {
  const them = await speak(serving, receiver)
  const boxes = await mailboxesOf(them)
  const [, [, { list }]] = (await them.call(
    ['Email/query', { filter: { inMailbox: boxes['inbox'] } }],
    ['Email/get', { '#ids': { resultOf: 'c0', name: 'Email/query', path: '/ids' }, properties: ['subject'] }],
  )) as any
  return list.map(({ subject }: any) => subject)
}

async function speak(serving: Serving, address: string): Promise<Speaker> {
  const { port } = serving.listeners['http']!
  const authorization = `Basic ${Buffer.from(`${address}:${password}`).toString('base64')}`
  const ask = (method: string, path: string, body?: object): Promise<any> =>
    new Promise((resolve, reject) => {
      const headers = { authorization, 'content-type': 'application/json' }
      const asking = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (answer) => {
        const pieces: Buffer[] = []
        answer.on('data', (piece: Buffer) => pieces.push(piece)).on('error', reject)
        answer.on('end', () => {
          const text = Buffer.concat(pieces).toString()
          if (answer.statusCode === 200 && answer.complete) resolve(JSON.parse(text))
          else reject(new Error(`${answer.statusCode}: ${text}`))
        })
      })
      asking.on('error', reject)
      asking.end(body && JSON.stringify(body))
    })
  const account: string = (await ask('GET', '/jmap/session')).primaryAccounts[using[1]!]
  return {
    account,
    async call(...calls) {
      const methodCalls = calls.map(([name, args], i) => [name, { accountId: account, ...args }, `c${i}`])
      return (await ask('POST', '/jmap/api', { using, methodCalls })).methodResponses
    },
  }
}

export function heldLosses({ lost, twice, early, cameAnyway }: HeldCounts): number {
  return lost + twice + early + cameAnyway
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { mails: { type: 'string', default: '200' }, kills: { type: 'string', default: '6' } },
  })
  const counts = await heldRounds({ mails: Number(values.mails), kills: Number(values.kills), hold: 15 })
  console.log(JSON.stringify(counts))
  process.exitCode = heldLosses(counts) > 0 ? 1 : 0
}
