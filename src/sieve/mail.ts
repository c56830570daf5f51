// The mail a script looks at. A declared port: the house answers it from its own reader of mails.
//
// Promises asked of the house: nothing throws; values are Unicode on one line; text has CRLF line ends.

export interface SieveField {
  readonly name: string // as it stands
  readonly text: string // unfolded, encoded words decoded (RFC 5228 §2.7.2)
  readonly written: string // unfolded, encoded words as they stand: addresses are read from this
  readonly size: number // octets of the whole field, with its line end
}

export interface SieveAddress {
  local: string // without quotes
  domain: string // '' when there is none: then the text is no address
}

export interface SievePart {
  readonly fields: readonly SieveField[]
  readonly parts: readonly SievePart[] // of a multipart; the one mail of a message/rfc822
  /** The media type in lower case, 'text/plain' when nothing is said. */
  readonly type: string
  /**
   * The body as it stands, read as UTF-8, of at most `limit` octets; undefined when not even the empty line that begins a
   * body is there (RFC 5173 §4).
   */
  raw(limit: number): string | undefined | Promise<string | undefined>
  /**
   * The body with its transfer encoding undone and in Unicode. Of a multipart what stands around its parts,
   * of a message/rfc822 the header of the mail in it (RFC 5173 §5.2).
   */
  content(limit: number): string | undefined | Promise<string | undefined>
  /** The body as plain text: HTML without its marks; undefined when it is no text. */
  text(limit: number): string | undefined | Promise<string | undefined>
}

export interface SieveEnvelope {
  from?: string // '' for the null sender
  to?: string
  auth?: string // who signed in to send it
}

export interface SieveMail {
  readonly size: number // octets, as the mail is stored
  readonly envelope: SieveEnvelope
  readonly root: SievePart
  /** The addresses of a field's `written` value, groups opened. */
  addresses(written: string): SieveAddress[]
  /** A structured field's `written` value: what stands before ';' in lower case, and its decoded parameters. */
  structured(written: string): { value: string; parameters: [string, string][] }
}

/** A part and all in it, in the order they stand, with their paths; at most `limit`. */
export function partsOf(root: SievePart, path: number[], limit: number): { part: SievePart; path: number[] }[] {
  const found: { part: SievePart; path: number[] }[] = []
  const waiting = [{ part: root, path }]
  while (waiting.length > 0 && found.length < limit) {
    const next = waiting.pop()!
    found.push(next)
    for (let i = next.part.parts.length - 1; i >= 0; i--) {
      waiting.push({ part: next.part.parts[i]!, path: [...next.path, i] })
    }
  }
  return found
}
