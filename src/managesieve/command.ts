// A command is data with two verbs: read() never waits, run() never parses. Here also: the words of a command.
//                                                                                                  RFC 5804 §4

import { isUtf8 } from 'node:buffer'
import type { Said } from '../wire/conversation.ts'
import { Refusal } from './replies.ts'
import type { Session, State } from './session.ts'

/** What a command answers: one piece, or several with deeds among them. */
export type Answer = string | Promise<string> | AsyncGenerator<Said, void, void>

export type Argument = { string: string } | { number: number }

export interface Command<A = unknown> {
  verb: string
  allowedIn: State[]
  /** Throws Refusal. */
  read(args: Argument[]): A
  run(session: Session, args: A): Answer
}

export interface Words {
  verb: string // upper case; '' when the command begins with a string
  args: Argument[]
}

const word = /\s*(?:"((?:[^"\\\r\n]|\\["\\])*)"|\{(\d+)\+\}$|([A-Za-z]+)|(\d{1,10}))(?=\s|$)/y

/** The words of a frame. Throws Refusal bad-syntax, not-utf8. */
export function readWords(lines: string[], literals: Buffer[], most: number): Words {
  const words: Words = { verb: '', args: [] }
  let literal = 0
  let isFirst = true
  for (const line of lines) {
    word.lastIndex = 0
    while (line.slice(word.lastIndex).trim() !== '') {
      const found = word.exec(line)
      if (!found) throw new Refusal('bad-syntax')
      const [, quoted, counted, atom, number] = found
      if (atom !== undefined) {
        if (!isFirst) throw new Refusal('bad-syntax')
        words.verb = atom.toUpperCase()
      } else if (number !== undefined) words.args.push({ number: Number(number) })
      else if (counted !== undefined) words.args.push({ string: text(literals[literal++] ?? Buffer.alloc(0)) })
      else words.args.push({ string: text(Buffer.from(quoted!.replace(/\\(.)/g, '$1'), 'latin1')) })
      if (words.args.length > most) throw new Refusal('bad-syntax')
      isFirst = false
    }
  }
  return words
}

function text(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new Refusal('not-utf8')
  return bytes.toString('utf8')
}

export function readNothing(args: Argument[]): undefined {
  if (args.length > 0) throw new Refusal('bad-arguments')
  return undefined
}

export function readStrings(args: Argument[], least: number, most = least): string[] {
  if (args.length < least || args.length > most) throw new Refusal('bad-arguments')
  return args.map((arg) => {
    if (!('string' in arg)) throw new Refusal('bad-arguments')
    return arg.string
  })
}
