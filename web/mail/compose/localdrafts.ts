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
}

export async function dropDraft(key: string): Promise<void> {
  await run('readwrite', (store) => store.delete(key)).catch(() => undefined)
}

export async function keptDraft(accountId: string, key: string): Promise<Kept | undefined> {
  const kept = (await run<Kept | undefined>('readonly', (store) => store.get(key)).catch(() => undefined)) ?? undefined
  return kept?.accountId === accountId ? kept : undefined
}

export async function keptDrafts(accountId: string): Promise<Kept[]> {
  const all = await run<Kept[]>('readonly', (store) => store.getAll()).catch(() => [])
  return all.filter((one) => one.accountId === accountId)
}
