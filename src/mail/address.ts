// Addresses as the house compares them.
//
// Invariant: normalAddress is idempotent; two spellings of one mailbox of ours have one normal form.

import { domainToASCII } from 'node:url'

export interface Split {
  local: string // as written, without the quotes of a quoted local part
  domain: string // normalDomain form, or an address literal '[...]' in lower case
}

/** Cuts at the last '@' outside quotes. undefined when it is not an address. RFC 5321 §4.1.2, RFC 6531. */
export function splitAddress(address: string): Split | undefined {
  const at = address.lastIndexOf('@')
  if (at < 1) return undefined
  const local = unquote(address.slice(0, at))
  if (local === undefined) return undefined
  const text = address.slice(at + 1)
  const domain = text.startsWith('[') && text.endsWith(']') ? text.toLowerCase() : normalDomain(text)
  return domain === undefined ? undefined : { local, domain }
}

function unquote(local: string): string | undefined {
  if (!local.startsWith('"')) return /[\s"<>,;:\\()[\]@]/.test(local) ? undefined : local
  if (local.length < 2 || !local.endsWith('"')) return undefined
  return local.slice(1, -1).replace(/\\(.)/gs, '$1')
}

/** A-label form in lower case without the last dot; undefined when it cannot be a domain name. RFC 5890, RFC 1035 §2.3.4. */
export function normalDomain(domain: string): string | undefined {
  const bare = domain.endsWith('.') ? domain.slice(0, -1) : domain
  if (bare === '' || bare.length > 253) return undefined
  if (plainDomain.test(bare)) {
    const lower = bare.toLowerCase()
    // Punycode that does not decode is no name (domainToASCII answers '').
    return lower.includes('xn--') && domainToASCII(lower) === '' ? undefined : lower
  }
  if (/[\x00-\x20"#%/:<>?@[\\\]^`{|}\x7f]/.test(bare)) return undefined
  const ascii = domainToASCII(bare)
  return plainDomain.test(ascii) && ascii.length <= 253 ? ascii : undefined
}

const plainDomain = /^(?!-)[a-z0-9_-]{1,63}(?:\.(?!-)[a-z0-9_-]{1,63})*$/i

/**
 * The key of every look-up: local part in NFC and lower case, '@', normalDomain. A local part that needs
 * quotes keeps them. Text that is no address comes back in lower case, so that it matches nothing.
 */
export function normalAddress(address: string): string {
  const split = splitAddress(address)
  if (!split) return address.toLowerCase()
  return `${writeLocal(split.local.normalize('NFC').toLowerCase())}@${split.domain}`
}

/** A local part as it must be written in an address: quoted where it is not a dot-atom. RFC 5321 §4.1.2. */
export function writeLocal(local: string): string {
  return dotAtom.test(local) ? local : `"${local.replace(/["\\]/g, '\\$&')}"`
}

const dotAtom = /^[^\x00-\x20"(),:;<>@[\\\]\x7f.]+(?:\.[^\x00-\x20"(),:;<>@[\\\]\x7f.]+)*$/
