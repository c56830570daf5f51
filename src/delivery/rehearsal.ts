// What a script would do with the mails that came last: it runs, and nothing happens.
//
// Promises: nothing is placed, sent or remembered; work is bounded by the number of mails and by steps together.

import { setImmediate } from 'node:timers/promises'
import type { Account } from '../directory/accounts.ts'
import { sieveMail } from '../mail/sievemail.ts'
import type { Action } from '../sieve/actions.ts'
import { checkScript } from '../sieve/checker.ts'
import type { Problem } from '../sieve/problems.ts'
import { runScript } from '../sieve/run.ts'
import { mailboxByRole, type Mailbox } from '../store/mailboxes.ts'
import { messagesIn, type MessageRow } from '../store/messages.ts'
import type { Store } from '../store/store.ts'
import { openPrograms } from './filters.ts'
import { worldOf } from './filterworld.ts'
import { storedMail } from './storedmail.ts'

export interface Rehearsed {
  mailId: number
  subject: string
  from: string // as it is shown: a name, else an address
  receivedAt: number // milliseconds
  actions: RehearsedAction[]
  problem?: Problem
}

export interface RehearsedAction {
  do: Action['do']
  mailbox?: string
  address?: string
  flags?: string[]
  reason?: string
  line?: number // of the script
}

export interface Rehearsal {
  problems: Problem[] // then it was not run
  mails: Rehearsed[]
  cut: boolean // not over all of them: it took too long
}

const mostSteps = 10_000_000 // of all mails together

/** Runs a script over the last `count` mails of the INBOX, the newest first. */
export async function rehearse(
  { store, hostname }: { store: Store; hostname: string },
  { id: accountId, address }: Pick<Account, 'id' | 'address'>,
  { text, count }: { text: string; count: number },
): Promise<Rehearsal> {
  const { program, problems } = checkScript(text)
  if (problems.length > 0) return { problems, mails: [], cut: false }
  const inbox = await mailboxByRole(store.db, accountId, 'inbox')
  const rows = inbox ? await lastMessages(store, inbox, count) : []
  const world = { store, hostname, programOf: openPrograms(store, 50), accountId, at: store.clock(), junk: false }
  const mails: Rehearsed[] = []
  let steps = 0
  for (const { mailId, receivedAt } of rows) {
    if (steps > mostSteps) return { problems: [], mails, cut: true }
    const row = await store.mails.one(mailId)
    if (!row) continue
    const mail = await storedMail(store, row)
    const from = /^Return-Path: <([^>\r\n]*)>/.exec(row.trace)?.[1] ?? ''
    const seen = await sieveMail(mail, { from, to: address }, program.requires)
    const outcome = await runScript(program, seen, worldOf(world))
    steps += outcome.steps
    const { subject, from: authors } = mail.tree.headers
    const [author] = authors
    mails.push({
      mailId,
      subject,
      from: author ? author.name || `${author.mailbox}@${author.host}` : '',
      receivedAt,
      actions: outcome.actions.map((action) => told(action, outcome.lines?.get(action))),
      ...(outcome.problem && { problem: outcome.problem }),
    })
    await setImmediate() // others have a turn
  }
  return { problems: [], mails, cut: false }
}

/** The messages with the highest uids, the newest first. */
async function lastMessages({ db }: Store, { id, uidNext, total }: Mailbox, count: number): Promise<MessageRow[]> {
  const wanted = Math.min(count, total)
  for (let span = 200; wanted > 0; span *= 8) {
    const from = Math.max(1, uidNext - span)
    const rows = await messagesIn(db, id, from, uidNext, span)
    if (rows.length >= wanted || from === 1) return rows.slice(-wanted).reverse()
  }
  return []
}

function told(action: Action, line: number | undefined): RehearsedAction {
  return {
    do: action.do,
    ...('mailbox' in action && { mailbox: action.mailbox }),
    ...('address' in action && { address: action.address }),
    ...('flags' in action && action.flags && { flags: action.flags }),
    ...('reason' in action && { reason: action.reason.slice(0, 500) }),
    ...(line !== undefined && { line }),
  }
}
