// Passwords of accounts elsewhere: sealed with a key outside the database.       AES-256-GCM, NIST SP 800-38D; SECURITY 14
//
// Invariant: a seal opens only for what it was made for (the person, the server, the name there): moved to another row,
// or its row changed to another server, it is worth nothing.

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

const nonceBytes = 12
const tagBytes = 16

export interface Sealed {
  accountId: number
  protocol: string
  host: string
  port: number
  username: string
}

export interface Secrets {
  seal(password: string, what: Sealed): Buffer
  /** undefined: another key, another place, or damaged. */
  open(sealed: Uint8Array, what: Sealed): string | undefined
}

/** `file`: what the key file holds, 32 bytes. */
export function openSecrets(file: Buffer): Secrets {
  const key = Buffer.from(hkdfSync('sha256', file, '', 'external accounts', 32))
  const bound = ({ accountId, protocol, host, port, username }: Sealed): Buffer =>
    Buffer.from(JSON.stringify([accountId, protocol, host, port, username]))
  return {
    seal(password, what) {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(bound(what))
      const text = Buffer.concat([cipher.update(password, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), text])
    },
    open(sealed, what) {
      const bytes = Buffer.from(sealed)
      if (bytes.length < nonceBytes + tagBytes) return undefined
      try {
        const nonce = bytes.subarray(0, nonceBytes)
        const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes }).setAAD(bound(what))
        decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes))
        const text = bytes.subarray(nonceBytes + tagBytes)
        return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8')
      } catch {
        return undefined
      }
    },
  }
}
