// Previews: the first words of a mail (RFC 8970), written by the indexer.

import type { Store } from './store.ts'

/** Previews by mail id; what the indexer has not reached yet is read now. At most 200 characters each. */
export async function previewsOf(_store: Store, _mailIds: readonly number[]): Promise<Map<number, string>> {
  throw new Error('previews are being written')
}
