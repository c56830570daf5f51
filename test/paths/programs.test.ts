// Programs of Debian that people read and send mail with, against a whole house: mbsync, fetchmail, getmail,
// swaks and curl. One that is not installed is passed over, and its test says so.

import { deepEqual, equal, match } from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, before, test } from 'node:test'
import { ImapFlow } from 'imapflow'
import { openWorld, password, type WorldHouse } from '../world.ts'

let house: WorldHouse
let folder: string

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-programs-'))
  house = await openWorld({ hostname: 'mail.uni.example' })
})
after(async () => {
  await house?.close()
  await rm(folder, { recursive: true, force: true })
})

const isThere = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((place) => existsSync(join(place, program)))

/** A test of one program of a Debian package. */
function withProgram(program: string, debian: string, what: string, body: () => Promise<void>): void {
  test(`${program}: ${what}`, { skip: !isThere(program) && `${program} is missing (Debian: ${debian})` }, body)
}

/** Runs it; what it said on both channels, and how it ended. */
function run(program: string, words: string[]): Promise<{ code: number; said: string }> {
  return new Promise((resolve) => {
    const options = { timeout: 12_000, env: { ...process.env, HOME: folder, LANG: 'C.UTF-8' } }
    const child = execFile(program, words, options, (error, out, err) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, said: out + err }),
    )
    child.stdin?.end()
  })
}

async function asUser<T>(user: string, work: (client: ImapFlow) => Promise<T>): Promise<T> {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port: house.port('imaps'),
    secure: true,
    auth: { user, pass: password },
    tls: { rejectUnauthorized: false },
    logger: false,
  })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.logout()
  }
}

const letter = (n: number): string =>
  `From: s@x.example\r\nSubject: =?utf-8?B?${Buffer.from(`主旨 ${n}`).toString('base64')}?=\r\n\r\n.內文 ${n}\r\n..\r\n`

async function fill(user: string, mailbox: string, count: number): Promise<void> {
  await asUser(user, async (client) => {
    for (let n = 0; n < count; n++) await client.append(mailbox, letter(n))
  })
}

const countOf = (user: string, mailbox = 'INBOX'): Promise<number | undefined> =>
  asUser(user, async (client) => {
    const status = await client.status(mailbox, { messages: true })
    return status ? status.messages : undefined
  })

withProgram('mbsync', 'isync', 'both ways with Chinese folders, without drift', async () => {
  const user = 'sync@uni.example'
  await house.person(user)
  const boxes = ['INBOX', '收件備份', '收件備份/2026 年', 'R&D']
  await asUser(user, async (client) => {
    for (const box of boxes.slice(1)) await client.mailboxCreate(box)
  })
  for (const box of boxes) await fill(user, box, 4)
  const near = join(folder, 'near')
  await mkdir(near)
  const settings = join(folder, 'mbsyncrc')
  const certificate = join(house.config.data, 'certificates/self-signed.pem')
  await writeFile(
    settings,
    `IMAPAccount far
Host localhost
Port ${house.port('imaps')}
User ${user}
Pass "${password}"
SSLType IMAPS
CertificateFile ${certificate}

IMAPStore far
Account far

MaildirStore near
Path ${near}/
Inbox ${near}/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Expunge Both
SyncState *
`,
  )
  const sync = async (): Promise<string[]> => {
    const { code, said } = await run('mbsync', ['-q', '-c', settings, 'all'])
    equal(code, 0, said)
    const files = await readdir(near, { recursive: true })
    return files.filter((file) => /\/(cur|new)\/./.test(file)).sort()
  }
  const first = await sync()
  equal(first.length, 16)
  deepEqual(await sync(), first)

  // A mail goes on either side, one is flagged there, one comes here.
  const inbox = first.filter((file) => file.startsWith('INBOX/'))
  await rm(join(near, inbox[0]!))
  await writeFile(join(near, 'R&-D/new/1.1.near'), 'From: n@x.example\nSubject: near\n\n近端\n')
  await asUser(user, async (client) => {
    await client.mailboxOpen('INBOX')
    await client.messageFlagsAdd('3', ['\\Flagged'])
    await client.messageDelete('4')
  })
  const second = await sync()
  equal(second.filter((file) => file.startsWith('INBOX/')).length, 2)
  equal(second.filter((file) => /^INBOX\/.*:2,F$/.test(file)).length, 1)
  equal(await countOf(user), 2)
  equal(await countOf(user, 'R&D'), 5)
  deepEqual(await sync(), second)
})

withProgram('fetchmail', 'fetchmail', 'keeps and does not keep, by POP3 and IMAP', async () => {
  const user = 'fetch@uni.example'
  await house.person(user)
  const settings = join(folder, 'fetchmailrc')
  const box = join(folder, 'fetched')
  const fetch = async (protocol: 'POP3' | 'IMAP', keep: boolean): Promise<number> => {
    const port = house.port(protocol === 'POP3' ? 'pop3s' : 'imaps')
    const uidl = protocol === 'POP3' && keep ? 'uidl' : ''
    await writeFile(
      settings,
      `poll localhost protocol ${protocol} port ${port} ${uidl} user "${user}" password "${password}" ssl no sslcertck ${keep ? 'keep' : 'nokeep fetchall'} mda "cat >> ${box}; echo >> ${box}"\n`,
      { mode: 0o600 },
    )
    const ids = join(folder, 'fetchids')
    const { code, said } = await run('fetchmail', ['-f', settings, '-i', ids, '--pidfile', join(folder, 'fetchpid')])
    equal(code > 1, false, said) // 1: there was no mail
    return (await readFile(box, 'utf8')).match(/^\.內文/gm)?.length ?? 0
  }
  await fill(user, 'INBOX', 5)
  equal(await fetch('POP3', true), 5)
  equal(await fetch('POP3', true), 5)
  await fill(user, 'INBOX', 2)
  equal(await fetch('POP3', true), 7)
  equal(await countOf(user), 7)
  equal(await fetch('POP3', false), 14)
  equal(await countOf(user), 0)
  await fill(user, 'INBOX', 3)
  equal(await fetch('IMAP', false), 17)
  equal(await countOf(user), 0)
})

