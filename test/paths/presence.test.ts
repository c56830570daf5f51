// A session ends when its account may no longer be there: at every door, whatever it is doing.

import { match, ok } from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import { presenceLimits } from '../../src/login/presence.ts'
import { changePassword, changePerson } from '../../src/people/people.ts'
import { switchProtocols } from '../../src/directory/accounts.ts'
import { openWorld, password, type WorldHouse } from '../world.ts'

let house: WorldHouse

before(async () => {
  presenceLimits.everyMilliseconds = 50
  const people = ['wang@uni.example', 'lee@uni.example', 'chen@uni.example', 'lin@uni.example']
  house = await openWorld({ hostname: 'mail.uni.example', people })
})
after(() => house.close())

/** Signs in over TLS and gives the socket, and everything heard until it closes. */
async function signIn(listener: string, ...lines: [say: string, until: RegExp][]): Promise<{ rest: Promise<string> }> {
  const socket: TLSSocket = connect({ port: house.port(listener), host: '127.0.0.1', rejectUnauthorized: false })
  let heard = ''
  const news = () => once(socket, 'data').then(([bytes]) => (heard += String(bytes)))
  for (const [say, until] of lines) {
    socket.write(say)
    while (!until.test(heard)) await news()
    heard = ''
  }
  socket.on('data', (bytes) => (heard += String(bytes)))
  socket.on('error', () => undefined)
  return { rest: once(socket, 'close').then(() => heard) }
}

const imap = (user: string) =>
  signIn('imaps', [`a LOGIN ${user} "${password}"\r\n`, /a OK/], ['b SELECT INBOX\r\n', /b OK/], ['c IDLE\r\n', /^\+/m])
const pop3 = (user: string) =>
  signIn('pop3s', [`USER ${user}\r\n`, /\+OK.*\r\n.*\+OK/s], [`PASS ${password}\r\n`, /\+OK/])
const smtp = (user: string) =>
  signIn(
    'submissions',
    ['EHLO x\r\n', /250 /],
    [`AUTH PLAIN ${Buffer.from(`\0${user}\0${password}`).toString('base64')}\r\n`, /235 /],
  )

test('a suspended account is shown out everywhere, others stay', async () => {
  const [idle, stays, drop, line] = await Promise.all([
    imap('wang@uni.example'),
    imap('lee@uni.example'),
    pop3('wang@uni.example'),
    smtp('wang@uni.example'),
  ])
  let left = false
  void stays.rest.then(() => (left = true))
  await changePerson(house.db, 'wang@uni.example', { status: 'suspended', reason: 'phished' })
  match(await idle.rest, /^\* BYE/m)
  match(await drop.rest, /^-ERR|^$/)
  match(await line.rest, /^421 /m)
  ok(!left)
})

test('a switched-off protocol ends its sessions only', async () => {
  const [idle, line] = await Promise.all([imap('chen@uni.example'), smtp('chen@uni.example')])
  let left = false
  void line.rest.then(() => (left = true))
  const chen = await house.db.one<{ id: number }>("select id from account where address = 'chen@uni.example'")
  await switchProtocols(house.db, chen?.id ?? 0, { protocols: ['imap'], on: false, by: 'administrator' })
  match(await idle.rest, /^\* BYE/m)
  ok(!left)
})

test('a new password ends what began with the old one', async () => {
  const idle = await imap('lin@uni.example')
  await changePassword(house.db, 'lin@uni.example', 'another long password')
  match(await idle.rest, /^\* BYE/m)
})
