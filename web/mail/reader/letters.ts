// Mails as they are read: bodies and all, kept for a while.                                  RFC 8621 §4.1
//
// Invariants: what a mail says never changes, so it is asked for once; what does change (keywords, mailboxes) is kept
// in emails.ts alone; the number of bodies kept is bounded.

import { cell, type Cell } from '../../parts/cell.ts'
import type { Jmap } from '../jmap/client.ts'
import type { Listed, Opened, Thread } from '../jmap/types.ts'
import { rowProperties } from '../list/listing.ts'
import type { MailAccount } from '../mailstate.ts'

export interface Letter extends Opened {
  'header:Authentication-Results:asRaw:all': string[]
}

export interface Letters {
  version: Cell<number>
  get(id: string): Letter | undefined
  /** The mail with its body, and what lists show of the others of its thread. Throws what the request throws. */
  open(id: string): Promise<void>
  /** Bodies of other mails; `bytes` of each text. */
  read(ids: readonly string[], bytes?: number): Promise<void>
}

const properties = [
  ...rowProperties,
  'blobId',
  'messageId',
  'inReplyTo',
  'references',
  'sender',
  'cc',
  'bcc',
  'replyTo',
  'sentAt',
  'textBody',
  'htmlBody',
  'attachments',
  'bodyValues',
  'header:Authentication-Results:asRaw:all',
]
const bodyProperties = ['partId', 'blobId', 'size', 'name', 'type', 'charset', 'disposition', 'cid']
const most = 60
const firstBytes = 200 << 10 // design/ui.md section 6: of what is larger the beginning is shown

const all = new WeakMap<MailAccount, Letters>()

export function lettersOf(jmap: Jmap, account: MailAccount): Letters {
  let letters = all.get(account)
  if (!letters) all.set(account, (letters = openLetters(jmap, account)))
  return letters
}

function openLetters(jmap: Jmap, { id: accountId, emails }: MailAccount): Letters {
  const kept = new Map<string, Letter>()
  const version = cell(0)

  function keep(list: readonly Letter[]): void {
    for (const letter of list) {
      kept.delete(letter.id)
      kept.set(letter.id, letter)
    }
    for (const id of kept.keys()) {
      if (kept.size <= most) break
      kept.delete(id)
    }
    version.update((n) => n + 1)
  }
  const ask = (ids: object, bytes: number) =>
    jmap.get<Letter>('Email', {
      accountId,
      ...ids,
      properties,
      bodyProperties,
      fetchTextBodyValues: true,
      maxBodyValueBytes: bytes,
    })

  return {
    version,
    get: (id) => kept.get(id),
    async open(id) {
      const isKnown = kept.has(id)
      const own = isKnown
        ? jmap.get<Listed>('Email', { accountId, ids: [id], properties: rowProperties })
        : ask({ ids: [id] }, firstBytes)
      const threads = jmap.get<Thread>('Thread', { accountId, '#ids': own.ref('/list/*/threadId') })
      const others = jmap.get<Listed>('Email', {
        accountId,
        '#ids': threads.ref('/list/*/emailIds'),
        properties: rowProperties,
      })
      const [first, thread, rest] = await Promise.all([own, threads, others])
      if (!isKnown) keep(first.list as Letter[])
      emails.putThreads(thread.list)
      emails.put(rest.list)
      emails.putMembers(rest.list)
    },
    async read(ids, bytes = firstBytes) {
      const unknown = ids.filter((id) => bytes > firstBytes || !kept.has(id))
      if (unknown.length > 0) keep((await ask({ ids: unknown }, bytes)).list)
    },
  }
}
