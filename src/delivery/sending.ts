// Gathers the facts for policy/sending.ts: whom the mail says it is from, and whether that is them.

import { ownsAddress } from '../directory/senders.ts'
import type { Mail } from '../mail/mail.ts'
import type { Verdict } from '../mail/verdict.ts'
import { authorship } from '../policy/sending.ts'
import type { Findings } from './findings.ts'
import type { House } from './house.ts'

export function sending(mail: Mail, { fields }: Findings, { store }: House): Verdict | Promise<Verdict> {
  let fromFields = 0
  let senderFields = 0
  for (const { name } of fields) {
    if (name.length === 4 && name.toLowerCase() === 'from') fromFields++
    if (name.length === 6 && name.toLowerCase() === 'sender') senderFields++
  }
  const { login } = mail.envelope.session
  if (!login) return authorship({ submitted: false, fromFields, senderFields, authors: [] })

  const { from, sender } = mail.tree.headers
  const named = senderFields > 0 ? [...from, ...sender] : from
  const addresses = new Set(named.filter(({ host }) => host !== '').map(({ mailbox, host }) => `${mailbox}@${host}`))
  // MAIL was refused unless its sender belongs to the login; mostly the author is the same.
  const { sender: admitted } = mail.envelope
  const isOwned = (address: string): boolean | Promise<boolean> =>
    address === admitted || ownsAddress(store.db, login.accountId, address)
  return Promise.all([...addresses].map(async (address) => ({ address, owned: await isOwned(address) }))).then(
    (authors) => authorship({ submitted: true, fromFields, senderFields, authors }),
  )
}
