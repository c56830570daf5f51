// Which mailboxes show their children; kept on this device.

import { cell } from '../../parts/cell.ts'

const key = 'postern.folded'

function kept(): ReadonlySet<string> {
  try {
    const ids: unknown = JSON.parse(localStorage.getItem(key) ?? '[]')
    return new Set(Array.isArray(ids) ? ids.filter((one) => typeof one === 'string') : [])
  } catch {
    return new Set()
  }
}

export const folded = cell<ReadonlySet<string>>(kept())

export function fold(id: string, isFolded: boolean): void {
  const after = new Set(folded.get())
  if (isFolded) after.add(id)
  else after.delete(id)
  folded.set(after)
  localStorage.setItem(key, JSON.stringify([...after]))
}
