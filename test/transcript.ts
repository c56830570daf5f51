// Plays a conversation from text, three ways: by line, by byte and all at once.
//
//   C: EHLO client.example        the client says this line and CRLF
//   C~ a\r\nb\x00                 the client says these bytes: escapes \r \n \t \0 \\ \xHH, no CRLF added
//   S: 250 OK                     the server says exactly this line
//   S: 250-SIZE...                a line that starts with this
//   S: /^250 .*queued as \w+$/    a line that matches
//   S*                            any number of lines up to one that matches the next S line
//   # words, empty lines          nothing
//   -- tls                        the server must begin TLS here; the handshake succeeds
//   -- compress                   the server must begin DEFLATE here (what follows stays plain)
//   -- wake                       the conversation is woken
//   -- silence                    its patience runs out
//   -- stopping                   the house is closing
//   -- close                      the server must close here
//   -- gone                       the client closes here
//   -- run NAME                   calls actions[NAME]
//
// A marker is a barrier: everything before it was heard and answered. Between two barriers "all at
// once" hands over all bytes of the client in one piece; what is said must be the same each way.
// Played by line, an S line must have been said before the C line below it is heard.
//
// `as: 'client'` turns the roles: the conversation says the C lines and hears the S lines. Then every
// change from C to S is a barrier too: no server answers before it was asked.

import { AssertionError } from 'node:assert'
import {
  close,
  compress,
  startTls,
  type Conversation,
  type Ear,
  type Heard,
  type Peer,
  type TlsFacts,
} from '../src/wire/conversation.ts'

export type Way = 'by line' | 'by byte' | 'all at once'

/** One fresh world for one play: the conversation, and what its markers may call. */
export interface Scene {
  conversation: Conversation
  peer?: Partial<Peer>
  actions?: Record<string, () => unknown>
  /** Called when the play is over and everything matched. */
  after?: () => unknown
}

export interface PlayOptions {
  peer?: Partial<Peer>
  as?: 'server' | 'client'
  ways?: Way[]
  tls?: TlsFacts
}

/**
 * Plays the text three ways, each with a fresh conversation or scene from `make`. Throws an
 * AssertionError that shows what was expected beside what was said.
 */
export async function play(
  text: string,
  make: (way: Way) => Conversation | Scene | Promise<Conversation | Scene>,
  options: PlayOptions = {},
): Promise<void> {
  const steps = readTranscript(text, options.as ?? 'server')
  for (const way of options.ways ?? (['by line', 'by byte', 'all at once'] as const)) {
    const made = await make(way)
    const scene = typeof made === 'function' ? { conversation: made } : made
    await new Stage(steps, way, scene, options).play()
    await scene.after?.()
  }
}

/** A peer on loopback; override what the test is about. */
export function testPeer(over: Partial<Peer> = {}): Peer {
  return { address: '127.0.0.1', port: 40000, localAddress: '127.0.0.1', localPort: 25, listener: 'smtp', ...over }
}

