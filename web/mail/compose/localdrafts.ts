// Drafts on this device: what a reload, a crash or a server out of reach must not take.
//
// Invariants: a person's drafts lie under his account's id, so that another who signs in here does not see them
// (signing out clears them all); a draft is removed only when the server has it or the person threw it away.

import type { Draft } from './draft.ts'

export interface Kept {
  key: string
  accountId: string
  draft: Draft
  keptAt: number
  isSaved: boolean // the server has this version
  isUnsure: boolean // a version went to the server and no answer came
  /** To be sent as soon as the server can be reached; `isUnsure`: it may have been already. */
  sending?: { hold: number; at?: number; isUnsure: boolean }
}

const database = 'postern-drafts'
const table = 'drafts'

let opening: Promise<IDBDatabase> | undefined

function open(): Promise<IDBDatabase> {
  opening ??= new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(database, 1)
    request.onupgradeneeded = () => void request.result.createObjectStore(table, { keyPath: 'key' })
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('no database'))
  })
  opening.catch(() => (opening = undefined))
  return opening
}

async function run<Result>(
  mode: IDBTransactionMode,
  act: (store: IDBObjectStore) => IDBRequest<Result>,
): Promise<Result> {
  const transaction = (await open()).transaction(table, mode, { durability: 'strict' })
  const request = act(transaction.objectStore(table))
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result)
    transaction.onerror = transaction.onabort = () => reject(transaction.error ?? new Error('not kept'))
  })
}

export async function keepDraft(kept: Kept): Promise<void> {
  await run('readwrite', (store) => store.put(kept))
  localStorage.removeItem(spillName(kept.key))
}

const spillName = (key: string): string => `postern.draft.${key}`

/** At once, for a page that goes away before the database could write: without files, which are there already. */
export function spillDraft(kept: Kept): void {
  try {
    localStorage.setItem(spillName(kept.key), JSON.stringify(kept))
  } catch {
    // No room: the database has all but the last moment.
  }
}

/** The newer of what the database has and what was spilled. */
function withSpill(key: string, kept: Kept | undefined): Kept | undefined {
  const text = localStorage.getItem(spillName(key))
  if (text === null) return kept
  const spilled = JSON.parse(text) as Kept
  if (kept && kept.keptAt > spilled.keptAt) return kept
  const files = new Map(kept?.draft.attachments.map((one) => [one.key, one.file]))
  const attachments = spilled.draft.attachments.map(({ file: _, ...one }) => {
    const file = files.get(one.key)
    return file ? { ...one, file } : one
  })
  return { ...spilled, draft: { ...spilled.draft, attachments } }
}

export async function dropDraft(key: string): Promise<void> {
  localStorage.removeItem(spillName(key))
  await run('readwrite', (store) => store.delete(key)).catch(() => undefined)
}

export async function keptDraft(accountId: string, key: string): Promise<Kept | undefined> {
  const found = await run<Kept | undefined>('readonly', (store) => store.get(key)).catch(() => undefined)
  const kept = withSpill(key, found)
  return kept?.accountId === accountId ? kept : undefined
}

export async function keptDrafts(accountId: string): Promise<Kept[]> {
  const all = await run<Kept[]>('readonly', (store) => store.getAll()).catch(() => [])
  const spilled = Object.keys(localStorage).filter((name) => name.startsWith(spillName('')))
  const keys = new Set([...all.map(({ key }) => key), ...spilled.map((name) => name.slice(spillName('').length))])
  const kept = [...keys].flatMap(
    (key) =>
      withSpill(
        key,
        all.find((one) => one.key === key),
      ) ?? [],
  )
  return kept.filter((one) => one.accountId === accountId)
}
