// Everything under /api: finds the call, asks who may, how often, how large, checks what was sent, and runs it.
//
// The declarations and the library that checks them are loaded when /api is first asked: a house without web
// users does not pay for them.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { sourceOf } from '../login/source.ts'
import { parseIJson } from '../jmap/ijson.ts'
import type { ApiCall } from './call.ts'
import type { WebHouse } from './house.ts'
import { peerOf } from './peers.ts'
import { HttpTrouble } from './problems.ts'
import { openRates, type Rates } from './rates.ts'
import { languageOf } from './words.ts'
import { mustBe } from './who.ts'

interface Table {
  routes: { call: ApiCall; pattern: RegExp }[]
  check: (call: ApiCall, value: unknown) => unknown
  openapi: string
}

let loading: Promise<Table> | undefined

function table(version: string): Promise<Table> {
  return (loading ??= load(version))
}

async function load(version: string): Promise<Table> {
  const [{ calls }, { openapi }, { checkInput }] = await Promise.all([
    import('./calls.ts'),
    import('./openapi.ts'),
    import('./input.ts'),
  ])
  const routes = calls.map((one) => ({
    call: one,
    pattern: new RegExp(`^${one.path.replace(/:([a-z]+)/gi, '(?<$1>[^/]+)')}$`),
  }))
  return { routes, check: checkInput, openapi: JSON.stringify(openapi(calls, version)) }
}

export async function openApi(app: FastifyInstance, house: WebHouse): Promise<void> {
  const rates = openRates(house.limits.rates)
  app.get('/api/openapi.json', async (_request, reply) =>
    reply.type('application/json').send((await table(house.version)).openapi),
  )
  app.route({
    method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    url: '/api/*',
    handler: async (request, reply) => {
      reply.header('cache-control', 'no-store')
      const { routes, check } = await table(house.version)
      const { call, parameters } = find(routes, request)
      const answer = await answerCall(house, rates, { call, parameters, check }, request, reply)
      if (answer === reply) return reply // it has sent its own
      if (answer === undefined) return reply.code(204).send()
      return reply.type('application/json').send(JSON.stringify(answer))
    },
  })
}

function find(routes: Table['routes'], request: FastifyRequest): { call: ApiCall; parameters: object } {
  const path = request.url.split('?', 1)[0] as string
  const here = routes.flatMap(({ call, pattern }) => {
    const found = pattern.exec(path)
    return found ? [{ call, parameters: { ...found.groups } }] : []
  })
  if (here.length === 0) throw new HttpTrouble('no-such-page')
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const found = here.find(({ call }) => call.method === method)
  if (!found) {
    throw new HttpTrouble('no-such-method', {}, { allow: here.map(({ call }) => call.method).join(', ') })
  }
  return found
}

async function answerCall(
  house: WebHouse,
  rates: Rates,
  { call, parameters, check }: { call: ApiCall; parameters: object; check: Table['check'] },
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const peer = peerOf(request)
  const source = sourceOf(peer.address)
  // Who is asked for before what was sent is looked at: a stranger learns nothing of it.
  if (call.rate.per === 'source') takeRate(source)
  const by = call.who === 'anybody' ? undefined : await mustBe(house, request)
  if (by && call.rate.per === 'account') takeRate(String(by.account.id))
  if (call.who === 'administrator' && !by?.account.admin) throw new HttpTrouble('not-permitted')
  const input = call.input ? check(call, { ...sent(call, request), ...parameters }) : undefined
  const language = languageOf(request.headers['accept-language'])
  return call.run({ house, peer, language, request, reply, by: by as never }, input)

  function takeRate(who: string): void {
    const seconds = rates.take(`${call.method} ${call.path}`, who, call.rate, house.clock())
    if (seconds > 0) throw new HttpTrouble('too-many-requests', { seconds }, { 'retry-after': String(seconds) })
  }
}

function sent(call: ApiCall, request: FastifyRequest): object {
  if (call.method === 'GET' || call.method === 'DELETE') return { ...(request.query as object) }
  const body = request.body as Buffer | undefined
  if (!body || body.length === 0) return {}
  if (call.size !== undefined && body.length > call.size) throw new HttpTrouble('too-large', { limit: call.size })
  return asObject(body)
}

function asObject(body: Buffer): object {
  let value: unknown
  try {
    value = parseIJson(body, 32)
  } catch (error) {
    throw new HttpTrouble('bad-json', { why: (error as Error).message })
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new HttpTrouble('bad-json', { why: 'an object is wanted' })
  }
  return value
}
