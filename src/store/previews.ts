// Previews: the first words of a mail (RFC 8970), written by the indexer.

import { previewOf } from '../mime/text.ts'
import { bodyText, readerOf } from './content.ts'
import type { Reader } from '../sql/sql.ts'
import { list, listLength, padded } from './sets.ts'
import type { Store } from './store.ts'

const previewText = 8_192 // characters read to find a preview
const readsAtOnce = 8

/**
 * Previews by mail id, at most 200 characters each; what the indexer has not reached is read now. Ids that are not
 * there are left out. Ask for pages.
 */
export async function previewsOf(store: Store, mailIds: readonly number[]): Promise<Map<number, string>> {
  const found = await store.indexer.previews(mailIds)
  const missing = mailIds.filter((mailId) => !found.has(mailId))
  if (missing.length === 0) return found
  const mails = [...(await store.mails.get(missing)).values()]
  for (let from = 0; from < mails.length; from += readsAtOnce) {
    const part = mails.slice(from, from + readsAtOnce)
    // Kept with the row: until the indexer comes, a list that is looked at again would read its mails again.
    await Promise.all(
      part.map(async (mail) => {
        mail.preview ??= previewOf(await bodyText(mail, readerOf(store.blobs, mail), previewText))
        found.set(mail.id, mail.preview)
      }),
    )
  }
  return found
}

/** What the table of previews has of them. */
export async function previewsIn(sql: Reader, mailIds: readonly number[]): Promise<Map<number, string>> {
  const found = new Map<number, string>()
  for (let from = 0; from < mailIds.length; from += listLength) {
    const part = mailIds.slice(from, from + listLength)
    const text = `select mail_id, text from preview where mail_id in ${list(part.length, 1)}`
    for (const row of (await sql.arrays(text, padded(part))) as [number, string][]) found.set(row[0], row[1])
  }
  return found
}
