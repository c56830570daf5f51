// What costs by its number rather than by its shape: many clients at once, and much of what is allowed.
// As in attacks.ts, a complaint is given only where an answer was wrong.

import { connect as connectTls, type TLSSocket } from 'node:tls'
import { deflateRawSync } from 'node:zlib'
import { setTimeout as wait } from 'node:timers/promises'
import type { Attack, Target } from './attacks.ts'
import { attack, type Attacker } from './wire-attacker.ts'

const megabyte = 1_048_576
const each = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))

async function signedIn(target: Target, mailbox = 'INBOX'): Promise<Attacker> {
  const one = await attack(target.imap)
  await one.until(/\r\n/)
  await one.ask(`l LOGIN ${target.account} ${target.password}`, /^l [^\r]*\r\n/m)
  await one.ask(`s SELECT ${mailbox}`, /^s [^\r]*\r\n/m)
  return one
}

const silence: Attack = {
  name: 'IMAP: 1,000 connections that say nothing',
  async run(target) {
    const all = await Promise.all(each(1_000, () => attack(target.imap)))
    await wait(2_000)
    const closed = all.filter((one) => one.isClosed()).length
    for (const one of all) one.end()
    return closed > 0 ? `${closed} were closed` : undefined
  },
}

const handshakes: Attack = {
  name: 'IMAP: 1,000 TLS handshakes, 250 at a time',
  async run(target) {
    const shake = () =>
      new Promise<void>((resolve) => {
        const socket: TLSSocket = connectTls({ port: target.imaps, host: '127.0.0.1', rejectUnauthorized: false })
        socket.once('secureConnect', () => socket.destroy())
        socket.once('error', () => resolve())
        socket.once('close', () => resolve())
      })
    for (let round = 0; round < 4; round++) await Promise.all(each(250, shake))
    return undefined
  },
}

/** Loopback has as many addresses as a botnet; none of them is locked as a source. */
const guessing: Attack = {
  name: 'passwords guessed from 200 addresses at once',
  async run(target) {
    let entered = 0
    const until = performance.now() + 4_000
    const guess = async (index: number) => {
      for (let round = 0; performance.now() < until; round++) {
        const one = await attack(target.imap, true, `127.9.${index >> 7}.${1 + (index & 127)}`)
        await one.until(/\r\n/)
        for (let attempt = 0; attempt < 5 && !one.isClosed(); attempt++) {
          const said = await one.ask(
            `g LOGIN u${index}-${attempt}@uni.example guess-${round}-${attempt}`,
            /^g [^\r]*\r\n/m,
          )
          if (said?.includes('g OK')) entered++
        }
        one.end()
      }
    }
    await Promise.all(each(200, guess))
    return entered > 0 ? `${entered} guesses were let in` : undefined
  },
}

const slowReaders: Attack = {
  name: 'IMAP: 50 that fetch everything and read 8 KB of it now and then',
  async run(target) {
    const all = await Promise.all(each(50, () => signedIn(target)))
    for (const one of all) {
      await one.write('h FETCH 1:* (BODY.PEEK[])\r\n'.repeat(20))
      one.socket.pause()
    }
    for (let round = 0; round < 30; round++) {
      for (const one of all) one.socket.read(8_192)
      await wait(100)
    }
    for (const one of all) one.end()
    return undefined
  },
}

/** One command, many times, in one go; all answers are read. */
const pipelined = (name: string, line: string, times: number, mailbox?: string): Attack => ({
  name,
  async run(target) {
    const one = await signedIn(target, mailbox)
    one.forget()
    const block = `${line}\r\n`.repeat(1_000)
    for (let sent = 0; sent < times; sent += 1_000) {
      if (!(await one.write(sent + 1_000 > times ? `${line}\r\n`.repeat(times - sent) : block))) break
    }
    await one.write('last NOOP\r\n')
    const said = await one.until(/^(last \w+|\* BYE)/m, 30_000)
    one.end()
    return said === undefined && !one.isClosed() ? 'no answer within 30 s' : undefined
  },
})

const compressedCommands: Attack = {
  name: 'IMAP: 64 MB of NOOPs through COMPRESS',
  async run(target) {
    const one = await signedIn(target)
    const said = await one.ask('h COMPRESS DEFLATE', /^h [^\r]*\r\n/m)
    if (said && /^h OK/m.test(said)) {
      await one.write(deflateRawSync(Buffer.from('h NOOP\r\n'.repeat(8 * megabyte)), { level: 9 }))
      await wait(3_000)
    }
    one.end()
    return undefined
  },
}

const appends: Attack = {
  name: 'IMAP: mails of 45 MB appended one after the other',
  async run(target, tell) {
    const one = await signedIn(target)
    const block = Buffer.alloc(65_536, `${'x'.repeat(62)}\r\n`)
    const blocks = 720
    const size = block.length * blocks
    let said: string | undefined
    for (let mail = 0; mail < 10; mail++) {
      said = await one.ask(`h APPEND INBOX {${size}}`, /^(\+|h )[^\r]*\r\n/m)
      if (!said?.startsWith('+')) break
      one.forget()
      for (let sent = 0; sent < blocks; sent++) if (!(await one.write(block))) break
      await one.write('\r\n')
      said = await one.until(/^h [^\r]*\r\n/m, 30_000)
    }
    one.end()
    tell(said ?? 'nothing')
    return said === undefined ? 'no answer' : undefined
  },
}

