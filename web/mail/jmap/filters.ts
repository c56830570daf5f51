// Filters of Email/query as the page makes them.                                      RFC 8621 §4.4.1

export interface Operator {
  operator: 'AND' | 'OR' | 'NOT'
  conditions: Filter[]
}
export type Condition = Record<string, unknown>
export type Filter = Operator | Condition

/** All of them; null: no condition at all. */
export function every(...filters: (Filter | null | undefined)[]): Filter | null {
  const conditions = filters.filter((one) => one !== null && one !== undefined)
  return conditions.length > 1 ? { operator: 'AND', conditions } : (conditions[0] ?? null)
}

export function not(...conditions: Filter[]): Operator {
  return { operator: 'NOT', conditions }
}

/** Mails that people of another place wrote: neither of the domain nor of a part of it. */
export function fromOutside(domain: string): Operator {
  return not({ from: `@${domain}` }, { from: `.${domain}` })
}
