// GET /api/view/{accountId}/{emailId}/picture/{part}?t={token}: a picture that a letter carries, for its frame.
//
// Invariant: the token is for this part, of somebody who is still signed in and may still read the mail; what is sent
// is a picture by its own bytes.

import { Readable } from 'node:stream'
import * as z from 'zod/mini'
import { findBlob, readBlob } from '../../jmap/blobs.ts'
import { blobId, objectNumber } from '../../store/objectids.ts'
import { call } from '../call.ts'
import { pictureHeaders, pictureType } from '../pictures.ts'
import { HttpTrouble } from '../problems.ts'
import { readToken } from '../viewtokens.ts'

export const viewPicture = call({
  method: 'GET',
  path: '/api/view/:accountId/:emailId/picture/:part',
  summary: { en: 'A picture that a mail carries.', zh: '信中夾帶的圖片。' },
  who: 'anybody',
  rate: { count: 6000, seconds: 60, per: 'source' },
  input: z.strictObject({
    accountId: z.string().check(z.maxLength(20)),
    emailId: z.string().check(z.maxLength(20)),
    part: z.string().check(z.regex(/^[1-9]\d{0,4}(?:-[1-9]\d{0,4}){0,40}$/)),
    t: z.string().check(z.maxLength(100)),
  }),

  async run({ house, reply }, { accountId, emailId, part, t }) {
    const holder = await readToken(house, t, `part ${accountId} ${emailId} ${part}`)
    const account = objectNumber('A', accountId)
    const mailId = objectNumber('M', emailId)
    if (!holder || account === undefined || mailId === undefined) throw new HttpTrouble('no-such-page')
    const id = blobId({ is: 'part', mailId, path: part.split('-').map(Number) })
    const blob = await findBlob(house.jmap, { user: { id: holder.user }, account }, id)
    const start = blob && (await readBlob({ ...blob, stream: () => blob.stream(0, 16) }, 16))
    const type = start && pictureType(start)
    if (!blob || !type) throw new HttpTrouble('no-such-page')
    return pictureHeaders(reply, type, 3600).send(Readable.from(blob.stream(), { objectMode: false }))
  },
})
