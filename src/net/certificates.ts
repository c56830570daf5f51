// The certificates of the house: chosen by the name the client asks for (SNI), read again when
// their files change, without a restart and without touching connections that are open.
//
// Invariant: a set of files that cannot be used never replaces one that works.

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdir, open, readFile, rename, stat } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { createSecureContext, TLSSocket, type SecureContext } from 'node:tls'
import { Trouble } from '../wire/troubles.ts'
import { selfSigned } from './selfsigned.ts'

export interface CertificateFacts {
  file: string
  names: string[]
  validTo: number // milliseconds
  selfSigned: boolean
}

export interface Certificates {
  /** The server side of TLS over a connected socket; `protocols` are offered by ALPN (RFC 7301), the first liked best. */
  secure(socket: Socket, protocols?: string[]): TLSSocket
  facts(): CertificateFacts[]
  /** Reads the files again if any changed. Throws Trouble 'bad-setting' and keeps the old ones when they are wrong. */
  reload(): Promise<boolean>
}

interface Loaded {
  facts: CertificateFacts
  context: SecureContext
}

export interface CertificateOptions {
  pairs: string[] // 'chain.pem:key.pem'; empty: self-signed in `folder`
  folder: string
  hostname: string
  oldest: 'TLSv1.2' | 'TLSv1.3'
  clock(): number
}

/** Loads the certificates, making the self-signed one on first start. Throws Trouble 'bad-setting'. */
export async function openCertificates(options: CertificateOptions): Promise<Certificates> {
  const pairs = options.pairs.length > 0 ? options.pairs : [await ownPair(options)]
  let stamp = await stampOf(pairs)
  let loaded = await Promise.all(pairs.map((pair) => loadPair(pair, options.oldest)))

  const choose = (name: string): SecureContext => {
    const found = loaded.find(({ facts }) => facts.names.some((known) => covers(known, name))) ?? loaded[0]
    if (!found) throw new Trouble('bad-setting', { key: 'tls.certificates', why: 'no certificate' })
    return found.context
  }
  return {
    secure: (socket, protocols) =>
      new TLSSocket(socket, {
        isServer: true,
        secureContext: choose(''),
        SNICallback: (name, done) => done(null, choose(name.toLowerCase())),
        // A client without a certificate is served; the step that wants one asks for it itself.
        requestCert: false,
        ...(protocols && { ALPNProtocols: protocols }),
      }),
    facts: () => loaded.map(({ facts }) => facts),
    async reload() {
      const now = await stampOf(pairs)
      if (now === stamp) return false
      const fresh = await Promise.all(pairs.map((pair) => loadPair(pair, options.oldest)))
      loaded = fresh
      stamp = now
      return true
    },
  }
}

/** The house's own pair, made on the first start, and again when a power loss left nothing usable of it. */
async function ownPair({ folder, hostname, clock, oldest }: CertificateOptions): Promise<string> {
  const [chain, key] = [join(folder, 'self-signed.pem'), join(folder, 'self-signed.key')]
  const pair = `${chain}:${key}`
  const isUsable = await loadPair(pair, oldest).then(
    () => true,
    () => false,
  )
  if (!isUsable) {
    const made = selfSigned([hostname, 'localhost'], clock())
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeDurably(key, made.key, 0o600)
    await writeDurably(chain, made.certificate, 0o644)
  }
  return pair
}

/** The whole file or the old one, also after a power loss. */
async function writeDurably(path: string, text: string, mode: number): Promise<void> {
  const fresh = await open(`${path}.new`, 'w', mode)
  await fresh.writeFile(text)
  await fresh.sync().finally(() => fresh.close())
  await rename(`${path}.new`, path)
  const folder = await open(dirname(path), 'r')
  await folder.sync().finally(() => folder.close())
}

async function stampOf(pairs: string[]): Promise<string> {
  const files = pairs.flatMap((pair) => pair.split(':'))
  const stamps = await Promise.all(
    files.map((file) =>
      stat(file).then(
        ({ mtimeMs, size, ino }) => `${mtimeMs}.${size}.${ino}`,
        () => 'gone',
      ),
    ),
  )
  return stamps.join(' ')
}

async function loadPair(pair: string, oldest: CertificateOptions['oldest']): Promise<Loaded> {
  const [file = '', keyFile = ''] = pair.split(':')
  try {
    const [cert, key] = await Promise.all([readFile(file), readFile(keyFile)])
    const certificate = new X509Certificate(cert)
    if (!certificate.checkPrivateKey(createPrivateKey(key))) throw new Error('the key is not that of the certificate')
    return {
      facts: {
        file,
        names: namesOf(certificate),
        validTo: certificate.validToDate.getTime(),
        selfSigned: certificate.subject === certificate.issuer,
      },
      context: createSecureContext({ cert, key, minVersion: oldest, honorCipherOrder: true }),
    }
  } catch (error) {
    throw new Trouble('bad-setting', { key: 'tls.certificates', why: `${pair}: ${(error as Error).message}` })
  }
}

function namesOf(certificate: X509Certificate): string[] {
  const alternatives = certificate.subjectAltName ?? ''
  const names = [...alternatives.matchAll(/DNS:([^,\s]+)/g)].map((found) => (found[1] ?? '').toLowerCase())
  if (names.length > 0) return names
  const common = /^CN=(.+)$/m.exec(certificate.subject)?.[1]
  return common === undefined ? [] : [common.toLowerCase()]
}

/** Whether a certificate's name covers a host name: exactly, or by a star for one label. RFC 6125 §6.4.3. */
export function covers(known: string, host: string): boolean {
  if (!known.startsWith('*.')) return known === host
  const dot = host.indexOf('.')
  return dot > 0 && host.slice(dot) === known.slice(1)
}
