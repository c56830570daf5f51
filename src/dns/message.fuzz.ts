// Answers of name servers, broken in every way.
//
// Properties: readReply gives a Reply or throws Unfit, never anything else; names in it are clean; one
// message costs a bounded time, also when its compression pointers point at pointers.

import { equal, ok } from 'node:assert/strict'
import { encode } from 'dns-packet'
import { dnsLimits } from './limits.ts'
import { readReply, Unfit, writeQuestion } from './message.ts'

const question = writeQuestion('host.example', 'A', { edns: true, randomCase: false }, dnsLimits)
question.bytes.writeUInt16BE(0x1234, 0)

const whole = encode({
  type: 'response',
  id: 0x1234,
  questions: [{ name: 'host.example', type: 'A' }],
  answers: [
    { type: 'CNAME', name: 'host.example', ttl: 60, data: 'other.example' },
    { type: 'A', name: 'other.example', ttl: 60, data: '192.0.2.1' },
    { type: 'TXT', name: 'other.example', ttl: 60, data: ['a', 'b'] },
    { type: 'MX', name: 'other.example', ttl: 60, data: { preference: 1, exchange: 'mx.example' } },
  ],
  authorities: [
    { type: 'SOA', name: 'example', ttl: 60, data: { mname: 'ns.example', rname: 'root.example', minimum: 60 } },
  ],
  additionals: [
    {
      type: 'OPT',
      name: '.',
      udpPayloadSize: 1232,
      extendedRcode: 0,
      ednsVersion: 0,
      flags: 0,
      flag_do: false,
      options: [],
    },
  ],
})

const head = whole.subarray(0, 12)
const asked = whole.subarray(12, 12 + 18)
const record = (name: string) => Buffer.from(`${name}0001000100000e1000040a000001`, 'hex')

function message(answers: number, ...parts: Buffer[]): Buffer {
  const bytes = Buffer.concat([head, asked, ...parts])
  bytes.writeUInt16BE(answers, 6)
  bytes.writeUInt32BE(0, 8)
  return bytes
}

/** Pointers that each point at the pointer before, and records that begin at the last one. */
function ladder(): Buffer {
  const rungs = Buffer.alloc(16_000)
  for (let at = 0; at < rungs.length; at += 2)
    rungs.writeUInt16BE(0xc000 | ((at === 0 ? 12 : 46 + at - 2) & 0x3fff), at)
  const holder = Buffer.concat([
    Buffer.from('c00c0010000100000e10', 'hex'),
    Buffer.from([rungs.length >> 8, rungs.length & 255]),
    rungs,
  ])
  return message(250, holder, ...Array.from({ length: 249 }, () => record('fe00')))
}

export const target = {
  name: 'dns/message',
  corpus: [
    whole,
    message(1, record('c00c')),
    message(1, record('c01e')), // a name that points at itself
    message(2, record('c02e'), record('c01e')), // two that point at each other
    message(1, record('ff61')),
    message(65_535),
    ladder(),
    question.bytes,
  ],

  run(input: Buffer): void {
    const bytes = Buffer.from(input)
    if (bytes.length >= 2) bytes.writeUInt16BE(0x1234, 0) // else every mutation would end at the id
    const started = process.cpuUsage().user
    try {
      const reply = readReply(bytes, question, dnsLimits)
      for (const { name, ttl, data } of reply.records) {
        ok(/^[\x21-\x7e]*$/.test(name))
        ok(ttl >= 0 && ttl <= 0x7fffffff)
        ok(data !== undefined)
      }
      ok(reply.records.length <= dnsLimits.records)
    } catch (error) {
      equal(error instanceof Unfit, true, String(error))
    }
    ok(process.cpuUsage().user - started < 500_000, 'half a second of CPU for one message')
  },
}
