// GET /api/preferences: what somebody chose for the web pages. PATCH /api/preferences: chooses; null takes it back.
//
// Invariant: what is kept was checked here; what was not chosen is not told, and its default is the page's.

import * as z from 'zod/mini'
import { changeChoices, choicesOf } from '../../directory/preferences.ts'
import { Trouble } from '../../wire/troubles.ts'
import { call } from '../call.ts'
import { HttpTrouble } from '../problems.ts'

const zone = z.string().check(z.maxLength(64), z.refine(isZone, 'A time zone of IANA, as "Asia/Taipei"'))
const senders = z.array(z.string().check(z.regex(/^(?:[^\s@]{1,64}@|@)[^\s@]{1,255}$/))).check(z.maxLength(500))

const choices = {
  language: z.enum(['en', 'zh-Hant']),
  zone,
  theme: z.enum(['system', 'light', 'dark']),
  density: z.enum(['normal', 'dense']),
  reading: z.enum(['plain', 'html']),
  writing: z.enum(['plain', 'rich']),
  conversations: z.boolean(), // mails of one thread stand together
  pictureSenders: senders, // whose pictures from outside are shown: addresses, '@domain'
  undoSeconds: z.int().check(z.gte(0), z.lte(30)), // how long a mail waits before it leaves
  identity: z.string().check(z.regex(/^I\d{1,15}$/)), // the identity new mails begin with
  quote: z.boolean(), // the answered mail stands under an answer
  signOnAnswers: z.boolean(),
  receipts: z.boolean(), // a receipt is asked for unless told otherwise
  shortcuts: z.boolean(), // of single keys
  notifications: z.boolean(), // of the browser
  listSize: z.int().check(z.gte(10), z.lte(500)), // rows of a list read at once
}

const chosen = z.partial(z.object(choices))
const changes = z.strictObject(
  Object.fromEntries(Object.entries(choices).map(([name, one]) => [name, z.optional(z.nullable(one))])),
)

export const preferencesShow = call({
  method: 'GET',
  path: '/api/preferences',
  summary: { en: 'What the person who asks chose for the pages.', zh: '本人的網頁偏好設定。' },
  who: 'person',
  rate: { count: 600, seconds: 60, per: 'account' },
  output: chosen,

  run: ({ house, by }) => choicesOf(house.store.db, by.account.id),
})

export const preferencesChange = call({
  method: 'PATCH',
  path: '/api/preferences',
  summary: { en: 'Changes some of them; null takes a choice back.', zh: '變更偏好設定；null 表示恢復預設。' },
  who: 'person',
  rate: { count: 120, seconds: 60, per: 'account' },
  size: 64 << 10,
  input: changes,
  output: chosen,

  async run({ house, by }, input) {
    try {
      return await changeChoices(house.store.db, by.account.id, input)
    } catch (error) {
      if (error instanceof Trouble && error.code === 'too-large') throw new HttpTrouble('too-large', error.details)
      throw error
    }
  },
})

function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
