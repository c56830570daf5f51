// Reads the PROXY protocol header, versions 1 and 2, that a proxy says before anything else.
//                                 https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt
//
// Pure: all bytes heard so far in; more, bad, or the peer out. Whether the one who says it may be believed
// is the listener's matter (SECURITY: listed proxies only).
//
// Invariants: a header is at most `headerLimit` bytes, and a wrong one is known as soon as its bytes differ;
// nothing behind the header is looked at; whatever does not fit the specification is bad, never guessed.

import { isIPv4, isIPv6 } from 'node:net'

export interface ProxiedTls {
  protocol: string // 'TLSv1.3', as the proxy says it
  cipher: string
  servername?: string
  verified: boolean // the client showed a certificate that the proxy verified
}

export type ProxyHeader =
  | { is: 'more' }
  | { is: 'bad'; why: string }
  /** The proxy speaks for itself (health checks): the socket's own addresses count. */
  | { is: 'local'; rest: Buffer }
  | {
      is: 'proxied'
      address: string
      port: number
      localAddress: string
      localPort: number
      servername?: string // PP2_TYPE_AUTHORITY
      tls?: ProxiedTls // PP2_TYPE_SSL: the client spoke TLS with the proxy
      rest: Buffer // the client's own first bytes
    }

/** Version 2 only: what a proxy may say with all its TLVs. */
export const headerLimit = 4096

const firstLine = Buffer.from('PROXY ') // version 1
const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1') // version 2
const longestLine = 107 // §2.1, with CRLF

export function readProxyHeader(heard: Buffer): ProxyHeader {
  if (heard.length === 0) return { is: 'more' }
  const [start, read] = heard[0] === signature[0] ? [signature, readBinary] : [firstLine, readLine]
  const known = Math.min(heard.length, start.length)
  if (heard.compare(start, 0, known, 0, known) !== 0) return bad('no PROXY header')
  return known < start.length ? { is: 'more' } : read(heard)
}

function bad(why: string): ProxyHeader {
  return { is: 'bad', why }
}

// PROXY TCP4 192.0.2.1 198.51.100.1 56324 25 CRLF                                §2.1
function readLine(heard: Buffer): ProxyHeader {
  const end = heard.subarray(0, longestLine).indexOf('\r\n')
  if (end < 0) return heard.length >= longestLine ? bad('the line is too long') : { is: 'more' }
  const rest = heard.subarray(end + 2)
  const words = heard.toString('latin1', 0, end).split(' ')
  const [, family = '', address = '', localAddress = '', port = '', localPort = ''] = words
  // §2.1: whatever follows UNKNOWN is ignored.
  if (family === 'UNKNOWN') return { is: 'local', rest }
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isIPv6 : undefined
  if (!isAddress || words.length !== 6) return bad('not a line of version 1')
  if (!isAddress(address) || !isAddress(localAddress)) return bad('not an address')
  if (!isPort(port) || !isPort(localPort)) return bad('not a port')
  return { is: 'proxied', address, port: Number(port), localAddress, localPort: Number(localPort), rest }
}

function isPort(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) < 65536
}

const families: Record<number, { address: number; write: (bytes: Buffer) => string } | undefined> = {
  0x11: { address: 4, write: (bytes) => bytes.join('.') }, // TCP over IPv4
  0x21: { address: 16, write: writeIpv6 }, // TCP over IPv6
}

// signature, version and command, family, length of the rest (2 bytes), addresses, TLVs       §2.2
function readBinary(heard: Buffer): ProxyHeader {
  if (heard.length < 16) return { is: 'more' }
  const command = heard[12]!
  const familyByte = heard[13]!
  const end = 16 + heard.readUInt16BE(14)
  if (command !== 0x20 && command !== 0x21) return bad('not a command of version 2')
  if (end > headerLimit) return bad('the header is too long')
  if (heard.length < end) return { is: 'more' }
  const rest = heard.subarray(end)
  // LOCAL, and PROXY for what has no Internet address (AF_UNSPEC, AF_UNIX): the socket's own count.
  if (command === 0x20 || familyByte === 0x00 || familyByte === 0x31) return { is: 'local', rest }
  const family = families[familyByte]
  if (!family) return bad('not TCP')
  const ports = 16 + 2 * family.address
  if (end < ports + 4) return bad('the addresses are cut off')
  const facts = readTlvs(heard.subarray(ports + 4, end))
  if (!facts) return bad('the TLVs do not fit')
  return {
    is: 'proxied',
    address: family.write(heard.subarray(16, 16 + family.address)),
    port: heard.readUInt16BE(ports),
    localAddress: family.write(heard.subarray(16 + family.address, ports)),
    localPort: heard.readUInt16BE(ports + 2),
    ...facts,
    rest,
  }
}

/** RFC 5952 §4, so that one address is always one text. */
function writeIpv6(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16))
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}

// Type, length (2 bytes), value: PP2_TYPE_AUTHORITY and PP2_TYPE_SSL, the others are passed over.   §2.2.1
function readTlvs(bytes: Buffer): { servername?: string; tls?: ProxiedTls } | undefined {
  const all = cutTlvs(bytes)
  if (!all) return undefined
  const servername = readText(all.get(0x02))
  const ssl = all.get(0x20)
  if (!ssl) return { servername }
  if (ssl.length < 5) return undefined
  const inner = cutTlvs(ssl.subarray(5))
  if (!inner) return undefined
  const [client = 0] = ssl
  if ((client & 0x01) === 0) return { servername } // PP2_CLIENT_SSL is not set: no TLS
  const showedCertificate = (client & 0x06) !== 0 // PP2_CLIENT_CERT_CONN, PP2_CLIENT_CERT_SESS
  const tls: ProxiedTls = {
    protocol: readText(inner.get(0x21)) ?? 'unknown',
    cipher: readText(inner.get(0x23)) ?? 'unknown',
    verified: showedCertificate && ssl.readUInt32BE(1) === 0,
  }
  if (servername !== undefined) tls.servername = servername
  return { servername, tls }
}

function cutTlvs(bytes: Buffer): Map<number, Buffer> | undefined {
  const found = new Map<number, Buffer>()
  for (let at = 0; at < bytes.length;) {
    if (bytes.length - at < 3) return undefined
    const start = at + 3
    const end = start + bytes.readUInt16BE(at + 1)
    if (end > bytes.length) return undefined
    found.set(bytes[at]!, bytes.subarray(start, end))
    at = end
  }
  return found
}

// What a proxy says is shown and logged: printable ASCII or nothing.
function readText(value: Buffer | undefined): string | undefined {
  const text = value?.toString('latin1')
  return text !== undefined && /^[\x21-\x7e]{1,255}$/.test(text) ? text : undefined
}
