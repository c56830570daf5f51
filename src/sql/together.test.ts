import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { eachEngine } from '../../test/engines.ts'
import { together } from './together.ts'

const migrations = [{ name: 'test/0001', text: 'create table t (n {int} primary key)' }]
const insert = 'insert into t (n) values ($1)'

eachEngine('many works share transactions; each gets its own answer', migrations, async (_t, db) => {
  let transactions = 0
  const counted = { ...db, transaction: ((work) => (transactions++, db.transaction(work))) as typeof db.transaction }
  const grouped = together(counted, { most: 20, atOnce: 2 })
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, n) => grouped(async (sql) => (await sql.run(insert, [n])) + n)),
  )
  deepEqual(
    answers,
    Array.from({ length: 100 }, (_, n) => n + 1),
  )
  ok(transactions < 20, `${transactions} transactions`)
})

eachEngine('a work that fails harms no other', migrations, async (_t, db) => {
  const grouped = together(db, { most: 50, atOnce: 1 })
  const works = Array.from({ length: 30 }, (_, n) =>
    grouped(async (sql) => {
      await sql.run(insert, [n])
      if (n % 10 === 3) throw new Error(`no ${n}`)
    }),
  )
  const results = await Promise.allSettled(works)
  deepEqual(
    results.flatMap(({ status }, n) => (status === 'rejected' ? [n] : [])),
    [3, 13, 23],
  )
  await rejects(works[3]!, /no 3/)
  const rows = await db.arrays('select n from t order by n')
  equal(rows.length, 27)
})
