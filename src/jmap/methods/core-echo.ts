// Core/echo                                                                      RFC 8620 §4
//
// Gives back what it was given: for clients that look whether they are heard.

import { method } from '../method.ts'

export const coreEcho = method<Record<string, unknown>>({
  name: 'Core/echo',
  capability: 'urn:ietf:params:jmap:core',
  accountless: true,
  read: (args) => args,
  run: async (_call, args) => args,
})
