// OpenAPI 3.1 of /api, made of the declarations that check the input.

import * as z from 'zod/mini'
import type { ApiCall } from './call.ts'

const problem = { description: 'Problem details, RFC 9457', content: { 'application/problem+json': {} } }

export function openapi(calls: readonly ApiCall[], version: string): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const one of calls) {
    const path = one.path.replace(/:([a-z]+)/gi, '{$1}')
    paths[path] = { ...paths[path], [one.method.toLowerCase()]: operation(one) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Postern', version, description: 'Mail itself is JMAP: see /.well-known/jmap.' },
    paths,
    components: {
      securitySchemes: {
        cookie: { type: 'apiKey', in: 'cookie', name: '__Host-postern' },
        token: { type: 'http', scheme: 'bearer' },
      },
    },
  }
}

interface ObjectSchema {
  properties?: Record<string, object>
  required?: string[]
}

function operation({ method, path, summary, who, rate, size, input, output }: ApiCall): object {
  const named = new Set([...path.matchAll(/:([a-z]+)/gi)].map((found) => found[1] as string))
  const schema: ObjectSchema = input ? (z.toJSONSchema(input, { io: 'input' }) as ObjectSchema) : {}
  const inQuery = method === 'GET' || method === 'DELETE'
  const parameters = Object.entries(schema.properties ?? {})
    .filter(([name]) => inQuery || named.has(name))
    .map(([name, shape]) => ({
      name,
      in: named.has(name) ? 'path' : 'query',
      required: named.has(name) || schema.required?.includes(name) === true,
      schema: shape,
    }))
  const body = Object.fromEntries(Object.entries(schema.properties ?? {}).filter(([name]) => !named.has(name)))
  const hasBody = !inQuery && Object.keys(body).length > 0
  const required = schema.required?.filter((name) => !named.has(name))
  return {
    summary: `${summary.en} ${summary.zh}`,
    'x-who': who,
    'x-rate': rate,
    ...(size !== undefined && { 'x-size': size }),
    security: who === 'anybody' ? [] : [{ cookie: [] }, { token: [] }],
    ...(parameters.length > 0 && { parameters }),
    ...(hasBody && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: { type: 'object', properties: body, required } } },
      },
    }),
    responses: {
      ...(output
        ? { 200: { description: 'OK', content: { 'application/json': { schema: z.toJSONSchema(output) } } } }
        : { 204: { description: 'Done' } }),
      default: problem,
    },
  }
}
