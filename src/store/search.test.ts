import { deepEqual, equal, rejects } from 'node:assert/strict'
import type { Criterion } from './criteria.ts'
import { flagBits } from './flags.ts'
import { createMailbox, mailboxByRole } from './mailboxes.ts'
import { copyMessages } from './messages.ts'
import { previewsOf } from './previews.ts'
import { search } from './search.ts'
import { openStore, type Store } from './store.ts'
import { append, eachStore, type Letter, unindexed, type World } from '../../test/mailstore.ts'

const letters: Letter[] = [
  {
    subject: 'Meeting in Room 5',
    from: 'Ann Müller <ann@uni.example>',
    body: 'The quick brown fox jumps over\r\nthe lazy dog. Naïve café.\r\n',
    date: 'Mon, 5 Jan 2026 23:30:00 -0800',
  },
  {
    subject: '=?utf-8?B?6YO15Lu257O757Wx5pyD6K2w?=', // 郵件系統會議
    to: 'Library <lib@uni.example>, "O\'Neil" <o@other.example>',
    headers: 'Content-Type: text/plain; charset=utf-8\r\nX-Course: CS101\r\n',
    body: '明天下午三點在圖書館開會,請準時參加。郵件系\r\n統將於週末維護。\r\n',
  },
  {
    subject: 'お知らせ',
    headers: 'Content-Type: text/plain; charset=utf-8\r\nCc: boss@uni.example\r\n',
    body: '会議は東京で行われます。ガイドをご覧ください。x_y 100%\r\n',
    date: 'nonsense',
  },
  {
    subject: 'Report',
    id: '<report@uni.example>',
    headers: 'Content-Type: multipart/mixed; boundary=b\r\n',
    body:
      '--b\r\nContent-Type: text/html\r\n\r\n<p>Budget <b>num</b>bers</p>\r\n--b\r\n' +
      'Content-Type: application/pdf; name="x"\r\nContent-Disposition: attachment; filename="results-2026.pdf"\r\n' +
      'Content-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b--\r\n',
  },
]

async function fill({ store, inbox }: World): Promise<void> {
  const flags = [flagBits.seen, flagBits.flagged, 0, flagBits.seen | flagBits.deleted]
  for (const [i, letter] of letters.entries())
    await append(store, inbox.id, letter, {
      flags: flags[i]!,
      keywords: i === 1 ? ['Work'] : [],
      receivedAt: 1000 * (i + 1),
    })
}

const text = (searched: string): Criterion => ({ is: 'text', text: searched })
const body = (searched: string): Criterion => ({ is: 'body', text: searched })
const header = (name: string, searched: string): Criterion => ({ is: 'header', name, text: searched })
const day = (written: string): number => Date.parse(written)

const words: [Criterion, number[]][] = [
  [body('quick'), [1]],
  [body('QUI'), [1]], // the beginning of a word
  [body('uick'), [1]], // the end of a word
  [body('uic'), [1]], // inside a word
  [body('ui'), [1]],
  [body('rown fox'), [1]],
  [body('rown fo'), [1]],
  [body('rown ox'), []],
  [body('rownfox'), []],
  [text('eeting'), [1]],
  [body('eeting'), []],
  [body('brown fox'), [1]],
  [body('fox brown'), []],
  [body('jumps over the lazy'), [1]], // across a line break
  [body('naive CAFÉ'), [1]],
  [body('meeting'), []],
  [text('meeting'), [1]],
  [text('muller'), [1]],
  [text('ann@uni.example'), [1, 2, 3, 4]],
  [text('uni'), [1, 2, 3, 4]],
  [body('圖書館'), [2]],
  [body('圖書'), [2]],
  [body('書'), [2]],
  [body('館開'), [2]],
  [body('系統'), [2]], // across a line break
  [body('郵件系統'), [2]],
  [body('系統郵件'), []],
  [body('圖館'), []],
  [text('郵件系統會議'), [2]],
  [body('郵件系統會議'), []],
  [body('。'), [2, 3]],
  [body('維護。'), [2]],
  [body('会議'), [3]],
  [body('議'), [3]],
  [text('議'), [2, 3]],
  [body('ガイド'), [3]],
  [body('がいど'), []],
  [body('ます'), [3]],
  [text('お知らせ'), [3]],
  [body('x_y'), [3]],
  [body('100%'), [3]],
  [body('budget numbers'), [4]],
  [body('results-2026.pdf'), [4]],
  [text('CS101'), [2]],
  [body('CS101'), []],
  [text('nowhere'), []],
  [body(''), [1, 2, 3, 4]],
]

