// A house whose mail leaves by a smart host that is known by its address alone.

import { equal, match } from 'node:assert/strict'
import { after, before, test } from 'node:test'
import nodemailer from 'nodemailer'
import { routeDefaults } from '../../src/queue/limits.ts'
import { findEvents } from '../../src/tracking/events.ts'
import { openWorld, password, type WorldHouse } from '../world.ts'

let smart: WorldHouse
let uni: WorldHouse

before(async () => {
  smart = await openWorld({ hostname: 'mail.far.example', people: ['chen@far.example'] })
  const way = { ...routeDefaults, host: '127.0.0.1', verify: false }
  uni = await openWorld({
    hostname: 'mail.uni.example',
    people: ['wang@uni.example'],
    config: {
      'queue.routes': [{ ...way, domain: 'far.example', port: smart.port('smtp'), tls: 'required' }],
    },
  })
})
after(async () => {
  await uni?.close()
  await smart?.close()
})

test('mail to the routed domain goes there in TLS, without asking the DNS', async () => {
  const transport = nodemailer.createTransport({
    host: '127.0.0.1',
    port: uni.port('submissions'),
    secure: true,
    auth: { user: 'wang', pass: password },
    tls: { rejectUnauthorized: false },
  })
  const sent = await transport.sendMail({
    from: 'wang@uni.example',
    to: 'chen@far.example',
    subject: 'x',
    text: '你好',
  })
  transport.close()
  const id = /Accepted as (\S+)/.exec(sent.response)?.[1] ?? ''
  let last
  do {
    await new Promise((resolve) => setImmediate(resolve))
    last = (await findEvents(uni.db, { mail: id, limit: 10 })).at(-1)
  } while (last?.kind === 'received' || last?.kind === 'queued')
  equal(last?.kind, 'delivered', JSON.stringify(last?.details))
  equal(last.details['host'], '127.0.0.1')
  match(String(last.details['tls']), /^TLSv1\.3/)
})
