// Where does a mail come from, and the proof that ours come from us.
//
// Verifying runs in worker threads that start with the first mail of a stranger and ask this thread for
// names; signing runs here. See checker.ts for what is checked, judge.ts for what follows from it.
//
// Invariants:
//   verify() never fails: when a thread or the DNS does, the results say temperror and the mail goes on
//   a mail without signatures sends no body to a thread

import { DnsTrouble, type Resolver } from '../dns/resolver.ts'
import { Trouble } from '../wire/troubles.ts'
import { openPool, type Pool } from '../workers/pool.ts'
import { splitFields } from './fields.ts'
import { checkReverse } from './iprev.ts'
import { type Judgement, type JudgeSettings, judgeResults } from './judge.ts'
import type { Keyring } from './keyring.ts'
import { type MailauthLimits, mailauthLimits } from './limits.ts'
import type { DnsQuestion, VerifyJob } from './question.ts'
import { type AuthResults, type Found, type SpfResult, unknownResults, writeResults } from './results.ts'
import { arcSeal } from './seal.ts'
import { bodyOf, type SignedMail, signMail } from './sign.ts'

export type { AuthResults } from './results.ts'

export interface MailauthSettings extends JudgeSettings {
  hostname: string // our authserv-id (RFC 8601 §2.5)
  limits?: Partial<MailauthLimits>
  now?: () => number // milliseconds
}

export interface VerifyInput {
  address: string // of the client
  helo: string
  sender: string // '' for <>
  hostname?: string // other than that of the settings: a listener with a name of its own
  headerBlock: Buffer // ends CRLF
  size?: number // of the whole mail, where it is known
  stream(): AsyncIterable<Buffer> // the whole mail; may be called twice
}

export interface Mailauth {
  /** SPF, DKIM, DMARC, ARC and the reverse name of one mail of a stranger. Never throws. */
  verify(input: VerifyInput): Promise<AuthResults>
  /** What follows from the results, by the settings. */
  judge(results: AuthResults): Judgement
  /** DKIM-Signature fields of the active keys of a domain, CRLF ended; '' when it has none. */
  sign(domain: string, mail: SignedMail): Promise<string>
  /** One ARC set over a mail that is forwarded, in the name of a domain; '' without a key or place for it. */
  seal(domain: string, mail: SignedMail, results: AuthResults): Promise<string>
  /** SPF alone, for `postern doctor`. Throws Trouble unavailable. */
  spf: (address: string, sender: string, helo: string) => Promise<SpfResult>
  close(): Promise<void>
}

/** Opens it; no thread starts and no key is read yet. */
export function openMailauth(resolver: Resolver, settings: MailauthSettings, keyring?: Keyring): Mailauth {
  const limits = { ...mailauthLimits, ...settings.limits }
  const now = settings.now ?? Date.now
  const pool = openPool(new URL('verifier.worker.ts', import.meta.url), {
    count: limits.threads,
    memory: limits.threadMemory,
    jobsEach: limits.mailsEach,
    waiting: limits.waiting,
    time: limits.time,
    questions: limits.questions,
  })
  const unsigned = rememberUnsigned(limits)
  const answer = (what: unknown) => answerQuestion(resolver, what as DnsQuestion)

  return {
    async verify(input) {
      const [found, iprev] = await Promise.all([
        unsigned.remembered(input, now()) ?? verifyInThread(pool, input, answer, settings.hostname, limits, now()),
        checkReverse(resolver, input.address, limits.reverseNames),
      ])
      unsigned.remember(input, found, now())
      const authservId = input.hostname ?? settings.hostname
      return { ...found, iprev, address: input.address, header: writeResults(authservId, input.address, found, iprev) }
    },
    judge: (results) => judgeResults(results, settings),
    async sign(domain, mail) {
      return signMail((await keyring?.activeKeys(domain)) ?? [], mail, now())
    },
    async seal(domain, mail, results) {
      const keys = (await keyring?.activeKeys(domain)) ?? []
      // One algorithm for a chain: RSA, which every verifier knows.
      const key = keys.find(({ algorithm }) => algorithm === 'rsa-sha256')
      return key ? arcSeal(key, mail, results.header, results.arc.result, now()) : ''
    },
    async spf(address, sender, helo) {
      const input = { is: 'spf', address, sender, helo, hostname: settings.hostname }
      return (await pool.run({ input, answer })) as SpfResult
    },
    close: () => pool.close(),
  }
}

