// What strangers and signed-in people try, as a list. Each attack gives back a complaint if the answer was
// wrong (relayed, smuggled, promised something it must not) and undefined if the server held; what it cost
// the others is measured by hostile.ts. Numbers in `item` point at the house's security promises.

import { connect as connectTls } from 'node:tls'
import { deflateRawSync } from 'node:zlib'
import { setTimeout as wait } from 'node:timers/promises'
import { attack, type Attacker } from './wire-attacker.ts'

export interface Target {
  smtp: number // ports
  imap: number
  imaps: number
  pop3: number
  account: string // the attacker's own
  other: string // somebody else's
  password: string
}

export interface Attack {
  name: string
  /** `tell` is given what the server said, for those who want to read along. */
  run(target: Target, tell: (said: string) => void): Promise<string | undefined>
}

const megabyte = 1_048_576

// ------------------------------------------------------------------------------------------- SMTP

async function smtp(target: Target, reads = true): Promise<Attacker> {
  const one = await attack(target.smtp, reads)
  if (reads) {
    await one.until(/^220[^\r]*\r\n/)
    await one.ask('EHLO hostile.example', /^250 [^\r]*\r\n/m)
  }
  return one
}

/** Up to DATA's 354; then the caller sends what it likes. */
async function openData(one: Attacker, to: string): Promise<boolean> {
  await one.ask('MAIL FROM:<stranger@mail.example>', /^\d{3} [^\r]*\r\n/m)
  await one.ask(`RCPT TO:<${to}>`, /^\d{3} [^\r]*\r\n/m)
  return (await one.ask('DATA', /^\d{3} [^\r]*\r\n/m))?.startsWith('354') ?? false
}

/** Sends a whole mail and gives the reply; undefined if none came. */
async function sendMail(target: Target, pieces: Iterable<string | Buffer>): Promise<string | undefined> {
  const one = await smtp(target)
  if (!(await openData(one, target.account))) return 'DATA was not answered with 354'
  one.forget()
  for (const piece of pieces) if (!(await one.write(piece))) break
  await one.write('\r\n.\r\n')
  const reply = await one.until(/^\d{3} [^\r]*\r\n/m, 30_000)
  one.end()
  return reply?.slice(0, 80) ?? (one.isClosed() ? 'closed' : undefined)
}

/** A mail that may be taken or refused, but has to be answered. */
const mail = (name: string, pieces: () => Iterable<string | Buffer>): Attack => ({
  name,
  async run(target, tell) {
    const said = await sendMail(target, pieces())
    tell(said ?? 'nothing')
    return said === undefined ? 'no answer within 30 s' : undefined
  },
})

const smuggling: Attack[] = ['\n.\n', '\n.\r\n', '\r\n.\n', '\r.\r', '\r\n.\r', '\n.\r', '\r.\r\n', '\r\n\0.\r\n'].map(
  (ending) => ({
    name: `SMTP: a second mail smuggled behind ${JSON.stringify(ending)}`,
    async run(target) {
      const one = await smtp(target)
      if (!(await openData(one, target.account))) return 'DATA was not answered with 354'
      one.forget()
      const second = `MAIL FROM:<admin@uni.example>\r\nRCPT TO:<${target.account}>\r\nDATA\r\nSubject: smuggled\r\n\r\nx`
      await one.write(`Subject: first\r\n\r\nbody${ending}${second}\r\n.\r\n`)
      await one.until(/^\d{3} [^\r]*\r\n/m)
      await wait(50) // whatever else it wants to say
      const replies: string[] = one.said().match(/^\d{3} /gm) ?? []
      one.end()
      // One reply for the one mail; more replies mean that the rest was read as commands. A refusal that
      // closes the connection is well.
      if (replies.includes('354 ') || replies.filter((code) => code === '250 ').length > 1)
        return `answered: ${one.said()}`
      return undefined
    },
  }),
)

const relaying: Attack = {
  name: 'SMTP: relaying in disguise',
  async run(target) {
    const forms = [
      '<x@remote.example>',
      '<x%remote.example@uni.example>',
      '<remote.example!x@uni.example>',
      '<@uni.example:x@remote.example>',
      '<@uni.example,@mx.uni.example:x@remote.example>',
      '<"x@remote.example"@uni.example>',
      '<"x@remote.example">',
      '<x@remote.example@uni.example>',
      '<x@[127.0.0.1]>',
      '<x@[IPv6:::1]>',
      '<x@remote.example.>',
      '<x%remote.example>',
      '<remote.example!x>',
    ]
    const taken: string[] = []
    for (const sender of ['<>', '<stranger@mail.example>', `<${target.account}>`]) {
      const one = await smtp(target)
      await one.ask(`MAIL FROM:${sender}`, /^\d{3} [^\r]*\r\n/m)
      for (const form of forms) {
        const said = await one.ask(`RCPT TO:${form}`, /^\d{3} [^\r]*\r\n/m)
        if (said?.startsWith('2')) taken.push(`${sender} ${form}`)
      }
      one.end()
    }
    return taken.length > 0 ? `accepted: ${taken.join(', ')}` : undefined
  },
}

