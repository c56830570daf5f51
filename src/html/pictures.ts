// Which address a picture of a letter is shown from.                            RFC 2392 (cid), RFC 2557 §5, RFC 2397
//
// Invariant: data: pictures are of the kinds below, which hold no script and load nothing; everything else is shown
// only from the address the policy gives.

import type { HtmlLimits } from './limits.ts'
import { readWebAddress } from './links.ts'

export interface Pictures {
  /** A part of the same mail, by 'cid:...' as it is written in the letter, or by its Content-Location. */
  part(reference: string): string | undefined
  /** A picture on the web; undefined: none is loaded. */
  remote: ((address: string) => string | undefined) | undefined
}

export interface PictureCount {
  remote: number // pictures on the web that are asked for, shown or not
}

export type Where = { is: 'shown'; address: string } | { is: 'blocked'; host: string } | { is: 'nothing' }

const inline = /^data:image\/(png|jpe?g|gif|webp|avif|bmp|x-icon|vnd\.microsoft\.icon)(?:;[\w=.-]{1,40})?;base64,/i
const nothing: Where = { is: 'nothing' }

export function placePicture(value: string, pictures: Pictures, limits: HtmlLimits, count: PictureCount): Where {
  const text = value.trim()
  if (/^data:/i.test(text)) {
    const found = inline.exec(text)
    if (!found) return nothing
    const bytes = text.slice(found[0].length).replace(/%[0-9a-f]{2}|[^A-Za-z0-9+/]/gi, '')
    return { is: 'shown', address: `data:image/${found[1]!.toLowerCase()};base64,${bytes}` }
  }
  if (text.length > limits.address) return nothing
  if (/^cid:/i.test(text) || !/^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(text)) {
    const address = pictures.part(text)
    return address === undefined ? nothing : { is: 'shown', address }
  }
  const web = readWebAddress(text, limits.address)
  if (web === undefined) return nothing
  const byLocation = pictures.part(text)
  if (byLocation !== undefined) return { is: 'shown', address: byLocation }
  count.remote++
  const address = pictures.remote?.(web)
  return address === undefined ? { is: 'blocked', host: new URL(web).hostname } : { is: 'shown', address }
}
