// The checking of one mail on the library mailauth: SPF (RFC 7208), DKIM (RFC 6376, 8301, 8463), ARC (RFC 8617)
// and DMARC (RFC 9989, which replaced RFC 7489). Runs in the verifier's thread: the library is large.
//
// What is added to the library:
//   a signature with l= (it leaves the body open) or rsa-sha1 is not even checked; one that leaves a
//   second field of a name it signs uncovered counts for nothing: all are 'policy', since what is checked
//   must be what is shown
//   DMARC is asked for every domain in From, and the worst answer counts
//   a failure that only the network may have caused is temperror, not fail

import { createRequire } from 'node:module'
import { Readable } from 'node:stream'
import { getDomain } from 'tldts'
import { readSets } from './seal.ts'
import { readTags, relaxField, type SignedField, signedNames, splitFields } from './fields.ts'
import type { VerifyJob } from './question.ts'
import type {
  ArcResult,
  AuthorFacts,
  DkimResult,
  DmarcPolicy,
  DmarcResult,
  Found,
  Result,
  SpfResult,
} from './results.ts'

type Ask = (name: string, type: string) => Promise<unknown>

/** The parts of the library we stand on. Its own entry would load much that is not needed here. */
interface Status {
  result: Result | 'none'
  comment?: string
}
interface Signature {
  id?: string
  signingDomain?: string
  selector?: string
  algo?: string
  signature?: string
  status: Status
}
interface DkimVerified {
  headerFrom?: string[]
  fromFields?: number
  results?: Signature[]
  arc?: object
}
interface Library {
  dkimVerify(input: Readable, options: object): Promise<DkimVerified>
  spf(options: object): Promise<{ domain: string; status: Status }>
  arc(data: object | undefined, options: object): Promise<{ status: Status }>
  evaluateDmarc(options: object): Promise<{
    response: { status: Status; policy?: DmarcPolicy } | false
    reason?: string
  }>
}

const require = createRequire(import.meta.url)
const library: Library = {
  ...(require('mailauth/lib/dkim/verify.js') as Pick<Library, 'dkimVerify'>),
  ...(require('mailauth/lib/spf/index.js') as Pick<Library, 'spf'>),
  ...(require('mailauth/lib/arc/index.js') as Pick<Library, 'arc'>),
  ...(require('mailauth/lib/dmarc/index.js') as Pick<Library, 'evaluateDmarc'>),
}

/** Checks one mail; `resolver` answers as node:dns resolve does. Rejects only for what is our mistake. */
export async function checkMail(job: VerifyJob, body: AsyncIterable<Uint8Array>, resolver: Ask): Promise<Found> {
  const fields = splitFields(Buffer.from(job.head).toString('latin1'))
  const [spf, { dkim, signatures, arc, from }] = await Promise.all([
    checkSpf(job, resolver),
    checkSignatures(job, fields, body, resolver),
  ])
  const author = authorFacts(from)
  const dmarc = await checkDmarc({ from, author, spf, dkim, signatures, job, resolver })
  return { spf, dkim, dmarc, arc, author }
}

/** SPF of MAIL FROM, or of HELO for a null sender (RFC 7208 §2.4). */
export async function checkSpf(
  job: Pick<VerifyJob, 'address' | 'helo' | 'sender' | 'hostname'>,
  resolver: Ask,
): Promise<SpfResult> {
  const { address, helo, sender, hostname } = job
  const answer = await library.spf({ resolver, ip: address, helo, sender, mta: hostname, strict: true })
  return { result: answer.status.result, domain: answer.domain, identity: sender === '' ? 'helo' : 'mailfrom' }
}

interface Signatures {
  dkim: DkimResult[]
  signatures: Signature[] // the library's view of those in `dkim`, in the same order
  arc: ArcResult
  from: { addresses: string[]; fields: number }
}

