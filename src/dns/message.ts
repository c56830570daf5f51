// One question and its answer as messages.            RFC 1035 §4, RFC 6891 (EDNS), RFC 6840 §5.7 (AD)
//
// Invariants:
//   an answer is read only when its id, its question and its kind fit what was asked (RFC 5452 §9.1)
//   reading never throws anything but Unfit, and its work is bounded by limits.messageBytes and limits.records

import { randomBytes } from 'node:crypto'
import {
  type Answer as WireAnswer,
  AUTHENTIC_DATA,
  decode,
  type DecodedPacket,
  encode,
  RECURSION_DESIRED,
  type TxtData,
} from 'dns-packet'
import type { DnsLimits } from './limits.ts'
import type { RecordData, RecordType } from './resolver.ts'

/** The bytes are no answer to the question. */
export class Unfit extends Error {}

export interface Question {
  name: string // questionName form
  type: RecordType
  edns: boolean
  exactCase: boolean // 0x20: the answer must repeat our random capitals
  bytes: Buffer
}

export interface ReplyRecord {
  name: string
  type: RecordType
  ttl: number
  data: RecordData[RecordType]
}

export interface Reply {
  rcode: number // with the EDNS extension; 0 NOERROR, 3 NXDOMAIN
  truncated: boolean // nothing else of a truncated reply is filled
  authenticated: boolean // the AD bit, as the server says
  records: ReplyRecord[] // answer section, class IN, those types and data that we read
  negativeTtl: number | undefined // of the SOA in the authority section
}

/** Writes a question with a random id. `randomCase` mixes capitals into the name (0x20). */
export function writeQuestion(
  name: string,
  type: RecordType,
  options: { edns: boolean; randomCase: boolean },
  limits: DnsLimits,
): Question {
  const { edns, randomCase } = options
  const spelt = randomCase ? mixCase(name) : name
  const bytes = encode({
    type: 'query',
    id: randomBytes(2).readUInt16BE(0),
    // AD in a question asks for AD in the answer without the signatures that DO would bring.
    flags: RECURSION_DESIRED | AUTHENTIC_DATA,
    questions: [{ name: spelt, type }],
    additionals: edns
      ? [
          {
            type: 'OPT',
            name: '.',
            udpPayloadSize: limits.udpBytes,
            extendedRcode: 0,
            ednsVersion: 0,
            flags: 0,
            flag_do: false,
            options: [],
          },
        ]
      : [],
  })
  return { name, type, edns, exactCase: randomCase, bytes }
}

function mixCase(name: string): string {
  const coins = randomBytes(name.length)
  return name.replace(/[a-z]/g, (letter, at: number) => (coins[at]! & 1 ? letter.toUpperCase() : letter))
}

/** Reads what came back for `question`. Throws Unfit. */
export function readReply(bytes: Buffer, question: Question, limits: DnsLimits): Reply {
  if (bytes.length < 12 || bytes.length > limits.messageBytes) throw new Unfit('size')
  if (bytes.readUInt16BE(0) !== question.bytes.readUInt16BE(0)) throw new Unfit('id')
  const isResponse = (bytes[2]! & 0x80) !== 0
  const opcode = (bytes[2]! >> 3) & 0xf
  if (!isResponse || opcode !== 0) throw new Unfit('kind')
  const rcode = bytes[3]! & 0xf
  const reply: Reply = { rcode, truncated: false, authenticated: false, records: [], negativeTtl: undefined }
  // A server that cannot read EDNS may answer FORMERR with a bare header (RFC 6891 §7).
  if (rcode === 1 && bytes.readUInt16BE(4) === 0) return reply
  if (!repeatsQuestion(bytes, question)) throw new Unfit('question')
  if (bytes[2]! & 0x02) return { ...reply, truncated: true }

  const records = bytes.readUInt16BE(6) + bytes.readUInt16BE(8) + bytes.readUInt16BE(10)
  if (records > limits.records) throw new Unfit('too many records')
  return fill(reply, decodeWhole(bytes))
}

function decodeWhole(bytes: Buffer): DecodedPacket {
  try {
    return decode(bytes)
  } catch {
    throw new Unfit('malformed')
  }
}

/** The question section must be ours byte for byte; capitals count only when we chose them. */
function repeatsQuestion(bytes: Buffer, question: Question): boolean {
  const end = 12 + question.name.length + (question.name === '' ? 1 : 2) + 4
  if (bytes.length < end || bytes.readUInt16BE(4) !== 1) return false
  const ours = question.bytes.subarray(12, end)
  const theirs = bytes.subarray(12, end)
  if (ours.equals(theirs)) return true
  return !question.exactCase && ours.toString('latin1').toLowerCase() === theirs.toString('latin1').toLowerCase()
}

function fill(reply: Reply, packet: DecodedPacket): Reply {
  reply.authenticated = packet.flag_ad
  for (const extra of packet.additionals ?? []) {
    if (extra.type === 'OPT') reply.rcode |= extra.extendedRcode << 4
  }
  for (const record of packet.answers ?? []) {
    if (record.type === 'OPT' || record.class !== 'IN') continue
    const type = record.type as RecordType
    const name = readName(record.name)
    const data = name === undefined ? undefined : readData(record)
    if (data !== undefined) reply.records.push({ name: name!, type, ttl: readTtl(record.ttl), data })
  }
  for (const record of packet.authorities ?? []) {
    if (record.type !== 'SOA') continue
    reply.negativeTtl = Math.min(readTtl(record.ttl), readTtl(record.data.minimum)) // RFC 2308 §5
  }
  return reply
}

/** A TTL with its highest bit set counts as 0. RFC 2181 §8. */
function readTtl(ttl: number | undefined): number {
  return ttl === undefined || ttl > 0x7fffffff ? 0 : ttl
}

/** The data of types we ask for; undefined for others, and for names that no host can have. */
function readData(record: WireAnswer): RecordData[RecordType] | undefined {
  switch (record.type) {
    case 'A':
    case 'AAAA':
      return record.data
    case 'CNAME':
      return readName(record.data)
    case 'NS':
    case 'PTR':
      return readHost(record.data) || undefined
    case 'MX': {
      const exchange = readHost(record.data.exchange)
      return exchange === undefined ? undefined : { exchange, priority: record.data.preference ?? 0 }
    }
    case 'SRV': {
      const { port, priority = 0, weight = 0 } = record.data
      const target = readHost(record.data.target)
      return target === undefined ? undefined : { target, port, priority, weight }
    }
    case 'TXT':
      return readText(record.data)
    case 'TLSA':
      return record.data
    case 'SOA':
      return { primary: readName(record.data.mname) ?? '', minimum: readTtl(record.data.minimum) }
    case 'CAA':
      return { flags: record.data.flags ?? 0, tag: record.data.tag, value: record.data.value }
    default:
      return undefined
  }
}

function readText(data: TxtData): string {
  const strings = Array.isArray(data) ? data : [data]
  return Buffer.concat(strings.map((string) => Buffer.from(string as Buffer))).toString('utf8')
}

function readName(name: string): string | undefined {
  if (name === '.') return ''
  return /^[\x21-\x7e]{1,253}$/.test(name) ? name.toLowerCase() : undefined
}

/** What a host may be called; others would travel into header fields and logs. */
function readHost(name: string): string | undefined {
  if (name === '.') return ''
  return /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/i.test(name) && name.length <= 253 ? name.toLowerCase() : undefined
}
