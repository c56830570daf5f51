// address and envelope.                              RFC 5228 §5.1 and §5.4, RFC 5233 (:user and :detail)

import { addressPart, readPath, type AddressPart } from '../addresses.ts'
import { matchTags, readMatch } from '../matching.ts'
import type { SieveAddress, SieveMail } from '../mail.ts'
import type { Given, Tag, TestWord } from '../word.ts'
import { indexTags, mimeTags, readFields } from './fields.ts'

const partTags: readonly Tag[] = [
  { name: 'all', group: 'address part' },
  { name: 'localpart', group: 'address part' },
  { name: 'domain', group: 'address part' },
  { name: 'user', needs: 'subaddress', group: 'address part' },
  { name: 'detail', needs: 'subaddress', group: 'address part' },
]

function readPart(given: Given): AddressPart {
  return (['localpart', 'domain', 'user', 'detail'] as const).find((part) => given.has(`:${part}`)) ?? 'all'
}

/** Fields that hold addresses. Others would be read as addresses by mistake: RFC 5228 §5.1. */
const addressFields = new Set(
  (
    'from to cc bcc sender reply-to resent-from resent-to resent-cc resent-bcc resent-sender resent-reply-to ' +
    'for-approval for-handling for-comment apparently-to errors-to delivered-to return-path return-receipt-to ' +
    'disposition-notification-to x-admin read-receipt-to x-confirm-reading-to return-receipt-requested ' +
    'registered-mail-reply-requested-by mail-followup-to mail-reply-to abuse-reports-to x-complaints-to ' +
    'x-report-abuse-to x-beenthere x-original-from x-original-to x-delivered-to x-envelope-to envelope-to ' +
    'x-forwarded-to x-forwarded-for x-rcpt-to list-post author original-from original-recipient'
  ).split(' '),
)

function valid({ local, domain }: SieveAddress): boolean {
  return local !== '' && domain !== ''
}

/** RFC 5228 §2.7.4: what is no address is compared as a whole, by :all only. */
function values(mail: SieveMail, written: string, part: AddressPart, separators: string): string[] {
  const addresses = mail.addresses(written)
  if (addresses.length === 0) return part === 'all' && written.trim() === '' ? [''] : []
  return addresses.flatMap((address) => {
    if (!valid(address) && part !== 'all') return []
    const value = addressPart(address, part, separators)
    return value === undefined ? [] : [value]
  })
}

export const address: TestWord = {
  name: 'address',
  tags: [...matchTags, ...partTags, ...indexTags, ...mimeTags],
  takes: [
    ['header list', 'list'],
    ['keys', 'list'],
  ],

  read(given) {
    for (const name of given.constants('header list')) {
      // A name with a colon finds nothing, which harms nobody.
      if (addressFields.has(name.toLowerCase()) || name.includes(':')) continue
      given.problem('not-address-header', { name: name }, 'header list')
      break
    }
    const find = readFields(given)
    const match = readMatch(given)
    const names = given.list('header list')
    const part = readPart(given)
    return (session) => {
      const { mail, world } = session
      const wanted = session.list(names).filter((name) => addressFields.has(name.toLowerCase()))
      const fields = find(session, wanted)
      return match(
        session,
        fields.flatMap(({ written }) => values(mail, written, part, world.separators ?? '+')),
      )
    }
  },
}

const envelopeParts = ['from', 'to', 'auth'] as const

export const envelope: TestWord = {
  name: 'envelope',
  needs: 'envelope',
  tags: [...matchTags, ...partTags],
  takes: [
    ['envelope parts', 'list'],
    ['keys', 'list'],
  ],

  read(given) {
    const known = (name: string): boolean => (envelopeParts as readonly string[]).includes(name.toLowerCase())
    const bad = given.constants('envelope parts').find((name) => !known(name))
    if (bad !== undefined) given.problem('bad-envelope-part', { name: bad }, 'envelope parts')
    const match = readMatch(given)
    const names = given.list('envelope parts')
    const part = readPart(given)
    return (session) => {
      const wanted = session.list(names).map((name) => name.toLowerCase())
      const found = envelopeParts.flatMap((name) => {
        const value = wanted.includes(name) ? session.mail.envelope[name] : undefined
        return value === undefined ? [] : envelopeValues(name, value, part, session.world.separators ?? '+')
      })
      return match(session, found)
    }
  },
}

function envelopeValues(name: string, value: string, part: AddressPart, separators: string): string[] {
  if (name === 'auth') return part === 'all' ? [value] : []
  // RFC 5228 §5.4: the null sender is the empty string whatever part is asked for.
  if (name === 'from' && (value === '' || value === '<>')) return ['']
  const path = readPath(value)
  const found = path && addressPart(path, part, separators)
  return found === undefined || (found === '' && part === 'domain') ? [] : [found]
}
