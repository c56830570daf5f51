import { deepEqual, equal, rejects } from 'node:assert/strict'
import { insertMail } from './mails.ts'
import { placeMail } from './messages.ts'
import { eraseAccountStore } from './erase.ts'
import { startSweeper } from './sweep.ts'
import { copyUpload, findUpload, keepUpload } from './uploads.ts'
import { eachStore, letter, newMail } from '../../test/mailstore.ts'

const hour = 3_600_000
let now = 1_800_000_000_000
const options = { clock: () => now, limits: { sweepGrace: 1000 } }
const bounds = { bytes: 100, count: 4, milliseconds: 24 * hour }
const wide = { bytes: 1 << 20, count: 100, milliseconds: 24 * hour }

eachStore(
  'uploads are bounded together, the oldest making room when an hour is over',
  async ({ store }) => {
    const upload = async (size: number, byId = 1) => {
      const blob = await store.blobs.put(Buffer.alloc(size, 'x'))
      return keepUpload(store, { accountId: 1, byId, type: 'a/b', blob }, bounds)
    }
    const first = await upload(40)
    const second = await upload(50)
    await rejects(upload(20), { code: 'over-quota' })
    await upload(90, 2)
    now += hour
    const third = await upload(20)
    equal(await findUpload(store.db, first.id, 1, 1, now), undefined)
    deepEqual((await findUpload(store.db, second.id, 1, 1, now))?.size, 50)
    equal(await findUpload(store.db, third.id, 1, 2, now), undefined, 'another sees nothing of it')
    equal(await findUpload(store.db, third.id, 2, 1, now), undefined)
    for (let i = 0; i < 3; i++) await upload(1)
    await rejects(upload(1), { code: 'over-quota' })
    equal((await copyUpload(store, third, 2, { ...bounds, count: 9 })).accountId, 2)
  },
  options,
)

eachStore(
  'what nobody came back for is swept, and the bytes stay where a mail names them',
  async ({ t, store }) => {
    const sweeper = startSweeper(store)
    t.after(() => sweeper.stop())
    const mail = await newMail(store, letter())
    const used = await keepUpload(store, { accountId: 1, byId: 1, type: '', blob: mail.blob }, wide)
    const blob = await store.blobs.put(Buffer.from('never used'))
    const unused = await keepUpload(store, { accountId: 1, byId: 1, type: '', blob }, wide)
    const row = await store.db.transaction((sql) => insertMail(sql, mail))
    await store.db.transaction((sql) => placeMail(sql, row, [{ accountId: 1 }]))
    equal((await sweeper.sweep()).blobs, 0)
    now += 24 * hour
    equal(await findUpload(store.db, unused.id, 1, 1, now), undefined, 'it is over before it is swept')
    equal((await sweeper.sweep()).blobs, 1)
    equal(await findUpload(store.db, used.id, 1, 1, 0), undefined)
    equal((await store.blobs.read(mail.blob.ref)).length, mail.blob.size)
  },
  options,
)

eachStore(
  'with an account go its uploads',
  async ({ t, store }) => {
    const sweeper = startSweeper(store)
    t.after(() => sweeper.stop())
    const blob = await store.blobs.put(Buffer.from('theirs'))
    await keepUpload(store, { accountId: 2, byId: 2, type: '', blob }, wide)
    await store.db.transaction((sql) => eraseAccountStore(sql, 2))
    equal((await sweeper.sweep()).blobs, 1)
  },
  options,
)
