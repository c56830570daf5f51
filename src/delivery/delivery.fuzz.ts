// Fuzz targets: mail as it streams in, and addresses that claim to be ours.

import { deepEqual, equal, ok } from 'node:assert/strict'
import type { FuzzTarget } from '../../test/fuzz.ts'
import type { Envelope } from '../smtp/intake.ts'
import { readFields } from '../mime/headers.ts'
import { crossBorder } from './border.ts'
import type { House } from './house.ts'
import { deliveryDefaults } from './limits.ts'
import { openMessage, type Arrived } from './message.ts'
import { openSrs } from './srs.ts'

const mails = [
  'From: a@b\r\nReturn-Path: <x@y>\r\nBcc: c@d,\r\n e@f\r\nAuthentication-Results: mx.uni.example; spf=pass\r\n\r\nGood day\r\n',
  'Authentication-Results: (a (b) \\) c) "mx.uni.example" 1; none\r\n\r\n',
  '\r\nno header\r\n',
  'no colon\r\nBcc\r\n: x\r\n\r\n',
  'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n',
  'Subject: no end',
]

export const border: FuzzTarget = {
  name: 'delivery/border',
  corpus: mails,
  run(input) {
    const options = { authservId: 'mx.uni.example', submitted: true }
    const crossed = crossBorder(input, readFields(input), options)
    const names = readFields(crossed).map(({ name }) => name.toLowerCase())
    ok(!names.includes('bcc') && !names.includes('return-path'), 'a field crossed')
    ok(crossed.length <= input.length)
    equal(crossBorder(crossed, readFields(crossed), options), crossed, 'crossing twice takes nothing more')
  },
}

/** The same mail in one piece, and cut small: what is kept must not depend on it. */
export const streaming: FuzzTarget = {
  name: 'delivery/message',
  corpus: mails,
  async run(input) {
    const whole = await arrive(input, input.length || 1)
    for (const cut of [7, 101]) {
      const pieces = await arrive(input, cut)
      ok(pieces.bytes.equals(whole.bytes), 'other bytes were kept')
      deepEqual(pieces.arrived.mail.tree, whole.arrived.mail.tree)
      ok(pieces.arrived.mail.headerBlock.equals(whole.arrived.mail.headerBlock))
    }
    ok(whole.bytes.subarray(0, whole.arrived.mail.headerBlock.length).equals(whole.arrived.mail.headerBlock))
  },
}

async function arrive(input: Buffer, cut: number): Promise<{ arrived: Arrived; bytes: Buffer }> {
  const kept: Buffer[] = []
  const stored = async () => ({ ref: '1', size: Buffer.concat(kept).length, hash: '' })
  const blobs = {
    writer: () => ({
      write: (piece: Buffer) => void kept.push(Buffer.from(piece)),
      whole: () => undefined,
      finish: stored,
      abandon: async () => {},
    }),
  }
  const settings = { ...deliveryDefaults, hostname: 'mx.uni.example' }
  const house = { settings, store: { blobs }, clock: () => 0 } as unknown as House
  const envelope = { session: { login: { accountId: 1, address: 'a@b' } } } as unknown as Envelope
  let arrived: Arrived | undefined
  const sink = openMessage(house, envelope, Infinity, async (mail) => {
    arrived = mail
    await mail.store()
    return { id: mail.mail.id }
  })
  for (let at = 0; at < input.length; at += cut) await sink.write(input.subarray(at, at + cut))
  await sink.finish()
  return { arrived: arrived!, bytes: Buffer.concat(kept) }
}

const srs = openSrs(Buffer.alloc(32, 7))

export const returns: FuzzTarget = {
  name: 'delivery/srs',
  corpus: [
    srs.forward('a@b.example', 0, 'uni.example'),
    srs.forward('srs0=x=y=z=w@b.example', 0, 'uni.example'),
    '"a b"@c',
    'srs1=a=b==c@uni.example',
  ],
  run(input) {
    const address = input.toString('utf8').slice(0, 1_000)
    const out = srs.forward(address, 0, 'uni.example')
    if (out !== '') equal(typeof srs.reverse(out, 0), 'string')
    const back = srs.reverse(address, 0)
    if (back !== undefined) ok(/@/.test(back))
  },
}
