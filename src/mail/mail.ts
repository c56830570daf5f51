// The one object every check is given: a mail that has arrived whole, not yet placed anywhere.
//
// The bytes are as the peer sent them and never change; what is learnt of them is written beside.

import type { Tree } from '../mime/mime.ts'
import type { Envelope } from '../smtp/intake.ts'

export interface Mail {
  id: string // the mail's id in the history, said in the 250
  envelope: Envelope
  tree: Tree
  headerBlock: Buffer // the bytes before the first empty line, ends CRLF
  size: number // bytes
  receivedAt: number // milliseconds
  whole?: Buffer // all its bytes, where it is small enough to be held in memory; only until it is stored
  read(start: number, end: number): Promise<Buffer>
  stream(): AsyncIterable<Buffer>
}
