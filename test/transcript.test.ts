import { rejects } from 'node:assert/strict'
import { test } from 'node:test'
import { close, startTls, type Conversation } from '../src/wire/conversation.ts'
import { play } from './transcript.ts'

// Answers each line with its letters in capitals; TLS, BYE, and news of its own.
const shout: () => Conversation = () =>
  async function* (ear) {
    yield 'hello\r\n'
    let text = ''
    for (;;) {
      const heard = await ear.next()
      if (heard === undefined) return
      if (!Buffer.isBuffer(heard)) {
        yield `heard ${heard.is}\r\n`
        continue
      }
      text += heard.toString('latin1')
      for (let end = text.indexOf('\r\n'); end >= 0; end = text.indexOf('\r\n')) {
        const line = text.slice(0, end)
        text = text.slice(end + 2)
        if (line === 'tls') {
          yield 'go\r\n'
          yield startTls
          text = ''
        } else if (line === 'bye') {
          yield 'bye\r\n'
          yield close
        } else if (line === 'nap') {
          setImmediate(() => ear.wake())
        } else yield Buffer.from(`${line.toUpperCase()}\r\n`)
      }
    }
  }

test('a transcript that is right passes each way', () =>
  play(
    `
    S: hello
    C: one
    S: ONE
    C: two
    C~ thr\\x65e\\r\\n
    S: T...
    S: /^THRE+$/
    C: tls
    C: never heard
    S: go
    -- tls
    S: heard secured
    C: after
    S: AFTER
    -- silence
    S: heard silence
    C: nap
    S*
    S: heard woken
    -- wake
    S: heard woken
    C: bye
    S: bye
    -- close
    `,
    shout,
  ))

const wrong: [string, string, RegExp][] = [
  ['another answer', 'S: hello\nC: a\nS: B', /expected \(line 3\): B\nsaid: +A\n/],
  ['an answer too few', 'S: hello\nC: bye\nS: bye\nS: more', /\(nothing\)/],
  ['an answer too many', 'S: hello\nC: a', /more was said/],
  ['no close where one is due', 'S: hello\nC: tls\nS: go\n-- close', /-- close was due, but: tls/],
]
for (const [what, text, message] of wrong) {
  test(`a transcript is refused: ${what}`, () => rejects(play(text, shout), message))
}
