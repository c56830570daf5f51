// DKIM keys and their lives.                                             RFC 6376 §3.6, §6.1.2; RFC 8463 §4
//
//   announced   made; its record must be in the DNS before it may sign
//   active      signs
//   retiring    signs no more; its record stays for a week, for mail that is still on its way
//   retired     its record may be removed from the DNS, and then the key here
//
// Invariants:
//   a private key lies in one file under the keys folder, mode 0600, never in the database
//   a key becomes active only when a resolver saw its record, or somebody insisted (force)
//   activating one retires the others of its algorithm: one active key per domain and algorithm
//   the file of a retired key is destroyed: what signs no more cannot be stolen

import { createPublicKey, generateKeyPair, type KeyObject, randomBytes } from 'node:crypto'
import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { isAbsent, type Resolver } from '../dns/resolver.ts'
import type { Database, Reader } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'
import type { KeyAlgorithm } from './sign.ts'

export type KeyKind = 'rsa' | 'ed25519'
export type KeyState = 'announced' | 'active' | 'retiring' | 'retired'

export const algorithmNames: Record<KeyKind, KeyAlgorithm> = { rsa: 'rsa-sha256', ed25519: 'ed25519-sha256' }

export interface KeyRow {
  domain: string
  selector: string
  algorithm: KeyKind
  publicKey: string
  file: string
  state: KeyState
  since: number // milliseconds
  createdAt: number // milliseconds
}

export interface KeyStore {
  db: Database
  folder: string // <data>/keys
  now?: () => number // milliseconds
}

/** One step a key took. */
export interface KeyStep {
  key: KeyRow
  from: KeyState | 'none'
  to: KeyState
}

export const staysPublished = 7 * 86_400_000 // milliseconds a key stays in the DNS after its last signature

const selectKeys = `
  select domain, selector, algorithm, public_key as "publicKey", file, state, since, created_at as "createdAt"
    from dkim_key order by domain, created_at, selector`

const insertKey = `
  insert into dkim_key (domain, selector, algorithm, public_key, file, state, since, created_at)
  values ($1, $2, $3, $4, $5, 'announced', $6, $6)
  on conflict (domain, selector) do nothing`

/** All keys, or those of a domain, oldest first. */
export async function readKeys(db: Reader, domain?: string): Promise<KeyRow[]> {
  const rows = await db.all<KeyRow>(selectKeys)
  return domain === undefined ? rows : rows.filter((row) => row.domain === domain)
}

/** The TXT record of a key: name without the last dot, and its text. */
export function keyRecord(key: Pick<KeyRow, 'domain' | 'selector' | 'algorithm' | 'publicKey'>): {
  name: string
  text: string
} {
  return {
    name: `${key.selector}._domainkey.${key.domain}`,
    text: `v=DKIM1; k=${key.algorithm}; p=${key.publicKey}`,
  }
}

/** Makes a key and announces it. Throws Trouble already-exists for a selector that is taken. */
export async function addKey(store: KeyStore, domain: string, kind: KeyKind, selector?: string): Promise<KeyRow> {
  const at = (store.now ?? Date.now)()
  const taken = new Set((await readKeys(store.db, domain)).map((key) => key.selector))
  const chosen = selector ?? freeSelector(kind, at, taken)
  if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(chosen)) throw new Trouble('bad-setting', { selector: chosen })
  if (taken.has(chosen)) throw new Trouble('already-exists', { selector: chosen })

  const privateKey = await newPrivateKey(kind)
  const file = `${domain}.${chosen}.${randomBytes(6).toString('hex')}.pem`
  await writePrivate(store.folder, file, String(privateKey.export({ type: 'pkcs8', format: 'pem' })))
  const publicKey = publicText(privateKey)
  const inserted = await store.db.run(insertKey, [domain, chosen, kind, publicKey, file, at])
  if (inserted === 0) {
    await rm(join(store.folder, file), { force: true })
    throw new Trouble('already-exists', { selector: chosen })
  }
  return { domain, selector: chosen, algorithm: kind, publicKey, file, state: 'announced', since: at, createdAt: at }
}

