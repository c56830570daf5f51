// ARC sets: what we saw of a mail, sealed before we forward it.                            RFC 8617 §5.1
//
// Invariants: a set is added only to a chain we judged (cv); never a 51st; nothing after cv=fail.

import { readTags, relaxField, splitFields } from './fields.ts'
import { coverFields, type DkimKey, hashBody, signField, type SignedMail } from './sign.ts'

export type ChainResult = 'none' | 'pass' | 'fail'

const arcNames = ['arc-authentication-results', 'arc-message-signature', 'arc-seal']
const mostSets = 50 // RFC 8617 §4.2.1

/**
 * The three fields of the next ARC set, newest first, CRLF ended. `results` is the value of our
 * Authentication-Results, `chain` what we found of the sets that are there. '' when the chain must not
 * grow: it has ended with cv=fail, is full, or cannot be numbered. `now` in milliseconds.
 */
export async function arcSeal(
  key: DkimKey,
  mail: SignedMail,
  results: string,
  chain: ChainResult,
  now: number = Date.now(),
): Promise<string> {
  const bytes = Buffer.from(mail.headerBlock.buffer, mail.headerBlock.byteOffset, mail.headerBlock.byteLength)
  const sets = readSets(bytes.toString('latin1'))
  const instance = sets.length + 1
  const last = sets.at(-1)
  if (sets.includes(undefined) || instance > mostSets || (last && /;\s*cv\s*=\s*fail\b/i.test(last.seal))) return ''

  const time = Math.floor(now / 1000)
  const names = `d=${key.domain}; s=${key.selector};`
  const said = `ARC-Authentication-Results: i=${instance}; ${results}\r\n`
  // Signed without any ARC field (RFC 8617 §4.1.2): those are the seal's.
  const covered = coverFields(mail.headerBlock, ['dkim-signature'])
  const bodyHash = `bh=${await hashBody(mail.body)};`
  const about = `i=${instance}; a=${key.algorithm}; c=relaxed/relaxed; ${names}`
  const signed = await signField(
    key,
    'ARC-Message-Signature',
    [about, `t=${time};`, ...covered.list, bodyHash],
    covered.text,
  )

  // A failed chain is sealed alone: what it says can no longer be relied on (RFC 8617 §5.1.2).
  const before = chain === 'fail' ? [] : (sets as ArcSet[]).flatMap((set) => [set.results, set.signature, set.seal])
  const sealed = [...before, said, signed].map((raw) => `${relaxField(raw)}\r\n`).join('')
  const cv = instance === 1 ? 'none' : chain === 'pass' ? 'pass' : 'fail'
  const seal = await signField(
    key,
    'ARC-Seal',
    [`i=${instance}; a=${key.algorithm}; t=${time}; cv=${cv};`, names],
    sealed,
  )
  return seal + signed + said
}

interface ArcSet {
  results: string
  signature: string
  seal: string
}

/** The sets of a header block by instance; undefined in a place where one is missing, torn or double. */
export function readSets(block: string): (ArcSet | undefined)[] {
  const found: Record<string, string>[] = []
  for (const { name, raw } of splitFields(block)) {
    if (!arcNames.includes(name)) continue
    const number = Number(readTags(raw).get('i'))
    if (!Number.isInteger(number) || number < 1 || number > mostSets) return [undefined]
    const set = (found[number - 1] ??= {})
    if (set[name] !== undefined) return [undefined]
    set[name] = raw
  }
  return Array.from(found, (set) => {
    const results = set?.['arc-authentication-results']
    const signature = set?.['arc-message-signature']
    const seal = set?.['arc-seal']
    return results && signature && seal ? { results, signature, seal } : undefined
  })
}
