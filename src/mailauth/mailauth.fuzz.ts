// Header blocks with signatures and ARC sets, broken in every way.
//
// Properties: nothing but results comes out; the field that tells them is printable, folded right and has
// one line for each method; DMARC passes only for mails whose shown fields and body are those that were signed.

import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { zoneResolver } from '../dns/zone.ts'
import { checkMail } from './checker.ts'
import { relaxField, splitFields } from './fields.ts'
import { mailauthLimits } from './limits.ts'
import type { VerifyJob } from './question.ts'
import { writeResults } from './results.ts'
import { arcSeal, readSets } from './seal.ts'
import { type DkimKey, hashBody, signMail } from './sign.ts'

// A fixed key, so that a finding can be repeated: 32 octets of 0x42 as an Ed25519 seed (RFC 8410 §7).
const privateKey = createPrivateKey({
  key: Buffer.from(`302e020100300506032b657004220420${'42'.repeat(32)}`, 'hex'),
  format: 'der',
  type: 'pkcs8',
})
const key: DkimKey = { domain: 'uni.example', selector: 's', algorithm: 'ed25519-sha256', privateKey }
const publicText = createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64')
const zone = zoneResolver(`
s._domainkey.uni.example. TXT "v=DKIM1; k=ed25519; p=${publicText}"
_dmarc.uni.example. TXT "v=DMARC1; p=reject"
uni.example. TXT "v=spf1 -all"
`)
const now = Date.UTC(2026, 10, 22)

const head =
  'From: Teacher <teacher@uni.example>\r\nTo: all@uni.example\r\nSubject: news\r\n' +
  'Date: Sun, 22 Nov 2026 08:00:00 +0800\r\nContent-Type: text/plain\r\n'
const body = 'Dear all,\r\n\r\nnothing new. \r\n'

async function* once(text: string | Buffer): AsyncGenerator<Buffer> {
  yield Buffer.from(text as string, 'latin1')
}

const signed = (await signMail([key], { headerBlock: Buffer.from(head), body: once(body) }, now)) + head
const sealed =
  (await arcSeal(key, { headerBlock: Buffer.from(signed), body: once(body) }, 'mx.example; dmarc=pass', 'none', now)) +
  signed
const shown = ['from', 'to', 'subject', 'date', 'content-type']
const shownOf = (block: string) =>
  splitFields(block)
    .filter(({ name }) => shown.includes(name))
    .map(({ raw }) => relaxField(raw))
    .toSorted()
const signedFields = shownOf(head)
const signedBody = await hashBody(once(body))

const resolver = async (name: string, type: string): Promise<unknown> => {
  const { records } = await zone.resolve(name, type as 'TXT')
  return type === 'TXT' ? records.map((record) => [record]) : records
}

export const target = {
  name: 'mailauth/checker',
  corpus: [
    `${signed}\r\n${body}`,
    `${sealed}\r\n${body}`,
    `From: "a@b.example" <x@uni.example>, y: z@c.example;\r\n${signed}\r\n${body}`,
    'DKIM-Signature: v=1; a=rsa-sha256; b=; bh=; d=; s=; h=from:from; l=0; x=1; t=2; i=@uni.example; q=x\r\n\r\n',
    'ARC-Seal: i=1; cv=none; a=ed25519-sha256; d=uni.example; s=s; b=x\r\n\r\n',
    'From\r\n : x@uni.example\r\n\r\n',
    '\r\n\r\n',
  ],

  async run(input: Buffer): Promise<void> {
    const text = input.toString('latin1').replace(/\r?\n/g, '\r\n') // as SMTP lets it in
    const empty = text.startsWith('\r\n') ? 0 : text.indexOf('\r\n\r\n') + 2
    const block = empty === 1 ? text : text.slice(0, empty)
    const rest = empty === 1 ? '' : text.slice(empty + 2)
    readSets(block)
    const job: VerifyJob = {
      head: Buffer.from(block, 'latin1'),
      checked: splitFields(block).length < mailauthLimits.headerLines,
      address: '192.0.2.1',
      helo: 'out.example',
      sender: 'x@uni.example',
      hostname: 'mx.here.example',
      now,
      authors: mailauthLimits.authors,
      keyBits: mailauthLimits.keyBits,
    }
    const found = await checkMail(job, once(rest), resolver)
    const header = writeResults('mx.here.example', job.address, found, { result: 'none' })
    match(header, /^[\x20-\x7e\t]*(?:\r\n\t[\x20-\x7e\t]*)*$/)
    equal(header.split(/;\r\n\t(?=\w+=)/).length, 5 + Math.max(1, found.dkim.length))
    if (found.dmarc.result !== 'pass') return
    deepEqual(shownOf(block), signedFields)
    equal(await hashBody(once(rest)), signedBody)
    ok(found.author.fields === 1)
  },
}
