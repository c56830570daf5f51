// People of the house as others may find them, to share something with.                             RFC 9670 §2
//
// Invariant: who is not listed is found only by who knows the whole address, or has to do with him already.

import type { Reader, Value } from '../sql/sql.ts'
import type { Visibility } from './suggestions.ts'

export interface Principal {
  id: number
  name: string
  address: string
  shared: boolean // a mailbox of a unit
}

export interface PrincipalQuestion {
  text?: string | undefined // in name or address
  name?: string | undefined
  email?: string | undefined // in the address; a whole one finds unlisted people too
  ids?: readonly number[] | undefined
}

export interface Asking {
  askerId: number
  visibility: Visibility
}

export const principalLimits = { found: 500, longestText: 200 }

/** Accounts by name, at most principalLimits.found: those that are listed where one may look, and oneself. */
export async function findPrincipals(
  db: Reader,
  { askerId, visibility }: Asking,
  question: PrincipalQuestion,
): Promise<Principal[]> {
  const wide = visibility === 'house' ? 2 : visibility === 'domain' ? 1 : 0
  const values: Value[] = [askerId, (question.email ?? '').toLowerCase(), wide]
  const conditions = [
    ...like(`lower(p.name || ' ' || p.address)`, question.text, values),
    ...like('lower(p.name)', question.name, values),
    ...like('lower(p.address)', question.email, values),
    ...(question.ids ? [`p.id in (${[0, ...question.ids].map((id) => `$${values.push(id)}`).join(', ')})`] : []),
  ]
  const rows = await db.all<{ id: number; name: string; address: string; shared: number }>(
    `select p.id, p.name, p.address, p.shared from account p
      where p.status = 'active' and p.deleted_at is null
        and (p.id = $1 or p.address = $2 or ($3 > 0
          and ($3 = 2 or p.domain_id = (select domain_id from account where id = $1))
          and not exists (select 1 from unlisted_account u where u.account_id = p.id)))
        ${conditions.map((condition) => `and ${condition}`).join(' ')}
      order by p.name, p.address limit $${values.push(principalLimits.found)}`,
    values,
  )
  return rows.map((row) => ({ ...row, shared: row.shared === 1 }))
}

function like(column: string, text: string | undefined, values: Value[]): string[] {
  if (text === undefined) return []
  const word = text.slice(0, principalLimits.longestText).toLowerCase()
  return [`${column} like $${values.push(`%${word.replace(/[\\%_]/g, (what) => `\\${what}`)}%`)} escape '\\'`]
}

/** Those of `ids` that one sees: who would be found, and who has to do with one (delegations in either direction). */
export async function principalsById(db: Reader, asking: Asking, ids: readonly number[]): Promise<Principal[]> {
  const found = new Map((await findPrincipals(db, asking, { ids })).map((one) => [one.id, one]))
  for (const id of ids) {
    if (found.has(id)) continue
    const row = await db.one<{ id: number; name: string; address: string; shared: number }>(
      `select p.id, p.name, p.address, p.shared from account p
        where p.id = $2 and p.deleted_at is null and exists (
          select 1 from delegation d
           where (d.owner_id = $1 and d.delegate_id = $2) or (d.owner_id = $2 and d.delegate_id = $1))`,
      [asking.askerId, id],
    )
    if (row) found.set(row.id, { ...row, shared: row.shared === 1 })
  }
  return ids.flatMap((id) => found.get(id) ?? [])
}
