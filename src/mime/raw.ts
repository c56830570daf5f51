// Raw 8 bit header values of one mail. Guessing a charset is dear, so a mail gets a number of guesses and
// after them its last one stands.

import { charsetName, decodeAs } from './charset.ts'
import { guessCharset } from './detect.ts'
import { decodeRaw } from './words.ts'
import { isUtf8 } from 'node:buffer'

/** Octets of one value to Unicode. `hint`: the charset the part declares. */
export type RawReader = (octets: string, hint: string) => string

const eightBit = /[\x80-\xff]/

export function rawReader(guesses: number): RawReader {
  let left = guesses
  let last = ''
  return (octets, hint) => {
    if (!eightBit.test(octets)) return octets
    const bytes = Buffer.from(octets, 'latin1')
    if (isUtf8(bytes)) return bytes.toString('utf8')
    if (left > 0) {
      left--
      const declared = charsetName(hint)
      last = declared === '' || declared === 'utf-8' ? guessCharset(bytes, decodeAs) : declared
      return decodeRaw(bytes, last)
    }
    return decodeAs(bytes, last || 'windows-1252')
  }
}
