// What was sent is what is read: nasty mails go in by DATA and BDAT over sockets and come out of IMAP and POP3
// as they went in, behind the trace lines, byte for byte.

import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { openWorld, password, type WorldHouse } from '../world.ts'

let house: WorldHouse

before(async () => {
  house = await openWorld({ hostname: 'mail.uni.example', people: ['wang@uni.example'] })
})
after(() => house?.close())

const latin = (text: string): Buffer => Buffer.from(text, 'latin1')
const from = 'From: a@x.example\r\n'
const everyByte = Buffer.from(Array.from({ length: 255 }, (_, i) => i + 1).filter((byte) => byte !== 10 && byte !== 13))

const nasty: [what: string, mail: Buffer][] = [
  ['8 bits without a word about it', latin(`${from}Subject: \xe4\xbd\xa0\xa5\xff\r\n\r\n\x80\x81\xff\xfe\r\n`)],
  ['every byte', Buffer.concat([latin(`${from}\r\n`), everyByte, latin('\r\n')])],
  ['lines of 998', latin(`${from}\r\n${'M'.repeat(998)}\r\n${'.'.repeat(998)}\r\n`)],
  ['a line of 20,000', latin(`${from}\r\n${'L'.repeat(20_000)}\r\nend\r\n`)],
  ['dots', latin(`${from}\r\n.\r\n..\r\n...\r\n.x\r\n\r\n.\r\n`)],
  ['no body', latin(`${from}Subject: no body\r\n`)],
  ['an empty body', latin(`${from}\r\n`)],
  ['no header', latin('\r\njust a body\r\n')],
  ['nothing like a header', latin('this is no header at all\r\nSecond\r\n\r\nbody\r\n')],
  ['white space at every end', latin(`${from}Subject: t \t\r\n\tfold\r\n \r\n\r\nx \t \r\n\t\r\n`)],
  ['empty lines', latin(`${from}\r\n${'\r\n'.repeat(5_000)}`)],
  ['400 fields', latin(`${from}${'X-Field: value\r\n'.repeat(400)}\r\nb\r\n`)],
  [
    '10,000 parts',
    latin(
      `${from}Content-Type: multipart/mixed; boundary=B\r\n\r\n${'--B\r\nContent-Type: text/plain\r\n\r\np\r\n'.repeat(10_000)}--B--\r\n`,
    ),
  ],
]

/** A connection that is told and asked in bytes. */
async function talk(socket: Socket) {
  socket.on('error', () => undefined)
  let heard = Buffer.alloc(0)
  let wake = (): void => undefined
  socket.on('data', (piece: Buffer) => {
    heard = Buffer.concat([heard, piece])
    wake()
  })
  const more = () => new Promise<void>((resolve) => (wake = resolve))
  return {
    say: (text: string | Buffer) => void socket.write(text),
    async take(bytes: number): Promise<Buffer> {
      while (heard.length < bytes) await more()
      const piece = heard.subarray(0, bytes)
      heard = heard.subarray(bytes)
      return piece
    },
    async until(end: string): Promise<string> {
      let at = heard.indexOf(end)
      for (; at < 0; at = heard.indexOf(end)) await more()
      return (await this.take(at + end.length)).toString('latin1')
    },
    /** The last line of an SMTP reply. */
    async reply(): Promise<string> {
      for (;;) {
        const line = await this.until('\r\n')
        if (line[3] === ' ') return line
      }
    },
    end: () => void socket.destroy(),
  }
}

async function dial(listener: string): Promise<Awaited<ReturnType<typeof talk>>> {
  const [port, host] = [house.port(listener), '127.0.0.1']
  const socket = listener === 'smtp' ? connect(port, host) : connectTls({ port, host, rejectUnauthorized: false })
  const talking = await talk(socket)
  await once(socket, listener === 'smtp' ? 'connect' : 'secureConnect')
  return talking
}

/** Sends mails in one session and gives the last reply to each. */
async function send(mails: Buffer[], way: 'DATA' | 'BDAT'): Promise<string[]> {
  const smtp = await dial('smtp')
  await smtp.reply()
  smtp.say('EHLO x.example\r\n')
  await smtp.reply()
  const replies: string[] = []
  for (const mail of mails) {
    smtp.say('MAIL FROM:<s@x.example> BODY=8BITMIME\r\nRCPT TO:<wang@uni.example>\r\n')
    await smtp.reply()
    match(await smtp.reply(), /^250/)
    if (way === 'BDAT') smtp.say(Buffer.concat([latin(`BDAT ${mail.length} LAST\r\n`), mail]))
    else {
      smtp.say('DATA\r\n')
      match(await smtp.reply(), /^354/)
      smtp.say(latin(`${mail.toString('latin1').replace(/^\./gm, '..')}.\r\n`))
    }
    replies.push(await smtp.reply())
  }
  smtp.end()
  return replies
}

