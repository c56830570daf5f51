// A full disk refuses and waits; it never says yes to what it could not keep.
//
//   node test/faults/disk-full.ts [--size 48m] [--room 256m]
//
// The data folder is a small tmpfs. Mails come by SMTP and APPEND until everybody is refused (452, NO with the
// reason). Before that the whole room is taken at once for a while, and every door is asked for changes: each says
// yes or names the full disk. Then: what was acknowledged is there, what was refused is not, reading still works and other doors still
// answer; the tmpfs grows, and without a restart mail is accepted again; after a kill -9 all of it is still so.
// Needs root (mount); without it says so and ends with 0. Exit 1 on any false yes, loss, hang or death.

import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openImap, openPop3, openSmtp } from '../../bench/clients.ts'
import { createAccounts, serve, stopServing, writeConfig, type Listeners, type Serving } from '../../bench/ours.ts'
import { summary } from './kill.ts'
import { Ledger, losses, type Counts } from './ledger.ts'
import { accounts, password, places, startLoad, type Load } from './load.ts'

const own = 'full@uni.example' // of this harness; the ledger knows nothing of it

export interface DiskFullOptions {
  size: string // of the tmpfs, as mount says it: 48m
  room: string // its size when room is made
  say?: (text: string) => void
}

export interface DiskFullResult {
  counts: Counts
  troubles: string[] // what went wrong, in words; empty if all went well
  complaints: string[]
}

/** Why it cannot run on this machine, if it cannot. */
export function diskFullMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'mounting a tmpfs needs root'
  return undefined
}

export async function fillDisk({ size, room, say = () => undefined }: DiskFullOptions): Promise<DiskFullResult> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-full-'))
  const data = join(folder, 'data')
  mkdirSync(data)
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', data])
  const config = writeConfig({ folder, accounts, password })
  const ledger = new Ledger()
  const troubles: string[] = []
  let serving: Serving | undefined
  const audit = () => ledger.audit({ port: serving!.listeners['imap']!.port }, password, places)
  const check = async (when: string) => {
    const counts = await audit()
    say(`${when}: ${summary(counts)}`)
    if (losses(counts) > 0) troubles.push(`${when}: ${summary(counts)}`)
    return counts
  }
  try {
    serving = await serve(config)
    await createAccounts(config, [...accounts, own], password)
    const answers = await askAll(serving.listeners, data)
    say(`with not a byte left: ${[...answers].join('; ')}`)
    for (const text of answers) {
      if (!isFullDisk(text) && !isYes(text)) troubles.push(`not a byte left was answered with: ${text}`)
    }

    const load = await startLoad({ ledger, listeners: serving.listeners, smtp: 5, imap: 2 })
    await untilFull(load, troubles)
    load.stop()
    await within(load.over, 30_000, 'senders did not end after the disk was full', troubles)
    say(
      `full after ${load.acknowledged()}; refusals: ${[...load.refusals].map(([text, n]) => `${n} x ${text}`).join('; ')}`,
    )
    for (const text of load.refusals.keys()) {
      if (!isFullDisk(text)) troubles.push(`a full disk was answered with: ${text}`)
    }
    await check('on the full disk')

    execFileSync('mount', ['-o', `remount,size=${room}`, data])
    const again = await startLoad({ ledger, listeners: serving.listeners, smtp: 5, imap: 2 })
    await reaches(again, 50, 'with room again', troubles)
    again.stop()
    await within(again.over, 30_000, 'senders did not end after room was made', troubles)
    await check('with room again, without a restart')

    process.kill(serving.pid, 'SIGKILL')
    await serving.ended
    serving = await serve(config)
    const counts = await check('after kill -9')
    return { counts, troubles, complaints: ledger.complaints }
  } finally {
    if (serving) await stopServing(serving)
    execFileSync('umount', ['-l', data])
    rmSync(folder, { recursive: true, force: true })
  }
}

const isYes = (text: string): boolean => /^(250|OK|\+OK)\b/.test(text)

