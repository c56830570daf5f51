// A stranger's sender domain must be one that can be answered: one of ours, or a full name that exists and takes mail.
//                                                             RFC 5321 §5.1, RFC 7505 §4.2 (null MX)

import { isLocalDomain } from '../directory/domains.ts'
import { isAbsent } from '../dns/resolver.ts'
import type { SmtpSession } from '../smtp/intake.ts'
import type { House } from './house.ts'
import { refuse } from './refusals.ts'

export async function checkSenderDomain(house: House, _session: SmtpSession, domain: string): Promise<void> {
  if (domain.startsWith('[')) throw refuse(553, '5.1.8', 'A sender at an address literal cannot be answered')
  // Ours may be without a dot: the first domain of a machine that has a short name, as a container.
  if (!domain.includes('.') && !(await isLocalDomain(house.store.db, domain))) {
    throw refuse(553, '5.1.8', 'The sender needs a full domain name')
  }
  if (!house.settings.senderDomainMustExist) return
  const { resolver } = house
  try {
    const exchanges = await resolver.mx(domain)
    if (exchanges.length > 0 && exchanges.every(({ exchange }) => exchange === '')) {
      throw refuse(550, '5.7.27', 'The sender domain takes no mail (null MX)')
    }
    if (exchanges.length > 0) return
  } catch (error) {
    if (!isAbsent(error)) throw isDns(error) ? later() : error
  }
  const found = await Promise.allSettled([resolver.a(domain), resolver.aaaa(domain)])
  if (found.some((answer) => answer.status === 'fulfilled' && answer.value.length > 0)) return
  if (found.some((answer) => answer.status === 'rejected' && !isAbsent(answer.reason))) throw later()
  throw refuse(550, '5.1.8', 'The sender domain does not exist')
}

function later(): Error {
  return refuse(451, '4.1.8', 'The sender domain cannot be looked up at the moment, try again later')
}

function isDns(error: unknown): boolean {
  return error instanceof Error && error.name === 'DnsTrouble'
}
