// How large a mail may be, as the server says.

import type { Mail } from '../mailstate.ts'
import type { Limits } from './checks.ts'

interface Capabilities {
  'urn:ietf:params:jmap:mail'?: { maxSizeAttachmentsPerEmail?: number }
}

const recipients = 500

export function limitsOf({ jmap }: Mail): Limits {
  const account = jmap.session.accounts[jmap.account] as { accountCapabilities?: Capabilities } | undefined
  const said = account?.accountCapabilities?.['urn:ietf:params:jmap:mail']?.maxSizeAttachmentsPerEmail
  return { bytes: said ?? jmap.session.capabilities['urn:ietf:params:jmap:core'].maxSizeUpload, recipients }
}
