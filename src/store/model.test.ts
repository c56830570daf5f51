// Random operations against a model: first one after the other with every detail compared, then by several
// actors at once with what must hold afterwards.

import { deepEqual, equal, ok } from 'node:assert/strict'
import { Trouble } from '../wire/troubles.ts'
import { flagBits, storeFlags, type FlagChange } from './flags.ts'
import { createMailbox, deleteMailbox, listMailboxes, mailboxByRole } from './mailboxes.ts'
import { insertMail } from './mails.ts'
import {
  announce,
  appendMessages,
  changedSince,
  copyMessages,
  expunge,
  messagesIn,
  moveMessages,
  placeMail,
  vanishedSince,
} from './messages.ts'
import { quotaOf } from './quota.ts'
import type { Store } from './store.ts'
import { append, eachStore, letter, newMail } from '../../test/mailstore.ts'

/** A seeded generator: a failing run can be repeated. */
function dice(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

interface ModelMessage {
  uid: number
  mailId: number
  flags: number
  keywords: string[]
  size: number
}

interface ModelBox {
  id: number
  accountId: number
  uidNext: number
  messages: ModelMessage[]
  gone: number[]
}

const keywords = ['alpha', 'beta', '$Junk']

function change(roll: (below: number) => number): FlagChange {
  const mode = (['set', 'add', 'remove'] as const)[roll(3)]!
  return { mode, flags: roll(32), keywords: keywords.filter(() => roll(3) === 0) }
}

function changed(message: ModelMessage, { mode, flags, keywords: words }: FlagChange): void {
  if (mode === 'set') Object.assign(message, { flags, keywords: [...words] })
  else if (mode === 'add') {
    message.flags |= flags
    message.keywords = [...new Set([...message.keywords, ...words])]
  } else {
    message.flags &= ~flags
    message.keywords = message.keywords.filter((word) => !words.includes(word))
  }
}

const some = (roll: (below: number) => number, box: ModelBox): number[] =>
  Array.from({ length: 1 + roll(box.uidNext + 1) }, (_, i) => i + 1).filter(() => roll(3) > 0)

eachStore('two hundred operations do what the model does', async ({ store }) => {
  const roll = dice(20_260_105)
  const boxes: ModelBox[] = []
  for (const accountId of [1, 2]) {
    for (const role of ['inbox', 'archive'] as const) {
      const { id } = (await mailboxByRole(store.db, accountId, role))!
      boxes.push({ id, accountId, uidNext: 1, messages: [], gone: [] })
    }
  }
  const put = (box: ModelBox, message: Omit<ModelMessage, 'uid'>): number => {
    box.messages.push({ ...message, keywords: [...message.keywords], uid: box.uidNext })
    return box.uidNext++
  }
  const take = (box: ModelBox, uids: readonly number[]): ModelMessage[] => {
    const away = box.messages.filter(({ uid }) => uids.includes(uid))
    box.messages = box.messages.filter(({ uid }) => !uids.includes(uid))
    box.gone.push(...away.map(({ uid }) => uid))
    return away
  }

  for (let step = 0; step < 200; step++) {
    const box = boxes[roll(boxes.length)]!
    const other = boxes[roll(boxes.length)]!
    const uids = some(roll, box)
    const deed = roll(7)
    if (deed <= 1) {
      const flags = roll(32)
      const words = keywords.filter(() => roll(4) === 0)
      const count = 1 + roll(3)
      const items = await Promise.all(
        Array.from({ length: count }, async () => ({
          mail: await newMail(store, letter(), 'T: x\r\n'),
          flags,
          keywords: words,
          receivedAt: 5,
        })),
      )
      for (const [i, { uid }] of (await appendMessages(store, box.id, items)).entries()) {
        const [row] = await messagesIn(store.db, box.id, uid, uid, 1)
        equal(put(box, { mailId: row!.mailId, flags, keywords: words, size: items[i]!.mail.blob.size + 6 }), uid)
      }
    } else if (deed === 2) {
      const placed = await store.db.transaction(async (sql) => {
        const row = await insertMail(sql, await newMail(store, letter()))
        return {
          row,
          placed: await placeMail(
            sql,
            row,
            boxes.map(({ id, accountId }) => ({ accountId, mailboxId: id, flags: ['seen'] })),
          ),
        }
      })
      announce(store, placed.placed)
      for (const { mailboxId, uid } of placed.placed) {
        const at = boxes.find(({ id }) => id === mailboxId)!
        equal(put(at, { mailId: placed.row.id, flags: flagBits.seen, keywords: [], size: placed.row.size }), uid)
      }
    } else if (deed === 3) {
      const one = change(roll)
      await storeFlags(store, box.id, uids, one)
      for (const message of box.messages) if (uids.includes(message.uid)) changed(message, one)
    } else if (deed === 4) {
      const all = roll(2) === 0
      const marked = box.messages.filter(({ uid, flags }) => flags & flagBits.deleted && (all || uids.includes(uid)))
      const gone = await expunge(store, box.id, all ? 'all-deleted' : uids, { onlyDeleted: true })
      deepEqual(
        gone,
        marked.map(({ uid }) => uid),
      )
      take(box, gone)
    } else if (deed === 5) {
      const expected = box.messages
        .filter(({ uid }) => uids.includes(uid))
        .map((message) => ({ from: message.uid, to: put(other, message) }))
      deepEqual(await copyMessages(store, box.id, uids, other.id), expected)
    } else {
      const expected = take(box, uids).map((message) => ({ from: message.uid, to: put(other, message) }))
      deepEqual(await moveMessages(store, box.id, uids, other.id), expected)
    }
  }

  for (const box of boxes) {
    const rows = await messagesIn(store.db, box.id, 1, 1e9, 1e6)
    deepEqual(
      rows.map(({ uid, mailId, flags, keywords: words, size }) => ({
        uid,
        mailId,
        flags,
        keywords: words.split(' ').filter(Boolean),
        size,
      })),
      box.messages.map((message) => ({ ...message, keywords: message.keywords.toSorted() })),
    )
    deepEqual(
      await vanishedSince(store.db, box.id, 0),
      box.gone.toSorted((a, b) => a - b),
    )
  }
  await consistent(store)
})

/** What must hold whatever was done. */
async function consistent(store: Store): Promise<void> {
  for (const accountId of [1, 2, 3]) {
    let used = 0
    let messages = 0
    const holder = (await store.db.one<{ modseq: number }>('select modseq from holder where account_id = $1', [
      accountId,
    ]))!
    for (const box of await listMailboxes(store.db, accountId)) {
      const rows = await messagesIn(store.db, box.id, 1, 1e9, 1e6)
      const gone = await vanishedSince(store.db, box.id, 0)
      const count = (bit: number, set: boolean): number => rows.filter(({ flags }) => (flags & bit) > 0 === set).length
      const size = rows.reduce((sum, row) => sum + row.size, 0)
      deepEqual(
        [box.total, box.unseen, box.deleted, box.size],
        [rows.length, count(flagBits.seen, false), count(flagBits.deleted, true), size],
        box.path.join('/'),
      )
      // Every uid that was ever given is here or gone, and never both.
      const known = [...rows.map(({ uid }) => uid), ...gone].sort((a, b) => a - b)
      deepEqual(
        known,
        Array.from({ length: box.uidNext - 1 }, (_, i) => i + 1),
        box.path.join('/'),
      )
      for (const row of rows) ok(row.modseq <= box.modseq)
      ok(box.modseq <= holder.modseq)
      deepEqual(
        [...(await store.views.current(box.id)).uids],
        rows.map(({ uid }) => uid),
      )
      for (const row of rows)
        for (const word of row.keywords.split(' ').filter(Boolean)) ok(box.keywords.includes(word))
      used += size
      messages += rows.length
    }
    deepEqual(await quotaOf(store.db, accountId), { used, quota: 0, messages })
  }
}

eachStore(
  'eight actors at once: every uid is given once and taken once, and nothing changes unseen',
  async ({ store }) => {
    const ids: number[] = []
    for (const accountId of [1, 2]) {
      for (const role of ['inbox', 'archive', 'trash'] as const)
        ids.push((await mailboxByRole(store.db, accountId, role))!.id)
    }
    for (const id of ids) for (let i = 0; i < 5; i++) await append(store, id)
    const given = new Set<string>()
    const taken: string[] = []
    const pictures = new Map<number, Map<number, number>>() // mailbox: uid: modseq, followed by changedSince and vanishedSince
    for (const id of ids) pictures.set(id, new Map())
    const seen = new Map<number, number>()
    const follow = async (id: number): Promise<void> => {
      const since = seen.get(id) ?? 0
      const head = (await store.db.one<{ modseq: number }>('select modseq from mailbox where id = $1', [id]))!
      const picture = pictures.get(id)!
      for (const row of await changedSince(store.db, id, since)) picture.set(row.uid, row.modseq)
      for (const uid of await vanishedSince(store.db, id, since)) picture.delete(uid)
      seen.set(id, head.modseq)
    }
    const actor = async (seed: number): Promise<void> => {
      const roll = dice(seed)
      for (let step = 0; step < 12; step++) {
        const box = ids[roll(ids.length)]!
        const other = ids[roll(ids.length)]!
        const uids = Array.from({ length: 6 }, () => 1 + roll(30))
        const deed = roll(6)
        try {
          if (deed === 0) given.add(`${box}:${(await append(store, box)).uid}`)
          else if (deed === 1) {
            const placed = await store.db.transaction(async (sql) =>
              placeMail(sql, await insertMail(sql, await newMail(store, letter())), [
                { accountId: 2 },
                { accountId: 1 },
                { accountId: 3 },
              ]),
            )
            announce(store, placed)
            for (const { mailboxId, uid } of placed) {
              ok(!given.has(`${mailboxId}:${uid}`))
              given.add(`${mailboxId}:${uid}`)
            }
          } else if (deed === 2) await storeFlags(store, box, uids, change(roll))
          else if (deed === 3)
            taken.push(...(await expunge(store, box, uids.slice(0, 2))).map((uid) => `${box}:${uid}`))
          else {
            const pairs = await (deed === 4 ? copyMessages : moveMessages)(store, box, uids, other)
            for (const { from, to } of pairs) {
              ok(!given.has(`${other}:${to}`))
              given.add(`${other}:${to}`)
              if (deed === 5) taken.push(`${box}:${from}`)
            }
          }
        } catch (error) {
          if (!(error instanceof Trouble)) throw error
          throw new Error(`step ${step} of ${seed}: ${error.code}`)
        }
      }
    }
    await Promise.all(Array.from({ length: 8 }, (_, i) => actor(100 + i)))
    equal(new Set(taken).size, taken.length)
    await consistent(store)
    for (const id of ids) {
      await follow(id)
      const rows = await messagesIn(store.db, id, 1, 1e9, 1e6)
      deepEqual(
        [...pictures.get(id)!].sort((a, b) => a[0] - b[0]),
        rows.map(({ uid, modseq }) => [uid, modseq]),
      )
    }
  },
)

eachStore('mailboxes are made and deleted while mail comes to them', async ({ store }) => {
  const names = ['a', 'b', 'c']
  const maker = async (seed: number): Promise<void> => {
    const roll = dice(seed)
    for (let step = 0; step < 15; step++) {
      const path = [names[roll(3)]!, ...(roll(2) ? [names[roll(3)]!] : [])]
      const all = await listMailboxes(store.db, 1)
      const known = all.find((box) => box.path.join('/') === path.join('/'))
      try {
        if (!known) await createMailbox(store, 1, { path })
        else if (roll(3) === 0) await deleteMailbox(store, known.id, roll(2) === 0)
        else if (known.selectable) await append(store, known.id)
      } catch (error) {
        // Another was first.
        const code = error instanceof Trouble ? error.code : String(error)
        ok(['no-such-mailbox', 'mailbox-exists', 'mailbox-has-children'].includes(code), code)
      }
    }
  }
  await Promise.all([1, 2, 3, 4].map(maker))
  await consistent(store)
})
