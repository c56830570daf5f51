// PatchObject: what changes in an object, by pointers into it. RFC 8620 §5.3.
//
// Invariants: a patch never reaches into an array; no path is the beginning of another; the object that is
// patched stays as it was, and what is not touched is shared with the new one.

import { setError } from './method.ts'
import { readPointer } from './pointers.ts'

/** Path -> value; null removes (or sets to the default). The first token of each path is a property. */
export type Patch = { path: string[]; value: unknown }[]

const longestPath = 16

/** Reads a patch. A wrong one is given back as one entry that refuses when it is applied: it is one object's error. */
export function patchOf(object: Record<string, unknown>): Patch {
  return Object.entries(object).map(([pointer, value]) => ({ path: readPointer(`/${pointer}`) ?? [], value }))
}

/** Throws setError invalidPatch: bad pointers, or one path that begins another. */
export function checkPatch(patch: Patch): void {
  const leaves = new Set<string>()
  for (const { path } of patch) {
    const isPath = path.length > 0 && path.length <= longestPath && path[0] !== ''
    if (!isPath) throw setError('invalidPatch', { description: 'A key of the patch is no path' })
    leaves.add(JSON.stringify(path))
  }
  if (leaves.size < patch.length) throw setError('invalidPatch', { description: 'One path stands twice' })
  for (const { path } of patch) {
    for (let length = 1; length < path.length; length++) {
      if (!leaves.has(JSON.stringify(path.slice(0, length)))) continue
      throw setError('invalidPatch', { description: `"${path[0]}" is patched as a whole and inside` })
    }
  }
}

/** The properties a patch touches. */
export function touched(patch: Patch): Set<string> {
  return new Set(patch.map(({ path }) => path[0] ?? ''))
}

/**
 * The object with the patch applied. Null at the top level sets null (the type's default is the caller's matter), deeper
 * it removes. Throws setError invalidPatch when a path leads through an array or through what is not there.
 */
export function applyPatch<T extends object>(object: T, patch: Patch): T {
  checkPatch(patch)
  const fresh = new Set<object>() // copies made here may be written to
  const copied = (value: object): Record<string, unknown> => {
    if (fresh.has(value)) return value as Record<string, unknown>
    const copy: Record<string, unknown> = Object.assign(Object.create(null) as Record<string, unknown>, value)
    fresh.add(copy)
    return copy
  }
  const result = copied(object)
  for (const { path, value } of patch) {
    let at = result
    for (const token of path.slice(0, -1)) {
      const next = at[token]
      if (next === null || typeof next !== 'object' || Array.isArray(next)) {
        throw setError('invalidPatch', { description: `"${path.join('/')}" leads nowhere` })
      }
      at = at[token] = copied(next)
    }
    const last = path.at(-1) as string
    if (value === null && path.length > 1) delete at[last]
    else at[last] = value
  }
  return result as T
}