/** The words of each door for a full disk: "no" for now, and why. */
function isFullDisk(text: string): boolean {
  return /^(452 4\.3\.1 No space left|NO \[UNAVAILABLE\] No room on the disk|-ERR \[SYS\/TEMP\] )/.test(text)
}

/** Takes what room there is, asks for changes at every door meanwhile, and gives the room back. The answers, each once. */
async function askAll(listeners: Listeners, data: string): Promise<Set<string>> {
  const answers = new Set<string>()
  const login = { name: own, password }
  const smtp = await openSmtp({ port: listeners['smtp']!.port })
  const imap = await openImap({ port: listeners['imap']!.port }, login)
  await imap.append('INBOX', Buffer.from('Subject: one\r\n\r\nkeep\r\n'))
  await imap.must('CREATE Copied')
  await imap.must('SELECT INBOX')
  const pop3 = await openPop3({ port: listeners['pop3']!.port }, login)
  await pop3.ask('DELE 1')
  const filler = join(data, 'filler')
  for (let turn = 0; turn < 100; turn++) {
    fill(filler) // whatever a checkpoint gave back meanwhile
    const sent = await smtp.send(
      'sender@mail.example',
      [accounts[0]!],
      [Buffer.from(`Subject: ${turn}\r\n\r\nfull\r\n`)],
    )
    answers.add(sent.reply.text.replace(/^(250 \S+ ).*/s, '$1'))
    for (const command of [`STORE 1 ${turn % 2 ? '+' : '-'}FLAGS (\\Flagged)`, 'COPY 1 Copied', `CREATE full-${turn}`])
      answers.add((await imap.ask(command)).text.replace(/^OK.*/s, 'OK'))
  }
  answers.add((await pop3.ask('QUIT')).trim())
  for (const client of [smtp, imap, pop3]) client.destroy()
  rmSync(filler)
  return answers
}

function fill(filler: string): void {
  const file = openSync(filler, 'a')
  try {
    for (const piece of [Buffer.alloc(1 << 20), Buffer.alloc(4096)]) {
      try {
        for (;;) if (writeSync(file, piece) < piece.length) break
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      }
    }
  } finally {
    closeSync(file)
  }
}

// Full is when 30 refusals have come and nothing was acknowledged between the last 20 of them.
async function untilFull(load: Load, troubles: string[]): Promise<void> {
  const deadline = performance.now() + 120_000
  const refused = () => [...load.refusals.values()].reduce((sum, count) => sum + count, 0)
  let last = { acknowledged: -1, refused: 0 }
  for (;;) {
    if (performance.now() > deadline)
      return void troubles.push('the disk did not fill, or nobody was refused, in 120 s')
    if (load.acknowledged() !== last.acknowledged) last = { acknowledged: load.acknowledged(), refused: refused() }
    if (refused() - last.refused >= 20) return
    await pause()
  }
}

async function reaches(load: Load, goal: number, when: string, troubles: string[]): Promise<void> {
  const deadline = performance.now() + 60_000
  while (load.acknowledged() < goal) {
    if (performance.now() > deadline) {
      const said = [...load.refusals.keys()].join('; ')
      return void troubles.push(`${when}: only ${load.acknowledged()} of ${goal} accepted in 60 s (${said})`)
    }
    await pause()
  }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 20))

async function within(work: Promise<void>, milliseconds: number, otherwise: string, troubles: string[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>((resolve) => (timer = setTimeout(() => resolve('late'), milliseconds)))
  if ((await Promise.race([work, late])) === 'late') troubles.push(otherwise)
  clearTimeout(timer)
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { size: { type: 'string', default: '48m' }, room: { type: 'string', default: '256m' } },
  })
  const missing = diskFullMissing()
  if (missing) {
    console.log(`skipped: ${missing}`)
  } else {
    const { counts, troubles, complaints } = await fillDisk({
      size: values.size,
      room: values.room,
      say: (text) => console.log(text),
    })
    for (const text of [...troubles, ...complaints]) console.log(`  ${text}`)
    console.log(`${troubles.length} troubles: ${summary(counts)}`)
    process.exitCode = troubles.length > 0 ? 1 : 0
  }
}
