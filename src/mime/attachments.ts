// Does a mail carry something to open beside its text? The paper clip of the lists, JMAP's hasAttachment.
//
// Counted: parts said to be attachments, and parts that are neither text nor pictures shown inside it.
// Not counted: signatures and keys that mailers add by themselves, pictures of a multipart/related.

import type { Part, Tree } from './mime.ts'

const byMachines = new Set(['pgp-signature', 'pkcs7-signature', 'x-pkcs7-signature', 'pgp-keys', 'pgp-encrypted'])

export function hasAttachment(tree: Tree): boolean {
  return anyAttachment(tree.part, false)
}

function anyAttachment(part: Part, related: boolean): boolean {
  if (part.type === 'multipart') {
    if (part.subtype === 'report') return false // a DSN's parts are one text
    const inRelated = part.subtype === 'related'
    return part.parts.some((inner, i) => anyAttachment(inner, inRelated && i > 0))
  }
  if (byMachines.has(part.subtype)) return false
  if (part.disposition === 'attachment') return true
  if (part.type === 'text') return part.disposition !== 'inline' && fileName(part) !== ''
  if (related || part.disposition === 'inline') return part.type !== 'image' && part.id === '' && fileName(part) !== ''
  return true
}

/** The name a part would have as a file, '' if it has none. RFC 2183 §2.3, or the older name of RFC 1341. */
export function fileName(part: Part): string {
  const byName = (list: [string, string][], wanted: string): string | undefined =>
    list.find(([name]) => name === wanted)?.[1]
  return byName(part.dispositionParameters, 'filename') ?? byName(part.parameters, 'name') ?? ''
}