const injection: Attack = {
  name: 'SMTP: commands buffered before STARTTLS',
  async run(target) {
    const one = await smtp(target)
    one.forget()
    await one.write('STARTTLS\r\nMAIL FROM:<injected@mail.example>\r\n')
    const said = await one.until(/^\d{3} [^\r]*\r\n/m)
    if (!said?.startsWith('220')) {
      one.end()
      return undefined // refused: that holds
    }
    one.socket.removeAllListeners('data')
    const secured = connectTls({ socket: one.socket, rejectUnauthorized: false })
    let heard = ''
    secured.on('error', () => undefined)
    secured.on('data', (chunk: Buffer) => (heard += chunk.toString('latin1')))
    const shaken = new Promise<void>((resolve) => {
      secured.once('secureConnect', () => resolve())
      secured.once('close', () => resolve())
    })
    await shaken
    await wait(100)
    secured.destroy()
    return heard.length > 0 ? `answered inside TLS: ${heard}` : undefined
  },
}

function* repeat(times: number, make: (index: number) => string): Iterable<string> {
  let piece = ''
  for (let index = 0; index < times; index++) {
    piece += make(index)
    if (piece.length > 65_536) {
      yield piece
      piece = ''
    }
  }
  yield piece
}

function* parts(count: number): Iterable<string> {
  yield 'Content-Type: multipart/mixed; boundary=b\r\n\r\n'
  yield* repeat(count, (index) => `--b\r\nContent-Type: text/plain\r\n\r\npart ${index}\r\n`)
  yield '--b--\r\n'
}

function* nestedParts(depth: number): Iterable<string> {
  yield* repeat(depth, (index) => `Content-Type: multipart/mixed; boundary=b${index}\r\n\r\n--b${index}\r\n`)
  yield '\r\nthe bottom'
}

const bombs: Attack[] = [
  mail('mail: 200,000 parts', () => parts(200_000)),
  mail('mail: multiparts 20,000 deep', () => nestedParts(20_000)),
  mail('mail: messages in messages 20,000 deep', () => repeat(20_000, () => 'Content-Type: message/rfc822\r\n\r\n')),
  mail('mail: one boundary a prefix of the other, 10,000 times', () =>
    repeat(10_000, (index) => `Content-Type: multipart/x; boundary=${'b'.repeat(1 + (index % 70))}\r\n\r\n--b\r\n`),
  ),
  mail('mail: 300,000 header fields', () => repeat(300_000, (index) => `X-${index}: y\r\n`)),
  mail('mail: one header field of 20 MB in folded lines', () =>
    repeat(270_000, (i) => (i ? ` ${'x'.repeat(73)}\r\n` : 'Subject: a\r\n')),
  ),
  mail('mail: one header line of 50 MB', () => repeat(50, (i) => (i ? '' : 'Subject: a') + 'x'.repeat(megabyte))),
  mail('mail: one line of 20 MB', () => ['Subject: a\r\n\r\n', ...repeat(20, () => 'x'.repeat(megabyte))]),
  mail('mail: 60,000 open comments in From', () => ['From: ', '('.repeat(60_000), '\r\n\r\nx']),
  mail('mail: 3,500 addresses in To', () =>
    repeat(3_500, (index) => (index ? ` a${index}@b.example,\r\n` : 'To: a@b.example,\r\n')),
  ),
  mail('mail: 2,500 encoded words in Subject', () =>
    repeat(2_500, (index) => `${index ? ' ' : 'Subject: '}=?utf-8?B?5ris6Kmm?=\r\n`),
  ),
  mail('mail: 3,000 parameters in Content-Type', () =>
    repeat(3_000, (index) => (index ? ` p*${index}*=utf-8''%41;\r\n` : 'Content-Type: text/plain;\r\n')),
  ),
  mail('mail: 5,000 References', () => repeat(5_000, (index) => `${index ? ' ' : 'References: '}<a${index}@b>\r\n`)),
  mail('mail: 2,000 Received fields', () =>
    repeat(2_000, () => 'Received: from a by b; Thu, 1 Jan 2026 00:00:00 +0000\r\n'),
  ),
  mail('mail: HTML of 5 MB that never closes a tag', () => [
    'Content-Type: text/html\r\n\r\n',
    ...repeat(500_000, () => '<div><!-- <a\r\n'),
  ]),
  mail('mail: 12 MB of "&#" and "<" in HTML lines', () => [
    'Content-Type: text/html\r\n\r\n',
    ...repeat(60_000, () => `${'<&#'.repeat(66)}\r\n`),
  ]),
  mail('mail: 20 MB of bad base64', () => [
    'Content-Type: text/plain; charset=big5\r\nContent-Transfer-Encoding: base64\r\n\r\n',
    ...repeat(270_000, () => `${'=A*/'.repeat(18)}\r\n`),
  ]),
  mail('mail: 10 MB of "=" quoted-printable', () => [
    'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n',
    ...repeat(130_000, () => `${'='.repeat(76)}\r\n`),
  ]),
  mail('mail: a word of 5 MB without a blank', () => [
    'Content-Type: text/plain\r\n\r\n',
    ...repeat(70_000, () => `${'甲'.repeat(24)}\r\n`),
  ]),
]

