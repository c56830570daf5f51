import { deepEqual, equal, ok } from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { test, type TestContext } from 'node:test'
import { freshPostgres } from '../../test/engines.ts'
import { betweenLimits, openBetween, type Between } from './between.ts'
import type { Database } from './sql.ts'

const quick = { ...betweenLimits, againAfter: 1, waiting: 50 }

async function open(t: TestContext, processes: number): Promise<{ db: Database; all: Between[] }> {
  const { db, url, drop } = await freshPostgres([])
  const all = Array.from({ length: processes }, () => openBetween(url, quick))
  t.after(async () => {
    for (const one of all) await one.close()
    await drop()
  })
  return { db, all }
}

/** Hears a topic; missed() counts, and every event is told. */
function hearer(between: Between) {
  const events = new EventEmitter()
  const heard: string[] = []
  const say = between.listen('news', {
    heard: (text) => void (heard.push(text), events.emit('heard'), events.emit(text)),
    missed: () => void events.emit('missed'),
  })
  return { heard, say, next: (event: string) => once(events, event) }
}

test('what one process says the others hear, in order, and itself not', async (t) => {
  const { all } = await open(t, 3)
  const [a, b, c] = all.map(hearer)
  await Promise.all([a!, b!, c!].map(({ next }) => next('missed')))
  const texts = Array.from({ length: 40 }, (_, n) => `${n} ${'長'.repeat(200)}`) // more than one NOTIFY takes
  const heard = Promise.all([b!.next(texts.at(-1)!), c!.next(texts.at(-1)!)])
  for (const text of texts) a!.say(text)
  await heard
  deepEqual(b!.heard, texts)
  deepEqual(c!.heard, texts)
  const answer = a!.next('done')
  b!.say('done')
  await answer
  deepEqual(a!.heard, ['done'])
})

async function breakAll(db: Database): Promise<void> {
  await db.all(`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and query not like 'select 1 as one%'`)
}

test('a connection that broke comes back, says what waited, and tells that something may be missed', async (t) => {
  const { db, all } = await open(t, 2)
  const [a, b] = all.map(hearer)
  await Promise.all([a!.next('missed'), b!.next('missed')])
  const again = Promise.all([a!.next('missed'), b!.next('missed')])
  await breakAll(db)
  await again
  const heard = b!.next('after')
  a!.say('after')
  await heard

  // More than are kept: the others hear that some are lost.
  const lost = b!.next('missed')
  for (let n = 0; n < 200; n++) a!.say(`${n}`)
  a!.say('last')
  await Promise.all([lost, b!.next('last')])
  ok(b!.heard.length < 200)
})

test('a number is held by one process, until it lets go or its connection ends', async (t) => {
  const { all } = await open(t, 2)
  const [a, b] = all as [Between, Between]
  const release = await a.hold(1, 2 ** 40 + 7)
  ok(release)
  equal(await b.hold(1, 2 ** 40 + 7), undefined)
  const others = [await b.hold(2, 2 ** 40 + 7), await b.hold(1, 7)]
  ok(others.every((one) => one !== undefined))
  release()
  release()
  ok(await a.hold(1, 8)) // by now the first one is let go: one connection does one after the other
  ok(await b.hold(1, 2 ** 40 + 7))
  equal(await a.hold(1, 2 ** 40 + 7), undefined)
  await b.close()
  let again: unknown
  while (!again) again = await a.hold(1, 2 ** 40 + 7) // the server hears of the end a moment later
})

test('numbers that are held stay so on a new connection', async (t) => {
  const { db, all } = await open(t, 2)
  const [a, b] = all as [Between, Between]
  const news = hearer(a)
  await news.next('missed')
  ok(await a.hold(1, 7))
  const again = news.next('missed')
  await breakAll(db)
  await again
  equal(await b.hold(1, 7), undefined)
})
