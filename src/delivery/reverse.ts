// The name of a peer, where its address and the name agree both ways.        RFC 8601 §2.7.3 (iprev)

import type { SmtpSession } from '../smtp/intake.ts'
import type { House } from './house.ts'

const asked = new WeakMap<SmtpSession, Promise<void>>()
const namesTried = 3

/** Begins to ask; session.facts.reverseName is set when the answer is here. Never throws. */
export function reverseNameOf(house: House, session: SmtpSession): Promise<void> {
  const asking = ask(house, session).catch(() => {}) // no name is an answer
  asked.set(session, asking)
  return asking
}

/** Waits for the answer, though not longer than the settings say. */
export async function reverseNameKnown(house: House, session: SmtpSession): Promise<void> {
  const asking = asked.get(session)
  if (!asking || session.facts.reverseName !== undefined) return
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, house.settings.reverseNameMilliseconds)
  })
  await Promise.race([asking, patience])
  clearTimeout(timer)
  asked.delete(session)
}

async function ask({ resolver }: House, session: SmtpSession): Promise<void> {
  const { address } = session.peer
  for (const name of (await resolver.ptr(address)).slice(0, namesTried)) {
    const found = await (address.includes(':') ? resolver.aaaa(name) : resolver.a(name)).catch((): string[] => [])
    if (!found.includes(address)) continue
    session.facts.reverseName = name
    return
  }
}
