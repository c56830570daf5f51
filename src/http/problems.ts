// What is said when something cannot be had: problem details. RFC 9457. The one table of this door from the
// house's troubles to its words, in both languages.
//
// Invariants:
//   every problem has a reference, the same that our log has when the mistake is ours
//   nothing of our insides is said: a mistake of ours has always the same words

import { randomUUID } from 'node:crypto'
import { Trouble, type TroubleCode } from '../wire/troubles.ts'
import { inLanguage, type Language, type Words } from './words.ts'

export type ProblemCode =
  | TroubleCode
  | 'bad-request'
  | 'bad-json'
  | 'bad-input'
  | 'not-signed-in'
  | 'other-site'
  | 'no-such-page'
  | 'no-such-method'
  | 'too-many-requests'
  | 'too-slow'
  | 'wrong-type'
  | 'bad-range'
  | 'our-mistake'

type Details = Record<string, string | number>

interface Entry {
  status: number
  title: Words
  detail(details: Details): Words
}

const entry = (status: number, en: string, zh: string, detail?: (details: Details) => Words): Entry => ({
  status,
  title: { en, zh },
  detail: detail ?? (() => ({ en, zh })),
})

const entries: Partial<Record<ProblemCode, Entry>> = {
  'bad-request': entry(400, 'The request cannot be understood.', '無法解讀這項請求。'),
  'bad-json': entry(400, 'The body is not JSON.', '內容不是 JSON。', ({ why }) => ({
    en: `The body is not JSON${why === undefined ? '' : `: ${why}`}.`,
    zh: `內容不是 JSON${why === undefined ? '' : `:${why}`}。`,
  })),
  'bad-input': entry(422, 'Something in the request is not right.', '請求的內容有誤。', ({ where, why }) => ({
    en: `"${where}": ${why}`,
    zh: `「${where}」:${why}`,
  })),
  'not-signed-in': entry(401, 'Sign in first.', '請先登入。'),
  'other-site': entry(403, 'This must be asked from our own pages.', '這項操作必須由本站頁面送出。'),
  'no-such-page': entry(404, 'There is nothing here.', '這裡沒有東西。'),
  'no-such-method': entry(405, 'That cannot be done here.', '這裡不能這樣操作。'),
  'too-slow': entry(408, 'The request took too long.', '請求花費太久。'),
  'wrong-type': entry(415, 'This kind of content is not taken here.', '這裡不接受這種內容。'),
  'bad-range': entry(416, 'The content has no such range.', '內容沒有這個範圍。'),
  'too-many-requests': entry(429, 'Too many requests.', '請求過多。', ({ seconds }) => ({
    en: `Too many requests. Try again in ${seconds} seconds.`,
    zh: `請求過多,請於 ${seconds} 秒後再試。`,
  })),
  'our-mistake': entry(500, 'An error on our side.', '系統發生錯誤。', () => ({
    en: 'An error on our side. It was noted; give the reference when you ask about it.',
    zh: '系統發生錯誤,已記錄下來;詢問時請提供參考編號。',
  })),

  'wrong-password': entry(403, 'The account or password is not correct.', '帳號或密碼不正確。'),
  'too-many-failures': entry(429, 'Too many failed attempts.', '登入失敗次數過多。', ({ minutes }) => ({
    en: `Too many failed attempts. Try again in ${minutes} minutes.`,
    zh: `登入失敗次數過多,請於 ${minutes} 分鐘後再試。`,
  })),
  'account-closed': entry(403, 'This account cannot sign in.', '此帳號無法登入。', ({ reason }) => ({
    en: `This account cannot sign in${reason ? `: ${reason}` : '.'}`,
    zh: `此帳號無法登入${reason ? `:${reason}` : '。'}`,
  })),
  'protocol-off': entry(403, 'This way in is switched off for this account.', '此帳號未開放這種使用方式。'),
  'tls-required': entry(403, 'An encrypted connection (https) is needed.', '必須使用加密連線(https)。'),
  'weak-password': entry(422, 'The password is too weak.', '密碼強度不足。', ({ rule, minimum }) =>
    rule === 'length'
      ? { en: `The password must have at least ${minimum} characters.`, zh: `密碼至少要 ${minimum} 個字元。` }
      : rule === 'name'
        ? { en: 'The password must not be the name of the account.', zh: '密碼不可與帳號相同。' }
        : { en: 'The password is too long or has control characters in it.', zh: '密碼太長,或含有控制字元。' },
  ),
  'no-such-account': entry(404, 'There is no such account.', '沒有這個帳號。'),
  'no-such-address-book': entry(404, 'There is no such address book.', '沒有這個通訊錄。'),
  'no-such-contact': entry(404, 'There is no such contact.', '沒有這位聯絡人。'),
  'too-many-contacts': entry(413, 'There is no room left in the address book.', '通訊錄已滿。', ({ limit }) => ({
    en: `An address book holds at most ${limit} contacts.`,
    zh: `一個通訊錄最多 ${limit} 位聯絡人。`,
  })),
  'no-such-domain': entry(404, 'There is no such domain.', '沒有這個網域。'),
  'no-such-class': entry(404, 'There is no such class of service.', '沒有這個等級。'),
  'no-such-mailbox': entry(404, 'There is no such mailbox.', '沒有這個信匣。'),
  'no-such-message': entry(404, 'The message is gone.', '這封信已不在。'),
  'no-such-queue-entry': entry(404, 'There is no such entry in the queue.', '佇列中沒有這一筆。'),
  'no-such-key': entry(404, 'There is no such key.', '沒有這把金鑰。'),
  'already-exists': entry(409, 'That is already there.', '已經存在。'),
  'mailbox-exists': entry(409, 'There is a mailbox of that name.', '已有同名的信匣。'),
  'in-use': entry(409, 'That is in use.', '使用中。'),
  'bad-address': entry(422, 'That cannot be an address.', '這不能作為位址。'),
  'bad-setting': entry(422, 'That value cannot be used.', '無法使用這個值。', ({ key, setting, why }) => ({
    en: `"${key ?? setting ?? ''}" cannot be used${why === undefined ? '' : `: ${why}`}.`,
    zh: `「${key ?? setting ?? ''}」無法使用${why === undefined ? '' : `:${why}`}。`,
  })),
  'not-permitted': entry(403, 'You may not do that.', '您沒有這項權限。'),
  'over-quota': entry(413, 'There is no room left.', '空間不足。', () => ({
    en: 'There is no room left. Delete mail, or ask for more room.',
    zh: '空間不足。請刪除信件,或申請加大容量。',
  })),
  'too-large': entry(413, 'That is too large.', '內容太大。', ({ limit }) => ({
    en: `That is too large${limit === undefined ? '' : `: at most ${limit} bytes`}.`,
    zh: `內容太大${limit === undefined ? '' : `:上限 ${limit} 位元組`}。`,
  })),
  'too-many-mails': entry(429, 'Too many mails at once.', '短時間寄出太多信。'),
  policy: entry(403, 'A rule of this house does not allow it.', '依本站規定不允許。'),
  'disk-full': entry(503, 'There is no room on the server. Try again later.', '伺服器空間不足,請稍後再試。'),
  unavailable: entry(503, 'That cannot be done now. Try again later.', '目前無法處理,請稍後再試。'),
}

