// One connection to a destination: finds a host that answers, carries mail after mail, settles each.
//
// Invariants:
//   a mail in hand is settled, or back in its lane, before the next is taken and before the line ends
//   what goes wrong before a mail was offered is tried at the next address; with no address left, nobody answered
//   TLS is used wherever the other side can; where its handshake fails and the way does not insist, the mail
//   goes in clear text rather than not at all (RFC 7435), and the history says so

import { dial } from '../net/dial.ts'
import { isIPv6 } from 'node:net'
import { smtpClient } from '../smtp/client.ts'
import type { Outcome as Heard, Outgoing, Report, Stage } from '../smtp/outgoing.ts'
import type { TlsFacts } from '../wire/conversation.ts'
import { contentOf } from './content.ts'
import type { FreshMails } from './fresh.ts'
import type { Job, Lane } from './lanes.ts'
import type { QueueHouse } from './port.ts'
import { NoWay, type Hop } from './routes.ts'
import type { Outcome } from './settle.ts'

/** What a line asks of the queue it belongs to. */
export interface LineDesk {
  house: QueueHouse
  fresh: FreshMails
  /** The next mail of the lane; undefined when none came in time, or the queue stops. */
  take(lane: Lane): Promise<Job | undefined>
  isStopping(): boolean
  /** Back in front: it was not tried. */
  giveBack(lane: Lane, job: Job): void
  settled(lane: Lane, job: Job, outcomes: Outcome[]): Promise<void>
  /** The line can be told to stop, or be cut. */
  opened(control: { stop(): void; destroy(): void }): () => void
}

export type LineEnd =
  | { is: 'done' } // somebody answered; or there was nothing to do
  | { is: 'unreachable'; outcome: Omit<Outcome, 'entry'> } // nobody took or refused anything

const beforeMail: ReadonlySet<Stage> = new Set<Stage>(['greeting', 'hello', 'tls', 'auth'])

/** Runs until the lane is empty, the connection has carried enough, or nobody answers. */
export async function runLine(desk: LineDesk, lane: Lane): Promise<LineEnd> {
  const { settings } = desk.house
  let hops: Hop[]
  try {
    hops = (await lane.jobs[0]?.way.hops()) ?? []
  } catch (error) {
    if (!(error instanceof NoWay)) throw error
    const { result, status, message } = error
    return { is: 'unreachable', outcome: { result, status, words: message, isOurs: true } }
  }
  let last: Omit<Outcome, 'entry'> | undefined
  for (const hop of hops.slice(0, settings.hostsTried)) {
    const ways = hop.tls === 'opportunistic' ? (['offered', 'never'] as const) : ([tlsOf(hop)] as const)
    for (const tls of ways) {
      if (lane.jobs.length === 0 || desk.isStopping()) return { is: 'done' }
      const ended = await talk(desk, lane, hop, tls)
      if (!ended) return { is: 'done' }
      last = ended.outcome
      if (ended.stage !== 'tls') break
    }
  }
  return last ? { is: 'unreachable', outcome: last } : { is: 'done' }
}

function tlsOf({ tls }: Hop): 'never' | 'required' {
  return tls === 'none' ? 'never' : 'required'
}

interface Failure {
  stage: Stage | 'connect'
  outcome: Omit<Outcome, 'entry'>
}

/** One connection. undefined: the host answered, and every mail taken was settled. */
async function talk(
  desk: LineDesk,
  lane: Lane,
  hop: Hop,
  tls: 'never' | 'offered' | 'required',
): Promise<Failure | undefined> {
  const { settings, warn } = desk.house
  let job: Job | undefined
  let failure: Failure | undefined
  let taken = 0

  async function next(): Promise<Outgoing | undefined> {
    while (taken < settings.mailsPerConnection) {
      job = await desk.take(lane)
      if (!job) return undefined
      const { mail, entries } = job
      const content = await contentOf(desk.house, mail, desk.fresh.of(mail.mailId)).catch((error: unknown) => {
        warn('queued mail cannot be read', error)
        return 'later' as const
      })
      if (content && content !== 'later') {
        taken++
        return { ...content, sender: mail.sender, recipients: entries, dsn: { ret: mail.ret, envid: mail.envid } }
      }
      const [result, status] = content ? (['later', '4.3.0'] as const) : (['refused', '5.3.0'] as const)
      const words = content ? 'The mail cannot be read at the moment' : 'The mail is gone'
      await desk.settled(
        lane,
        job,
        entries.map((entry) => ({ entry, result, status, words, isOurs: true })),
      )
    }
    return undefined
  }

  async function report(_mail: Outgoing, { outcomes, mailsBefore, tls: facts, dsnPassedOn }: Report): Promise<void> {
    const mine = job!
    job = undefined
    const first = outcomes[0]!
    const untried = outcomes.every(({ stage, result }) => beforeMail.has(stage) && result === 'later')
    // A connection that was kept may have been closed by now, with 421 (RFC 5321 §3.8) or without a word.
    const lostWhileKept =
      mailsBefore > 0 && outcomes.every(({ stage, code }) => stage === 'mail' && (code === 0 || code === 421))
    if (untried || (lostWhileKept && first.result === 'later')) {
      desk.giveBack(lane, mine)
      if (untried) failure = { stage: first.stage, outcome: outcomeAt(hop, facts, first) }
      return
    }
    await desk.settled(
      lane,
      mine,
      mine.entries.map((entry, place) => ({ entry, dsnPassedOn, ...outcomeAt(hop, facts, outcomes[place]!) })),
    )
  }

  const { verify, address, port, host, login } = hop
  const implicitTls = hop.tls === 'implicit'
  try {
    const line = await dial(
      {
        address,
        port,
        servername: host.startsWith('[') ? '' : host,
        implicitTls,
        verify,
        localAddress: settings.localAddresses.find((own) => isIPv6(own) === isIPv6(address)),
        connectMilliseconds: settings.connectMilliseconds,
        failed: (error) => warn('smtp client', error),
      },
      smtpClient({ protocol: 'smtp', hostname: settings.hostname, tls, login, next, report }),
    )
    const closed = desk.opened(line)
    await line.ended.finally(closed)
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error)
    failure = { stage: 'connect', outcome: { result: 'later', status: '4.4.1', words, host, address, isOurs: true } }
  }
  if (job) desk.giveBack(lane, job)
  return failure
}

function outcomeAt(
  { host, address }: Hop,
  tls: TlsFacts | undefined,
  { result, code, status, text }: Heard,
): Omit<Outcome, 'entry'> {
  return {
    result,
    status,
    words: code === 0 ? text : `${code} ${status} ${text}`,
    host,
    address,
    tls: tls ? `${tls.protocol} ${tls.cipher}${tls.verified ? ' verified' : ''}` : undefined,
    isOurs: code === 0,
    turnedAway: code === 421,
  }
}