/** Every message of INBOX and Junk by IMAP, and of INBOX by POP3. */
async function readAll(): Promise<{ imap: Buffer[]; inbox: number; pop3: Buffer[] }> {
  const imap = await dial('imaps')
  await imap.until('\r\n')
  imap.say(`a LOGIN wang@uni.example "${password}"\r\n`)
  await imap.until('a OK')
  const found: Buffer[] = []
  let inbox = 0
  for (const mailbox of ['INBOX', 'Junk']) {
    imap.say(`b SELECT ${mailbox}\r\n`)
    const count = Number(/\* (\d+) EXISTS/.exec(await imap.until('\r\nb OK'))?.[1])
    await imap.until('\r\n')
    if (mailbox === 'INBOX') inbox = count
    for (let n = 1; n <= count; n++) {
      imap.say(`c FETCH ${n} (RFC822.SIZE BODY.PEEK[])\r\n`)
      const [, size, literal] = /RFC822\.SIZE (\d+) BODY\[\] \{(\d+)\}/.exec(await imap.until('}\r\n')) ?? []
      equal(size, literal)
      found.push(await imap.take(Number(literal)))
      await imap.until('\r\nc OK')
      await imap.until('\r\n')
    }
  }
  imap.end()

  const pop3 = await dial('pop3s')
  await pop3.until('\r\n')
  pop3.say(`USER wang@uni.example\r\nPASS ${password}\r\n`)
  await pop3.until('\r\n')
  match(await pop3.until('\r\n'), /^\+OK/)
  const retrieved: Buffer[] = []
  for (let n = 1; n <= inbox; n++) {
    pop3.say(`RETR ${n}\r\n`)
    match(await pop3.until('\r\n'), /^\+OK/)
    const lines = await pop3.until('\r\n.\r\n')
    retrieved.push(latin(lines.slice(0, -3).replace(/^\.\./gm, '.')))
  }
  pop3.end()
  return { imap: found, inbox, pop3: retrieved }
}

test('nasty mails are read as they were sent', async () => {
  const sent = new Map<string, [what: string, mail: Buffer]>()
  for (const way of ['DATA', 'BDAT'] as const) {
    const replies = await send(
      nasty.map(([, mail]) => mail),
      way,
    )
    nasty.forEach(([what, mail], i) => {
      const id = /Accepted as (\S+)/.exec(replies[i]!)?.[1]
      ok(id, `${what} by ${way}: ${replies[i]}`)
      sent.set(id, [`${what} by ${way}`, mail])
    })
  }
  const { imap, inbox, pop3 } = await readAll()
  equal(imap.length, sent.size)
  for (const bytes of imap) {
    const id = / id ([0-9a-z]{16})\r\n/.exec(bytes.toString('latin1'))?.[1] ?? ''
    const known = sent.get(id)
    ok(known, `a mail nobody sent: ${id}`)
    const [what, mail] = known
    ok(bytes.subarray(-mail.length).equals(mail), `${what} came out changed`)
    const trace = bytes.subarray(0, -mail.length).toString('latin1')
    match(trace, /^Return-Path: <s@x\.example>\r\n(?:[A-Z][A-Za-z-]+: .*\r\n(?:[ \t].*\r\n)*)+$/, what)
  }
  deepEqual(pop3, imap.slice(0, inbox))
})

const refused: [what: string, mail: string][] = [
  ['a NUL', `${from}\r\na\0b\r\n`],
  ['an LF alone', `${from}\r\na\nb\r\n`],
  ['a CR alone', `${from}\r\na\rb\r\n`],
  ['a smuggled mail', `${from}\r\na\n.\nMAIL FROM:<x@y.example>\r\n`],
]

test('what cannot be kept as it is is refused, and the session goes on', async () => {
  const mails = refused.map(([, mail]) => latin(mail))
  for (const way of ['DATA', 'BDAT'] as const) {
    const replies = await send([...mails, latin(`${from}\r\nfine\r\n`)], way)
    deepEqual(
      replies.map((reply) => reply.slice(0, 9)),
      [...mails.map(() => '554 5.6.0'), '250 2.0.0'],
    )
  }
})