export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  reference: string
  [more: string]: unknown
}

/** Thrown where a request is met that cannot be answered otherwise. */
export class HttpTrouble extends Error {
  code: ProblemCode
  details: Details
  headers: Record<string, string>

  constructor(code: ProblemCode, details: Details = {}, headers: Record<string, string> = {}) {
    super(code)
    this.name = 'HttpTrouble'
    this.code = code
    this.details = details
    this.headers = headers
  }
}

const secret = new Set(['why', 'pid', 'folder']) // of troubles: for operators, not for strangers

/** The problem that something thrown is; `isOurs` when it was no expected "no". */
export function problemOf(thrown: unknown, language: Language): { problem: Problem; isOurs: boolean } {
  const known = thrown instanceof HttpTrouble || thrown instanceof Trouble
  const code: ProblemCode = known ? thrown.code : 'our-mistake'
  const details = known ? thrown.details : {}
  const found = entries[code] ?? entry(400, 'That is not possible.', '無法這樣操作。')
  const shown = Object.fromEntries(Object.entries(details).filter(([name]) => !secret.has(name)))
  return {
    problem: {
      type: `urn:postern:problem:${code}`,
      title: inLanguage(found.title, language),
      status: found.status,
      detail: inLanguage(found.detail(details), language),
      reference: randomUUID(),
      ...(Object.keys(shown).length > 0 && { details: shown }),
    },
    isOurs: !known,
  }
}

/** Headers that go with a trouble: when to come back. RFC 9110 §10.2.3. */
export function headersOf(thrown: unknown, now: number): Record<string, string> {
  if (thrown instanceof HttpTrouble) return thrown.headers
  if (!(thrown instanceof Trouble)) return {}
  const { until } = thrown.details
  if (typeof until === 'number') return { 'retry-after': String(Math.max(1, Math.ceil((until - now) / 1000))) }
  return thrown.code === 'unavailable' || thrown.code === 'disk-full' ? { 'retry-after': '30' } : {}
}
