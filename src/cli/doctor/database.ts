// The database: does it answer, is it whole, are there an administrator and a default domain, does its
// newest entry lie in the past.

import { listAccounts } from '../../directory/accounts.ts'
import { defaultDomain } from '../../directory/domains.ts'
import type { Database } from '../../sql/sql.ts'
import { findEvents } from '../../tracking/events.ts'
import { timeText } from '../print.ts'
import { error, ok, warning, type Finding } from './finding.ts'

export async function examineDatabase(open: () => Promise<Database>, now: number): Promise<Finding[]> {
  let db: Database
  try {
    db = await open()
  } catch (cause) {
    return [
      error(
        'database',
        {
          en: `the database cannot be opened: ${(cause as Error).message}`,
          zh: `資料庫無法開啟:${(cause as Error).message}`,
        },
        {
          en: 'check the setting "database" and the data folder; restore the last backup if it is damaged',
          zh: '請檢查設定 database 與資料夾;若已損壞,請還原最近的備份',
        },
      ),
    ]
  }
  return [...(await integrity(db)), ...(await people(db)), ...(await clock(db, now))]
}

async function integrity(db: Database): Promise<Finding[]> {
  const begun = performance.now()
  const damage = db.engine === 'sqlite' ? await damageOf(db) : await db.all('select 1').then(() => [])
  if (damage.length > 0) {
    return [
      error(
        'database',
        { en: `the database is damaged: ${damage.join('; ')}`, zh: `資料庫已損壞:${damage.join(';')}` },
        {
          en: 'stop the server, keep a copy of the data folder, restore the last backup',
          zh: '請停止伺服器,保留資料夾副本,再還原最近的備份',
        },
      ),
    ]
  }
  const took = Math.round(performance.now() - begun)
  const engine = db.engine === 'sqlite' ? 'SQLite' : 'PostgreSQL'
  return [ok('database', `${engine} answers and is whole (${took} ms)`, `${engine} 正常(${took} 毫秒)`)]
}

async function damageOf(db: Database): Promise<string[]> {
  const rows = await db.apart.all<{ quick_check: string }>('pragma quick_check(5)')
  return rows.map((row) => row.quick_check).filter((line) => line !== 'ok')
}

async function people(db: Database): Promise<Finding[]> {
  const found: Finding[] = []
  const domain = await defaultDomain(db)
  if (domain === undefined) {
    found.push(
      error(
        'people',
        { en: 'there is no domain', zh: '尚無網域' },
        { en: 'postern domain create NAME', zh: '請執行 postern domain create 名稱' },
      ),
    )
  }
  const administrators = (await listAccounts(db, { admin: true })).filter((account) => account.status === 'active')
  if (administrators.length === 0) {
    found.push(
      error(
        'people',
        { en: 'there is no administrator, so nobody reads postmaster@', zh: '沒有管理者,postmaster@ 無人收信' },
        { en: 'postern account create NAME@DOMAIN --admin', zh: '請執行 postern account create 名稱@網域 --admin' },
      ),
    )
  }
  for (const { address } of administrators.filter((account) => account.mustChange)) {
    found.push(
      warning(
        'people',
        { en: `${address} still has its one-time password`, zh: `${address} 仍使用一次性密碼` },
        {
          en: `postern account password ${address} --password-stdin`,
          zh: `請執行 postern account password ${address} --password-stdin`,
        },
      ),
    )
  }
  if (found.length > 0 || domain === undefined) return found
  const count = administrators.length
  return [
    ok(
      'people',
      `domain ${domain}, ${count} administrator${count === 1 ? '' : 's'}`,
      `網域 ${domain},管理者 ${count} 位`,
    ),
  ]
}

const drift = 60_000 // milliseconds

async function clock(db: Database, now: number): Promise<Finding[]> {
  const [newest] = await findEvents(db, { newestFirst: true, limit: 1 })
  if (newest && newest.at > now + drift) {
    return [
      error(
        'clock',
        {
          en: `the clock says ${timeText(now)}, but there are entries of ${timeText(newest.at)}`,
          zh: `時鐘為 ${timeText(now)},卻已有 ${timeText(newest.at)} 的記錄`,
        },
        {
          en: 'set the clock and keep it right with NTP (chrony, systemd-timesyncd)',
          zh: '請校正時鐘並啟用 NTP(chrony、systemd-timesyncd)',
        },
      ),
    ]
  }
  if (now < Date.UTC(2026, 0)) {
    return [
      error(
        'clock',
        { en: `the clock says ${timeText(now)}`, zh: `時鐘為 ${timeText(now)}` },
        {
          en: 'set the clock: signatures and certificates are refused with a wrong one',
          zh: '請校正時鐘:時間不對會使簽章與憑證失效',
        },
      ),
    ]
  }
  return [ok('clock', timeText(now), timeText(now))]
}
