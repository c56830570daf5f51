// A "no" of the house on its way into an SMTP session. smtp/replies.ts holds the words for each Trouble.

import { Refusal, refusalOf as replyTo, reply } from '../smtp/replies.ts'
import { Trouble } from '../wire/troubles.ts'

export function refuse(code: number, status: string, text: string): Refusal {
  return new Refusal(reply(code, status, text))
}

/** The Refusal that an expected "no" stands for; undefined for anything else: that is our mistake. */
export function refusalOf(error: unknown, text?: string): Refusal | undefined {
  if (error instanceof Refusal) return error
  return error instanceof Trouble ? replyTo(error, text) : undefined
}
