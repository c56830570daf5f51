// Answers smtp/intake.ts: what the house says to an SMTP or LMTP session.
//
// Each step settles all it can: a session that reaches DATA has a sender who may send and recipients who
// exist and have room. What is left for the end of the mail is what only its content can tell.

import { Refusal } from '../smtp/replies.ts'
import { splitAddress } from '../mail/address.ts'
import { mayWriteFrom } from '../directory/senders.ts'
import type { Envelope, Intake, Recipient, Sink, SmtpSession } from '../smtp/intake.ts'
import { openAcceptance, type Along } from './acceptance.ts'
import { openConnections } from './connections.ts'
import type { Filters } from './filters.ts'
import type { House } from './house.ts'
import { openMessage } from './message.ts'
import { loopback, readNetworks } from './networks.ts'
import type { QuotaNotices } from './notices.ts'
import type { Place } from './place.ts'
import { destinationsOf, postmasterOf, type Destination } from './recipients.ts'
import { refusalOf, refuse } from './refusals.ts'
import { reverseNameOf } from './reverse.ts'
import { checkSenderDomain } from './senderdomain.ts'
import { openSpeed } from './speed.ts'

/** What intake remembers of a session and of an open mail beside what smtp knows. */
interface SessionNotes {
  counted: boolean // holds a place among the connections of its address
  unknown: number // recipients that did not exist
}

/** The intake, and what a door of ours needs of it that is not SMTP. */
export interface HouseIntake extends Intake {
  /** A session whose person signed in at another door: sender() and so on come next. */
  enter(session: SmtpSession, className: string): Promise<void>
  message(envelope: Envelope, along?: Along): Promise<Sink>
}

export function openIntake(house: House, filters: Filters, place: Place, notices: QuotaNotices): HouseIntake {
  const { settings, store, tracking, clock } = house
  const trusted = readNetworks(settings.trustedNetworks)
  const connections = openConnections(settings)
  const speed = openSpeed(house)
  const notes = new WeakMap<SmtpSession, SessionNotes>()
  const resolved = new WeakMap<Recipient, Destination[]>()
  const accept = openAcceptance(house, filters, place, notices)

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

  function largestMail(session: SmtpSession): number {
    return Math.min(settings.mailBytes, speed.limitsOf(session).mailSize ?? Infinity)
  }

  async function checkSender(envelope: Envelope): Promise<void> {
    const { session, sender, declaredSize = 0 } = envelope
    const { login } = session
    if (session.role === 'submission' && !login) throw refuse(530, '5.7.0', 'Sign in first')
    const most = largestMail(session)
    if (declaredSize > most) throw refuse(552, '5.3.4', `The mail is larger than ${most} bytes`)
    speed.check(session, 'mails')
    if (sender === '') return
    const split = splitAddress(sender)
    if (!split) throw refuse(553, '5.1.7', 'The sender is not an address')
    if (login) {
      if (await mayWriteFrom(store.db, login.accountId, sender)) return
      throw refuse(553, '5.7.1', 'This sender address does not belong to the signed-in account')
    }
    if (session.role === 'mx' && !session.facts.trusted) await checkSenderDomain(house, session, split.domain)
  }

  async function checkRecipient(envelope: Envelope, recipient: Recipient): Promise<void> {
    const { session, sender, declaredSize = 0 } = envelope
    const address = await postmasterOf(house, recipient.address, session)
    const mayRelay = session.role !== 'lmtp' && (session.login !== undefined || session.facts.trusted === true)
    const { recipientsPerMail = Infinity } = speed.limitsOf(session)
    if (envelope.recipients.length >= recipientsPerMail) {
      throw refuse(452, '4.5.3', `At most ${recipientsPerMail} recipients in one mail`)
    }
    speed.check(session, 'recipients')
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

    async enter(session, className) {
      notes.set(session, { counted: false, unknown: 0 })
      await speed.signedIn(session, className)
    },

    async authenticate(session, name, password) {
      try {
        const { peer, id: sessionId } = session
        const account = await house.signIn({ name, password, door: 'smtp', peer, sessionId })
        await speed.signedIn(session, account.className)
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

    async message(envelope, along) {
      speed.count(envelope.session)
      const sink = openMessage(house, envelope, largestMail(envelope.session), (arrived) =>
        accept(
          arrived,
          envelope.recipients.map((recipient) => ({ recipient, destinations: resolved.get(recipient) ?? [] })),
          along,
        ),
      )
      const finish = () => sink.finish().catch((error: unknown) => tell(envelope.session, envelope.sender, error))
      return { write: sink.write, finish, abandon: sink.abandon }
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
