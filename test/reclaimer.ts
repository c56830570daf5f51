// A process that reclaims space until it kills itself: node test/reclaimer.ts <database> <folder of blobs> <deed> <n>
// The deed is copied, renamed or retired; it dies right after having done that for the n-th time.

import { openVolumes } from '../src/blobs/volumes.ts'
import { openPostgres } from '../src/sql/postgres.ts'
import { openSqlite } from '../src/sql/sqlite.ts'
import { openMails } from '../src/store/mails.ts'
import { openReclaim } from '../src/store/reclaim.ts'
import { smallVolumes, eagerLimits } from './reclaiming.ts'

const [database = '', folder = '', deed = '', n = ''] = process.argv.slice(2)
let left = Number(n)

async function after<T>(what: string, done: Promise<T>): Promise<T> {
  const result = await done
  if (what === deed && --left === 0) process.kill(process.pid, 'SIGKILL')
  return result
}

const db = await (database.startsWith('postgres') ? openPostgres(database) : openSqlite(database))
const blobs = await openVolumes(folder, smallVolumes)
const reclaim = openReclaim({
  db: { ...db, transaction: (work) => after('renamed', db.transaction(work)) },
  blobs: {
    ...blobs,
    copy: (ref) => after('copied', blobs.copy(ref)),
    retire: (id) => after('retired', blobs.retire(id)),
  },
  mails: openMails(db, eagerLimits),
  limits: eagerLimits,
  clock: Date.now,
})
for (let round = 0; round < 20; round++) await reclaim(() => false)
process.exit(1)
