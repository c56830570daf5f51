// Speaks JMAP with the server: calls gathered into requests, blobs, push.       RFC 8620
//
// Invariants:
//   calls asked for in one turn of the event loop go in one request, in the order they were asked
//   a method error is a rejection of that call alone (MethodError); a refused or lost request rejects all its calls
//   push only says what changed; nothing is believed without asking
//   an answer 401 is told to `onSignedOut` once; the calls of that request wait to be asked again by whoever asked

import { ownHeaders, problemOf, Problem, reach } from '../../parts/api.ts'
import type { Get, Session, States } from './types.ts'

export type Arguments = Record<string, unknown>

export class MethodError extends Error {
  type: string
  details: Arguments

  constructor(type: string, details: Arguments) {
    super(typeof details['description'] === 'string' ? details['description'] : type)
    this.name = 'MethodError'
    this.type = type
    this.details = details
  }
}

export interface Reference {
  resultOf: string
  name: string
  path: string
}

export interface Asked<Answer> extends Promise<Answer> {
  /** A part of this call's answer, as an argument of a later call of the same turn: { '#ids': asked.ref('/ids') }. */
  ref(path: string): Reference
}

interface Waiting {
  name: string
  args: Arguments
  id: string
  resolve(answer: never): void
  reject(error: unknown): void
}

export interface Jmap {
  session: Session
  /** The signed-in person's own account. */
  account: string
  call<Answer = Arguments>(name: string, args: Arguments): Asked<Answer>
  get<Item>(type: string, args: Arguments): Asked<Get<Item>>
  upload(accountId: string, blob: Blob, options?: UploadOptions): Promise<Uploaded>
  downloadUrl(accountId: string, blobId: string, name: string, type: string): string
  /** Calls `changed` with the new states of an account; the answer ends it. */
  watch(changed: (accountId: string, states: States) => void): () => void
  /** Whether the server can be reached as far as push knows. */
  watchReach(heard: (isReachable: boolean) => void): () => void
  close(): void
}

export interface Uploaded {
  blobId: string
  type: string
  size: number
}

export interface UploadOptions {
  onProgress?(sent: number): void
  signal?: AbortSignal
}

const using = (session: Session): string[] =>
  Object.keys(session.capabilities).filter((uri) => !uri.endsWith(':websocket') && !uri.startsWith('https://'))

const mail = 'urn:ietf:params:jmap:mail'

/** Reads the session and begins to listen. Throws Problem, with status 401 when nobody is signed in. */
export async function openJmap(onSignedOut: () => void): Promise<Jmap> {
  const session = await readSession()
  const capabilities = using(session)
  const callsAtOnce = session.capabilities['urn:ietf:params:jmap:core'].maxCallsInRequest
  let waiting: Waiting[] = []
  let nextId = 0
  const push = openPush(session)

  function call<Answer>(name: string, args: Arguments): Asked<Answer> {
    const id = `c${nextId++}`
    const promise = new Promise<Answer>((resolve, reject) => {
      if (waiting.length === 0) queueMicrotask(flush)
      waiting.push({ name, args, id, resolve, reject })
    }) as Asked<Answer>
    promise.ref = (path) => ({ resultOf: id, name, path })
    promise.catch(() => undefined) // one that is only referred to has nobody else who hears that it was lost
    return promise
  }

  function flush(): void {
    const calls = waiting
    waiting = []
    // References reach back within one request only: whoever makes more calls than fit refers to none of them.
    for (let from = 0; from < calls.length; from += callsAtOnce) void send(calls.slice(from, from + callsAtOnce))
  }

  async function send(calls: Waiting[]): Promise<void> {
    try {
      const body = JSON.stringify({
        using: capabilities,
        methodCalls: calls.map(({ name, args, id }) => [name, args, id]),
      })
      const headers = { ...ownHeaders(), 'content-type': 'application/json', accept: 'application/json' }
      const answer = await reach(session.apiUrl, { method: 'POST', body, headers, credentials: 'same-origin' })
      if (!answer.ok) throw await problemOf(answer)
      const { methodResponses } = (await answer.json()) as { methodResponses: [string, Arguments, string][] }
      settle(calls, methodResponses)
    } catch (error) {
      if (error instanceof Problem && error.status === 401) onSignedOut()
      for (const { reject } of calls) reject(error)
    }
  }

  return {
    session,
    account: session.primaryAccounts[mail]!,
    call,
    get: (type, args) => call(`${type}/get`, args),
    upload: (accountId, blob, options) => upload(session, accountId, blob, options),
    downloadUrl: (accountId, blobId, name, type) =>
      fill(session.downloadUrl, { accountId, blobId, name, type: type || 'application/octet-stream' }),
    watch: push.watch,
    watchReach: push.watchReach,
    close: push.close,
  }
}

