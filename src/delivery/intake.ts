// Answers smtp/intake.ts: what the house says to an SMTP or LMTP session.
//
// Each step settles all it can: a session that reaches DATA has a sender who may send and recipients who
// exist and have room. What is left for the end of the mail is what only its content can tell.

import { Refusal } from '../smtp/replies.ts'
import { splitAddress } from '../mail/address.ts'
import { ownsAddress } from '../directory/senders.ts'
import { sendingRate } from '../policy/sending.ts'
import type { Envelope, Intake, Recipient, SmtpSession } from '../smtp/intake.ts'
import { openAcceptance } from './acceptance.ts'
import { openConnections } from './connections.ts'
import type { House } from './house.ts'
import { openMessage } from './message.ts'
import { loopback, readNetworks } from './networks.ts'
import type { QuotaNotices } from './notices.ts'
import type { Place } from './place.ts'
import { openRate, sourceOf } from './rates.ts'
import { destinationsOf, postmasterOf, type Destination } from './recipients.ts'
import { refusalOf, refuse } from './refusals.ts'
import { reverseNameOf } from './reverse.ts'
import { checkSenderDomain } from './senderdomain.ts'

const minute = 60_000
const hour = 3_600_000

/** What intake remembers of a session and of an open mail beside what smtp knows. */
interface SessionNotes {
  counted: boolean // holds a place among the connections of its address
  unknown: number // recipients that did not exist
}

export function openIntake(house: House, place: Place, notices: QuotaNotices): Intake {
  const { settings, store, tracking, clock } = house
  const trusted = readNetworks(settings.trustedNetworks)
  const connections = openConnections(settings)
  const mails = openRate(minute, settings.watchedAddresses)
  const recipients = openRate(hour, settings.watchedAddresses)
  const notes = new WeakMap<SmtpSession, SessionNotes>()
  const resolved = new WeakMap<Recipient, Destination[]>()
  const accept = openAcceptance(house, place, notices)

  /** Writes a refusal into the history before it is thrown on. */
  function tell(session: SmtpSession, address: string, error: unknown): never {
    const refusal = refusalOf(error)
    if (refusal) {
      tracking.note({
        at: clock(),
        kind: 'refused',
        session: session.id,
        ...(session.login && { account: session.login.accountId }),
        ...(address !== '' && { address }),
        peer: session.peer.address,
        details: { helo: session.helo, reply: wordsOf(refusal) },
      })
    } else {
      house.warn('smtp session', error)
    }
    throw refusal ?? error
  }

  /** Who pays for mails and recipients: the login, or the address; nobody in trusted networks and on loopback. */
  function payer(session: SmtpSession): { key: string; mailsPerMinute: number; recipientsPerHour: number } | undefined {
    const { login, peer, facts } = session
    if (login) return { key: `#${login.accountId}`, ...settings }
    if (facts.trusted || loopback.has(peer.address)) return undefined
    const { strangerMailsPerMinute, strangerRecipientsPerHour } = settings
    const key = sourceOf(peer.address)
    return { key, mailsPerMinute: strangerMailsPerMinute, recipientsPerHour: strangerRecipientsPerHour }
  }

  function checkRate(session: SmtpSession, asked: number): void {
    const payed = payer(session)
    if (!payed) return
    const { key, mailsPerMinute, recipientsPerHour } = payed
    const now = clock()
    const verdict = sendingRate({
      mailsThisMinute: asked > 0 ? 0 : mails.count(key, now),
      recipientsThisHour: recipients.count(key, now),
      recipients: asked,
      mailsPerMinute,
      recipientsPerHour,
    })
    if (verdict.outcome === 'pass') {
      if (asked > 0) recipients.add(key, now, asked)
      return
    }
    throw verdict.trouble === 'too-many-mails'
      ? refuse(450, '4.7.1', `More than ${mailsPerMinute} mails in a minute, try again later`)
      : refuse(450, '4.7.1', `More than ${recipientsPerHour} recipients in an hour, try again later`)
  }

  async function checkSender(envelope: Envelope): Promise<void> {
    const { session, sender, declaredSize = 0 } = envelope
    const { login } = session
    if (session.role === 'submission' && !login) throw refuse(530, '5.7.0', 'Sign in first')
    if (declaredSize > settings.mailBytes) {
      throw refuse(552, '5.3.4', `The mail is larger than ${settings.mailBytes} bytes`)
    }
    checkRate(session, 0)
    if (sender === '') return
    const split = splitAddress(sender)
    if (!split) throw refuse(553, '5.1.7', 'The sender is not an address')
    if (login) {
      if (await ownsAddress(store.db, login.accountId, sender)) return
      throw refuse(553, '5.7.1', 'This sender address does not belong to the signed-in account')
    }
    if (session.role === 'mx' && !session.facts.trusted) await checkSenderDomain(house, session, split.domain)
  }

  async function checkRecipient(envelope: Envelope, recipient: Recipient): Promise<void> {
    const { session, sender, declaredSize = 0 } = envelope
    const address = postmasterOf(recipient.address, session, settings.mainDomain)
    const mayRelay = session.role !== 'lmtp' && (session.login !== undefined || session.facts.trusted === true)
    checkRate(session, 1)
    try {
      resolved.set(recipient, await destinationsOf(house, address, { size: declaredSize, mayRelay, sender }))
    } catch (error) {
      const isGuess = error instanceof Refusal && error.reply.code === 550
      const known = isGuess ? notes.get(session) : undefined
      if (known && ++known.unknown > settings.unknownRecipients && !session.login && !session.facts.trusted) {
        throw refuse(421, '4.7.0', 'Too many recipients that do not exist')
      }
      throw error
    }
  }

  return {
    async connect(session) {
      const { address } = session.peer
      session.facts.trusted = trusted.has(address)
      const known = { counted: false, unknown: 0 }
      notes.set(session, known)
      if (session.role === 'lmtp' || session.facts.trusted || loopback.has(address)) return
      if (!connections.enter(address, clock())) {
        tell(session, '', refuse(421, '4.7.0', 'Too many connections from your address, try again later'))
      }
      known.counted = true
      if (session.role === 'mx') void reverseNameOf(house, session)
    },

    async authenticate(session, name, password) {
      try {
        const { peer, id: sessionId } = session
        const account = await house.signIn({ name, password, door: 'smtp', peer, sessionId })
        return { accountId: account.id, address: account.address }
      } catch (error) {
        throw refusalOf(error) ?? error // login writes the history of sign-ins
      }
    },

    async sender(envelope) {
      await checkSender(envelope).catch((error: unknown) => tell(envelope.session, envelope.sender, error))
    },

    async recipient(envelope, recipient) {
      await checkRecipient(envelope, recipient).catch((error: unknown) =>
        tell(envelope.session, recipient.address, error),
      )
    },

    async message(envelope) {
      const payed = payer(envelope.session)
      if (payed) mails.add(payed.key, clock())
      return openMessage(house, envelope, (arrived) =>
        accept(
          arrived,
          envelope.recipients.map((recipient) => ({ recipient, destinations: resolved.get(recipient) ?? [] })),
        ).catch((error: unknown) => tell(envelope.session, envelope.sender, error)),
      )
    },

    closed(session) {
      if (notes.get(session)?.counted) connections.leave(session.peer.address)
      notes.delete(session)
    },
  }
}

function wordsOf(refusal: Refusal): string {
  return refusal.message
}
