// Settings that change what a stranger meets, from the table of settings to the wire.

import { equal, match } from 'node:assert/strict'
import { connect as connectPlain, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { connect } from 'node:tls'
import { openWorld, password, type WorldHouse } from '../world.ts'

let house: WorldHouse

before(async () => {
  house = await openWorld({
    hostname: 'mail.uni.example',
    people: ['wang@uni.example'],
    config: { 'smtp.banner': 'ESMTP at your service', 'smtp.early_talk_wait': 50, 'login.failures_everywhere': 3 },
  })
})
after(() => house?.close())

/** Everything heard until the other side closes. */
async function heardFrom(socket: Socket): Promise<string> {
  let heard = ''
  for await (const piece of socket) {
    heard += String(piece)
    if (heard.startsWith('220') && socket.writable) socket.end('QUIT\r\n')
  }
  return heard
}

for (const listener of ['smtp', 'submission']) {
  test(`${listener} greets with the words of the setting`, async () => {
    const heard = await heardFrom(connectPlain(house.port(listener), '127.0.0.1'))
    match(heard, /^220 mail\.uni\.example ESMTP at your service\r\n221 /)
  })
}

test('who speaks before the public greeting is turned away', async () => {
  const socket = connectPlain(house.port('smtp'), '127.0.0.1')
  socket.write('EHLO hasty.example\r\n')
  match(await heardFrom(socket), /^554 /)
})

test('wrong passwords from everywhere lock an account after as many as the setting says', async () => {
  const answers: string[] = []
  for (const given of ['wrong 1', 'wrong 2', 'wrong 3', password]) {
    const socket = connect({ host: '127.0.0.1', port: house.port('imaps'), rejectUnauthorized: false })
    socket.write(`a LOGIN wang@uni.example "${given}"\r\nb LOGOUT\r\n`)
    let heard = ''
    for await (const piece of socket) heard += String(piece)
    answers.push(/^a (\S+)/m.exec(heard)?.[1] ?? heard)
  }
  equal(answers.join(' '), 'NO NO NO NO')
})
