import { deepEqual, equal, rejects } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { eachEngine, freshPostgres } from '../../test/engines.ts'
import { Trouble } from '../wire/troubles.ts'
import { migrate, spell } from './dialect.ts'
import type { Migration } from './sql.ts'
import { openSqlite } from './sqlite.ts'
import { shared } from './turns.ts'

const schema: Migration[] = [
  {
    name: 'test/0001',
    text: 'create table box (id {id}, name text not null unique, n {int} not null, raw {bytes});\ncreate index box_n on box (n)',
  },
]

eachEngine('rows come back as they went in', schema, async (_t, db) => {
  const big = 2 ** 52
  await db.run('insert into box (name, n, raw) values ($1, $2, $3)', ['會議', big, Buffer.from([0, 255])])
  const row = await db.one<{ id: number; name: string; n: number; raw: Uint8Array }>(
    'select * from box where name = $1',
    ['會議'],
  )
  deepEqual({ ...row, raw: [...(row?.raw ?? [])] }, { id: 1, name: '會議', n: big, raw: [0, 255] })
  deepEqual(await db.arrays('select id, n from box'), [[1, big]])
  deepEqual(await db.apart.arrays('select id, n from box where n = $1', [big]), [[1, big]])
  equal(await db.one('select id from box where n = $1', [1]), undefined)
  equal(await db.run('update box set n = n + 1 where n = $1', [1]), 0)
})

eachEngine('a transaction that throws leaves nothing behind', schema, async (_t, db) => {
  await rejects(
    db.transaction(async (sql) => {
      await sql.run("insert into box (name, n) values ('a', 1)")
      throw new Trouble('over-quota')
    }),
    { code: 'over-quota' },
  )
  deepEqual(await db.all('select * from box'), [])
})

eachEngine('fifty transactions at once all count', schema, async (_t, db) => {
  await db.run("insert into box (name, n) values ('a', 0)")
  const one = () =>
    db.transaction(async (sql) => {
      await sql.one("update box set n = n + 1 where name = 'a' returning n")
      await sql.run('insert into box (name, n) select $1 || cast(n as text), 0 from box where name = $2', ['x', 'a'])
    })
  await Promise.all(Array.from({ length: 50 }, one))
  equal((await db.one<{ n: number }>("select n from box where name = 'a'"))?.n, 50)
  equal((await db.arrays("select name from box where name like 'x%'")).length, 50)
})

eachEngine('a schema step runs once, and a newer schema is refused', schema, async (_t, db) => {
  const more = [...schema, { name: 'test/0002', text: 'alter table box add column extra text' }]
  deepEqual(await migrate(db, more), ['test/0002'])
  deepEqual(await migrate(db, more), [])
  await rejects(migrate(db, schema), { code: 'unavailable' })
})

test('a database that finds no room says so, and goes on when there is room', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'postern-sql-'))
  t.after(() => rm(folder, { recursive: true }))
  const db = await openSqlite(join(folder, 'db'))
  t.after(() => db.close())
  await migrate(db, schema)
  const pages = await db.transaction((sql) => sql.one<{ page_count: number }>('pragma page_count'))
  const limit = (most: number) => db.transaction((sql) => sql.one(`pragma max_page_count = ${most}`))
  await limit(pages!.page_count + 2)
  const insert = (name: string) =>
    db.run('insert into box (name, n, raw) values ($1, 1, $2)', [name, Buffer.alloc(20_000)])
  await rejects(insert('a'), { code: 'disk-full' })
  await rejects(
    db.transaction(async (sql) => {
      await rejects(sql.run('insert into box (name, n, raw) values ($1, 1, $2)', ['b', Buffer.alloc(20_000)]), {
        code: 'disk-full',
      })
      throw new Trouble('disk-full')
    }),
    { code: 'disk-full' },
  )
  await limit(1_000_000)
  await insert('a')
  deepEqual(await db.arrays('select name from box'), [['a']])
})

const raised: [sqlstate: string, what: string, code: string][] = [
  ['53100', 'a full disk', 'disk-full'],
  ['53200', 'no memory', 'unavailable'],
  ['57P01', 'a server that goes down', 'unavailable'],
  ['40001', 'transactions that meet for ever', '40001'],
]
for (const [sqlstate, what, code] of raised) {
  test(`${what} at PostgreSQL is ${code}`, async (t) => {
    const { db, drop } = await freshPostgres([])
    t.after(drop)
    const raise = `do $$ begin raise exception 'so' using errcode = '${sqlstate}'; end $$`
    await rejects(db.run(raise), { code })
    await rejects(
      db.transaction((sql) => sql.run(raise)),
      { code },
    )
  })
}

test('each engine reads its own spelling', () => {
  equal(spell('a {int}{sqlite: x}{postgres: y}', 'sqlite'), 'a integerx')
  equal(spell('a {int}{sqlite: x}{postgres: y}', 'postgres'), 'a biginty')
})

test('rows that the full text index writes for itself do not harm the changes that follow', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'postern-sql-'))
  t.after(() => rm(folder, { recursive: true }))
  const db = await openSqlite(join(folder, 'db'))
  t.after(() => db.close())
  await db.run("create virtual table said using fts5(words, content='', contentless_delete=1, detail=none)")
  await db.run('create table box (n integer primary key, name text)')
  await db.run("insert into box (n, name) values (1, 'a')")
  const mails = Array.from({ length: 30 }, (_, n) => n + 1)
  for (const n of mails) await db.run("insert into said (rowid, words) values ($1, 'one two')", [n])
  for (const n of mails) {
    await db.transaction(async (sql) => {
      equal(await sql.run('delete from said where rowid = $1', [n]), 1) // a tombstone's own id is above 2^53
      equal(await sql.run("update box set name = 'b'"), 1)
    })
  }
})

test('a shared effect serves a caller only with a run that began after the call', async () => {
  const ends: (() => void)[] = []
  const sync = shared(() => new Promise<void>((resolve) => ends.push(resolve)))
  const done: string[] = []
  const first = sync().then(() => done.push('first'))
  const second = sync().then(() => done.push('second'))
  const third = sync().then(() => done.push('third'))
  equal(ends.length, 1)
  ends[0]?.()
  await first
  deepEqual(done, ['first'])
  await new Promise((resolve) => setImmediate(resolve))
  equal(ends.length, 2)
  ends[1]?.()
  await Promise.all([second, third])
  deepEqual(done, ['first', 'second', 'third'])
})

test('what another process committed is seen, and its lock is waited for', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'postern-test-'))
  const path = join(folder, 'postern.sqlite')
  const db = await openSqlite(path)
  await migrate(db, schema)
  const other = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      '--input-type=module',
      '-e',
      `import { DatabaseSync } from 'node:sqlite'
       const db = new DatabaseSync(${JSON.stringify(path)})
       db.exec("begin immediate; insert into box (name, n) values ('theirs', 1)")
       process.stdout.write('locked')
       process.stdin.once('data', () => { db.exec('commit'); process.exit(0) })`,
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  await once(other.stdout, 'data')
  const ours = db.run("insert into box (name, n) values ('ours', 2)")
  deepEqual(await db.all('select name from box'), [])
  other.stdin.write('go')
  await ours
  deepEqual(await db.arrays('select name from box order by n'), [['theirs'], ['ours']])
  await db.close()
  await rm(folder, { recursive: true })
})