const testTls: TlsFacts = { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' }

// What to do next, in order. 'hear' is what the conversation hears, 'say' what it must say.
type Step =
  | { is: 'hear'; bytes: Buffer; at: number }
  | { is: 'say'; line: string; at: number }
  | { is: 'skip'; at: number }
  | { is: 'mark'; mark: string; argument: string; at: number }
  | { is: 'barrier'; at: number }

function readTranscript(text: string, as: 'server' | 'client'): Step[] {
  const steps: Step[] = []
  const mine = as === 'server' ? 'S' : 'C'
  let before = ''
  text.split('\n').forEach((raw, index) => {
    const line = raw.replace(/^\s+/, '').replace(/\r$/, '')
    const at = index + 1
    if (line === '' || line.startsWith('#')) return
    const marker = /^-- (\w+) ?(.*)$/.exec(line)
    if (marker) {
      steps.push({ is: 'mark', mark: marker[1]!, argument: marker[2]!.trim(), at })
      before = ''
      return
    }
    const spoken = /^([CS])([:~*])(?: (.*))?$/s.exec(line)
    if (!spoken) throw new Error(`transcript line ${at} is neither C:, S: nor a marker: ${line}`)
    const [, who, how, words = ''] = spoken
    if (who === mine) {
      if (how === '~') throw new Error(`transcript line ${at}: what is said is written as lines: ${line}`)
      steps.push(how === '*' ? { is: 'skip', at } : { is: 'say', line: words, at })
    } else {
      if (how === '*') throw new Error(`transcript line ${at}: what is heard must be written: ${line}`)
      if (as === 'client' && before === mine) steps.push({ is: 'barrier', at })
      steps.push({ is: 'hear', bytes: how === '~' ? unescape(words) : Buffer.from(`${words}\r\n`), at })
    }
    before = who!
  })
  return steps
}

function unescape(text: string): Buffer {
  const letters: Record<string, string> = { r: '\r', n: '\n', t: '\t', '0': '\0', '\\': '\\' }
  const pieces: Buffer[] = []
  for (const [, hex, letter, plain] of text.matchAll(/\\x([0-9a-fA-F]{2})|\\([rnt0\\])|([^\\]+|\\)/gs)) {
    if (hex !== undefined) pieces.push(Buffer.from(hex, 'hex'))
    else pieces.push(Buffer.from(letter !== undefined ? letters[letter]! : plain!))
  }
  return Buffer.concat(pieces)
}

// How long a play waits for a conversation that does not go on. Only a failing test waits that long.
const patienceOfTests = 5000

class Stage implements Ear {
  #steps: Step[]
  #way: Way
  #scene: Scene
  #options: PlayOptions
  #said = '' // latin1, as said so far
  #deeds: string[] = [] // 'tls' | 'compress' | 'close', each as it is done
  #dropped = false // startTls was said: what was not heard yet never will be
  #queue: Heard[] = []
  #woken = false
  #gone = false
  #ended = false
  #failure: unknown
  #asking: ((heard: Heard | undefined) => void) | undefined
  #news: (() => void)[] = []

  constructor(steps: Step[], way: Way, scene: Scene, options: PlayOptions) {
    this.#steps = steps
    this.#way = way
    this.#scene = scene
    this.#options = options
  }

  // The Ear.
  next(): Promise<Heard | undefined> {
    if (this.#asking) throw new Error('ear.next() was called while a call was waiting')
    if (this.#woken) {
      this.#woken = false
      return Promise.resolve({ is: 'woken' })
    }
    const heard = this.#queue.shift()
    if (heard !== undefined) return Promise.resolve(heard)
    if (this.#gone) return Promise.resolve(undefined)
    return new Promise((resolve) => {
      this.#asking = resolve
      this.#tell()
    })
  }

  wake(): void {
    if (this.#asking) this.#give({ is: 'woken' })
    else this.#woken = true
  }

  patience(milliseconds: number): void {
    if (!(milliseconds > 0)) throw new Error(`patience of ${milliseconds} ms`)
  }

  async play(): Promise<void> {
    const running = this.#listen()
    let heard: Buffer[] = []
    let expected = 0 // steps whose S lines are due by now
    const flush = (): void => {
      if (heard.length > 0 && !this.#dropped) this.#hear(Buffer.concat(heard))
      heard = []
    }
    for (const [index, step] of this.#steps.entries()) {
      expected = index
      if (step.is === 'hear') {
        if (this.#way === 'all at once') heard.push(step.bytes)
        else if (!this.#dropped) {
          await this.#settle(expected, `before line ${step.at} is heard`)
          if (!this.#dropped && !this.#ended) this.#hear(step.bytes)
        }
      } else if (step.is === 'mark' || step.is === 'barrier') {
        flush()
        await this.#settle(expected, `before line ${step.at}`)
        if (step.is === 'mark') await this.#mark(step)
      }
    }
    flush()
    await this.#settle(this.#steps.length, 'at the end')
    this.#gone = true
    if (this.#asking) this.#give(undefined)
    await this.#until(() => this.#ended, this.#steps.length, 'after the client has gone')
    await running
    this.#compare(this.#steps.length, 'at the end', true)
  }

  async #listen(): Promise<void> {
    try {
      const peer = testPeer({ ...this.#options.peer, ...this.#scene.peer })
      for await (const said of this.#scene.conversation(this, peer)) {
        if (said === startTls) {
          this.#deeds.push('tls')
          this.#dropped = true
          this.#queue = []
        } else if (said === compress) this.#deeds.push('compress')
        else if (said === close) {
          this.#deeds.push('close')
          break
        } else this.#said += typeof said === 'string' ? Buffer.from(said).toString('latin1') : latin1(said)
        this.#tell()
      }
    } catch (error) {
      this.#failure = error
    }
    this.#ended = true
    this.#tell()
  }

  #hear(bytes: Buffer): void {
    if (this.#way !== 'by byte') return this.#give(bytes)
    for (let i = 0; i < bytes.length; i++) this.#give(bytes.subarray(i, i + 1))
  }

  #give(heard: Heard | undefined): void {
    const asking = this.#asking
    if (asking) {
      this.#asking = undefined
      asking(heard)
    } else if (heard !== undefined) this.#queue.push(heard)
  }

  async #mark(step: Step & { is: 'mark' }): Promise<void> {
    const { mark } = step
    if (mark === 'wake' || mark === 'silence' || mark === 'stopping') {
      this.#give({ is: mark === 'wake' ? 'woken' : mark })
    } else if (mark === 'gone') {
      this.#gone = true
      if (this.#asking) this.#give(undefined)
      await this.#until(() => this.#ended, step.at, 'after -- gone')
    } else if (mark === 'run') {
      const action = this.#scene.actions?.[step.argument]
      if (!action) throw new Error(`no action ${step.argument}`)
      await action()
    } else if (mark === 'tls' || mark === 'compress' || mark === 'close') {
      await this.#until(() => this.#deeds.length > 0 || this.#ended, step.at, `-- ${mark}`)
      const deed = this.#deeds.shift()
      const returned = mark === 'close' && deed === undefined && this.#ended
      if (deed !== mark && !returned) this.#fail(step.at, `-- ${mark} was due, but: ${deed ?? 'nothing'}`)
      if (mark === 'tls') {
        this.#dropped = false
        this.#give({ is: 'secured', tls: this.#options.tls ?? testTls })
      }
    } else throw new Error(`transcript line ${step.at}: no marker named ${mark}`)
  }

  // Waits until every line due by `steps` was said and the conversation listens, closes or begins TLS.
  async #settle(steps: number, when: string): Promise<void> {
    const due = this.#steps.slice(0, steps).filter((step) => step.is === 'say').length
    const idle = (): boolean =>
      this.#ended || this.#deeds.length > 0 || (this.#asking !== undefined && this.#queue.length === 0)
    await this.#until(() => this.#ended || (idle() && countLines(this.#said) >= due), steps, when)
    this.#compare(steps, when, false)
  }

  async #until(isSo: () => boolean, steps: number, when: string): Promise<void> {
    const deadline = Date.now() + patienceOfTests
    while (!isSo()) {
      if (this.#failure) break
      const rest = deadline - Date.now()
      if (rest <= 0) {
        this.#compare(steps, when, true)
        this.#fail(0, `the conversation does not go on, ${when}`)
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, rest)
        this.#news.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
    if (this.#failure) throw this.#failure
  }

  #tell(): void {
    const news = this.#news
    this.#news = []
    for (const tell of news) tell()
  }

  // Only at the end must nothing more have been said: a conversation may speak on its own.
  #compare(steps: number, when: string, whole: boolean): void {
    const lines = this.#said.split('\r\n')
    const rest = lines.pop()!
    if (rest !== '') lines.push(rest)
    let said = 0
    let skipping = false
    for (const step of this.#steps.slice(0, steps)) {
      if (step.is === 'skip') skipping = true
      if (step.is !== 'say') continue
      while (skipping && said < lines.length && !matches(step.line, lines[said]!)) said++
      skipping = false
      if (said >= lines.length || !matches(step.line, lines[said]!)) this.#fail(step.at, when, said)
      said++
    }
    if (whole && steps === this.#steps.length && !skipping && said < lines.length) {
      this.#fail(0, `${when}: more was said than expected`, said)
    }
  }

  #fail(at: number, when: string, line?: number): never {
    const shown = this.#said.split('\r\n')
    if (shown.at(-1) === '') shown.pop()
    const said = shown.map((text, i) => `${i === line ? ' >' : '  '} ${readable(text)}`).join('\n')
    const step = this.#steps.find((each) => each.at === at && each.is === 'say')
    const expected = step?.is === 'say' ? `expected (line ${at}): ${step.line}\n` : ''
    const got = line === undefined ? '' : `said:${' '.repeat(14)}${readable(shown[line] ?? '(nothing)')}\n`
    throw new AssertionError({
      message: `transcript played ${this.#way}, ${when}\n${expected}${got}all that was said:\n${said}`,
    })
  }
}

function matches(expected: string, said: string): boolean {
  const text = Buffer.from(said, 'latin1').toString()
  if (expected.length > 2 && expected.startsWith('/') && expected.endsWith('/')) {
    return new RegExp(expected.slice(1, -1), 'u').test(text)
  }
  return expected.endsWith('...') ? text.startsWith(expected.slice(0, -3)) : text === expected
}

function countLines(said: string): number {
  let lines = 0
  for (let at = said.indexOf('\r\n'); at >= 0; at = said.indexOf('\r\n', at + 2)) lines++
  return said.endsWith('\r\n') || said === '' ? lines : lines + 1
}

function readable(text: string): string {
  return Buffer.from(text, 'latin1')
    .toString()
    .replace(/[\x00-\x1f\x7f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}
