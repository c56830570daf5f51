// Gathers the facts for policy/sending.ts: whom the mail says it is from, and whether that is them.

import { accountById } from '../directory/accounts.ts'
import { standingOf, type Standing } from '../directory/senders.ts'
import type { Mail } from '../mail/mail.ts'
import type { Verdict } from '../mail/verdict.ts'
import { authorship, isOnBehalf, type Author } from '../policy/sending.ts'
import type { Reader } from '../sql/sql.ts'
import type { Findings, WrittenFor } from './findings.ts'
import type { House } from './house.ts'

export function sending(mail: Mail, findings: Findings, house: House): Verdict | Promise<Verdict> {
  let fromFields = 0
  let senderFields = 0
  for (const { name } of findings.fields) {
    if (name.length === 4 && name.toLowerCase() === 'from') fromFields++
    if (name.length === 6 && name.toLowerCase() === 'sender') senderFields++
  }
  const { login } = mail.envelope.session
  if (!login) return authorship({ submitted: false, fromFields, senderFields, authors: [] })
  return submitted(mail, findings, house, { fromFields, senderFields, login })
}

async function submitted(
  mail: Mail,
  findings: Findings,
  { store }: House,
  { fromFields, senderFields, login }: { fromFields: number; senderFields: number; login: Login },
): Promise<Verdict> {
  const { from, sender } = mail.tree.headers
  const named = [
    ...from.map((one) => ({ ...one, field: 'from' as const })),
    ...(senderFields > 0 ? sender.map((one) => ({ ...one, field: 'sender' as const })) : []),
  ]
  const standings = new Map<string, Standing | undefined>()
  const authors: Author[] = []
  for (const { mailbox, host, field } of named) {
    if (host === '') continue
    const address = `${mailbox}@${host}`
    // Mostly the author is who signed in.
    if (address === login.address) standings.set(address, { by: 'self' })
    if (!standings.has(address)) standings.set(address, await standingOf(store.db, login.accountId, address))
    authors.push({ address, field, by: standings.get(address)?.by })
  }
  const facts = { submitted: true, fromFields, senderFields, authors }
  const written = await writtenFor(store.db, standings)
  if (written)
    findings.written = { ...written, sender: isOnBehalf(facts) && senderFields === 0 ? login.address : undefined }
  return authorship(facts)
}

type Login = { accountId: number; address: string }

async function writtenFor(
  db: Reader,
  standings: ReadonlyMap<string, Standing | undefined>,
): Promise<Omit<WrittenFor, 'sender'> | undefined> {
  const names: WrittenFor['names'] = []
  for (const standing of standings.values()) {
    if (standing?.ownerId === undefined || standing.by === 'self') continue
    const owner = await accountById(db, standing.ownerId)
    if (owner) names.push({ owner: owner.address, by: standing.by })
  }
  return names.length > 0 ? { names } : undefined
}
