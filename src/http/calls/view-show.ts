// GET /api/view/{accountId}/{emailId}: a mail's HTML as a page of its own, for
//
//   <iframe sandbox="allow-popups allow-popups-to-escape-sandbox" referrerpolicy="no-referrer"
//           src="/api/view/A1/M7?remote=0&theme=light&width=720">
//
// part=1.2    only that part (Email/get's partId); else all of htmlBody, one under the other
// remote=1    pictures on the web are shown, through our proxy; without it they are named and not asked for
// theme=dark  dark for letters that say they can be; the others stay light
// width=720   of the frame in CSS pixels; full=1: of a long letter as much as is ever shown
// measure=1   instead of the page {height, remote, misleading, dark, cut}: how high the frame should be, how many
//             pictures on the web the letter asks for, how many links name another house than they lead to, whether
//             it is shown dark, whether a part is missing
//
// Invariants:
//   who asks may read the mail, as in JMAP
//   nothing of a stranger but what html/clean.ts lets through; nothing runs (CSP), nothing is of our origin (sandbox),
//   nothing loads but from here, by tokens of this person's session (viewtokens.ts)

import * as z from 'zod/mini'
import { bodyOf, bodyValue, sortBody, type BodyPart, type ReadBytes } from '../../jmap/emailbody.ts'
import { readerOf } from '../../store/content.ts'
import { treeOf, type MailRow } from '../../store/mails.ts'
import { objectNumber } from '../../store/objectids.ts'
import { mayReadMail } from '../../store/rights.ts'
import type { Cleaned, CleanPolicy } from '../../html/clean.ts'
import { call } from '../call.ts'
import type { WebHouse } from '../house.ts'
import { HttpTrouble } from '../problems.ts'
import { framePolicy } from '../safety.ts'
import { holderOf, makeToken, type Holder } from '../viewtokens.ts'
import { inLanguage, type Language } from '../words.ts'

const choice = z._default(z.enum(['0', '1']), '0')

const query = z.strictObject({
  accountId: z.string().check(z.maxLength(20)),
  emailId: z.string().check(z.maxLength(20)),
  part: z.optional(z.string().check(z.regex(/^[1-9]\d{0,4}(?:\.[1-9]\d{0,4}){0,99}$/))),
  remote: choice,
  theme: z._default(z.enum(['light', 'dark']), 'light'),
  width: z._default(z.string().check(z.regex(/^\d{1,4}$/)), '720'),
  full: choice,
  measure: choice,
  language: z.optional(z.enum(['en', 'zh-Hant'])),
})
type Query = z.infer<typeof query>

export const viewShow = call({
  method: 'GET',
  path: '/api/view/:accountId/:emailId',
  summary: { en: 'A mail as a page for a sandboxed frame.', zh: '以獨立頁面顯示一封信,供隔離的框架使用。' },
  who: 'person',
  rate: { count: 600, seconds: 60, per: 'account' },
  input: query,
  output: z.object({
    height: z.number(),
    remote: z.number(),
    misleading: z.number(),
    dark: z.boolean(),
    cut: z.boolean(),
  }),

  async run({ house, by, language, reply }, asked) {
    const mail = await findMail(house, by.account.id, asked)
    const words = asked.language ?? language
    const parts = await cleanParts(house, mail, holderOf(by), asked, words)
    if (asked.measure === '1') return measured(parts)
    const { htmlPage } = await import('../../html/page.ts')
    const page = htmlPage(parts, { language: words, cut: inLanguage(cutNote, words) })
    reply.headers({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': framePolicy,
      'x-frame-options': 'SAMEORIGIN',
      'cross-origin-opener-policy': 'unsafe-none', // same-origin and a sandbox contradict each other
      'cache-control': 'private, max-age=300',
      'content-language': words,
    })
    return reply.send(page)
  },
})

const cutNote = {
  en: 'This message is long: only its first part is shown. Download the message to read all of it.',
  zh: '這封信很長,此處只顯示前面的部分;下載原始信件可閱讀全文。',
}

function measured(parts: readonly Cleaned[]): object {
  const sum = (of: (part: Cleaned) => number): number => parts.reduce((total, part) => total + of(part), 0)
  return {
    height: Math.min(
      20_000,
      sum(({ height }) => height),
    ),
    remote: sum(({ remote }) => remote),
    misleading: sum(({ misleading }) => misleading),
    dark: parts.length > 0 && parts.every(({ dark }) => dark),
    cut: parts.some(({ cut }) => cut),
  }
}

