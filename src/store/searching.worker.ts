// The thread that searches texts beside SQLite: the words in their file, the mails in the blobs.

import { openBlobReader } from '../blobs/volumes.ts'
import { serveJobs } from '../workers/serve.ts'
import type { StoreLimits } from './limits.ts'
import { find, type Asked, type Library } from './matching.ts'
import { isDamaged, openForSearch, type Places } from './wordfile.ts'

export interface SearchJob {
  places: Places
  limits: StoreLimits
  asked: Asked
  patient: boolean
}

export type SearchAnswer = { uids: number[] } | { not: 'many unindexed' | 'damaged' }

let library: Library | undefined

serveJobs(async ({ input }): Promise<SearchAnswer> => {
  const { places, limits, asked, patient } = input as SearchJob
  try {
    library ??= openLibrary(places, limits)
    const found = await find(library, asked, patient)
    return found === 'many unindexed' ? { not: found } : { uids: found }
  } catch (error) {
    if (isDamaged(error)) return { not: 'damaged' }
    throw error
  }
})

function openLibrary(places: Places, limits: StoreLimits): Library {
  const db = openForSearch(places)
  return { engine: 'sqlite', db, apart: db, blobs: openBlobReader(places.blobs), limits }
}