/** 'r20261122': the kind and the day, with a letter when that is taken. */
function freeSelector(kind: KeyKind, at: number, taken: Set<string>): string {
  const day = new Date(at).toISOString().slice(0, 10).replaceAll('-', '')
  for (const letter of ['', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']) {
    const selector = `${kind[0]}${day}${letter}`
    if (!taken.has(selector)) return selector
  }
  throw new Trouble('already-exists', { selector: `${kind[0]}${day}` })
}

async function newPrivateKey(kind: KeyKind): Promise<KeyObject> {
  const pair = promisify(generateKeyPair)
  // 2048: what DNS answers and verifiers take; longer is signed slower and helps against nobody (RFC 8301 §3.2).
  const made = kind === 'rsa' ? await pair('rsa', { modulusLength: 2048 }) : await pair('ed25519', {})
  return made.privateKey
}

/** The p= of the record: SubjectPublicKeyInfo for RSA, the bare 32 octets for Ed25519 (RFC 8463 §4). */
function publicText(privateKey: KeyObject): string {
  const info = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  return (privateKey.asymmetricKeyType === 'ed25519' ? info.subarray(-32) : info).toString('base64')
}

/** Writes a new file of mode 0600 and makes it durable. Never overwrites. */
/** A new file that nobody else may read, durable. Fails with EEXIST when it is there. */
export async function writePrivate(folder: string, name: string, text: string | Uint8Array): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const file = await open(join(folder, name), 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  const directory = await open(folder)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/**
 * Begins or goes on with the change of a domain's keys: without announced keys, one of each kind is made;
 * announced keys whose records are published become active and replace the older ones. `force` activates
 * without looking. The steps taken tell what happened; those still announced are to be published.
 */
export async function rotateKeys(
  store: KeyStore,
  resolver: Resolver,
  domain: string,
  options: { force?: boolean } = {},
): Promise<KeyStep[]> {
  const announced = (await readKeys(store.db, domain)).filter(({ state }) => state === 'announced')
  if (announced.length > 0) return activatePublished(store, resolver, announced, options.force ?? false)
  const steps: KeyStep[] = []
  for (const kind of ['rsa', 'ed25519'] as const) {
    steps.push({ key: await addKey(store, domain, kind), from: 'none', to: 'announced' })
  }
  return steps
}

/** For a timer: activates what is published, retires what has been out of use for a week. */
export async function advanceKeys(store: KeyStore, resolver: Resolver): Promise<KeyStep[]> {
  const keys = await readKeys(store.db)
  const at = (store.now ?? Date.now)()
  const due = keys.filter(({ state, since }) => state === 'retiring' && at - since >= staysPublished)
  const steps: KeyStep[] = []
  for (const key of due) {
    steps.push(...(await changeState(store, key, 'retired')))
    await rm(join(store.folder, key.file), { force: true })
  }
  const announced = keys.filter(({ state }) => state === 'announced')
  return [...steps, ...(await activatePublished(store, resolver, announced, false))]
}

async function activatePublished(
  store: KeyStore,
  resolver: Resolver,
  announced: KeyRow[],
  force: boolean,
): Promise<KeyStep[]> {
  const steps: KeyStep[] = []
  for (const key of announced) {
    if (!force && (await isPublished(resolver, key)) !== true) continue
    steps.push(...(await changeState(store, key, 'active')))
  }
  return steps
}

/** True or false as the DNS says; undefined when it cannot be asked. */
export async function isPublished(resolver: Resolver, key: KeyRow): Promise<boolean | undefined> {
  try {
    const texts = await resolver.txt(keyRecord(key).name)
    // Of several records verifiers take any: only a single right one is safe (RFC 6376 §3.6.2.2).
    return texts.length === 1 && publishedKey(texts[0]!) === key.publicKey
  } catch (error) {
    if (isAbsent(error)) return false
    return undefined
  }
}

/** The p= of a key record, without white space. */
export function publishedKey(text: string): string {
  return (/(?:^|;)\s*p\s*=([^;]*)/.exec(text)?.[1] ?? '').replace(/\s/g, '')
}

/** A key changes its state, and those it replaces with it, in one transaction. */
function changeState(store: KeyStore, key: KeyRow, to: KeyState): Promise<KeyStep[]> {
  const at = (store.now ?? Date.now)()
  return store.db.transaction(async (sql) => {
    const steps: KeyStep[] = []
    const set = async (row: KeyRow, state: KeyState) => {
      const changed = await sql.run(
        `update dkim_key set state = $1, since = $2 where domain = $3 and selector = $4 and state = $5`,
        [state, at, row.domain, row.selector, row.state],
      )
      if (changed > 0) steps.push({ key: { ...row, state, since: at }, from: row.state, to: state })
      return changed > 0
    }
    if (!(await set(key, to)) || to !== 'active') return steps // somebody else was first
    const others = (await readKeys(sql, key.domain)).filter(
      (row) => row.state === 'active' && row.algorithm === key.algorithm && row.selector !== key.selector,
    )
    for (const row of others) await set(row, 'retiring')
    return steps
  })
}

/**
 * Forgets a key and destroys its file. Only announced and retired keys go, others with `force`.
 * Throws Trouble in-use, no-such-key.
 */
export async function removeKey(
  store: KeyStore,
  domain: string,
  selector: string,
  options: { force?: boolean } = {},
): Promise<KeyRow> {
  const key = (await readKeys(store.db, domain)).find((row) => row.selector === selector)
  if (!key) throw new Trouble('no-such-key', { domain, selector })
  if ((key.state === 'active' || key.state === 'retiring') && !options.force) {
    throw new Trouble('in-use', { domain, selector, state: key.state })
  }
  await store.db.run('delete from dkim_key where domain = $1 and selector = $2', [domain, selector])
  await rm(join(store.folder, key.file), { force: true })
  return key
}
