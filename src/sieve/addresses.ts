// Addresses a script writes to, and the parts of an address it may ask for.   RFC 5228 §2.7.4, RFC 5233
//
// Strict where the script sends mail: one mailbox, with or without a display name, nothing after it.

import type { SieveAddress } from './mail.ts'

const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]"
const display = /^\s*(?:"(?:[^"\\\r\n]|\\[^\r\n])*"|[^"<>@,;:()[\]\\]*?)\s*<([^<>]*)>\s*$/
// Dots anywhere in the local part: some carriers gave out such addresses.
const address = new RegExp(
  `^((?:${atom}|\\.)+|"(?:[^"\\\\\\r\\n]|\\\\[^\\r\\n])+")@([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\\[[A-Za-z0-9.:]+\\])$`,
)

const plainlyQuoted = new RegExp(`^"(${atom}+(?:\\.${atom}+)*)"@`)

/**
 * The bare address in a script's string, without quotes it does not need, or undefined when it is not exactly one. At
 * most 320 characters.
 */
export function outgoingAddress(text: string): string | undefined {
  if (text.length > 1000) return undefined
  const inner = display.exec(text)?.[1] ?? text
  const bare = inner
    .trim()
    .replace(/\s*@\s*/, '@')
    .replace(plainlyQuoted, '$1@')
  const domain = bare.slice(bare.lastIndexOf('@') + 1)
  return bare.length <= 320 && address.test(bare) && !domain.includes('..') ? bare : undefined
}

export type AddressPart = 'all' | 'localpart' | 'domain' | 'user' | 'detail'

/** One part of an address; undefined when it has none, which matches nothing (RFC 5233 §4). */
export function addressPart(
  { local, domain }: SieveAddress,
  part: AddressPart,
  separators: string,
): string | undefined {
  switch (part) {
    case 'all':
      return domain === '' ? local : `${quotedLocal(local)}@${domain}`
    case 'localpart':
      return local
    case 'domain':
      return domain
  }
  const at = separatorAt(local, separators)
  if (part === 'user') return at === -1 ? local : local.slice(0, at)
  return at === -1 ? undefined : local.slice(at + 1)
}

/** A local part as it must be written before an '@'. RFC 5321 §4.1.2. */
function quotedLocal(local: string): string {
  return /[\x00-\x20"(),:;<>@[\]\\\x7f]/.test(local) ? `"${local.replace(/["\\]/g, '\\$&')}"` : local
}

function separatorAt(local: string, separators: string): number {
  for (let i = 0; i < local.length; i++) if (separators.includes(local[i]!)) return i
  return -1
}

const pathPattern =
  /^(?:@[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*(?:,@[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)*:)?("(?:[^"\\\r\n]|\\[^\r\n])*"|[^\s"(),:;<>@[\]\\]+)(?:@([^\s"(),:;<>@[\]\\]+|\[[^\s[\]\\]+\]))?$/

/** An envelope's path, with or without its brackets; a source route is passed over. undefined when it is none. */
export function readPath(path: string): SieveAddress | undefined {
  if (path.length > 1000 || path.startsWith('<') !== path.endsWith('>')) return undefined
  const found = pathPattern.exec(path.startsWith('<') ? path.slice(1, -1) : path)
  if (!found) return undefined
  const local = found[1]!
  return {
    local: local.startsWith('"') ? local.slice(1, -1).replace(/\\(.)/g, '$1') : local,
    domain: found[2] ?? '',
  }
}

/** RFC 5322 §3.6: a header field's name. */
export function isHeaderName(name: string): boolean {
  return /^[\x21-\x39\x3b-\x7e]+$/.test(name) && name.length <= 200
}

/** Names of mailboxes are the house's business; only what no store can keep is refused here. */
export function isMailboxName(name: string): boolean {
  return name !== '' && name.length <= 1000 && name.isWellFormed() && !/[\x00-\x1f\x7f]/.test(name)
}
