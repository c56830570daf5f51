// Does the mail go in a circle?                                            RFC 5321 §6.3
//
// Two signs: more Received fields than any honest way has, or a Delivered-To that names a mailbox
// the mail is about to enter again (a forward that came back).

import { normalAddress } from '../mail/address.ts'
import type { Mail } from '../mail/mail.ts'
import { pass, type Verdict } from '../mail/verdict.ts'
import type { Findings } from './findings.ts'
import type { House } from './house.ts'

export function loop(_mail: Mail, { fields, destinations }: Findings, { settings }: House): Verdict {
  let hops = 0
  let delivered: Set<string> | undefined
  for (const { name, value } of fields) {
    if (name.length === 8 && name.toLowerCase() === 'received') hops++
    if (name.length === 12 && name.toLowerCase() === 'delivered-to') {
      delivered ??= new Set()
      delivered.add(normalAddress(value.toString('utf8').trim()))
    }
  }
  if (hops > settings.hops) {
    return { outcome: 'refuse', trouble: 'mail-loop', text: `More than ${settings.hops} hops`, limit: settings.hops }
  }
  if (!delivered) return pass
  const again = destinations.find(({ delivered: to }) => delivered.has(normalAddress(to)))
  if (!again) return pass
  return { outcome: 'refuse', trouble: 'mail-loop', text: `The mail was delivered to ${again.delivered} before` }
}