async function verifyInThread(
  pool: Pool,
  input: VerifyInput,
  answer: (what: unknown) => Promise<unknown>,
  hostname: string,
  limits: MailauthLimits,
  now: number,
): Promise<Found> {
  const { head, isSigned, isWithinLimits } = boundHeader(input.headerBlock, limits)
  const { address, helo, sender, headerBlock } = input
  const common = { is: 'mail', address, helo, sender, hostname, now, authors: limits.authors, keyBits: limits.keyBits }
  const fits = isWithinLimits && (input.size ?? 0) <= limits.bodyBytes
  const body = isSigned && fits ? () => limited(bodyOf(headerBlock, input.stream()), limits.bodyBytes) : undefined
  const job: Omit<VerifyJob, 'checked'> = { ...common, head }
  try {
    return (await pool.run({
      input: { ...job, checked: body !== undefined },
      answer,
      ...(body ? { body } : {}),
    })) as Found
  } catch (error) {
    if (!(error instanceof Trouble)) throw error
    const [identity, name] = sender === '' ? (['helo', helo] as const) : (['mailfrom', sender] as const)
    return unknownResults(isSigned, name.slice(name.lastIndexOf('@') + 1), identity)
  }
}

/**
 * What was found of unsigned mails: it hangs on the client, the names it gave and the From fields alone, and
 * a host that brings a mail mostly brings more.
 */
function rememberUnsigned({ remembered, rememberedFor }: MailauthLimits) {
  const known = new Map<string, { found: Found; until: number }>()
  const keyOf = ({ address, helo, sender, headerBlock }: VerifyInput): string | undefined => {
    const fields = splitFields(headerBlock.toString('latin1'))
    if (fields.some(({ name }) => signing.has(name))) return undefined
    const authors = fields.filter(({ name }) => name === 'from').map(({ raw }) => raw)
    return [address, helo, sender, ...authors].join('\n')
  }
  const isSure = ({ spf, dmarc }: Found): boolean => spf.result !== 'temperror' && dmarc.result !== 'temperror'
  return {
    remembered(input: VerifyInput, now: number): Found | undefined {
      const key = known.size > 0 ? keyOf(input) : undefined
      const entry = key === undefined ? undefined : known.get(key)
      return entry && entry.until > now ? entry.found : undefined
    },
    remember(input: VerifyInput, found: Found, now: number): void {
      const key = isSure(found) && found.dkim.length === 0 ? keyOf(input) : undefined
      if (key === undefined || key.length > 2_000 || (known.get(key)?.until ?? 0) > now) return
      known.delete(key)
      known.set(key, { found, until: now + rememberedFor })
      if (known.size > remembered) known.delete(known.keys().next().value as string)
    },
  }
}

const signing = new Set(['dkim-signature', 'arc-message-signature', 'arc-seal', 'arc-authentication-results'])

/** The header block within the limits: no signature too many or too long, none at all in a block too long. */
function boundHeader(headerBlock: Buffer, limits: MailauthLimits) {
  const fields = splitFields(headerBlock.toString('latin1'))
  let lines = 0
  for (const { raw } of fields) for (let at = -1; (at = raw.indexOf('\n', at + 1)) >= 0;) lines++
  let signatures = 0
  let isCut = false
  const kept = fields.filter(({ name, raw }) => {
    if (name !== 'dkim-signature' && name !== 'arc-message-signature') return true
    const isFit =
      raw.length <= limits.signatureBytes && (name !== 'dkim-signature' || ++signatures <= limits.signatures)
    isCut ||= !isFit
    return isFit
  })
  const isSigned = fields.some(({ name }) => signing.has(name))
  const head = isCut ? Buffer.from(kept.map(({ raw }) => raw).join(''), 'latin1') : headerBlock
  return { head: new Uint8Array(head), isSigned, isWithinLimits: lines <= limits.headerLines }
}

/** Breaks off a body beyond the limit; its job fails, so that its results are unknown. */
async function* limited(body: AsyncIterable<Uint8Array>, limit: number): AsyncGenerator<Uint8Array> {
  let size = 0
  for await (const piece of body) {
    size += piece.length
    if (size > limit) throw new Trouble('too-large')
    yield piece
  }
}

/** Answers as node:dns does, which is how the library wants it. */
async function answerQuestion(resolver: Resolver, { name, type }: DnsQuestion): Promise<unknown> {
  const { records } = await resolver.resolve(name, type)
  if (type !== 'TXT') return records
  // Each record is a list of strings there; one record of the wrong type cannot be among ours.
  if (records.some((record) => typeof record !== 'string')) throw new DnsTrouble('ESERVFAIL', name)
  return records.map((record) => [record])
}