async function readSession(): Promise<Session> {
  const answer = await reach('/.well-known/jmap', { headers: ownHeaders(), credentials: 'same-origin' })
  if (!answer.ok) throw await problemOf(answer)
  const session = (await answer.json()) as Session
  // The page speaks with the origin it came from, whatever name the server has for itself.
  for (const key of ['apiUrl', 'downloadUrl', 'uploadUrl', 'eventSourceUrl'] as const) {
    session[key] = session[key].replace(/^https?:\/\/[^/]*/, '')
  }
  return session
}

/** Gives each call its first answer; a call without one was lost with its request. */
function settle(calls: Waiting[], responses: [string, Arguments, string][]): void {
  const byId = new Map<string, [string, Arguments]>()
  for (const [name, args, id] of responses) if (!byId.has(id)) byId.set(id, [name, args])
  for (const { id, resolve, reject } of calls) {
    const answer = byId.get(id)
    if (!answer) reject(new MethodError('serverFail', {}))
    else if (answer[0] === 'error') reject(new MethodError(String(answer[1]['type']), answer[1]))
    else resolve(answer[1] as never)
  }
}

/** XMLHttpRequest, since fetch tells no progress of what it sends. */
function upload(session: Session, accountId: string, blob: Blob, options: UploadOptions = {}): Promise<Uploaded> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', fill(session.uploadUrl, { accountId }))
    for (const [name, value] of Object.entries(ownHeaders())) request.setRequestHeader(name, value)
    request.setRequestHeader('content-type', blob.type || 'application/octet-stream')
    request.responseType = 'json'
    request.upload.addEventListener('progress', ({ loaded }) => options.onProgress?.(loaded))
    request.addEventListener('load', () => {
      const said = (request.response ?? {}) as Record<string, string>
      if (request.status < 300) resolve(said as unknown as Uploaded)
      else reject(new Problem(request.status, said['type'] ?? '', said['detail'] ?? '', said['reference'] ?? ''))
    })
    request.addEventListener('error', () => reject(new Problem(0, 'unreachable', '', '')))
    request.addEventListener('abort', () => reject(new DOMException('', 'AbortError')))
    options.signal?.addEventListener('abort', () => request.abort())
    request.send(blob)
  })
}

function fill(template: string, values: Record<string, string>): string {
  return template.replace(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(values[name] ?? ''))
}

const firstPause = 2_000 // milliseconds; doubled until the longest
const longestPause = 60_000

/**
 * Server-sent events. The browser itself comes back after a break, but not after an answer that is no stream (a
 * session that ended, a server that starts): then we do. RFC 8620 §7.3
 */
function openPush(session: Session) {
  const listeners = new Set<(accountId: string, states: States) => void>()
  const reachers = new Set<(isReachable: boolean) => void>()
  const tell = (isReachable: boolean): void => reachers.forEach((heard) => heard(isReachable))
  let pause = firstPause
  let timer: ReturnType<typeof setTimeout> | undefined
  let source = open()

  function open(): EventSource {
    const opened = new EventSource(fill(session.eventSourceUrl, { types: '*', closeafter: 'no', ping: '60' }), {
      withCredentials: true,
    })
    opened.addEventListener('state', (event: MessageEvent<string>) => {
      const { changed } = JSON.parse(event.data) as { changed: Record<string, States> }
      for (const [accountId, states] of Object.entries(changed)) for (const heard of listeners) heard(accountId, states)
    })
    opened.addEventListener('open', () => {
      pause = firstPause
      tell(true)
    })
    opened.addEventListener('error', () => {
      tell(false)
      if (opened.readyState !== EventSource.CLOSED) return
      timer = setTimeout(() => (source = open()), pause)
      pause = Math.min(pause * 2, longestPause)
    })
    return opened
  }

  return {
    watch(heard: (accountId: string, states: States) => void) {
      listeners.add(heard)
      return () => void listeners.delete(heard)
    },
    watchReach(heard: (isReachable: boolean) => void) {
      reachers.add(heard)
      return () => void reachers.delete(heard)
    },
    close() {
      clearTimeout(timer)
      source.close()
    },
  }
}
