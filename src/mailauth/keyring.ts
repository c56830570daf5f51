// The keys that sign, in memory.

import { createPrivateKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Reader } from '../sql/sql.ts'
import { algorithmNames, type KeyRow, readKeys } from './keys.ts'
import type { DkimKey } from './sign.ts'

export interface Keyring {
  /** The keys that sign for a domain (A-labels); its own, not those of a parent. */
  activeKeys(domain: string): Promise<DkimKey[]>
}

const keepFor = 10_000 // milliseconds; a rotation reaches every process within this

/** Opens the keys under `folder` as the table names them. A key file that is missing fails the signing. */
export function openKeyring(db: Reader, folder: string, now: () => number = Date.now): Keyring {
  const loaded = new Map<string, Promise<DkimKey>>() // by file: a file never changes
  let known: Map<string, KeyRow[]> | undefined
  let readAt = 0
  let reading: Promise<void> | undefined

  async function readRows(): Promise<void> {
    const rows = new Map<string, KeyRow[]>()
    for (const row of await readKeys(db)) {
      if (row.state === 'active') rows.set(row.domain, [...(rows.get(row.domain) ?? []), row])
    }
    known = rows
    readAt = now()
  }

  function load(row: KeyRow): Promise<DkimKey> {
    let key = loaded.get(row.file)
    if (!key) {
      key = readFile(join(folder, row.file), 'utf8').then((pem) => ({
        domain: row.domain,
        selector: row.selector,
        algorithm: algorithmNames[row.algorithm],
        privateKey: createPrivateKey(pem),
      }))
      key.catch(() => loaded.delete(row.file))
      loaded.set(row.file, key)
    }
    return key
  }

  return {
    async activeKeys(domain) {
      if (!known || now() - readAt > keepFor) await (reading ??= readRows().finally(() => (reading = undefined)))
      return Promise.all((known?.get(domain) ?? []).map(load))
    },
  }
}
