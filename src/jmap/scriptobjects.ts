// People's Sieve scripts as JMAP tells them.                                                      RFC 9661
//
// Invariant: the state says the list, with what is in each script, so that whatever changes it changes the state.

import { hash } from 'node:crypto'
import { listScripts, type Script } from '../directory/scripts.ts'
import { checkScript } from '../sieve/checker.ts'
import { blobId, objectId } from '../store/objectids.ts'
import { findBlob, readBlob } from './blobs.ts'
import { setError, type Call, type SetError } from './method.ts'
import { resolveId } from './standard.ts'

export const sieveCapability = 'urn:ietf:params:jmap:sieve'

export const scriptProperties = ['id', 'name', 'blobId', 'isActive'] as const

export interface ScriptList {
  list: Script[]
  state: string
}

export async function scriptsOf({ house, account }: Pick<Call, 'house' | 'account'>): Promise<ScriptList> {
  const list = await listScripts(house.store.db, account)
  return { list, state: scriptsState(list) }
}

export function scriptsState(list: Script[]): string {
  return hash('sha256', JSON.stringify(list), 'base64url').slice(0, 20)
}

export function tellScript({ id, name, digest, active }: Script): Record<(typeof scriptProperties)[number], unknown> {
  return { id: objectId('R', id), name, blobId: blobId({ is: 'script', script: id, digest }), isActive: active }
}

/** The text of a script that a client uploaded. Throws setError blobNotFound, tooLarge, invalidSieve. */
export async function readScript(call: Call, id: unknown, most: number): Promise<string> {
  if (typeof id !== 'string') throw setError('invalidProperties', { properties: ['blobId'], description: 'A blob id' })
  const real = resolveId(call, id)
  const blob = real === undefined ? undefined : await findBlob(call.house, call, real)
  if (!blob) throw setError('blobNotFound', { notFound: [id] })
  const bytes = await readBlob(blob, most)
  if (!bytes) throw setError('tooLarge', { description: `At most ${most} octets` })
  const wrong = whatIsWrong(bytes)
  if (typeof wrong !== 'string') throw setError(wrong.type, wrong)
  return wrong
}

/** The text, or the error that says why it is no script. */
export function whatIsWrong(bytes: Buffer): string | SetError {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return { type: 'invalidSieve', description: 'That is not UTF-8' }
  }
  const { problems } = checkScript(text)
  if (problems.length === 0) return text
  const description = problems
    .map(({ line, column, en, zh }) => `line ${line}, column ${column}: ${en} ${zh}`)
    .join('\n')
  return { type: 'invalidSieve', description }
}
