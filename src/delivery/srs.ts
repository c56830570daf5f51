// Sender rewriting for forwards: SRS0=HHHH=TT=domain=local@ours.  When we forward mail of a stranger, SPF at
// the next host asks us, so the envelope sender must be ours; a return comes back here and goes on to the
// first sender. The hash makes sure that nobody but us can write such an address.
//                                              the scheme of "SRS: The Sender Rewriting Scheme" (Meng Weng Wong)
//
// Invariants: reverse(forward(x)) is x within `days`; any other address with SRS0 or SRS1 gives undefined.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { link, readFile, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { splitAddress, writeLocal } from '../mail/address.ts'
import { writePrivate } from '../mailauth/keys.ts'

export interface Srs {
  /** The sender a forward leaves with, in a domain of ours. A null sender stays null. */
  forward(sender: string, now: number, domain: string): string
  /**
   * The address that a return to `address` goes on to; undefined when we did not write it, or too long ago. In
   * whichever domain of ours we wrote it: that the domain is ours, the caller knows.
   */
  reverse(address: string, now: number): string | undefined
}

const day = 86_400_000
const days = 21
const base32 = 'abcdefghijklmnopqrstuvwxyz234567'
const cycle = 1_024 // days until a time stamp repeats

export function openSrs(key: Buffer): Srs {
  // Mail programs on the way may change the case of a local part, so the hash is taken over lower case.
  const mac = (text: string) =>
    [...createHmac('sha256', key).update(text.toLowerCase()).digest().subarray(0, 8)]
      .map((b) => base32[b & 31])
      .join('')
  const matches = (given: string, text: string) => {
    const expected = Buffer.from(mac(text))
    const said = Buffer.from(given.toLowerCase())
    return said.length === expected.length && timingSafeEqual(said, expected)
  }

  return {
    forward(sender, now, domain) {
      const split = splitAddress(sender)
      if (!split) return ''
      if (/^srs[01][=+-]/i.test(split.local)) {
        // Already rewritten by another host: SRS1 keeps that host's address and returns go to it directly.
        const again = /^srs1[=+-][^=]+=([^=]+)=([=+-].*)$/is.exec(split.local)
        const [host, rest] = again ? [again[1]!, again[2]!] : [split.domain, split.local.slice(4)]
        return `${writeLocal(`SRS1=${mac(`1${host}${rest}`)}=${host}=${rest}`)}@${domain}`
      }
      const stamp = stampOf(now)
      const hash = mac(`0${stamp}${split.domain}${split.local}`)
      return `${writeLocal(`SRS0=${hash}=${stamp}=${split.domain}=${split.local}`)}@${domain}`
    },

    reverse(address, now) {
      const split = splitAddress(address)
      if (!split) return undefined
      const first = /^srs0[=+-]([^=]+)=([a-z2-7]{2})=([^=]+)=(.*)$/is.exec(split.local)
      if (first) {
        const [, hash = '', stamp = '', host = '', local = ''] = first
        if (!matches(hash, `0${stamp}${host}${local}`) || ageOf(stamp, now) > days) return undefined
        return `${writeLocal(local)}@${host}`
      }
      const second = /^srs1[=+-]([^=]+)=([^=]+)=([=+-].*)$/is.exec(split.local)
      if (!second) return undefined
      const [, hash = '', host = '', rest = ''] = second
      return matches(hash, `1${host}${rest}`) ? `${writeLocal('SRS0' + rest)}@${host}` : undefined
    },
  }
}

function stampOf(now: number): string {
  const number = Math.floor(now / day) % cycle
  return base32[number >> 5]! + base32[number & 31]!
}

function ageOf(stamp: string, now: number): number {
  const lower = stamp.toLowerCase()
  const then = base32.indexOf(lower[0]!) * 32 + base32.indexOf(lower[1]!)
  return (Math.floor(now / day) - then + cycle) % cycle
}

/** Reads the key, or makes it on the first start (mode 0600). */
export async function srsKey(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  // Written whole under another name first: nobody ever reads half a key.
  const made = `${basename(path)}.${randomBytes(6).toString('hex')}`
  await writePrivate(dirname(path), made, randomBytes(32))
  try {
    await link(join(dirname(path), made), path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error // another node was first
  } finally {
    await unlink(join(dirname(path), made))
  }
  return readFile(path)
}
