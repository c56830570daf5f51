// Who one may write as.                                                                   RFC 8621 §6

import type { Jmap } from '../jmap/client.ts'
import type { Address } from '../jmap/types.ts'
import type { Recipient } from './recipients.ts'

export interface Identity {
  id: string
  name: string
  email: string
  replyTo: Address[] | null
  bcc: Address[] | null
  textSignature: string
  htmlSignature: string
  mayDelete: boolean
}

/** The primary one first. */
export async function readIdentities(jmap: Jmap): Promise<Identity[]> {
  return (await jmap.get<Identity>('Identity', { accountId: jmap.account, ids: null })).list
}

export function senderOf({ name, email }: Identity): Recipient {
  return { name, email }
}
