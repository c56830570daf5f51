// Classes of service (等級): what a group of people gets. A setting of an account overrides its class.
//
// Invariant: the class 'standard' is always there; a class in use cannot be deleted.

import type { Database, Reader, Writer } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'
import { directoryLimits } from './limits.ts'
import { offList, switchesFrom, type Switches } from './protocols.ts'

export const standardClass = 'standard'

/** Limits of sending that a class may set otherwise than the house. Absent: the house's own. */
export const sendingLimits = [
  'messagesPerHour',
  'messagesPerDay',
  'recipientsPerHour',
  'recipientsPerDay',
  'recipientsPerMail',
  'mailSize', // bytes
] as const
export type SendingLimit = (typeof sendingLimits)[number]
export type SendingLimits = Partial<Record<SendingLimit, number>>

export interface ServiceClass {
  name: string
  protocols: Switches
  quota: number // bytes
  forwarding: boolean // may mail be forwarded to other houses by itself
  limits: SendingLimits
}

interface ClassRow {
  name: string
  protocols_off: string
  quota: number
  forwarding: number
  limits: string
}

const columns = `name, protocols_off, quota, forwarding, limits`

export async function listClasses(db: Reader): Promise<ServiceClass[]> {
  const rows = await db.all<ClassRow>(`select ${columns} from class order by name`)
  return rows.map(toClass)
}

/** The class of that name. Throws no-such-class. */
export async function classByName(db: Reader, name: string): Promise<ServiceClass> {
  const row = await db.one<ClassRow>(`select ${columns} from class where name = $1`, [name])
  if (!row) throw new Trouble('no-such-class', { class: name })
  return toClass(row)
}

export type ClassChanges = Partial<Omit<ServiceClass, 'name'>>

/** A new class; what is not named is taken from 'standard'. Throws already-exists, bad-setting. */
export function createClass(db: Database, name: string, changes: ClassChanges = {}): Promise<ServiceClass> {
  if (!/^[\p{L}\p{N}][\p{L}\p{N} ._-]*$/u.test(name) || name.length > directoryLimits.name) {
    throw new Trouble('bad-setting', { setting: 'class', value: name })
  }
  return db.transaction(async (sql) => {
    const made = { ...(await classByName(sql, standardClass)), ...checked(changes), name }
    const text = `insert into class (${columns}, created_at) values ($1, $2, $3, $4, $5, $6) on conflict do nothing`
    const inserted = await sql.run(text, [...values(made), Date.now()])
    if (inserted === 0) throw new Trouble('already-exists', { class: name })
    return made
  })
}

/** Changes a class, for all its people at once. Throws no-such-class, bad-setting. */
export async function changeClass(sql: Writer, name: string, changes: ClassChanges): Promise<ServiceClass> {
  const made = { ...(await classByName(sql, name)), ...checked(changes) }
  const text = `update class set protocols_off = $2, quota = $3, forwarding = $4, limits = $5 where name = $1`
  await sql.run(text, values(made))
  return made
}

/** Throws no-such-class, in-use (people have it; details.accounts says how many) and for 'standard'. */
export function deleteClass(db: Database, name: string): Promise<void> {
  return db.transaction(async (sql) => {
    await classByName(sql, name)
    const used = await sql.one<{ n: number }>(`select count(*) as n from account where class = $1`, [name])
    const accounts = used?.n ?? 0
    if (accounts > 0 || name === standardClass) throw new Trouble('in-use', { class: name, accounts })
    await sql.run(`delete from class where name = $1`, [name])
  })
}

function checked(changes: ClassChanges): ClassChanges {
  const numbers: [string, number | undefined][] = [['quota', changes.quota], ...Object.entries(changes.limits ?? {})]
  for (const [setting, value] of numbers) {
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 0)) {
      throw new Trouble('bad-setting', { setting, value: String(value) })
    }
  }
  for (const setting of Object.keys(changes.limits ?? {})) {
    if (!sendingLimits.some((name) => name === setting)) throw new Trouble('bad-setting', { setting })
  }
  return changes
}

function values(made: ServiceClass) {
  return [made.name, offList(made.protocols), made.quota, made.forwarding ? 1 : 0, JSON.stringify(made.limits)]
}

function toClass(row: ClassRow): ServiceClass {
  return {
    name: row.name,
    protocols: switchesFrom(row.protocols_off),
    quota: row.quota,
    forwarding: row.forwarding !== 0,
    limits: JSON.parse(row.limits) as SendingLimits,
  }
}
