// POST /api/rules/try: what a Sieve script would do with the last mails of the INBOX. Nothing happens to them.

import * as z from 'zod/mini'
import { rehearse } from '../../delivery/rehearsal.ts'
import { directoryLimits } from '../../directory/limits.ts'
import { objectId } from '../../store/objectids.ts'
import { call } from '../call.ts'

const problem = z.object({ line: z.int(), column: z.int(), en: z.string(), zh: z.string() })
const action = z.object({
  do: z.string(),
  mailbox: z.optional(z.string()),
  address: z.optional(z.string()),
  flags: z.optional(z.array(z.string())),
  reason: z.optional(z.string()),
  line: z.optional(z.int()),
})
const mail = z.object({
  id: z.string(),
  subject: z.string(),
  from: z.string(),
  receivedAt: z.string(),
  actions: z.array(action),
  problem: z.optional(problem),
})

export const rulesTry = call({
  method: 'POST',
  path: '/api/rules/try',
  summary: {
    en: 'What a script would do with the last mails, without doing it.',
    zh: '以最近的郵件試跑規則，不實際執行。',
  },
  who: 'person',
  rate: { count: 20, seconds: 60, per: 'account' },
  size: 1 << 20,
  input: z.strictObject({
    script: z.string().check(z.maxLength(directoryLimits.scriptBytes)),
    count: z.optional(z.int().check(z.gte(1), z.lte(100))),
  }),
  output: z.object({ problems: z.array(problem), mails: z.array(mail), cut: z.boolean() }),

  async run({ house, by }, { script, count = 100 }) {
    const { problems, mails, cut } = await rehearse(house, by.account, { text: script, count })
    return {
      problems,
      mails: mails.map(({ mailId, receivedAt, ...one }) => ({
        ...one,
        id: objectId('M', mailId),
        receivedAt: new Date(receivedAt).toISOString(),
      })),
      cut,
    }
  },
})
