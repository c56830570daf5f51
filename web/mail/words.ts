// The words of the mail page, whichever language they are in.

import { createContext, useContext } from 'react'
import type { words as chinese } from '../words/zh-Hant/mail.ts'
import type { Same } from '../words/words.ts'
import type { Mail } from './mailstate.ts'

export type MailWords = Same<typeof chinese>

export const MailContext = createContext<Mail>(undefined as never)

/** The mail page's state; every component of the page lies below its provider. */
export function useMail(): Mail {
  return useContext(MailContext)
}