const others: [Criterion, number[]][] = [
  [{ is: 'all' }, [1, 2, 3, 4]],
  [header('Subject', 'eeting in r'), [1]],
  [header('subject', '系統會'), [2]],
  [header('FROM', 'MULLER'), [1]],
  [header('from', 'ann@uni'), [1, 2, 3, 4]],
  [header('to', "o'neil"), [2]],
  [header('to', '%'), []],
  [header('cc', 'boss'), [3]],
  [header('cc', ''), [3]],
  [header('bcc', 'x'), []],
  [header('X-Course', 'cs1'), [2]],
  [header('x-course', ''), [2]],
  [header('Message-ID', '<report@uni.example>'), [4]],
  [header('Message-ID', 'report@'), [4]],
  [header('Message-ID', '<nobody@uni.example>'), []],
  [{ is: 'flag', bit: flagBits.seen, set: true }, [1, 4]],
  [{ is: 'flag', bit: flagBits.seen, set: false }, [2, 3]],
  [{ is: 'keyword', name: 'wORK', set: true }, [2]],
  [{ is: 'keyword', name: 'wor', set: true }, []],
  [{ is: 'keyword', name: 'work', set: false }, [1, 3, 4]],
  [
    {
      is: 'uids',
      ranges: [
        [4, 9],
        [1, 2],
      ],
    },
    [1, 2, 4],
  ],
  [{ is: 'received', since: 2000, before: 4000 }, [2, 3]],
  [{ is: 'sent', since: day('2026-01-05'), before: day('2026-01-06') }, [1, 2, 4]], // the day as written
  [{ is: 'not', of: { is: 'sent', since: 0 } }, [3]],
  [{ is: 'saved', since: 5000 }, [1, 2, 3, 4]],
  [{ is: 'smaller', size: 10 }, []],
  [{ is: 'larger', size: 10 }, [1, 2, 3, 4]],
  [{ is: 'attachment', has: true }, [4]],
  [{ is: 'modseq', atLeast: 0 }, [1, 2, 3, 4]],
  [{ is: 'and', of: [] }, [1, 2, 3, 4]],
  [{ is: 'or', of: [] }, []],
  [{ is: 'and', of: [body('会議'), { is: 'flag', bit: flagBits.seen, set: false }, header('subject', 'お')] }, [3]],
  [
    { is: 'or', of: [body('会議'), { is: 'flag', bit: flagBits.seen, set: true }, header('x-course', '')] },
    [1, 2, 3, 4],
  ],
  [{ is: 'not', of: { is: 'or', of: [body('会議'), { is: 'flag', bit: flagBits.seen, set: true }] } }, [2]],
  [
    {
      is: 'not',
      of: {
        is: 'and',
        of: [
          { is: 'uids', ranges: [[1, 3]] },
          { is: 'not', of: body('quick') },
        ],
      },
    },
    [1, 4],
  ],
]

eachStore('words are found in Latin, Chinese and Japanese, indexed or not', async (world) => {
  const { store, inbox } = world
  const check = async (asked: Store, when: string): Promise<void> => {
    for (const [criterion, uids] of words)
      deepEqual(await search(asked, inbox.id, criterion), uids, `${when}: ${JSON.stringify(criterion)}`)
  }
  await store.indexer.stop()
  await fill(world)
  await check(store, 'not indexed')
  const again = openStore(store.db, store.blobs)
  await again.indexer.caughtUp()
  deepEqual(await unindexed(again), [])
  await check(again, 'indexed')
  await again.close()
})

eachStore('criteria of all kinds and their combinations', async (world) => {
  const { store, inbox } = world
  await fill(world)
  await store.indexer.caughtUp()
  for (const [criterion, uids] of others)
    deepEqual(await search(store, inbox.id, criterion), uids, JSON.stringify(criterion))
  const deep = Array.from({ length: 100 }).reduce<Criterion>((of) => ({ is: 'not', of }), { is: 'all' })
  await rejects(search(store, inbox.id, deep), { code: 'too-large' })
  await rejects(search(store, inbox.id, text('x'.repeat(3000))), { code: 'too-large' })
  await rejects(search(store, 999, { is: 'all' }), { code: 'no-such-mailbox' })
})

eachStore('a long list of recipients is searched to its end', async ({ store, inbox }) => {
  const many = Array.from({ length: 400 }, (_, i) => `someone-${i}-with-a-long-name@example.org`).join(',\r\n ')
  await append(store, inbox.id, { to: many })
  await append(store, inbox.id, { to: 'short@example.org' })
  deepEqual(await search(store, inbox.id, header('to', 'someone-399-')), [1])
  deepEqual(await search(store, inbox.id, header('to', 'example.org')), [1, 2])
})

eachStore('a mail copied to another account is found there, and not before', async ({ store, inbox }) => {
  await append(store, inbox.id, { body: 'secret handshake\r\n' })
  await store.indexer.caughtUp()
  const theirs = (await mailboxByRole(store.db, 2, 'inbox'))!
  deepEqual(await search(store, theirs.id, body('secret')), [])
  await copyMessages(store, inbox.id, [1], theirs.id)
  deepEqual(await search(store, theirs.id, body('secret')), [1])
  await store.indexer.caughtUp()
  deepEqual(await search(store, theirs.id, body('secret handshake')), [1])
  const own = await createMailbox(store, 2, { path: ['Own'] })
  await copyMessages(store, theirs.id, [1], own.id)
  deepEqual(await search(store, own.id, body('hand')), [1])
})

eachStore(
  'a mail with more words than are kept is read',
  async ({ store, inbox }) => {
    await append(store, inbox.id, { body: `${Array.from({ length: 200 }, (_, i) => `w${i}`).join(' ')} omega\r\n` })
    await append(store, inbox.id, { body: 'w1 w2\r\n' })
    await store.indexer.caughtUp()
    deepEqual(await search(store, inbox.id, body('omega')), [1])
    deepEqual(await search(store, inbox.id, body('w1')), [1, 2])
    deepEqual(await search(store, inbox.id, { is: 'not', of: body('omega') }), [2])
  },
  { limits: { indexedWords: 100 } },
)

eachStore('previews are there at once and after indexing', async (world) => {
  const { store, inbox } = world
  await store.indexer.stop()
  await fill(world)
  const rows = await store.db.arrays('select mail_id from message where mailbox_id = $1 order by uid', [inbox.id])
  const ids = rows.map((row) => row[0] as number)
  const previews = await previewsOf(store, [...ids, 12345])
  equal(previews.size, 4)
  equal(previews.get(ids[0]!), 'The quick brown fox jumps over the lazy dog. Naïve café.')
})