/** Something endless on a port: must end in an answer or a closed connection, not in memory. */
const endless = (name: string, door: 'smtp' | 'imap' | 'pop3', bytes: number, begin = ''): Attack => ({
  name,
  async run(target) {
    const one = await attack(target[door])
    await one.until(/\r\n/)
    await one.write(begin)
    const block = Buffer.alloc(65_536, 'x')
    for (let sent = 0; sent < bytes; sent += block.length) if (!(await one.write(block))) break
    one.end()
    return undefined
  },
})

/** Asks much and never reads the answers. */
const deaf = (
  name: string,
  door: 'smtp' | 'imap' | 'pop3',
  line: string,
  times: number,
  begin: string[] = [],
): Attack => ({
  name,
  async run(target) {
    const one = await attack(target[door], false)
    const login = begin.map(
      (text) => `${text.replace('ACCOUNT', target.account).replace('PASSWORD', target.password)}\r\n`,
    )
    await one.write(login.join(''))
    for (const piece of repeat(times, () => `${line}\r\n`)) {
      if (!(await Promise.race([one.write(piece), wait(500, false)]))) break
    }
    await wait(1_000)
    one.end()
    return undefined
  },
})

const crowd: Attack = {
  name: 'SMTP: 300 connections, a byte at a time',
  async run(target) {
    const all = await Promise.all(Array.from({ length: 300 }, () => attack(target.smtp)))
    for (const byte of 'EHLO slow.example') {
      for (const one of all) void one.write(byte)
      await wait(100)
    }
    for (const one of all) one.end()
    return undefined
  },
}

const pipelines: Attack[] = [
  {
    name: 'SMTP: 100,000 NOOPs in one go',
    async run(target) {
      const one = await smtp(target)
      for (const piece of repeat(100_000, () => 'NOOP\r\n')) if (!(await one.write(piece))) break
      await one.ask('QUIT', /^(221|421) /m)
      one.end()
      return undefined
    },
  },
  {
    name: 'SMTP: 20,000 recipients for one mail',
    async run(target) {
      const one = await smtp(target)
      await one.write('MAIL FROM:<stranger@mail.example>\r\n')
      for (const piece of repeat(20_000, () => `RCPT TO:<${target.account}>\r\n`)) if (!(await one.write(piece))) break
      await one.ask('QUIT', /^(221|421) /m)
      one.end()
      return undefined
    },
  },
  {
    name: 'SMTP: BDAT of more bytes than there are',
    async run(target) {
      const one = await smtp(target)
      await one.ask('MAIL FROM:<stranger@mail.example>', /^\d{3} /m)
      await one.ask(`RCPT TO:<${target.account}>`, /^\d{3} /m)
      const said = await one.ask('BDAT 99999999999999999999 LAST', /^\d{3} /m)
      for (const piece of repeat(100, () => 'x'.repeat(65_536))) if (!(await one.write(piece))) break
      one.end()
      return said?.startsWith('250') ? `answered: ${said}` : undefined
    },
  },
]

const guessing: Attack = {
  name: 'passwords guessed from 20 connections',
  async run(target) {
    let entered = 0
    const guess = async (index: number) => {
      const one = await attack(target.imap)
      await one.until(/\r\n/)
      for (let attempt = 0; attempt < 10 && !one.isClosed(); attempt++) {
        const said = await one.ask(
          `g${attempt} LOGIN ${target.other} guess-${index}-${attempt}`,
          new RegExp(`^g${attempt} `, 'm'),
        )
        if (said?.includes(`g${attempt} OK`)) entered++
      }
      one.end()
    }
    await Promise.all(Array.from({ length: 20 }, (_, index) => guess(index)))
    return entered > 0 ? `${entered} guesses were let in` : undefined
  },
}

