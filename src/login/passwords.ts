// Passwords and their hashes: argon2id as PHC strings (RFC 9106 §3.1; OWASP's m=19 MiB, t=2, p=1).
//
// Hashing runs in libuv's threads, a few at a time, and the waiting ones take turns by source: one
// that sends a flood of passwords waits for itself.
//
// Invariants:
//   nothing reversible is kept; comparing takes the same time wherever two hashes differ
//   memory in use is at most hashesAtOnce times 19 MiB

import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { splitAddress } from '../mail/address.ts'
import { Trouble } from '../wire/troubles.ts'
import { loginDefaults, type LoginLimits } from './limits.ts'

interface Parameters {
  memory: number // KiB
  passes: number
  parallelism: number
}

const today: Parameters = { memory: 19_456, passes: 2, parallelism: 1 }
const saltBytes = 16
const tagBytes = 32

/** Prepared as RFC 8265 §4.2 says, so that every keyboard gives the same bytes. */
function prepare(password: string): Buffer {
  return Buffer.from(password.normalize('NFC').replace(/\p{Zs}/gu, ' '))
}

/** A PHC string of a new password. Does not check its strength. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(saltBytes)
  const tag = await derive(password, salt, today, tagBytes)
  return `$argon2id$v=19$m=${today.memory},t=${today.passes},p=${today.parallelism}$${bare(salt)}$${bare(tag)}`
}

/** Whether `password` is the one of the PHC string; false also where the string is not one of argon2id. */
export async function verifyPassword(password: string, phc: string): Promise<boolean> {
  const known = readPhc(phc)
  if (!known) return false
  const tag = await derive(password, known.salt, known.parameters, known.tag.length)
  return timingSafeEqual(tag, known.tag)
}

/** Takes as long as verifyPassword of one of today's strings. */
export async function verifyNobody(password: string): Promise<false> {
  await derive(password, nobody, today, tagBytes)
  return false
}

const nobody = randomBytes(saltBytes)

function derive(password: string, nonce: Buffer, parameters: Parameters, tagLength: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const asked = { message: prepare(password), nonce, tagLength, ...parameters }
    argon2('argon2id', asked, (error, tag) => (error ? reject(error) : resolve(tag)))
  })
}

const phcShape =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{16,86})$/

function readPhc(phc: string): { parameters: Parameters; salt: Buffer; tag: Buffer } | undefined {
  const [whole, memory, passes, parallelism, salt, tag] = phcShape.exec(phc) ?? []
  if (whole === undefined) return undefined
  const parameters = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) }
  if (parameters.memory < 8 * parameters.parallelism || parameters.memory > 262_144) return undefined
  if (parameters.passes < 1 || parameters.parallelism < 1) return undefined
  return { parameters, salt: Buffer.from(salt ?? '', 'base64'), tag: Buffer.from(tag ?? '', 'base64') }
}

function bare(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}

/**
 * The rules of a new password, the same at every door. Throws weak-password; details.rule names the
 * rule: 'length' (details.minimum), 'too-long', 'control' or 'name'.
 */
export function checkNewPassword(password: string, address: string, limits: Partial<LoginLimits> = {}): void {
  const { password: longest, passwordMinimum: minimum } = { ...loginDefaults, ...limits }
  if (Array.from(password).length < minimum) throw new Trouble('weak-password', { rule: 'length', minimum })
  if (prepare(password).length > longest) throw new Trouble('weak-password', { rule: 'too-long', longest })
  // NUL ends SASL PLAIN's fields (RFC 4616 §2); line breaks cannot be typed in most clients.
  if (/[\x00-\x1f\x7f]/.test(password)) throw new Trouble('weak-password', { rule: 'control' })
  const lower = password.normalize('NFC').toLowerCase()
  if (lower === address.toLowerCase() || lower === splitAddress(address)?.local.toLowerCase()) {
    throw new Trouble('weak-password', { rule: 'name' })
  }
}

/** A password of 100 random bits that can be read aloud: five groups of four letters and digits. */
export function oneTimePassword(): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz023456789' // 32 of them: no i, l, o, 1
  const characters = Array.from(randomBytes(20), (byte) => letters[byte % 32])
  return characters.join('').replace(/(.{4})(?=.)/g, '$1-')
}

export interface Hashing {
  /** As verifyPassword, or verifyNobody without a PHC string. Throws unavailable when too many wait. */
  verify(source: string, password: string, phc: string | undefined): Promise<boolean>
}

/** One turn after the other for each source, a few at a time for all. */
export function openHashing(limits: LoginLimits): Hashing {
  const queues = new Map<string, (() => Promise<void>)[]>()
  let running = 0
  let waiting = 0

  // The source whose turn it was goes to the end of the line (a Map keeps the order of insertion).
  function start(): void {
    while (running < limits.hashesAtOnce) {
      const [next] = queues
      if (!next) return
      const [source, jobs] = next
      const job = jobs.shift()
      queues.delete(source)
      if (jobs.length > 0) queues.set(source, jobs)
      if (!job) continue
      waiting--
      running++
      void job().finally(() => {
        running--
        start()
      })
    }
  }

  return {
    verify(source, password, phc) {
      const jobs = queues.get(source) ?? []
      if (waiting >= limits.waiting || jobs.length >= limits.waitingPerSource) {
        return Promise.reject(new Trouble('unavailable', { why: 'too many sign-ins at once' }))
      }
      const { promise, resolve, reject } = Promise.withResolvers<boolean>()
      const work = () => (phc === undefined ? verifyNobody(password) : verifyPassword(password, phc))
      jobs.push(() => work().then(resolve, reject))
      queues.set(source, jobs)
      waiting++
      start()
      return promise
    },
  }
}
