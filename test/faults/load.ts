// The work a server does while a harness hurts it: numbered mails by SMTP, APPENDs and what follows them
// by IMAP, each noted in the ledger before it is sent and again when its answer is heard.

import { dotStuffed, openImap, openSmtp, type Imap, type Tagged } from '../../bench/clients.ts'
import type { Listeners } from '../../bench/ours.ts'
import { numbered, type Ledger, type Place } from './ledger.ts'

export const password = 'faults-Pass-2026'
export const accounts = Array.from({ length: 10 }, (_, index) => `f${index}@uni.example`)
const boxes = ['INBOX', 'Kept', 'Copied', 'Moved']
export const places: Place[] = accounts.flatMap((account) => boxes.map((mailbox) => ({ account, mailbox })))

export interface Load {
  /** Resolves when every connection is gone or has finished after stop(). */
  over: Promise<void>
  /** Asks the senders to finish what they have under way and begin nothing new. */
  stop(): void
  /** How many have been acknowledged since the start of this load. */
  acknowledged(): number
  /** Refusals heard, by their first words. */
  refusals: Map<string, number>
}

export interface LoadOptions {
  ledger: Ledger
  listeners: Listeners
  smtp: number // connections
  imap: number
  /** Stay connected after a refusal (disk full), instead of taking it as a mistake. */
  refusalsAreFine?: boolean
}

/** Opens all connections, then sends until stopped or cut off. */
export async function startLoad(options: LoadOptions): Promise<Load> {
  const { listeners } = options
  const smtpDoor = { port: listeners['smtp']!.port }
  const imapDoor = { port: listeners['imap']!.port }
  let stopped = false
  let acknowledged = 0
  const refusals = new Map<string, number>()
  const control = {
    isStopped: () => stopped,
    took: () => void acknowledged++,
    refused: (text: string) => {
      const words = text.slice(0, 60)
      refusals.set(words, (refusals.get(words) ?? 0) + 1)
    },
  }
  const senders = await Promise.all(Array.from({ length: options.smtp }, () => openSmtp(smtpDoor)))
  const clients = await Promise.all(
    Array.from({ length: options.imap }, (_, index) =>
      openImap(imapDoor, { name: accounts[index % accounts.length]!, password }),
    ),
  )
  const work = [
    ...senders.map((smtp) => sendMails(options.ledger, smtp, control)),
    ...clients.map((imap, index) => appendMails(options.ledger, imap, accounts[index % accounts.length]!, control)),
  ]
  return {
    over: Promise.allSettled(work).then((results) => {
      for (const socket of [...senders, ...clients]) socket.destroy()
      // A connection cut by the harness is expected; a wrong answer is not.
      for (const one of results) {
        if (one.status === 'rejected' && one.reason instanceof WrongAnswer) throw one.reason
      }
    }),
    stop: () => void (stopped = true),
    acknowledged: () => acknowledged,
    refusals,
  }
}

class WrongAnswer extends Error {}

interface Control {
  isStopped(): boolean
  took(): void
  refused(text: string): void
}

async function sendMails(ledger: Ledger, smtp: Awaited<ReturnType<typeof openSmtp>>, control: Control): Promise<void> {
  while (!control.isStopped()) {
    const number = ledger.entries.size
    // Every tenth goes to three people: all of them or none.
    const to = number % 10 === 3 ? [0, 3, 7] : [0]
    const people = to.map((step) => accounts[(number + step) % accounts.length]!)
    const entry = ledger.open(
      people.map((account) => ({ account, mailbox: 'INBOX' })),
      false,
    )
    const answer = await smtp.send('sender@mail.example', people, [dotStuffed(numbered(entry.number))])
    if (answer.accepted) {
      if (answer.recipients.some((one) => one.code !== 250))
        throw new WrongAnswer(`RCPT: ${answer.recipients[0]!.text}`)
      entry.answer = 'acknowledged'
      control.took()
    } else {
      entry.answer = 'refused'
      control.refused(answer.reply.text)
      await pause()
    }
  }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 20))

async function appendMails(ledger: Ledger, imap: Imap, account: string, control: Control): Promise<void> {
  for (const box of boxes.slice(1)) await imap.ask(`CREATE ${box}`) // NO when it is there from the last round
  await imap.must('SELECT Kept')
  while (!control.isStopped()) {
    const entry = ledger.open([{ account, mailbox: 'Kept' }], true)
    const answer = await imap.append('Kept', numbered(entry.number))
    if (!answer.ok) {
      entry.answer = 'refused'
      control.refused(answer.text)
      if (answer.text.startsWith('BAD')) throw new WrongAnswer(`APPEND: ${answer.text}`)
      await pause()
      continue
    }
    const uid = /\[APPENDUID \d+ (\d+)\]/.exec(answer.text)
    if (!uid) throw new WrongAnswer(`no APPENDUID: ${answer.text}`)
    entry.answer = 'acknowledged'
    entry.uid = Number(uid[1])
    control.took()
    await handle(entry, imap, account)
  }
}

const heard = ({ ok }: Tagged) => (ok ? 'acknowledged' : 'refused')

/** What people do with a mail: mark, copy, move, erase; which of them goes by its number. */
async function handle(entry: ReturnType<Ledger['open']>, imap: Imap, account: string): Promise<void> {
  const { uid } = entry
  if (entry.number % 3 === 0) {
    entry.flag = 'open'
    entry.flag = heard(await imap.ask(`UID STORE ${uid} +FLAGS (\\Flagged)`))
  }
  if (entry.number % 5 === 0) {
    entry.copied = { to: { account, mailbox: 'Copied' }, answer: 'open' }
    entry.copied.answer = heard(await imap.ask(`UID COPY ${uid} Copied`))
  }
  if (entry.number % 7 === 0) {
    entry.moved = { to: { account, mailbox: 'Moved' }, answer: 'open' }
    entry.moved.answer = heard(await imap.ask(`UID MOVE ${uid} Moved`))
  } else if (entry.number % 11 === 0) {
    const marked = await imap.ask(`UID STORE ${uid} +FLAGS.SILENT (\\Deleted)`)
    if (!marked.ok) return
    entry.expunged = 'open'
    entry.expunged = heard(await imap.ask(`UID EXPUNGE ${uid}`))
  }
}
