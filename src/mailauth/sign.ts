// DKIM signatures of the house.                                        RFC 6376, RFC 8301, RFC 8463
//
// Every mail gets one signature for each active key of its domain (RSA and Ed25519), relaxed/relaxed,
// over one pass of the body. The fields that a reader sees are oversigned: h= names them once more than
// they are there, so that adding one breaks the signature (RFC 6376 §8.15).
//
// Invariants: the private key stays here; RSA runs on the thread pool; no l=, no z=.

import { createHash, type KeyObject, sign as signBytes } from 'node:crypto'
import { relaxedBodyHash } from './body-hash.ts'
import { relaxField, type SignedField, splitFields, takeSigned } from './fields.ts'

export type KeyAlgorithm = 'rsa-sha256' | 'ed25519-sha256'

export interface DkimKey {
  domain: string // A-labels
  selector: string
  algorithm: KeyAlgorithm
  privateKey: KeyObject
}

/** What a signer needs of a mail: octets with CRLF line ends. */
export interface SignedMail {
  headerBlock: Uint8Array // ends CRLF; without the empty line
  body: AsyncIterable<Uint8Array> // after the empty line
}

const oversigned = [
  'from',
  'reply-to',
  'subject',
  'date',
  'message-id',
  'to',
  'cc',
  'mime-version',
  'content-type',
  'content-transfer-encoding',
]

/** Signed where they are there; mailing lists and forwarders may add them. */
const signedIfThere = [
  'sender',
  'in-reply-to',
  'references',
  'auto-submitted',
  'content-id',
  'content-description',
  'resent-date',
  'resent-from',
  'resent-sender',
  'resent-to',
  'resent-cc',
  'resent-message-id',
  'list-id',
  'list-help',
  'list-post',
  'list-owner',
  'list-archive',
  'list-subscribe',
  'list-unsubscribe',
  'list-unsubscribe-post',
  'openpgp',
  'autocrypt',
]

const lifetime = 14 * 86_400 // seconds; longer than any queue keeps a mail

/** The DKIM-Signature fields for the keys, one each, CRLF ended; '' without keys. `now` in milliseconds. */
export async function signMail(keys: DkimKey[], mail: SignedMail, now: number = Date.now()): Promise<string> {
  if (keys.length === 0) return ''
  const covered = coverFields(mail.headerBlock, [])
  const bodyHash = await hashBody(mail.body)
  const time = Math.floor(now / 1000)
  const fields = keys.map((key) => {
    const tags = `v=1; a=${key.algorithm}; c=relaxed/relaxed; d=${key.domain}; s=${key.selector};`
    const times = `t=${time}; x=${time + lifetime};`
    return signField(key, 'DKIM-Signature', [tags, times, ...covered.list, `bh=${bodyHash};`], covered.text)
  })
  return (await Promise.all(fields)).join('')
}

/** The body hash of a mail as bh= wants it. */
export async function hashBody(body: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = relaxedBodyHash()
  for await (const piece of body) hash.update(piece)
  return hash.digest()
}

export interface Covered {
  list: string[] // 'h=from:from:...;' cut where lines may break
  text: string // what the names cover, canonical, CRLF after each
}

/** Chooses what a signature over this header block covers. `more` are names signed if they are there. */
export function coverFields(headerBlock: Uint8Array, more: string[]): Covered {
  const bytes = Buffer.from(headerBlock.buffer, headerBlock.byteOffset, headerBlock.byteLength)
  const fields = splitFields(bytes.toString('latin1'))
  const names = namesToSign(fields, more)
  const text = takeSigned(fields, names)
    .map((raw) => `${relaxField(raw)}\r\n`)
    .join('')
  return { list: breakList(names), text }
}

function namesToSign(fields: SignedField[], more: string[]): string[] {
  const there = new Map<string, number>()
  for (const { name } of fields) there.set(name, (there.get(name) ?? 0) + 1)
  const names: string[] = []
  for (const name of oversigned) for (let n = there.get(name) ?? 0; n >= 0; n--) names.push(name)
  for (const name of [...signedIfThere, ...more]) for (let n = there.get(name) ?? 0; n > 0; n--) names.push(name)
  return names
}

function breakList(names: string[]): string[] {
  const lines: string[] = []
  let line = 'h='
  for (const [index, name] of names.entries()) {
    const word = name + (index === names.length - 1 ? ';' : ':')
    if (line.length + word.length > 74) {
      lines.push(line)
      line = ''
    }
    line += word
  }
  return [...lines, line]
}

/**
 * Makes a signature field: `lines` are its tags, each on a line, b= is added. Signs `covered` followed by
 * the field itself with an empty b=. RFC 6376 §3.7.
 */
export async function signField(key: DkimKey, name: string, lines: string[], covered: string): Promise<string> {
  const unsigned = `${name}: ${lines.join('\r\n\t')}\r\n\tb=`
  const signature = await signText(key, covered + relaxField(unsigned))
  return `${unsigned}${signature.replace(/.{72}(?=.)/g, '$&\r\n\t')}\r\n`
}

function signText(key: DkimKey, text: string): Promise<string> {
  const bytes = Buffer.from(text, 'latin1')
  if (key.algorithm === 'ed25519-sha256') {
    // The hash is what is signed (RFC 8463 §3); 40 µs, less than a way to the thread pool and back.
    const digest = createHash('sha256').update(bytes).digest()
    return Promise.resolve(signBytes(null, digest, key.privateKey).toString('base64'))
  }
  return new Promise((resolve, reject) => {
    signBytes('sha256', bytes, key.privateKey, (error, signature) => {
      if (error) reject(error)
      else resolve(signature.toString('base64'))
    })
  })
}

/** The body of a mail that streams whole: everything after the header block and its empty line. */
export async function* bodyOf(headerBlock: Uint8Array, stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let skip = headerBlock.length + 2
  for await (const piece of stream) {
    if (skip === 0) yield piece
    else if (piece.length > skip) yield piece.subarray(skip)
    skip = Math.max(0, skip - piece.length)
  }
}