/** A mailbox that doubles, and what is then asked of all its mails in one command. */
const doubling: Attack = {
  name: 'IMAP: a mailbox that grows to 32,768 mails, and all of them at once',
  async run(target, tell) {
    const one = await signedIn(target)
    const ask = async (line: string) => {
      one.forget()
      await one.write(`${line}\r\n`)
      const said = (await one.until(/^(h|\* BYE) [^\r]*\r\n/m, 60_000)) ?? 'nothing'
      return /^(?:h|\* BYE) [^\r]*/m.exec(said)?.[0] ?? 'nothing'
    }
    await ask('h CREATE Many')
    await ask('h APPEND Many {6+}\r\nA: b\r\n')
    await ask('h SELECT Many')
    const answers: string[] = []
    for (let times = 0; times < 15; times++) answers.push(await ask('h COPY 1:* Many'))
    for (const line of [
      'h STORE 1:* +FLAGS.SILENT (\\Flagged new)',
      'h FETCH 1:* (FLAGS UID ENVELOPE BODYSTRUCTURE)',
      'h SEARCH NOT TEXT zzz',
      'h SORT (SUBJECT REVERSE DATE) UTF-8 ALL',
      'h THREAD REFERENCES UTF-8 ALL',
      'h STORE 1:* +FLAGS.SILENT (\\Deleted)',
      'h UID EXPUNGE 1:20000',
      'h EXPUNGE',
    ])
      answers.push(await ask(line))
    await ask('h CLOSE')
    answers.push(await ask('h DELETE Many'))
    one.end()
    const silent = answers.filter((said) => said === 'nothing').length
    tell(answers.filter((said) => !/^h OK/.test(said)).join(', '))
    return silent > 0 ? `${silent} commands were not answered` : undefined
  },
}

const arrivals: Attack = {
  name: 'SMTP: 1,000 mails of 20 KB by 10 connections, and all indexed',
  async run(target) {
    const words = each(400, (index) => `wort${index * 7919} 測試${index} attachment`).join('\r\n')
    const send = async (connection: number) => {
      const one = await attack(target.smtp)
      await one.until(/^220[^\r]*\r\n/)
      await one.ask('EHLO hostile.example', /^250 [^\r]*\r\n/m)
      for (let mail = 0; mail < 100; mail++) {
        await one.write(`MAIL FROM:<stranger@mail.example>\r\nRCPT TO:<${target.account}>\r\nDATA\r\n`)
        await one.until(/^354[^\r]*\r\n/m)
        await one.ask(`Subject: ${connection} ${mail}\r\n\r\n${words}\r\n.`, /^\d{3} [^\r]*\r\n/m)
      }
      one.end()
    }
    await Promise.all(each(10, send))
    const one = await signedIn(target)
    await one.ask('h SEARCH TEXT wort7919', /^h [^\r]*\r\n/m)
    await wait(3_000)
    one.end()
    return undefined
  },
}

const mailboxes: Attack = {
  name: 'IMAP: 2,000 mailboxes made, listed with STATUS and removed',
  async run(target) {
    const one = await signedIn(target)
    const lines = (make: (index: number) => string) => `${each(2_000, make).join('\r\n')}\r\nlast NOOP\r\n`
    await one.write(lines((index) => `h CREATE hostile/${index}`))
    await one.until(/^last /m, 30_000)
    one.forget()
    await one.write('h LIST "" "*%*%*" RETURN (STATUS (MESSAGES UNSEEN SIZE DELETED) CHILDREN)\r\n'.repeat(5))
    await one.ask('last NOOP', /^last /m)
    one.forget()
    await one.write(lines((index) => `h DELETE hostile/${index}`))
    await one.until(/^last /m, 30_000)
    one.end()
    return undefined
  },
}

export const crowds: Attack[] = [
  arrivals,
  silence,
  handshakes,
  slowReaders,
  pipelined('IMAP: 100,000 NOOPs in one go', 'h NOOP', 100_000),
  pipelined('IMAP: 5,000 FETCHes of flags in one go', 'h FETCH 1:* (FLAGS UID)', 5_000),
  pipelined('IMAP: 300 structures and envelopes in one go', 'h FETCH 1:* (ENVELOPE BODYSTRUCTURE)', 300),
  pipelined('IMAP: 20 SEARCHes of 90 words in one go', `h SEARCH${' NOT TEXT aa'.repeat(90)}`, 20),
  pipelined('IMAP: 200 SEARCHes with 10,000 keys', `h SEARCH${' SEEN'.repeat(10_000)}`, 200),
  pipelined('IMAP: 2,000 SELECTs in one go', 'h SELECT INBOX', 2_000),
  pipelined('IMAP: 2,000 STOREs of all mails in one go', 'h STORE 1:* FLAGS (\\Seen)', 2_000),
  mailboxes,
  compressedCommands,
  appends,
  doubling,
  guessing,
]
