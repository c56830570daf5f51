// One request: calls one after the other, each with what the calls before it answered. RFC 8620 §3.
//
// Invariants:
//   a request that is not understood does nothing (RequestError); a call that fails leaves the others alone
//   calls run in their order, and each sees what those before it changed
//   the answers together are bounded: past the limit a call answers requestTooLarge and the rest is not run

import { randomUUID } from 'node:crypto'
import type { Account } from '../directory/accounts.ts'
import { objectId, objectNumber } from '../store/objectids.ts'
import type { Peer } from '../wire/conversation.ts'
import { Trouble } from '../wire/troubles.ts'
import { capabilities, knownCapabilities } from './capabilities.ts'
import { parseIJson } from './ijson.ts'
import type { JmapLimits } from './limits.ts'
import { MethodError, type Call, type Credentials, type JmapHouse, type Method, type Response } from './method.ts'
import { methods } from './methods.ts'
import { resolveReferences, type Answered } from './pointers.ts'
import { accountsOf, sessionState } from './session.ts'
import { methodErrorOf } from './troubles.ts'

/** The request as a whole was refused (RFC 8620 §3.6.1). */
export class RequestError extends Error {
  type: 'unknownCapability' | 'notJSON' | 'notRequest' | 'limit'
  limit?: keyof JmapLimits

  constructor(type: RequestError['type'], detail: string, limit?: keyof JmapLimits) {
    super(detail)
    this.name = 'RequestError'
    this.type = type
    if (limit !== undefined) this.limit = limit
  }
}

/** Who asks. */
export interface Asking {
  user: Account
  credentials: Credentials
  peer: Peer
  sessionId: string
  signal: AbortSignal
}

export interface Request {
  using: string[]
  calls: [name: string, args: Record<string, unknown>, callId: string][]
  createdIds: Map<string, string> | undefined
}

/** The bytes of a request as one. Throws RequestError. */
export function readRequest(bytes: Buffer, limits: JmapLimits): Request {
  if (bytes.length > limits.maxSizeRequest) {
    throw new RequestError('limit', 'The request is too large', 'maxSizeRequest')
  }
  let value: unknown
  try {
    value = parseIJson(bytes, limits.depth)
  } catch (error) {
    throw new RequestError('notJSON', `The request is not I-JSON: ${(error as Error).message}`)
  }
  return checkRequest(value, limits)
}

/** The same of what was parsed already. */
export function checkRequest(value: unknown, limits: JmapLimits): Request {
  if (!isObject(value)) throw new RequestError('notRequest', 'A request is an object')
  const { using, methodCalls, createdIds } = value
  if (!Array.isArray(using) || !using.every((one) => typeof one === 'string')) {
    throw new RequestError('notRequest', '"using" is a list of texts')
  }
  if (!Array.isArray(methodCalls) || !methodCalls.every(isInvocation)) {
    throw new RequestError('notRequest', '"methodCalls" is a list of [name, arguments, call id]')
  }
  const unknown = using.find((uri) => !knownCapabilities.has(uri))
  if (unknown !== undefined) throw new RequestError('unknownCapability', `"${unknown}" is not known here`)
  if (methodCalls.length > limits.maxCallsInRequest) {
    throw new RequestError('limit', `At most ${limits.maxCallsInRequest} calls`, 'maxCallsInRequest')
  }
  return { using, calls: methodCalls, createdIds: createdIds == null ? undefined : readIds(createdIds, limits) }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function isInvocation(value: unknown): value is Request['calls'][number] {
  return (
    Array.isArray(value) &&
    value.length === 3 &&
    typeof value[0] === 'string' &&
    isObject(value[1]) &&
    typeof value[2] === 'string'
  )
}

function readIds(value: unknown, limits: JmapLimits): Map<string, string> {
  if (!isObject(value)) throw new RequestError('notRequest', '"createdIds" is an object')
  const ids = Object.entries(value)
  if (ids.length > limits.createdIds) throw new RequestError('limit', 'Too many createdIds', 'createdIds')
  if (!ids.every((pair): pair is [string, string] => typeof pair[1] === 'string')) {
    throw new RequestError('notRequest', '"createdIds" has texts')
  }
  return new Map(ids)
}

const byName = new Map(methods.map((one) => [one.name, one]))
const capabilityOf = new Map(capabilities.map((one) => [one.uri, one]))

/** Runs a request; gives the JSON text of the response (RFC 8620 §3.4). Throws only our mistakes. */
export async function runRequest(house: JmapHouse, asking: Asking, request: Request): Promise<string> {
  const { limits } = house
  const accounts = await accountsOf(house, asking.user)
  const visible = new Set(accounts)
  const using = new Set(request.using)
  const createdIds = new Map(request.createdIds)
  const answered: Answered[] = []
  const texts: string[] = []
  let size = 0

  for (const [name, args, callId] of request.calls) {
    if (asking.signal.aborted) break
    const responses =
      size > limits.answerBytes
        ? [errorResponse(new MethodError('requestTooLarge', 'The answers together are too large'))]
        : await answer(name, args)
    for (const response of responses) {
      answered.push({ response, callId })
      const text = JSON.stringify([response[0], response[1], callId])
      size += text.length
      texts.push(text)
    }
  }
  const ids = request.createdIds ? `,"createdIds":${JSON.stringify(Object.fromEntries(createdIds))}` : ''
  const state = JSON.stringify(sessionState(house, asking.user, accounts))
  return `{"methodResponses":[${texts.join(',')}]${ids},"sessionState":${state}}`

  async function answer(name: string, args: Record<string, unknown>): Promise<Response[]> {
    try {
      const method = byName.get(name)
      if (!method || !using.has(method.capability)) throw new MethodError('unknownMethod')
      const resolved = resolveReferences(args, answered, limits)
      const call: Call = { house, ...asking, ...place(method, resolved), createdIds, using }
      const said = await method.run(call, method.read(resolved, limits))
      return Array.isArray(said) ? said : [[name, said]]
    } catch (error) {
      return [errorResponse(methodError(house, error))]
    }
  }

  function place(method: Method, args: Record<string, unknown>): Pick<Call, 'accountId' | 'account' | 'own'> {
    const { id } = asking.user
    if (method.accountless) return { accountId: objectId('A', id), account: id, own: true }
    const { accountId } = args
    if (typeof accountId !== 'string') throw new MethodError('invalidArguments', 'accountId is missing')
    const account = objectNumber('A', accountId)
    if (account === undefined || !visible.has(account)) throw new MethodError('accountNotFound')
    const own = account === id
    if (capabilityOf.get(method.capability)?.account(house, { account, user: id, own }) === undefined) {
      throw new MethodError('accountNotSupportedByMethod')
    }
    return { accountId, account, own }
  }
}

/** What was thrown, as the error of one call. */
export function methodError(house: JmapHouse, error: unknown): MethodError {
  if (error instanceof MethodError) return error
  if (error instanceof Trouble) return methodErrorOf(error)
  const reference = randomUUID()
  house.report(error, reference)
  return new MethodError('serverFail', `A mistake of ours; it is noted as ${reference}`)
}

function errorResponse(error: MethodError): Response {
  return ['error', { type: error.type, ...error.details }]
}
