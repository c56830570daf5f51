// A small web client for tests: says exactly what it is told to, and shows what came back as it came.

import { request as plain, type IncomingHttpHeaders, type RequestOptions } from 'node:http'
import { request as secure } from 'node:https'
import type { WorldHouse } from './world.ts'

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  text: string
  bytes: Buffer
  // eslint-disable-next-line typescript/no-explicit-any -- what is asserted is what is there
  json: any
}

export interface Sent {
  headers?: Record<string, string>
  json?: unknown
  body?: string | Uint8Array
}

export interface Client {
  origin: string
  ask(method: string, path: string, sent?: Sent): Promise<Answer>
  /** Signs in with a cookie: the headers that its page would send. */
  signIn(
    person: { name: string; password: string },
    headers?: Record<string, string>,
  ): Promise<{ cookie: string; headers: Record<string, string> }>
}

export function client(world: WorldHouse, listener: 'http' | 'https'): Client {
  const port = world.port(listener)
  const origin = `${listener}://127.0.0.1:${port}`
  const ask: Client['ask'] = (method, path, { headers = {}, json, body } = {}) => {
    const bytes = json === undefined ? body : JSON.stringify(json)
    const sent: Record<string, string> = {
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    }
    if (bytes !== undefined) sent['content-length'] = String(Buffer.byteLength(bytes))
    const options: RequestOptions = { host: '127.0.0.1', port, method, path, headers: sent, agent: false }
    return new Promise((resolve, reject) => {
      const request = (listener === 'https' ? secure : plain)(
        { ...options, rejectUnauthorized: false } as RequestOptions,
        (response) => {
          const pieces: Buffer[] = []
          response.on('data', (piece: Buffer) => pieces.push(piece))
          response.on('error', reject)
          response.on('end', () => {
            const all = Buffer.concat(pieces)
            const text = all.toString()
            const isJson = /json/.test(response.headers['content-type'] ?? '') && !response.headers['content-encoding']
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              text,
              bytes: all,
              json: isJson && text !== '' ? JSON.parse(text) : undefined,
            })
          })
        },
      )
      request.on('error', reject)
      request.end(bytes)
    })
  }
  return {
    origin,
    ask,
    async signIn(person, headers = {}) {
      const answer = await ask('POST', '/api/session', { json: person, headers })
      if (answer.status !== 201) throw new Error(`signing in said ${answer.status}: ${answer.text}`)
      const cookie = answer.headers['set-cookie']?.[0] ?? ''
      return {
        cookie,
        headers: { cookie: cookie.split(';', 1)[0] as string, 'x-postern-token': answer.json.pageToken },
      }
    },
  }
}
