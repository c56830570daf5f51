// Mails recoded for hosts that offer less than we do.                                   RFC 6152 §3, RFC 6531 §3.7

import { deepEqual, equal, match } from 'node:assert/strict'
import { createServer, type AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { mailsOf, send, silentMailauth, smallHouse, type SmallHouse } from '../../test/smallhouse.ts'
import { createAlias } from '../directory/aliases.ts'
import type { SignedMail } from '../mailauth/sign.ts'

interface OldHost {
  port: number
  commands: string[]
  mails: string[] // as they lie between DATA and the dot
}

/** A mail host that offers what it is told to, and takes everything. */
async function oldHost(t: TestContext, ...offers: string[]): Promise<OldHost> {
  const host: OldHost = { port: 0, commands: [], mails: [] }
  const server = createServer((socket) => {
    let heard = ''
    let inMail = false
    socket.write('220 mx.else.example ESMTP\r\n')
    socket.setEncoding('latin1').on('data', (text: string) => {
      heard += text
      for (;;) {
        const end = heard.indexOf(inMail ? '\r\n.\r\n' : '\r\n')
        if (end === -1) return
        const said = heard.slice(0, end)
        heard = heard.slice(end + (inMail ? 5 : 2))
        if (inMail) host.mails.push(`${said}\r\n`)
        else host.commands.push(said)
        const isData = !inMail && said === 'DATA'
        const lines = ['mx.else.example', ...offers].map(
          (line, at) => `250${at < offers.length ? '-' : ' '}${line}\r\n`,
        )
        socket.write(isData ? '354 go\r\n' : said.startsWith('EHLO') ? lines.join('') : '250 2.0.0 ok\r\n')
        inMail = isData
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  host.port = (server.address() as AddressInfo).port
  return host
}

const zone = 'else.example. MX 10 mx.else.example.\nmx.else.example. A 127.0.0.1\n'

async function houseBefore(t: TestContext, { port }: OldHost, signed: string[] = []): Promise<SmallHouse> {
  const mailauth = {
    ...silentMailauth,
    async sign(_domain: string, { headerBlock, body }: SignedMail) {
      const pieces: Uint8Array[] = [headerBlock, Buffer.from('\r\n')]
      for await (const piece of body) pieces.push(piece)
      signed.push(Buffer.concat(pieces).toString('latin1'))
      return 'DKIM-Signature: v=1\r\n'
    },
  }
  const made = await smallHouse({ zone, queue: { allowPrivate: true, port }, mailauth })
  t.after(() => made.close())
  return made
}

const head = 'Date: Thu, 15 Jan 2026 12:00:00 +0800\nMessage-ID: <1@uni.example>\nMIME-Version: 1.0\n'
const text = 'Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n'
const raw = `From: 王 <wang@uni.example>\nSubject: 你好\n${head}${text}\n你好\n`
const from = 'wang@uni.example'
const to = ['li@else.example']

async function sendRaw(made: SmallHouse, mail: string, smtputf8 = true): Promise<void> {
  const login = await made.person(from)
  await send(made, { from, to, text: mail, login, smtputf8 })
  await made.queue!.idle()
  deepEqual(made.warnings, [])
}

test('UTF-8 in header fields arrives as encoded words where SMTPUTF8 is not offered, and is signed so', async (t) => {
  const host = await oldHost(t, '8BITMIME')
  const signed: string[] = []
  const made = await houseBefore(t, host, signed)
  await sendRaw(made, raw)
  const [mail] = host.mails
  match(mail!, /\r\nFrom: =\?utf-8\?B\?546L\?= <wang@uni\.example>\r\nSubject: =\?utf-8\?B\?5L2g5aW9\?=\r\n/)
  match(mail!, /\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\xe4\xbd\xa0\xe5\xa5\xbd\r\n$/)
  match(host.commands[1]!, /^MAIL FROM:<wang@uni\.example> BODY=8BITMIME$/)
  equal(signed.at(-1), mail!.slice(mail!.indexOf('Received:')))
})

test('UTF-8 in header fields stays where SMTPUTF8 is offered', async (t) => {
  const host = await oldHost(t, '8BITMIME', 'SMTPUTF8')
  await sendRaw(await houseBefore(t, host), raw)
  match(Buffer.from(host.mails[0]!, 'latin1').toString(), /\r\nFrom: 王 <wang@uni\.example>\r\nSubject: 你好\r\n/)
  match(host.commands[1]!, /BODY=8BITMIME SMTPUTF8$/)
})

test('a host that takes seven bits gets seven bits, signed as they are', async (t) => {
  const host = await oldHost(t, 'SIZE 100000')
  const signed: string[] = []
  await sendRaw(await houseBefore(t, host, signed), raw, false)
  const [mail] = host.mails
  match(mail!, /^[\x00-\x7f]*$/)
  match(mail!, /\r\nContent-Transfer-Encoding: base64\r\n[^]*\r\n\r\n5L2g5aW9DQo=\r\n$/)
  equal(signed.at(-1), mail!.slice(mail!.indexOf('Received:')))
  equal(host.commands[1], `MAIL FROM:<wang@uni.example> SIZE=${mail!.length}`)
})

test('what is signed inside goes to such a host as it is', async (t) => {
  const host = await oldHost(t)
  const parts = `--b\n${text}\n你好\n--b\nContent-Type: application/pgp-signature\n\nx\n--b--\n`
  const mail = `From: ${from}\n${head}Content-Type: multipart/signed; boundary=b\n\n${parts}`
  await sendRaw(await houseBefore(t, host), mail, false)
  match(host.mails[0]!, /\r\n\r\n\xe4\xbd\xa0\xe5\xa5\xbd\r\n--b/)
})

test('what somebody else has signed goes on as it is', async (t) => {
  const host = await oldHost(t)
  const made = await houseBefore(t, host)
  await createAlias(made.db, 'out@uni.example', to)
  const mail = `DKIM-Signature: v=1; d=far.example\nFrom: chen@far.example\n${head}${text}\n你好\n`
  await send(made, { from: 'chen@far.example', to: ['out@uni.example'], text: mail })
  await made.queue!.idle()
  match(host.mails[0]!, /\r\n\r\n\xe4\xbd\xa0\xe5\xa5\xbd\r\n$/)
})

test('an author that ASCII cannot say needs SMTPUTF8: the sender is told', async (t) => {
  const host = await oldHost(t, '8BITMIME')
  const made = await houseBefore(t, host)
  const wang = await made.person(from)
  const mail = `From: ${from}\nResent-From: 王@else.example\n${head}${text}\nx\n`
  await send(made, { from, to, text: mail, login: wang, smtputf8: true })
  await made.queue!.idle()
  equal(host.mails.length, 0)
  match((await mailsOf(made, wang))[0]!, /\r\nStatus: 5\.6\.7\r\n/)
})
