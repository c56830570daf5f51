// What is asked before a mail leaves.                                              design/ui.md section 10
//
// Pure: a draft and limits in, findings out. A finding either stops (there is nobody to send it to) or asks.

import { isOutside } from '../../parts/names.ts'
import { everybody, type Draft } from './draft.ts'
import { ownText, type QuotingWords } from './quoting.ts'
import { isAddress, type Recipient } from './recipients.ts'

export type Finding =
  | { is: 'nobody' }
  | { is: 'invalid'; recipients: Recipient[] }
  | { is: 'uploading'; count: number }
  | { is: 'too-big'; bytes: number; limit: number }
  | { is: 'too-many'; count: number; limit: number }
  | { is: 'no-subject' }
  | { is: 'no-attachment' }

export interface Limits {
  bytes: number // of the mail as it is sent
  recipients: number
}

/** Findings that no "send anyway" passes. */
export const stopping: ReadonlySet<Finding['is']> = new Set(['nobody', 'invalid', 'uploading', 'too-big', 'too-many'])

export function check(draft: Draft, limits: Limits, words: Pick<QuotingWords, 'forwarded'>): Finding[] {
  const everyone = everybody(draft)
  const invalid = everyone.filter(({ email }) => !isAddress(email))
  const waiting = draft.attachments.filter(({ blobId }) => blobId === null).length
  const bytes = encodedSize(draft)
  const findings: (Finding | false)[] = [
    everyone.length === 0 && { is: 'nobody' },
    invalid.length > 0 && { is: 'invalid', recipients: invalid },
    waiting > 0 && { is: 'uploading', count: waiting },
    bytes > limits.bytes && { is: 'too-big', bytes, limit: limits.bytes },
    everyone.length > limits.recipients && { is: 'too-many', count: everyone.length, limit: limits.recipients },
    draft.subject.trim() === '' && { is: 'no-subject' },
    mentionsAttachment(draft, words) && draft.attachments.every(({ cid }) => cid !== null) && { is: 'no-attachment' },
  ]
  return findings.filter((one) => one !== false)
}

const mentions =
  /附件|附檔|附加檔案|夾帶檔|隨信附|隨函檢附|檢附|如附(?!近|屬|設)|附上.{0,12}(?:檔|表|件|名冊|資料|圖|文件)|\b(?:attach(?:ed|ment|ments|ing)?|enclosed)(?!\p{L})/iu

/** Whether one's own words, not the quoted ones, speak of a file. */
export function mentionsAttachment(
  { text, subject, source }: Pick<Draft, 'text' | 'subject' | 'source'>,
  words: Pick<QuotingWords, 'forwarded'>,
): boolean {
  return mentions.test(ownText(text, words)) || (source === null && mentions.test(subject))
}

export const visibleMost = 20

/** How many outsiders would see each other's addresses, when those are too many; else 0. */
export function seeEachOther({ to, cc }: Pick<Draft, 'to' | 'cc'>, domain: string): number {
  const visible = [...to, ...cc]
  const outside = visible.filter(({ email }) => isAddress(email) && isOutside(email, domain))
  return outside.length > visibleMost ? visible.length : 0
}

const lineEnds = 78 / 76
const header = 2048

/** Bytes of the mail as it is sent: attachments in base64, and the text as the server would encode it. */
export function encodedSize({ text, html, isRich, attachments, to, cc }: Draft): number {
  const encoded = (bytes: number): number => Math.ceil(((bytes * 4) / 3) * lineEnds)
  const written = (words: string): number => {
    const bytes = new TextEncoder().encode(words).length
    return bytes === words.length ? bytes : encoded(bytes)
  }
  const files = attachments.reduce((sum, { size }) => sum + encoded(size) + 300, 0)
  return header + (to.length + cc.length) * 60 + written(text) + (isRich ? written(html) : 0) + files
}
