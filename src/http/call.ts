// A call of /api: who may, how often, how large and what is taken stand beside what it does. OpenAPI is made of
// the same declaration (openapi.ts).
//
// Invariant: a call without `who` does not compile; what a call takes is checked before it runs.

import type { FastifyReply, FastifyRequest } from 'fastify'
import type * as z from 'zod/mini'
import type { SignedIn } from '../login/sessions.ts'
import type { Peer } from '../wire/conversation.ts'
import type { WebHouse } from './house.ts'
import type { Rate } from './rates.ts'
import type { Language, Words } from './words.ts'

/** nobody signed in is needed | anybody who signed in | who administers */
export type Who = 'anybody' | 'person' | 'administrator'

interface Asked {
  house: WebHouse
  peer: Peer
  language: Language
  request: FastifyRequest
  reply: FastifyReply
}

export interface ApiCall<Input = unknown, By extends Who = Who> {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string // '/api/sessions/:id'
  summary: Words
  who: By
  rate: Rate
  size?: number // bytes of the body; limits.bodyBytes when not said
  input?: z.ZodMiniType<Input> // the body, with the path's parameters and the query
  output?: z.ZodMiniType // for the description; 204 when there is none
  /** What it gives is sent as JSON; a call that sends something else gives its reply. */
  run(asked: Asked & (By extends 'anybody' ? { by?: SignedIn } : { by: SignedIn }), input: Input): Promise<unknown>
}

/** For the closed list. */
export function call<Input, By extends Who>(one: ApiCall<Input, By>): ApiCall {
  return one as unknown as ApiCall
}
