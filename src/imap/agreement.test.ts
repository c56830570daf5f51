// Several sessions on one mailbox do what they like. Each keeps a picture from what it was told alone, and at the end
// all pictures are the mailbox.

import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { seeded } from '../../test/fuzz.ts'
import { stand, type Client } from '../../test/imaptown.ts'

interface Seen {
  uid: number | undefined
  flags: string | undefined
}

/** A client's picture, from untagged responses only. */
class Picture {
  messages: Seen[] = []
  #client: Client
  #tag = 0

  constructor(client: Client) {
    this.#client = client
  }

  async say(command: string): Promise<string> {
    const answer = await this.#client.say(`t${++this.#tag} ${command}`)
    for (const line of answer.split('\r\n')) this.#hear(line, command)
    return answer
  }

  #hear(line: string, command: string): void {
    const [, number, what, rest = ''] = /^\* (\d+) (EXISTS|EXPUNGE|FETCH)(.*)$/.exec(line) ?? []
    const n = Number(number)
    if (what === 'EXISTS') {
      ok(n >= this.messages.length, `${command}: EXISTS may only grow`)
      while (this.messages.length < n) this.messages.push({ uid: undefined, flags: undefined })
    } else if (what === 'EXPUNGE') {
      ok(n >= 1 && n <= this.messages.length, `${command}: EXPUNGE of a message that is there`)
      ok(!/^(FETCH|STORE|SEARCH)/.test(command), `${command}: no EXPUNGE now`)
      this.messages.splice(n - 1, 1)
    } else if (what === 'FETCH') {
      const message = this.messages[n - 1]
      ok(message, `${command}: FETCH of a message that is there`)
      const uid = /UID (\d+)/.exec(rest)?.[1]
      if (uid !== undefined) {
        equal(message.uid ?? Number(uid), Number(uid), `${command}: a number keeps its uid`)
        message.uid = Number(uid)
      }
      const flags = /FLAGS \(([^)]*)\)/.exec(rest)?.[1]
      if (flags !== undefined) message.flags = flags.split(' ').sort().join(' ')
    }
  }
}

for (const seed of [1, 2, 3, 4]) {
  test(`all sessions agree in the end (seed ${seed})`, async () => {
    const random = seeded(seed)
    const below = (n: number) => Math.floor(random() * n)
    const { client, put, mistakes } = await stand()
    const pictures: Picture[] = []
    for (let i = 0; i < 8; i++) await put('INBOX')
    for (let i = 0; i < 3; i++) {
      const picture = new Picture(await client())
      if (i === 2) await picture.say('ENABLE CONDSTORE')
      await picture.say('SELECT INBOX')
      pictures.push(picture)
    }
    for (let step = 0; step < 150; step++) {
      const picture = pictures[below(3)]!
      const count = picture.messages.length
      const number = 1 + below(Math.max(1, count))
      const flag = ['\\Seen', '\\Flagged', '$Work', '\\Deleted'][below(4)]!
      const some = `${number}:${1 + below(Math.max(1, count))}`
      const commands = [
        () => picture.say('NOOP'),
        () => picture.say(`STORE ${some} ${'+-'[below(2)]!}FLAGS (${flag})`),
        () => picture.say(`STORE ${some} +FLAGS.SILENT (${flag})`).then(() => picture.say(`FETCH ${some} FLAGS`)),
        () => picture.say(`FETCH 1:* (UID FLAGS)`),
        () => picture.say(`UID FETCH 1:* (FLAGS)`),
        () => picture.say('SEARCH ALL'),
        () => picture.say('EXPUNGE'),
        () => picture.say(`MOVE ${number} Trash`),
        () => picture.say(`COPY ${number} INBOX`),
        () => picture.say(`FETCH ${number} BODY[TEXT]`),
        () => put('INBOX'),
      ]
      if (count === 0) await put('INBOX').then(() => picture.say('NOOP'))
      else await commands[below(commands.length)]!()
    }
    for (const picture of pictures) {
      await picture.say('NOOP')
      // What was told alone is right already; what was never told is asked for now.
      const told = structuredClone(picture.messages)
      await picture.say('FETCH 1:* (UID FLAGS)')
      deepEqual(
        picture.messages.map((message, i) => ({
          uid: told[i]!.uid === undefined ? undefined : message.uid,
          flags: told[i]!.flags === undefined ? undefined : message.flags,
        })),
        told,
      )
    }
    // All see the same, but for \Recent: that is one session's alone.
    const shared = pictures.map(({ messages }) => messages.map(({ uid, flags }) => ({ uid, flags: notRecent(flags!) })))
    deepEqual(shared[1], shared[0])
    deepEqual(shared[2], shared[0])
    const recent = pictures.flatMap(({ messages }) => messages.filter(({ flags }) => flags!.includes('\\Recent')))
    equal(new Set(recent.map(({ uid }) => uid)).size, recent.length)
    deepEqual(mistakes, [])
  })
}

const notRecent = (flags: string) => flags.replace(/ ?\\Recent/, '').trim()