async function checkSignatures(
  job: VerifyJob,
  fields: SignedField[],
  body: AsyncIterable<Uint8Array>,
  resolver: Ask,
): Promise<Signatures> {
  const options = { resolver, minBitLength: job.keyBits, strict: true, curTime: new Date(job.now), sender: job.sender }
  const [idle, rest] = setAside(fields)
  const head = idle.length > 0 ? joinFields(rest) : job.head
  // Without signatures only who it says it is from; each field on one line, since the library joins lines slowly.
  const mail = job.checked ? wholeMail(head, body) : [joinFields(unfoldFrom(fields)), Buffer.from('\r\n')]
  const verified = await library.dkimVerify(Readable.from(mail, { objectMode: false }), options)
  // Ours and the library's idea of a field differ at the edges of the syntax: the larger number counts.
  const counted = fields.filter(({ name }) => name === 'from').length
  const from = { addresses: verified.headerFrom ?? [], fields: Math.max(counted, verified.fromFields ?? 0) }
  if (!job.checked) return { dkim: uncheckable(fields), signatures: [], arc: { result: 'none', sets: [] }, from }

  const signatures = (verified.results ?? []).filter(({ signingDomain }) => signingDomain)
  const dkim = [...signatures.map((signature) => dkimResult(signature, fields)), ...idle]
  return { dkim, signatures, arc: await checkArc(verified.arc, rest, options), from }
}

/**
 * Takes out the signatures that could not count even if they were right, with their results: each would cost
 * a hash of the body of its own.
 */
function setAside(fields: SignedField[]): [DkimResult[], SignedField[]] {
  const idle: DkimResult[] = []
  const rest = fields.filter(({ name, raw }) => {
    if (name !== 'dkim-signature' && name !== 'arc-message-signature') return true
    const tags = readTags(raw)
    const comment = tags.has('l')
      ? 'l= leaves the body open'
      : tags.get('a') === 'rsa-sha1'
        ? 'weak algorithm'
        : undefined
    if (comment !== undefined && name === 'dkim-signature') idle.push({ ...describe(raw), result: 'policy', comment })
    return comment === undefined
  })
  return [idle, rest]
}

function joinFields(fields: SignedField[]): Buffer {
  return Buffer.from(fields.map(({ raw }) => raw).join(''), 'latin1')
}

function unfoldFrom(fields: SignedField[]): SignedField[] {
  const authors = fields.filter(({ name }) => name === 'from')
  return authors.map(({ name, raw }) => ({ name, raw: `${relaxField(raw)}\r\n` }))
}

async function* wholeMail(head: Uint8Array, body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield head
  yield Buffer.from('\r\n')
  yield* body
}

function uncheckable(fields: SignedField[]): DkimResult[] {
  const signed = fields.filter(({ name }) => name === 'dkim-signature').slice(0, 1)
  return signed.map(({ raw }) => ({ ...describe(raw), result: 'neutral', comment: 'too large to be checked' }))
}

/** What a signature says of itself. */
function describe(raw: string): Omit<DkimResult, 'result'> {
  const tags = readTags(raw)
  return {
    domain: (tags.get('d') ?? '').toLowerCase(),
    selector: tags.get('s') ?? '',
    algorithm: tags.get('a') ?? '',
    signature: (tags.get('b') ?? '').replace(/\s/g, '').slice(0, 8),
  }
}

function dkimResult(signature: Signature, fields: SignedField[]): DkimResult {
  const { signingDomain = '', selector = '', algo = '', status } = signature
  const text = (signature.signature ?? '').replace(/\s/g, '')
  const result: DkimResult = {
    result: status.result === 'none' ? 'neutral' : status.result,
    domain: signingDomain.toLowerCase(),
    selector,
    algorithm: algo,
    signature: text.slice(0, 8),
  }
  if (status.comment) result.comment = status.comment
  if (result.result !== 'pass') return result

  const gap = uncoveredDouble(text, fields)
  return gap === undefined ? result : { ...result, result: 'policy', comment: gap }
}

/** A field that is there more often than the signature covers it: the reader may see the other one. */
function uncoveredDouble(signature: string, fields: SignedField[]): string | undefined {
  const own = fields.find(({ name, raw }) => name === 'dkim-signature' && raw.replace(/\s/g, '').includes(signature))
  const signed = own ? signedNames(readTags(own.raw)) : []
  for (const name of shown) {
    const there = fields.filter((field) => field.name === name).length
    if (there > 1 && signed.filter((each) => each === name).length < there) return `a second ${name} is not signed`
  }
  return undefined
}

