// What is sent to a device's push service, encrypted for the device alone: RFC 8291 over RFC 8188; and who we are to
// that service: VAPID, RFC 8292.
//
// Pure but for random bytes.

import { createCipheriv, createECDH, createPrivateKey, hkdfSync, randomBytes, sign, type KeyObject } from 'node:crypto'

const recordSize = 4096
export const longestText = recordSize - 103 // header and tag and delimiter go off (RFC 8291 §4)

/** Whether keys of a browser are such: a point of P-256 and sixteen bytes, base64url. */
export function areKeys(p256dh: string, auth: string): boolean {
  const point = Buffer.from(p256dh, 'base64url')
  if (point.length !== 65 || point[0] !== 4 || Buffer.from(auth, 'base64url').length !== 16) return false
  try {
    const probe = createECDH('prime256v1')
    probe.generateKeys()
    probe.computeSecret(point)
    return true
  } catch {
    return false // not on the curve
  }
}

/** The body of the request: header and one record. `given` is for tests with known keys. */
export function encryptPush(
  text: string,
  keys: { p256dh: string; auth: string },
  given: { salt?: Buffer; privateKey?: Buffer } = {},
): Buffer {
  const ours = createECDH('prime256v1')
  if (given.privateKey) ours.setPrivateKey(given.privateKey)
  else ours.generateKeys()
  const theirs = Buffer.from(keys.p256dh, 'base64url')
  const salt = given.salt ?? randomBytes(16)
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), theirs, ours.getPublicKey()])
  const secret = hkdf(ours.computeSecret(theirs), Buffer.from(keys.auth, 'base64url'), info, 32)
  const key = hkdf(secret, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16)
  const nonce = hkdf(secret, salt, Buffer.from('Content-Encoding: nonce\0'), 12)
  const cipher = createCipheriv('aes-128-gcm', key, nonce)
  const record = Buffer.concat([
    cipher.update(text),
    cipher.update(Buffer.from([2])),
    cipher.final(),
    cipher.getAuthTag(),
  ])
  const header = Buffer.alloc(21)
  salt.copy(header)
  header.writeUInt32BE(recordSize, 16)
  header[20] = 65
  return Buffer.concat([header, ours.getPublicKey(), record])
}

function hkdf(secret: Buffer, salt: Buffer, info: Buffer, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, info, length))
}

/** Signs for VAPID with a P-256 key. */
export interface Vapid {
  publicKey: string // base64url, as a browser's applicationServerKey
  /** The Authorization header for a push service's origin. RFC 8292 §3. */
  authorization(origin: string, now: number): string
}

const tokenMilliseconds = 12 * 3_600_000

/** `secret`: 32 bytes of which the key is made; `contact`: 'mailto:...' that a push service may write to. */
export function openVapid(secret: Buffer, contact: string): Vapid {
  const ecdh = createECDH('prime256v1')
  ecdh.setPrivateKey(secret)
  const point = ecdh.getPublicKey()
  const key: KeyObject = createPrivateKey({
    format: 'jwk',
    key: {
      kty: 'EC',
      crv: 'P-256',
      d: secret.toString('base64url'),
      x: point.subarray(1, 33).toString('base64url'),
      y: point.subarray(33).toString('base64url'),
    },
  })
  const publicKey = point.toString('base64url')
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return {
    publicKey,
    authorization(origin, now) {
      const claims = { aud: origin, exp: Math.floor((now + tokenMilliseconds) / 1000), sub: contact }
      const text = `${part({ typ: 'JWT', alg: 'ES256' })}.${part(claims)}`
      const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')
      return `vapid t=${text}.${signature}, k=${publicKey}`
    },
  }
}
