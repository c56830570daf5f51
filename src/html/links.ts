// Where a link leads, and whether its text says so.                                    URL Standard; SECURITY 19
//
// Invariant: an address that is written was read and written by the URL parser that browsers have: http, https,
// mailto or tel, without a name and password in front of its host.

import { parse } from 'tldts'

export interface Target {
  href: string
  host: string // '' where there is none; A-labels, so that no letter looks like another
}

/** undefined: a link that is not made. */
export function readLink(value: string, most: number): Target | undefined {
  const text = value.trim()
  if (text.length > most) return undefined
  const url = readUrl(text.startsWith('//') ? `https:${text}` : text)
  if (!url || url.href.length > most) return undefined
  if (url.protocol === 'mailto:' || url.protocol === 'tel:') return { href: url.href, host: '' }
  if (!isWeb(url)) return undefined
  url.username = ''
  url.password = ''
  return { href: url.href, host: url.hostname }
}

/** The address of a picture on the web, or undefined. */
export function readWebAddress(value: string, most: number): string | undefined {
  const target = readLink(value, most)
  return target && target.host !== '' ? target.href.replace(/#.*$/, '') : undefined
}

function readUrl(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}

const isWeb = ({ protocol, hostname }: URL): boolean =>
  (protocol === 'https:' || protocol === 'http:') && hostname !== ''

const address = /(?:https?:\/\/|www\.)([^\s/?#:@()<>"'。,、]{1,253})/i
const host = /^((?:[\p{L}\p{N}-]{1,63}\.){1,8}[\p{L}-]{2,24})(?:[:/?#]\S*)?$/u

/** Whether a link's text names another house than the one it leads to. */
export function namesAnother(text: string, target: Target): boolean {
  if (target.host === '') return false
  const plain = text.slice(0, 300).normalize('NFKC').replace(/[\p{Cf}\u00ad]/gu, '').trim() // prettier-ignore
  const outright = address.exec(plain)?.[0]
  const found = outright ?? host.exec(plain)?.[1]
  if (found === undefined) return false
  const named = readUrl(/^https?:/i.test(found) ? found : `https://${found}`)?.hostname
  if (named === undefined || named === target.host) return false
  const told = parse(named)
  if (outright === undefined && !told.isIcann && !told.isIp) return false // "report.doc" is no host
  return (told.domain ?? named) !== (parse(target.host).domain ?? target.host)
}
