// How large a mail may be, as the server says.

import type { Mail } from '../mailstate.ts'
import type { Limits } from './checks.ts'

interface Capabilities {
  'urn:ietf:params:jmap:submission'?: { submissionExtensions?: Record<string, string[]> }
}

const recipients = 500

/** `bytes`: of a whole mail as it is sent, what SMTP calls SIZE (RFC 1870). */
export function limitsOf({ jmap }: Mail): Limits {
  const account = jmap.session.accounts[jmap.account] as { accountCapabilities?: Capabilities } | undefined
  const size = account?.accountCapabilities?.['urn:ietf:params:jmap:submission']?.submissionExtensions?.['SIZE']?.[0]
  const said = Number(size ?? 0)
  return { bytes: said > 0 ? said : jmap.session.capabilities['urn:ietf:params:jmap:core'].maxSizeUpload, recipients }
}
