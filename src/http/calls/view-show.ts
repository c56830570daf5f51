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
import { call } from '../call.ts'
import type { WebHouse } from '../house.ts'
import type { Letter, LetterText } from '../letters.ts'
import { HttpTrouble } from '../problems.ts'
import { framePolicy } from '../safety.ts'
import { holderOf, makePass, tokenFor, type Pass } from '../viewtokens.ts'
import type { Language } from '../words.ts'

const mostPictures = 500 // that one mail carries and shows
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
  rate: { count: 1200, seconds: 60, per: 'account' },
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
    const letter = await letterOf(house, mail, makePass(house, holderOf(by)), asked, words)
    const { page, ...measured } = await house.writeLetter(letter)
    if (asked.measure === '1') return measured
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

async function findMail({ store }: WebHouse, user: number, { accountId, emailId }: Query): Promise<MailRow> {
  const account = objectNumber('A', accountId)
  const id = objectNumber('M', emailId)
  const isSeen = account !== undefined && id !== undefined && (await mayReadMail(store.db, id, account, user))
  const mail = isSeen ? await store.mails.one(id) : undefined
  if (!mail) throw new HttpTrouble('no-such-page')
  return mail
}

async function letterOf(
  { store, limits }: WebHouse,
  mail: MailRow,
  pass: Pass,
  asked: Query,
  language: Language,
): Promise<Letter> {
  const root = bodyOf(treeOf(mail))
  const addressOf = ({ path }: BodyPart): string => pictureAddress(pass, asked, path)
  const wanted = asked.part === undefined ? sortBody(root).html : [...partsOf(root)].filter(isNamed(asked.part))
  const read = readerOf(store.blobs, mail) as ReadBytes
  const isFull = asked.full === '1'
  const texts: LetterText[] = []
  let left = isFull ? limits.viewBytesFull : limits.viewBytes
  for (const one of wanted) {
    if (one.part.type === 'image') texts.push({ is: 'picture', text: addressOf(one), cut: false })
    if (one.type !== 'text/html' && one.type !== 'text/plain') continue
    const { value, isTruncated } = await bodyValue(one, read, Math.max(left, 1_000))
    left -= Math.min(left, Buffer.byteLength(value))
    texts.push({ is: one.type === 'text/html' ? 'html' : 'plain', text: value, cut: isTruncated })
  }
  if (texts.length === 0) throw new HttpTrouble('no-such-page')
  return {
    texts,
    addresses: addresses(root, addressOf),
    pass: asked.remote === '1' ? pass : undefined,
    wantsDark: asked.theme === 'dark',
    language,
    width: Number(asked.width),
    nodes: limits.viewNodes * (isFull ? 5 : 1),
  }
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

/** Where a part is shown from as a picture. */
function pictureAddress(pass: Pass, { accountId, emailId }: Query, path: number[]): string {
  const part = path.join('-')
  const token = tokenFor(pass, `part ${accountId} ${emailId} ${part}`)
  return `/api/view/${accountId}/${emailId}/picture/${part}?t=${token}`
}

/** By Content-ID and Content-Location. RFC 2392, RFC 2557 §5. */
function addresses(root: BodyPart, addressOf: (one: BodyPart) => string): Map<string, string> {
  const known = new Map<string, string>()
  for (const one of partsOf(root)) {
    const { id, location, type } = one.part
    if (type === 'multipart' || type === 'text' || known.size >= mostPictures) continue
    const plain = id.trim().replace(/^<|>$/g, '')
    const names = [plain === '' ? '' : `cid:${plain}`, location].filter((name) => name !== '' && !known.has(name))
    for (const name of names) known.set(name, addressOf(one))
  }
  return known
}
