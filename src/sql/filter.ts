// Conditions that a question has or has not: what is asked for adds one, with its placeholders.

import type { Value } from './sql.ts'

export interface Filter {
  values: Value[] // of the placeholders so far; more may be appended
  /** Adds `text`, each '?' of which stands for a value; nothing when one is not given. */
  is(text: string, ...given: (Value | undefined)[]): void
  /** The whole clause; '' when everything is asked for. */
  where(): string
}

export function openFilter(): Filter {
  const values: Value[] = []
  const conditions: string[] = []
  return {
    values,
    is(text, ...given) {
      const known = given.filter((value) => value !== undefined)
      if (known.length === given.length)
        conditions.push(text.replaceAll('?', () => `$${values.push(known.shift() as Value)}`))
    },
    where: () => (conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''),
  }
}