/** Fields a reader or a reader's program goes by, and that RFC 5322 §3.6 and RFC 2045 allow once. */
const shown = [
  'from',
  'sender',
  'reply-to',
  'subject',
  'date',
  'to',
  'cc',
  'message-id',
  'mime-version',
  'content-type',
  'content-transfer-encoding',
]

async function checkArc(chain: object | undefined, fields: SignedField[], options: object): Promise<ArcResult> {
  const { status } = await library.arc(chain, options)
  const result = status.result === 'pass' || status.result === 'none' ? status.result : 'fail'
  if (result === 'none') return { result, sets: [] }
  if (result === 'fail') return { result, sets: [], ...(status.comment ? { comment: status.comment } : {}) }
  const sets = readSets(fields.map(({ raw }) => raw).join('')).map((set) => ({
    sealer: (readTags(set?.seal ?? '').get('d') ?? '').toLowerCase(),
    dmarc: dmarcSaid(set?.results ?? ''),
  }))
  return { result, sets: sets.reverse() }
}

/** What an ARC-Authentication-Results says of DMARC; comments and quoted strings may not say it. */
function dmarcSaid(raw: string): Result {
  const plain = raw.replace(/"(?:[^"\\]|\\.)*"|\([^()]*\)/g, ' ')
  const said = /;\s*dmarc\s*=\s*(\w+)/i.exec(plain)?.[1]?.toLowerCase()
  return said === 'pass' || said === 'fail' ? said : 'none'
}

function authorFacts(from: { addresses: string[]; fields: number }): AuthorFacts {
  const domains = from.addresses.map((address) => address.slice(address.lastIndexOf('@') + 1).toLowerCase())
  return { fields: from.fields, domains: [...new Set(domains)].slice(0, 20) }
}

interface DmarcFacts {
  from: { addresses: string[]; fields: number }
  author: AuthorFacts
  spf: SpfResult
  dkim: DkimResult[]
  signatures: Signature[]
  job: VerifyJob
  resolver: Ask
}

/** The worst of the answers for all domains in From (RFC 7489 §6.6.1). */
async function checkDmarc(facts: DmarcFacts): Promise<DmarcResult> {
  const { author, job } = facts
  if (author.domains.length === 0) return { result: 'none', domain: '', comment: 'no author' }
  const results: DmarcResult[] = []
  for (const domain of author.domains.slice(0, job.authors)) results.push(await dmarcFor(domain, facts))
  if (author.domains.length > job.authors) {
    // Nobody writes with so many domains in From: judged as what the strictest domain would ask.
    return { result: 'fail', domain: author.domains[0]!, policy: 'quarantine', comment: 'too many authors' }
  }
  return results.toSorted((a, b) => badness(b) - badness(a))[0]!
}

function badness({ result, policy }: DmarcResult): number {
  if (result === 'fail') return 10 + ['none', 'quarantine', 'reject'].indexOf(policy ?? 'none')
  return ['pass', 'none', 'permerror', 'temperror'].indexOf(result)
}

async function dmarcFor(domain: string, { spf, dkim, signatures, job, resolver }: DmarcFacts): Promise<DmarcResult> {
  const passed = signatures.filter((_, index) => dkim[index]!.result === 'pass')
  const { response, reason } = await library.evaluateDmarc({
    headerFrom: [`author@${domain}`],
    fromFields: 1,
    spfDomains: spf.result === 'pass' ? [spf.domain] : [],
    dkimDomains: passed.map(({ id, signingDomain }) => ({ id, domain: signingDomain })),
    resolver,
    strict: true,
  })
  if (!response) return { result: 'none', domain, ...(reason ? { comment: reason } : {}) }

  const { result } = response.status
  const policy = response.policy
  const unsure = result === 'fail' && mayHavePassed(domain, spf, dkim, job)
  return { result: unsure ? 'temperror' : result, domain, ...(policy ? { policy } : {}) }
}

/** True when something of the author's own domain could not be checked: it might have passed. */
function mayHavePassed(domain: string, spf: SpfResult, dkim: DkimResult[], job: VerifyJob): boolean {
  const related = (other: string) => other === domain || (getDomain(other) ?? other) === (getDomain(domain) ?? domain)
  if (spf.result === 'temperror' && related(spf.domain)) return true
  return dkim.some((each) => (each.result === 'temperror' || !job.checked) && related(each.domain))
}