// ------------------------------------------------------------------------------------------- IMAP

async function imap(target: Target, login = true): Promise<Attacker> {
  const one = await attack(target.imap)
  await one.until(/\r\n/)
  if (login) {
    await one.ask(`l LOGIN ${target.account} ${target.password}`, /^l [^\r]*\r\n/m)
    await one.ask('s SELECT INBOX', /^s [^\r]*\r\n/m)
  }
  return one
}

/** One long command that has to be answered, with OK, NO or BAD, or by a closed connection. */
const command = (name: string, pieces: () => Iterable<string>, login = true, mustFail = false): Attack => ({
  name,
  async run(target, tell) {
    const one = await imap(target, login)
    one.forget()
    for (const piece of pieces()) if (!(await one.write(piece))) break
    await one.write('\r\n')
    const said = await one.until(/^(h \w+|\* BYE)[^\r]*\r\n/m, 20_000)
    one.end()
    tell(/^(h \w+|\* BYE)[^\r]*/m.exec(said ?? '')?.[0] ?? 'nothing')
    if (said === undefined) return one.isClosed() ? undefined : 'no answer within 20 s'
    return mustFail && /^h OK/m.test(said) ? `answered: ${said.slice(0, 200)}` : undefined
  },
})

/** A literal too large must be refused before it is sent, or read away without being kept. */
const literal = (name: string, line: string, login: boolean): Attack => ({
  name,
  async run(target) {
    const one = await imap(target, login)
    one.forget()
    await one.write(`${line}\r\n`)
    const said = await one.until(/^(h \w+|\+|\* BYE)[^\r]*\r\n/m, 3_000)
    const block = Buffer.alloc(65_536, 'x')
    for (let sent = 0; sent < 30 * megabyte; sent += block.length) if (!(await one.write(block))) break
    one.end()
    return said !== undefined && /^\+/m.test(said) ? `was asked to go on: ${said}` : undefined
  },
})

const names: Attack = {
  name: 'IMAP: mailbox names as paths, and those of others',
  async run(target) {
    const one = await imap(target)
    const tried = [
      '../../../../etc/passwd',
      `../${target.other}/INBOX`,
      `/${target.other}/INBOX`,
      `user/${target.other}`,
      `user.${target.other}.INBOX`,
      `Other Users/${target.other}/INBOX`,
      `Other Users/${target.other}`,
      `~${target.other}/INBOX`,
      `#user/${target.other}/INBOX`,
      '.',
      '..',
      'INBOX/../../x',
      'a//b',
    ]
    const opened: string[] = []
    for (const name of tried) {
      const said = await one.ask(`h SELECT "${name}"`, /^h [^\r]*\r\n/m)
      if (said && /^h OK/m.test(said)) opened.push(name)
    }
    one.end()
    return opened.length > 0 ? `selected: ${opened.join(', ')}` : undefined
  },
}

const compressed: Attack = {
  name: 'IMAP: a gigabyte of zeros through COMPRESS',
  async run(target) {
    const one = await imap(target)
    const said = await one.ask('h COMPRESS DEFLATE', /^h [^\r]*\r\n/m)
    if (!said || !/^h OK/m.test(said)) {
      one.end()
      return undefined // not offered
    }
    const block = deflateRawSync(Buffer.alloc(64 * megabyte), { level: 9 })
    for (let times = 0; times < 16; times++) if (!(await one.write(block))) break
    await wait(500)
    one.end()
    return undefined
  },
}

