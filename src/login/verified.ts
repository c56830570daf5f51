// Passwords that were verified lately: a phone that asks every minute costs one hash in five.
//
// What is kept is an HMAC of name and password under a key that lives and dies with this process,
// beside the hash it was right for. A changed password has another hash, so the entry is worth
// nothing the moment the change is committed, by whatever process.

import { createHmac, randomBytes } from 'node:crypto'
import type { LoginLimits } from './limits.ts'
import type { Hashing } from './passwords.ts'
import type { Failures } from './failures.ts'
import type { SigningIn } from './steps.ts'

export interface Verified {
  isRight(signingIn: SigningIn): Promise<boolean>
  /** What stands for a password of a name in the tables of this process. */
  digest(name: string, password: string): string
}

export function openVerified(hashing: Hashing, failures: Failures, limits: LoginLimits): Verified {
  const key = randomBytes(32)
  const right = new Map<string, { hash: string; until: number }>()

  function digest(name: string, password: string): string {
    return createHmac('sha256', key).update(`${name}\0${password}`).digest('base64')
  }

  function keep(mark: string, hash: string, now: number): void {
    right.delete(mark)
    if (right.size >= limits.cached) {
      const [oldest] = right.keys()
      if (oldest !== undefined) right.delete(oldest)
    }
    right.set(mark, { hash, until: now + limits.cacheMilliseconds })
  }

  return {
    digest,
    async isRight({ attempt: { password }, name, source, now, credentials: { passwordHash } }) {
      if (Buffer.byteLength(password) > limits.password) return hashing.verify(source, '', undefined)
      const mark = digest(name, password)
      const known = right.get(mark)
      if (known && known.hash === passwordHash && known.until > now) return true
      right.delete(mark)
      if (failures.isKnownWrong(name, mark, passwordHash)) return false
      const isRight = await hashing.verify(source, password, passwordHash)
      if (isRight && passwordHash !== undefined) keep(mark, passwordHash, now)
      return isRight
    },
  }
}
