// Checks what a call was sent against its declaration.

import * as z from 'zod/mini'
import type { ApiCall } from './call.ts'
import { HttpTrouble } from './problems.ts'

z.config(z.locales.en())

/** The input as the call wants it. Throws HttpTrouble bad-input naming the first thing that is not right. */
export function checkInput({ input }: ApiCall, value: unknown): unknown {
  const result = (input as z.ZodMiniType).safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new HttpTrouble('bad-input', { where: issue?.path.join('.') ?? '', why: issue?.message ?? '' })
}