const imapAttacks: Attack[] = [
  literal('IMAP: literal of a gigabyte before login', 'h LOGIN {1000000000}', false),
  literal('IMAP: literal of 2^70 before login', 'h LOGIN {1180591620717411303424}', false),
  literal('IMAP: non-synchronising literal of a gigabyte before login', 'h LOGIN {1000000000+}', false),
  literal('IMAP: APPEND of 4 GB', 'h APPEND INBOX {4294967296}', true),
  literal('IMAP: APPEND of 4 GB, not asking first', 'h APPEND INBOX {4294967296+}', true),
  command('IMAP: 100,000 open brackets in SEARCH', () => ['h SEARCH ', ...repeat(100_000, () => '(')]),
  command('IMAP: 100,000 NOTs', () => ['h SEARCH ', ...repeat(100_000, () => 'NOT '), 'SEEN']),
  command('IMAP: 50,000 ORs', () => ['h SEARCH ', ...repeat(50_000, () => 'OR SEEN '), 'SEEN']),
  command('IMAP: 60 ORs of TEXT', () => ['h SEARCH ', ...repeat(60, (index) => `OR TEXT word${index} `), 'SEEN']),
  command('IMAP: 100,000 ranges', () => ['h FETCH ', ...repeat(100_000, () => '1:*,'), '1 (FLAGS)']),
  command('IMAP: 1:4294967295 by UID', () => ['h UID FETCH 1:4294967295 (FLAGS)']),
  command('IMAP: every other UID up to a million', () => [
    'h UID FETCH ',
    ...repeat(100_000, (index) => `${index * 10 + 1},`),
    '4294967295 (FLAGS)',
  ]),
  command('IMAP: section 50,000 deep', () => ['h FETCH 1 (BODY[', ...repeat(50_000, () => '1.'), '1])']),
  command('IMAP: structure and all bodies of what the bombs left', () => [
    'h FETCH 1:* (BODYSTRUCTURE ENVELOPE BODY.PEEK[1])',
  ]),
  command('IMAP: SEARCH TEXT in what the bombs left', () => ['h SEARCH TEXT zzzzzz BODY yyyyyy HEADER Subject x']),
  command('IMAP: THREAD and SORT of what the bombs left', () => ['h THREAD REFERENCES UTF-8 ALL']),
  command(
    'IMAP: 10,000 keywords',
    () => ['h STORE 1 +FLAGS (', ...repeat(10_000, (index) => `k${index} `), 'k)'],
    true,
    true,
  ),
  command('IMAP: a keyword of 100 KB', () => ['h STORE 1 +FLAGS (', 'k'.repeat(100_000), ')'], true, true),
  command('IMAP: CREATE 5,000 levels deep', () => ['h CREATE "', ...repeat(5_000, () => 'a/'), 'a"'], true, true),
  command('IMAP: LIST with a pattern that backtracks', () => [`h LIST "" "${'*a'.repeat(500)}*b%"`]),
  command('IMAP: LIST with 100,000 stars', () => ['h LIST "" "', ...repeat(50_000, () => '%*'), '"']),
  command('IMAP: SEARCH for a megabyte', () => ['h SEARCH TEXT "', 'x'.repeat(megabyte), '"']),
  command('IMAP: ID with 10,000 pairs', () => ['h ID (', ...repeat(10_000, (index) => `"n${index}" "v" `), ')']),
  names,
  compressed,
  endless('IMAP: a line of 64 MB before login', 'imap', 64 * megabyte),
  endless('IMAP: a quoted string of 64 MB before login', 'imap', 64 * megabyte, 'h LOGIN "'),
  deaf('IMAP: 100,000 NOOPs, answers not read', 'imap', 'h NOOP', 100_000),
  deaf('IMAP: all bodies 200 times, answers not read', 'imap', 'h FETCH 1:* (BODY.PEEK[] BODYSTRUCTURE)', 200, [
    'l LOGIN ACCOUNT PASSWORD',
    's SELECT INBOX',
  ]),
  deaf('IMAP: 20,000 LISTs, answers not read', 'imap', 'h LIST "" "*"', 20_000, ['l LOGIN ACCOUNT PASSWORD']),
]

// ------------------------------------------------------------------------------------------- POP3

const popAttacks: Attack[] = [
  endless('POP3: a line of 64 MB', 'pop3', 64 * megabyte),
  deaf('POP3: 100,000 CAPAs, answers not read', 'pop3', 'CAPA', 100_000),
  deaf('POP3: all mails again and again, answers not read', 'pop3', 'RETR 1', 20_000, [
    'USER ACCOUNT',
    'PASS PASSWORD',
  ]),
  deaf('POP3: 50,000 times TOP 1 999999999', 'pop3', 'TOP 1 999999999999999999999', 50_000, [
    'USER ACCOUNT',
    'PASS PASSWORD',
  ]),
]

export const attacks: Attack[] = [
  ...smuggling,
  relaying,
  injection,
  ...bombs,
  endless('SMTP: a command line of 64 MB', 'smtp', 64 * megabyte),
  endless('SMTP: an AUTH answer of 64 MB', 'smtp', 64 * megabyte, 'EHLO x\r\nAUTH PLAIN\r\n'),
  endless('SMTP: MAIL with parameters of 64 MB', 'smtp', 64 * megabyte, 'EHLO x\r\nMAIL FROM:<a@b.example> X='),
  deaf('SMTP: 200,000 EHLOs, answers not read', 'smtp', 'EHLO x', 200_000),
  crowd,
  ...pipelines,
  ...imapAttacks,
  ...popAttacks,
  guessing,
]
