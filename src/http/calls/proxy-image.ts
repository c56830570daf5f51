// GET /api/proxy/image?url={url}&t={token}: a picture on the web, fetched for a reader who asked to see it.
//
// Invariant: only addresses that a letter shown to this person asked for (the token is of the url); whether there was
// no picture, no answer or no permission to ask is not told apart.

import * as z from 'zod/mini'
import { call } from '../call.ts'
import type { WebHouse } from '../house.ts'
import { pictureHeaders } from '../pictures.ts'
import { HttpTrouble } from '../problems.ts'
import { openRates, type Rates } from '../rates.ts'
import { readToken } from '../viewtokens.ts'

const perPerson = { count: 1200, seconds: 60, per: 'account' } as const
const ratesOf = new WeakMap<WebHouse, Rates>()

export const proxyImage = call({
  method: 'GET',
  path: '/api/proxy/image',
  summary: { en: 'A picture on the web that a mail shows.', zh: '信中引用的網路圖片。' },
  who: 'anybody',
  rate: { count: 6000, seconds: 60, per: 'source' },
  input: z.strictObject({ url: z.string().check(z.maxLength(3000)), t: z.string().check(z.maxLength(100)) }),

  async run({ house, reply }, { url, t }) {
    const holder = await readToken(house, t, `web ${url}`)
    if (!holder) throw new HttpTrouble('no-such-page')
    const rates = ratesOf.get(house) ?? openRates(house.limits.rates)
    ratesOf.set(house, rates)
    const seconds = rates.take('picture', String(holder.user), perPerson, house.clock())
    if (seconds > 0) throw new HttpTrouble('too-many-requests', { seconds }, { 'retry-after': String(seconds) })
    const picture = await house.outward.picture(url, holder.user)
    if (!picture) throw new HttpTrouble('no-such-page')
    return pictureHeaders(reply, picture.type, 3600).send(picture.bytes)
  },
})