withProgram('getmail', 'getmail6', 'keeps and does not keep, by POP3 and IMAP', async () => {
  const user = 'getmail@uni.example'
  await house.person(user)
  const box = join(folder, 'got')
  const get = async (protocol: 'POP3' | 'IMAP', remove: boolean): Promise<number> => {
    await writeFile(
      join(folder, 'getmailrc'),
      `[retriever]
type = Simple${protocol}SSLRetriever
server = localhost
port = ${house.port(protocol === 'POP3' ? 'pop3s' : 'imaps')}
username = ${user}
password = ${password}
[destination]
type = MDA_external
path = /usr/bin/tee
arguments = ("-a", "${box}")
allow_root_commands = true
ignore_stderr = true
[options]
read_all = false
delete = ${remove}
`,
    )
    const { code, said } = await run('getmail', ['--getmaildir', folder, '--rcfile', 'getmailrc'])
    equal(code, 0, said)
    return (await readFile(box, 'utf8')).match(/^\.內文/gm)?.length ?? 0
  }
  await fill(user, 'INBOX', 5)
  equal(await get('POP3', false), 5)
  equal(await get('POP3', false), 5)
  equal(await get('IMAP', false), 10)
  equal(await get('IMAP', false), 10)
  await fill(user, 'INBOX', 2)
  equal(await get('POP3', true), 12)
  await asUser(user, async (client) => {
    await client.mailboxOpen('INBOX')
    equal(client.mailbox && client.mailbox.exists < 7, true)
  })
})

withProgram('swaks', 'swaks', 'mail in, submission by both mechanisms, and what is refused', async () => {
  const user = 'swaks@uni.example'
  await house.person(user)
  const mx = ['--server', '127.0.0.1', '--port', String(house.port('smtp')), '--from', 's@x.example']
  equal((await run('swaks', [...mx, '--to', user])).code, 0)
  match((await run('swaks', [...mx, '--to', 'a@elsewhere.example'])).said, /550 5\.7\.1 Relaying denied/)
  match((await run('swaks', [...mx, '--to', 'nobody@uni.example'])).said, /550 5\.1\.1/)

  const submit = (more: string[]) =>
    run('swaks', ['--server', '127.0.0.1', '--from', user, '--to', user, ...more, '--helo', 'pc.x.example'])
  const [tls, starttls] = [String(house.port('submissions')), String(house.port('submission'))]
  const login = ['--auth-user', user, '--auth-password', password]
  equal((await submit(['--port', tls, '--tls-on-connect', '--auth', 'PLAIN', ...login])).code, 0)
  const bare = ['--auth-user', 'swaks', '--auth-password', password]
  equal((await submit(['--port', starttls, '--tls', '--auth', 'LOGIN', ...bare])).code, 0)
  const wrong = ['--auth-user', user, '--auth-password', 'wrong']
  match((await submit(['--port', tls, '--tls-on-connect', '--auth', 'PLAIN', ...wrong])).said, /535 5\.7\.8/)
  match((await submit(['--port', starttls, '--tls'])).said, /530 5\.7\.0/)
  const asOther = ['--from', 'sync@uni.example']
  match((await submit(['--port', tls, '--tls-on-connect', ...login, ...asOther])).said, /553 5\.7\.1/)
  equal(await countOf(user), 3)
})

withProgram('curl', 'curl', 'all three doors, also by the bare name', async () => {
  const user = 'curl@uni.example'
  await house.person(user)
  const letterFile = join(folder, 'letter')
  await writeFile(letterFile, `From: ${user}\r\nTo: ${user}\r\nSubject: curl\r\n\r\n你好\r\n`)
  const curl = (url: string, more: string[] = [], name = user) =>
    run('curl', ['-sk', '--max-time', '10', '-u', `${name}:${password}`, url, ...more])
  const letterTo = ['--mail-from', user, '--mail-rcpt', user, '-T', letterFile]
  equal((await curl(`smtps://127.0.0.1:${house.port('submissions')}/pc.x.example`, letterTo)).code, 0)
  const submission = `smtp://127.0.0.1:${house.port('submission')}/pc.x.example`
  equal((await curl(submission, ['--ssl-reqd', ...letterTo], 'curl')).code, 0)
  match((await curl(`imaps://127.0.0.1:${house.port('imaps')}/INBOX;UID=1`)).said, /Subject: curl\r\n\r\n你好\r\n/)
  match((await curl(`pop3s://127.0.0.1:${house.port('pop3s')}/2`, [], 'curl')).said, /Subject: curl\r\n\r\n你好\r\n/)
  equal((await curl(`pop3://127.0.0.1:${house.port('pop3')}/`)).code, 67, 'a password in clear text')
})
