import { deepEqual, equal, rejects } from 'node:assert/strict'
import { eachEngine } from '../../test/engines.ts'
import type { Database, Writer } from '../sql/sql.ts'
import { Trouble, type TroubleCode } from '../wire/troubles.ts'
import { directoryLimits } from './limits.ts'
import { migrations } from './migrations.ts'
import {
  activateScript,
  changeScriptText,
  checkScriptSpace,
  deleteScript,
  filteringsOf,
  findScript,
  forgetExpired,
  isRemembered,
  listScripts,
  putScript,
  remember,
  renameScript,
} from './scripts.ts'
import { setVacation } from './vacations.ts'

const trouble = (code: TroubleCode) => (error: unknown) => error instanceof Trouble && error.code === code
const put = (db: Database, ...rest: [number, string, string]) => db.transaction((sql) => putScript(sql, ...rest))
const within = <A extends unknown[], T>(db: Database, deed: (sql: Writer, ...rest: A) => Promise<T>, ...rest: A) =>
  db.transaction((sql) => deed(sql, ...rest))
const away = { enabled: true, from: null, to: null, subject: null, text: 'away', html: null }

eachEngine('scripts of an account, one of them active', migrations, async (_t, db) => {
  const first = await put(db, 1, '規則', 'keep;')
  const second = await put(db, 1, 'other', 'discard; # 丟')
  await put(db, 2, '規則', 'stop;')
  deepEqual(
    (await listScripts(db, 1)).map(({ name, size, active }) => [name, size, active]),
    [
      ['other', 14, false],
      ['規則', 5, false],
    ],
  )
  await within(db, activateScript, 1, first.id)
  await within(db, activateScript, 1, second.id)
  await rejects(within(db, deleteScript, 1, second.id), trouble('script-active'))
  await rejects(within(db, deleteScript, 2, second.id), trouble('no-such-script'))
  await rejects(
    db.transaction((sql) => activateScript(sql, 2, second.id)),
    trouble('no-such-script'),
  )
  deepEqual(
    (await listScripts(db, 1)).map(({ active }) => active),
    [true, false],
  )

  const again = await put(db, 1, '規則', 'keep; keep;')
  deepEqual([again.id, again.size, again.digest === first.digest], [first.id, 11, false])
  await within(db, changeScriptText, 1, second.id, 'stop;')
  equal((await findScript(db, 1, { name: 'other' }))!.text, 'stop;')
  await rejects(within(db, renameScript, 1, second.id, '規則'), trouble('already-exists'))
  await within(db, renameScript, 1, second.id, 'cafe\u0301')
  equal((await findScript(db, 1, { name: 'café' }))!.active, true)
  for (const name of ['', 'a\nb', 'x'.repeat(600), '\u2028', '\ud800']) {
    await rejects(put(db, 1, name, 'keep;'), trouble('bad-script-name'))
  }
  await within(db, activateScript, 1, undefined)
  await within(db, deleteScript, 1, second.id)
  equal((await listScripts(db, 1)).length, 1)
})

eachEngine('scripts have limits', migrations, async (_t, db) => {
  await rejects(put(db, 1, 'big', 'x'.repeat(directoryLimits.scriptBytes + 1)), trouble('too-large'))
  for (let n = 0; n < 8; n++) await put(db, 1, `s${n}`, '#'.repeat(directoryLimits.scriptBytes))
  await rejects(put(db, 1, 'more', '#'), trouble('over-quota'))
  await put(db, 1, 's0', '#')
  for (let n = 8; n < directoryLimits.scripts; n++) await put(db, 1, `s${n}`, '#')
  await rejects(checkScriptSpace(db, 1, 'more', 1), trouble('too-many-scripts'))
  await checkScriptSpace(db, 1, 's1', 1)
})

eachEngine('whose mail is filtered', migrations, async (_t, db) => {
  const script = await put(db, 3, 'a', 'keep;')
  await within(db, activateScript, 3, script.id)
  await put(db, 4, 'not active', 'keep;')
  await setVacation(db, 3, away)
  await setVacation(db, 5, away)
  await setVacation(db, 6, { ...away, enabled: false })
  const found = await filteringsOf(
    db,
    Array.from({ length: 500 }, (_, i) => i + 1),
  )
  deepEqual(
    found.sort((a, b) => a.accountId - b.accountId),
    [
      { accountId: 3, script: { id: script.id, name: 'a', digest: script.digest }, away: true },
      { accountId: 5, away: true },
    ],
  )
  deepEqual(await filteringsOf(db, []), [])
})

eachEngine('what a filter remembers, until it expires', migrations, async (_t, db) => {
  const memory = { kind: 'reply' as const, key: 'someone', now: 1000, until: 2000 }
  const claims = await Promise.all(Array.from({ length: 5 }, () => db.transaction((sql) => remember(sql, 1, memory))))
  equal(claims.filter(Boolean).length, 1)
  equal(await isRemembered(db, 1, { ...memory, now: 1999 }), true)
  equal(await isRemembered(db, 2, memory), false)
  equal(await isRemembered(db, 1, { ...memory, kind: 'duplicate' }), false)
  equal(await isRemembered(db, 1, { ...memory, now: 2000 }), false)
  equal(await remember(db, 1, { ...memory, now: 2000, until: 3000 }), true)
  equal(await remember(db, 1, { ...memory, kind: 'duplicate', until: 5000 }), true)
  equal(await remember(db, 1, { ...memory, kind: 'duplicate', until: 9000 }), false)
  equal(await isRemembered(db, 1, { ...memory, kind: 'duplicate', now: 8000 }), true)
  equal(await forgetExpired(db, 3000), 1)
  equal(await forgetExpired(db, 9000), 1)
})
