// Ids in the history: short, in the order of time, unique over processes without asking anybody.
//
// Sixteen letters of base 32: 9 of milliseconds since 1970, 3 counting within this process, 4 drawn when the
// process started. They are names, not secrets. An index on them grows at its end only.

import { randomInt } from 'node:crypto'

const letters = '0123456789abcdefghjkmnpqrstvwxyz'
const processMark = write(randomInt(32 ** 4), 4)
let counter = 0

function write(value: number, length: number): string {
  let text = ''
  for (let i = 0; i < length; i++) {
    text = letters[value % 32] + text
    value = Math.floor(value / 32)
  }
  return text
}

let lastMillisecond = -1
let lastText = ''

/** A new id for something that begins `now` (milliseconds). */
export function newId(now: number): string {
  if (now !== lastMillisecond) {
    lastMillisecond = now
    lastText = write(now, 9)
  }
  counter = (counter + 1) % 32_768
  return lastText + write(counter, 3) + processMark
}
