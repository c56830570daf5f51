// Signatures in plain text: put in, and changed with the identity.                       RFC 3676 §4.3
//
// Pure. Invariant: only a signature that stands as it was put in is changed or taken out; what one wrote over it stays.

const mark = '-- \n'

/** `before`: the signature that is in it, '' for none. The new one stands where the old one stood, else over the quote. */
export function replaceSignature(text: string, before: string, after: string): string {
  const old = before === '' ? '' : `${mark}${before}`
  const next = after === '' ? '' : `${mark}${after}`
  const at = old === '' ? -1 : text.indexOf(old)
  if (at >= 0) {
    const gone = text.slice(0, at) + next + text.slice(at + old.length)
    return next === '' ? gone.replace(/\n{3,}/g, '\n\n') : gone
  }
  if (next === '') return text
  const quote = quoteAt(text)
  const own = text.slice(0, quote).replace(/\s+$/, '')
  return quote === text.length ? `${own}\n\n${next}` : `${own}\n\n${next}\n\n${text.slice(quote)}`
}

/** Where what is quoted or passed on begins: at the line over it. */
function quoteAt(text: string): number {
  const quoted = /^(?:.+\n)?>/m.exec(text)?.index ?? text.length
  const passedOn = /^-{5,} .+ -{5,}$/m.exec(text)?.index ?? text.length
  return Math.min(quoted, passedOn)
}
