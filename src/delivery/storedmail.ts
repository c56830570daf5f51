// A mail of the store as filters look at it: without the trace in front.

import type { Mail } from '../mail/mail.ts'
import { treeOf, type MailRow } from '../store/mails.ts'
import type { Store } from '../store/store.ts'

const blankLine = Buffer.from('\r\n\r\n')

export async function storedMail(
  { blobs }: Store,
  row: MailRow,
): Promise<Pick<Mail, 'tree' | 'headerBlock' | 'size' | 'read' | 'stream'>> {
  const tree = treeOf(row)
  const head = await blobs.read(row.blobRef, 0, tree.part.body)
  const hasBody = head.subarray(-4).equals(blankLine) || head.equals(blankLine.subarray(2))
  return {
    tree,
    headerBlock: hasBody ? head.subarray(0, -2) : head,
    size: row.size,
    read: (start, end) => blobs.read(row.blobRef, start, end),
    stream: () => blobs.stream(row.blobRef),
  }
}
