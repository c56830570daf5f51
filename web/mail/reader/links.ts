// Addresses in plain text become links; what one sees is where one goes.
//
// Pure and linear. Only http, https and mailto; punctuation that ends a sentence is not part of an address. A host
// whose letters are not all Latin is shown in its ASCII form too, so that it cannot pose as another.

export interface Piece {
  text: string
  href?: string
  host?: string // to be shown beside it
}

const found =
  /\b(?:https?:\/\/|www\.)[^\s<>"'「」『』《》（）【】，。；：！？、\u3000]{1,2000}|[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}/g

export function linkPieces(text: string): Piece[] {
  const pieces: Piece[] = []
  let from = 0
  for (const match of text.matchAll(found)) {
    const shown = trim(match[0])
    const link = linkOf(shown)
    if (!link) continue
    if (match.index > from) pieces.push({ text: text.slice(from, match.index) })
    pieces.push({ text: shown, ...link })
    from = match.index + shown.length
  }
  if (from < text.length) pieces.push({ text: text.slice(from) })
  return pieces
}

function trim(address: string): string {
  let end = address.length
  for (;;) {
    const last = address[end - 1] ?? ''
    if (/[.,;:!?*_~'\]}]/.test(last)) end--
    else if (last === ')' && !address.slice(0, end).includes('(')) end--
    else return address.slice(0, end)
  }
}

function linkOf(shown: string): { href: string; host?: string } | undefined {
  if (!/^(?:https?:|www\.)/i.test(shown)) return { href: `mailto:${shown}` }
  const href = /^www\./i.test(shown) ? `https://${shown}` : shown
  if (!URL.canParse(href)) return undefined
  const { host, username } = new URL(href)
  const isPlain =
    shown
      .toLowerCase()
      .replace(/^https?:\/\//, '')
      .startsWith(host) && username === ''
  return isPlain ? { href } : { href, host }
}

/** The host a link goes to, where its text does not begin with it. */
export function hostBeside(text: string, href: string): string | undefined {
  if (!/^https?:/i.test(href) || !URL.canParse(href)) return undefined
  const { host } = new URL(href)
  const said = text
    .trim()
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .split(/[/?#]/)[0]
  return said === host ? undefined : host
}

/** Whether a link's text names another host than the one it goes to. */
export function isMisleading(text: string, href: string): boolean {
  const said = /^\s*(?:https?:\/\/)?((?:[\w-]+\.)+[a-z]{2,})(?:[/:?#]|\s*$)/i.exec(text)?.[1]?.toLowerCase()
  if (said === undefined || !URL.canParse(href)) return false
  const { host } = new URL(href)
  return host !== said && host !== `www.${said}` && said !== `www.${host}`
}
