// A mail's texts become the page of its frame. Run in a thread (letters.worker.ts): what a stranger wrote may take
// its time there, and nobody waits for it but who reads it.

import { cleanHtml, cleanText, type Cleaned, type CleanPolicy } from '../html/clean.ts'
import { htmlPage } from '../html/page.ts'
import { tokenFor, type Pass } from './viewtokens.ts'
import { inLanguage, type Language } from './words.ts'

/** Plain data: what a thread is handed. */
export interface Letter {
  texts: LetterText[]
  /** Where the pictures that the mail carries are shown from: by 'cid:...' and by Content-Location. */
  addresses: Map<string, string>
  /** Signs addresses of pictures on the web; undefined: they are not shown. */
  pass: Pass | undefined
  wantsDark: boolean
  language: Language
  width: number // CSS pixels
  nodes: number
}

export interface LetterText {
  is: 'html' | 'plain' | 'picture'
  text: string // of a picture: its address
  cut: boolean // there is more of it
}

export interface LetterPage {
  page: string
  height: number // CSS pixels, estimated
  remote: number // pictures on the web it asks for, shown or not
  misleading: number // links whose text names another house
  dark: boolean // it is shown dark
  cut: boolean // a part is missing
}

const words = {
  cut: {
    en: 'This message is long: only its first part is shown. Download the message to read all of it.',
    zh: '這封信很長,此處只顯示前面的部分;下載原始信件可閱讀全文。',
  },
  leadsTo: (host: string) => ({ en: `leads to ${host}`, zh: `實際連往 ${host}` }),
}

export function writeLetter(letter: Letter): LetterPage {
  const parts = letter.texts.map((text) => ({ ...cleanOne(letter, text), ...(text.cut && { cut: true }) }))
  const { language } = letter
  const sum = (of: (part: Cleaned) => number): number => parts.reduce((total, part) => total + of(part), 0)
  return {
    page: htmlPage(parts, { language, cut: inLanguage(words.cut, language) }),
    height: Math.min(
      20_000,
      sum(({ height }) => height),
    ),
    remote: sum(({ remote }) => remote),
    misleading: sum(({ misleading }) => misleading),
    dark: parts.length > 0 && parts.every(({ dark }) => dark),
    cut: parts.some(({ cut }) => cut),
  }
}

function cleanOne(letter: Letter, { is, text }: LetterText): Cleaned {
  const { addresses, pass, language, width, wantsDark, nodes } = letter
  if (is === 'plain') return cleanText(text, width)
  const policy: CleanPolicy = {
    pictures: {
      part: (reference) => addresses.get(/^cid:/i.test(reference) ? `cid:${decoded(reference.slice(4))}` : reference),
      remote: pass && ((url) => `/api/proxy/image?t=${tokenFor(pass, `web ${url}`)}&url=${encodeURIComponent(url)}`),
    },
    wantsDark,
    leadsTo: (host) => inLanguage(words.leadsTo(host), language),
    width,
    limits: { nodes, characters: text.length },
  }
  if (is === 'html') return cleanHtml(text, policy)
  return cleanHtml('<img src="cid:it" alt="">', { ...policy, pictures: { part: () => text, remote: undefined } })
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
