import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { eachEngine } from '../../test/engines.ts'
import { findEvents, sweepEvents, writeEvents, type Event } from './events.ts'
import { newId } from './ids.ts'
import { migrations } from './migrations.ts'
import { openTracking } from './tracking.ts'

const noon = Date.UTC(2026, 0, 1, 4)
const event = (over: Partial<Event> = {}): Event => ({ at: noon, kind: 'received', details: {}, ...over })

eachEngine('events come back as they were written, in the order of time', migrations, async (_t, db) => {
  const written: Event[] = [
    event({
      mail: 'm1',
      account: 7,
      session: 's1',
      address: 'wang@uni.example',
      peer: '192.0.2.1',
      details: { size: 9, 主旨: '你好' },
    }),
    event({ at: noon + 1, mail: 'm1', kind: 'placed', address: 'li@uni.example' }),
    event({ at: noon + 2, mail: 'm2', kind: 'placed', address: 'li@uni.example' }),
  ]
  await db.transaction((sql) => writeEvents(sql, written))
  deepEqual(
    (await findEvents(db, {})).map(({ id: _, ...rest }) => rest),
    written,
  )
  deepEqual(
    (await findEvents(db, { mail: 'm1' })).map(({ kind }) => kind),
    ['received', 'placed'],
  )
  deepEqual(
    (await findEvents(db, { address: 'li@uni.example' })).map(({ mail }) => mail),
    ['m1', 'm2'],
  )
  equal((await findEvents(db, { account: 7 })).length, 1)
  equal((await findEvents(db, { from: noon + 1, to: noon + 2 })).length, 1)
  equal((await findEvents(db, { kind: 'placed' })).length, 2)
})

eachEngine('many events, page by page, both ways', migrations, async (_t, db) => {
  const all = Array.from({ length: 103 }, (_, i) => event({ at: noon + Math.floor(i / 10), mail: `m${i}` }))
  await db.transaction((sql) => writeEvents(sql, all))
  for (const newestFirst of [false, true]) {
    const seen: string[] = []
    for (let after: { at: number; id: number } | undefined; ;) {
      const page = await findEvents(db, { after, limit: 10, newestFirst })
      seen.push(...page.map(({ mail }) => mail!))
      const last = page.at(-1)
      if (!last) break
      after = { at: last.at, id: last.id! }
    }
    const expected = all.map(({ mail }) => mail!)
    deepEqual(seen, newestFirst ? expected.toReversed() : expected)
  }
})

eachEngine('a transaction that fails leaves no event', migrations, async (_t, db) => {
  await db
    .transaction(async (sql) => {
      await writeEvents(sql, [event()])
      throw new Error('no')
    })
    .catch(() => {})
  deepEqual(await findEvents(db, {}), [])
})

eachEngine('what strangers wrote is cut and cannot break a row', migrations, async (_t, db) => {
  const odd = 'x'.repeat(5_000)
  await db.transaction((sql) => writeEvents(sql, [event({ address: `a\0b${odd}`, details: { said: `\0${odd}` } })]))
  const [kept] = await findEvents(db, {})
  ok(kept!.address!.startsWith('abx') && kept!.address!.length <= 1_000)
  equal(String(kept!.details['said']).length, 1_001)
})

eachEngine('the sweep takes what is too old, in bounded pieces, and nothing else', migrations, async (_t, db) => {
  const all = Array.from({ length: 25 }, (_, i) => event({ at: noon + i }))
  await db.transaction((sql) => writeEvents(sql, all))
  equal(await sweepEvents(db, noon + 20, 7), 20)
  deepEqual(
    (await findEvents(db, {})).map(({ at }) => at - noon),
    [20, 21, 22, 23, 24],
  )
})

eachEngine('noted events are written together; what does not fit is counted', migrations, async (_t, db) => {
  const tracking = openTracking(db, () => noon, { bufferedEvents: 5, flushEvents: 100 })
  for (let i = 0; i < 8; i++) tracking.note(event({ kind: 'refused', mail: `m${i}` }))
  await tracking.close()
  const kept = await findEvents(db, {})
  deepEqual(
    kept.map(({ mail, kind }) => mail ?? kind),
    ['m3', 'm4', 'm5', 'm6', 'm7', 'lost'],
  )
  deepEqual(kept.at(-1)!.details, { count: 3 })
})

test('events that could not be written wait for the next time, as many as there is room for', async () => {
  const written: number[] = []
  let down = true
  const db = {
    transaction: async (work: (sql: unknown) => Promise<void>) => {
      if (down) throw new Error('down')
      await work({ run: async (_text: string, values: unknown[]) => written.push(values.length / 8) })
    },
  }
  const tracking = openTracking(db as never, () => noon, { bufferedEvents: 3 })
  tracking.note(event())
  await tracking.flush()
  tracking.note(event())
  down = false
  await tracking.close()
  deepEqual(written, [2])
})

test('ids are short, different, and grow with time', () => {
  const ids = Array.from({ length: 1_000 }, (_, i) => newId(noon + Math.floor(i / 100)))
  equal(new Set(ids).size, 1_000)
  ok(ids.every((id) => /^[0-9a-hjkmnp-tv-z]{16}$/.test(id)))
  ok(newId(noon + 1_000) > newId(noon))
})
