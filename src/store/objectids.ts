// Object ids as the world sees them: a letter for the kind and the row's number. IMAP's OBJECTID (RFC 8474 §7)
// and JMAP (RFC 8620 §1.2) say the same ones.
//
// Invariant: print and read are inverse; a number has one spelling.

/** contact (C), address book (K), account, mailbox (F), mail (M), thread, upload, identity, script (R), submission. */
export type ObjectKind = 'C' | 'K' | 'A' | 'F' | 'M' | 'T' | 'U' | 'I' | 'R' | 'S'

export function objectId(kind: ObjectKind, id: number): string {
  return `${kind}${id}`
}

/** The number of an object id, or undefined. */
export function objectNumber(kind: ObjectKind, text: string): number | undefined {
  if (text[0] !== kind || !/^(?:0|-?[1-9]\d{0,15})$/.test(text.slice(1))) return undefined
  const number = Number(text.slice(1))
  return Number.isSafeInteger(number) ? number : undefined
}

/** A blob of JMAP (RFC 8620 §6): a whole mail as it is read, one part of a mail (decoded), an upload, a script. */
export type BlobName =
  | { is: 'mail'; mailId: number }
  | { is: 'part'; mailId: number; path: number[] } // as IMAP numbers parts: [1, 2]
  | { is: 'upload'; upload: number }
  | { is: 'script'; script: number; digest: string } // of its text: another text has another id

export function blobId(name: BlobName): string {
  if (name.is === 'upload') return objectId('U', name.upload)
  if (name.is === 'script') return `${objectId('R', name.script)}-${name.digest}`
  return name.is === 'mail' ? `B${name.mailId}` : `P${name.mailId}-${name.path.join('-')}`
}

/** What a blob id names, or undefined when it is none. */
export function readBlobId(text: string): BlobName | undefined {
  if (text.length > 255) return undefined
  const script = /^R([1-9]\d{0,14})-([A-Za-z0-9_-]{22})$/.exec(text)
  if (script) return { is: 'script', script: Number(script[1]), digest: script[2]! }
  const found = /^([BPU])([1-9]\d{0,15})((?:-[1-9]\d{0,4})*)$/.exec(text)
  if (!found) return undefined
  const number = Number(found[2])
  const path = (found[3] ?? '').split('-').slice(1).map(Number)
  if (!Number.isSafeInteger(number)) return undefined
  if (found[1] === 'P') return path.length === 0 ? undefined : { is: 'part', mailId: number, path }
  if (path.length > 0) return undefined
  return found[1] === 'B' ? { is: 'mail', mailId: number } : { is: 'upload', upload: number }
}
