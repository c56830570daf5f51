// GET /api/people?text=: whom somebody may mean while he types a recipient.

import * as z from 'zod/mini'
import { suggest } from '../../directory/suggestions.ts'
import { objectId } from '../../store/objectids.ts'
import { call } from '../call.ts'

export const peopleFind = call({
  method: 'GET',
  path: '/api/people',
  summary: {
    en: 'Contacts and people whose name or address has these words.',
    zh: '依姓名或地址的文字尋找聯絡人與使用者。',
  },
  who: 'person',
  rate: { count: 600, seconds: 60, per: 'account' },
  input: z.strictObject({
    text: z.string().check(z.maxLength(200)),
    limit: z._default(z.string().check(z.regex(/^[1-9]\d?$/)), '10'),
  }),
  output: z.object({
    people: z.array(
      z.object({
        kind: z.enum(['contact', 'group', 'person']),
        name: z.string(),
        email: z.string(),
        contact: z.optional(z.string()),
        book: z.optional(z.string()),
      }),
    ),
  }),

  async run({ house, by }, { text, limit }) {
    const { visibility } = house.contacts
    const found = await suggest(house.store.db, by.account, text, { most: Number(limit), visibility })
    return {
      people: found.map(({ kind, name, email, contact, book }) => ({
        kind,
        name,
        email,
        ...(contact !== undefined && { contact: objectId('C', contact) }),
        ...(book !== undefined && { book: objectId('K', book) }),
      })),
    }
  },
})
