// Asks the server: /api and JMAP, with the session's cookie and the token that goes with each change.
//
// Invariants: nothing is sent anywhere else; a problem (RFC 9457) becomes a Problem with the server's own words in
// the page's language; a server that cannot be reached is a Problem too, with status 0.

import { languages, type Language } from '../words/words.ts'

export interface SignedIn {
  address: string
  name: string
  administrator: boolean
  mustChangePassword: boolean
  expires: string
  pageToken?: string
}

export class Problem extends Error {
  status: number // of HTTP; 0: no answer
  type: string
  reference: string

  constructor(status: number, type: string, detail: string, reference: string) {
    super(detail)
    this.name = 'Problem'
    this.status = status
    this.type = type
    this.reference = reference
  }
}

let pageToken: string | undefined
let language: Language = 'zh-Hant'

/** The language of the server's words from now on. */
export function speak(wanted: Language): void {
  language = wanted
}

/** Headers of every request: who we are on changes, and the language we read. */
export function ownHeaders(): Record<string, string> {
  return {
    'accept-language': languages[language].tag,
    ...(pageToken !== undefined && { 'x-postern-token': pageToken }),
  }
}

export async function ask<Answer>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Answer> {
  const headers: Record<string, string> = { ...ownHeaders(), accept: 'application/json' }
  const init: RequestInit = { method, headers, credentials: 'same-origin' }
  if (signal) init.signal = signal
  if (body !== undefined) {
    init.body = JSON.stringify(body)
    headers['content-type'] = 'application/json'
  }
  const answer = await reach(path, init)
  if (!answer.ok) throw await problemOf(answer)
  return (answer.status === 204 ? undefined : await answer.json()) as Answer
}

/** fetch, whose failure is a Problem. An aborted request throws AbortError as ever. */
export async function reach(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init)
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new Problem(0, 'unreachable', '', '')
  }
}

export async function problemOf(answer: Response): Promise<Problem> {
  const said = (await answer.json().catch(() => ({}))) as Partial<Record<string, string>>
  return new Problem(
    answer.status,
    said['type'] ?? 'about:blank',
    said['detail'] ?? answer.statusText,
    said['reference'] ?? '',
  )
}

export async function signIn(name: string, password: string): Promise<SignedIn> {
  return remember(await ask<SignedIn>('POST', '/api/session', { name, password }))
}

/** Who is signed in; undefined where nobody is. */
export async function whoIsIn(): Promise<SignedIn | undefined> {
  try {
    return remember(await ask<SignedIn>('GET', '/api/session'))
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return undefined
    throw error
  }
}

export async function signOut(): Promise<void> {
  await ask('DELETE', '/api/session')
  pageToken = undefined
}

function remember(signedIn: SignedIn): SignedIn {
  pageToken = signedIn.pageToken
  return signedIn
}
