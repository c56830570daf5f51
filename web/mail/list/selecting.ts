// Selecting rows: one by one, a stretch of them, all that the list has.

import { nothingSelected, type Mail } from '../mailstate.ts'

export function toggleSelected(mail: Mail, position: number): void {
  const id = mail.listing.get().idAt(position)
  if (id === undefined) return
  mail.selection.update(({ ids, isAll }) => {
    const after = new Set(ids)
    if (!after.delete(id)) after.add(id)
    return { ids: after, isAll }
  })
}

/** The rows between two positions too; both as they stand. Rows that were never shown are not among them. */
export function selectTo(mail: Mail, from: number, to: number): void {
  const listing = mail.listing.get()
  mail.selection.update(({ ids, isAll }) => {
    const after = new Set(ids)
    for (let at = Math.min(from, to); at <= Math.max(from, to); at++) {
      const id = listing.idAt(at)
      if (id === undefined) continue
      if (isAll) after.delete(id)
      else after.add(id)
    }
    return { ids: after, isAll }
  })
}

export function toggleAll(mail: Mail): void {
  const { ids, isAll } = mail.selection.get()
  mail.selection.set(isAll || ids.size > 0 ? nothingSelected : { ids: new Set(), isAll: true })
}

export function selectedCount(mail: Mail): number {
  const { ids, isAll } = mail.selection.get()
  return isAll ? (mail.listing.get().view.get().total ?? 0) - ids.size : ids.size
}