async function findMail({ store }: WebHouse, user: number, { accountId, emailId }: Query): Promise<MailRow> {
  const account = objectNumber('A', accountId)
  const id = objectNumber('M', emailId)
  const isSeen = account !== undefined && id !== undefined && (await mayReadMail(store.db, id, account, user))
  const mail = isSeen ? await store.mails.one(id) : undefined
  if (!mail) throw new HttpTrouble('no-such-page')
  return mail
}

async function cleanParts(
  house: WebHouse,
  mail: MailRow,
  holder: Holder,
  asked: Query,
  language: Language,
): Promise<Cleaned[]> {
  const root = bodyOf(treeOf(mail))
  const wanted = asked.part === undefined ? sortBody(root).html : [...partsOf(root)].filter(isNamed(asked.part))
  if (wanted.length === 0) throw new HttpTrouble('no-such-page')
  const { cleanHtml, cleanText } = await import('../../html/clean.ts')
  const read = readerOf(house.store.blobs, mail)
  const source: Source = { house, mail, holder, asked, language, address: addresses(house, root, holder, asked) }
  const policy = policyOf(source)
  const cleaned: Cleaned[] = []
  let left = asked.full === '1' ? house.limits.viewBytesFull : house.limits.viewBytes
  for (const part of wanted) {
    if (part.part.type === 'image') cleaned.push(...pictureBelow(cleanHtml, part, policy))
    else if (part.type !== 'text/html' && part.type !== 'text/plain') {
      if (asked.part !== undefined) throw new HttpTrouble('no-such-page')
    } else {
      const { value, isTruncated } = await bodyValue(part, read as ReadBytes, Math.max(left, 1_000))
      left -= Math.min(left, value.length)
      const limits = { ...policy.limits, characters: value.length }
      const one = part.type === 'text/html' ? cleanHtml(value, { ...policy, limits }) : cleanText(value, policy.width)
      cleaned.push({ ...one, cut: one.cut || isTruncated })
    }
  }
  return cleaned
}

const isNamed =
  (id: string) =>
  ({ path }: BodyPart): boolean =>
    path.join('.') === id

function* partsOf(root: BodyPart): Generator<BodyPart, void, undefined> {
  const waiting = [root]
  for (let one = waiting.pop(); one; one = waiting.pop()) {
    yield one
    waiting.push(...[...one.children].reverse())
  }
}

interface Source {
  house: WebHouse
  mail: MailRow
  holder: Holder
  asked: Query
  language: Language
  address: (reference: string) => string | undefined
}

function policyOf({ house, holder, asked, language, address }: Source): CleanPolicy {
  const full = asked.full === '1' ? 5 : 1
  return {
    pictures: { part: address, remote: asked.remote === '1' ? (url) => proxied(house, holder, url) : undefined },
    wantsDark: asked.theme === 'dark',
    leadsTo: (host) => inLanguage({ en: `leads to ${host}`, zh: `實際連往 ${host}` }, language),
    width: Number(asked.width),
    limits: { nodes: 20_000 * full },
  }
}

/** The address that our proxy gives a picture on the web from. */
function proxied(house: WebHouse, holder: Holder, url: string): string {
  return `/api/proxy/image?t=${makeToken(house, holder, `web ${url}`)}&url=${encodeURIComponent(url)}`
}

/** Where the parts of a mail are shown from, by Content-ID and Content-Location. RFC 2392, RFC 2557 §5. */
function addresses(house: WebHouse, root: BodyPart, holder: Holder, asked: Query): Source['address'] {
  const known = new Map<string, BodyPart>()
  for (const one of partsOf(root)) {
    const { id, location, type } = one.part
    if (type === 'multipart' || type === 'text') continue
    const plain = id.trim().replace(/^<|>$/g, '')
    if (plain !== '' && !known.has(`cid:${plain}`)) known.set(`cid:${plain}`, one)
    if (location !== '' && !known.has(location)) known.set(location, one)
    known.set(`part:${one.path.join('.')}`, one)
  }
  return (reference) => {
    const one = known.get(/^cid:/i.test(reference) ? `cid:${decoded(reference.slice(4))}` : reference)
    if (!one) return undefined
    const path = one.path.join('-')
    const { accountId, emailId } = asked
    const token = makeToken(house, holder, `part ${accountId} ${emailId} ${path}`)
    return `/api/view/${accountId}/${emailId}/picture/${path}?t=${token}`
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** A picture that is a part of the text. */
function pictureBelow(clean: typeof import('../../html/clean.ts').cleanHtml, { path }: BodyPart, policy: CleanPolicy) {
  // Its number stands for a Content-ID that no letter can have: references of letters never begin with "part:".
  const part = (): string | undefined => policy.pictures.part(`part:${path.join('.')}`)
  return [clean('<img src="cid:x" alt="">', { ...policy, pictures: { part, remote: undefined } })]
}
