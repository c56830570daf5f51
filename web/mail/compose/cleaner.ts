// HTML of strangers made fit to stand in the editor, which is part of our page.               SECURITY 19
//
// Invariants:
//   elements and attributes of a list only; no script, form, frame, no id that our page could mistake for its own
//   of styles only those that change how text looks: nothing that is placed, fixed, hidden or loaded
//   nothing is loaded from elsewhere: pictures keep their address in data-src; cid: pictures are shown from the mail

import DOMPurify from 'dompurify'
import { signatureClass } from './richquote.ts'

const tags =
  'a abbr address b bdi bdo big blockquote br caption center cite code col colgroup dd del dfn div dl dt em figure figcaption font h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp small span strike strong sub sup table tbody td tfoot th thead tr tt u ul var'
const attributes =
  'align alt bgcolor border cellpadding cellspacing color colspan cite class data-cid data-src dir face height href lang rowspan size span start src style title type valign width'

const styles =
  /^(?:background-color|border(?:-(?:top|right|bottom|left))?(?:-(?:color|style|width))?|border-(?:collapse|spacing)|color|direction|font(?:-(?:family|size|style|weight|variant))?|height|letter-spacing|line-height|list-style-type|margin(?:-(?:top|right|bottom|left))?|max-width|padding(?:-(?:top|right|bottom|left))?|text-(?:align|decoration|decoration-line|indent)|vertical-align|white-space|width|word-break)$/

const purify = DOMPurify(window)

purify.addHook('afterSanitizeAttributes', (node) => {
  if (node.hasAttribute('class') && node.getAttribute('class') !== signatureClass) node.removeAttribute('class')
  if (node instanceof HTMLElement && node.hasAttribute('style')) cleanStyle(node)
  if (node.tagName === 'A') {
    node.setAttribute('target', '_blank')
    node.setAttribute('rel', 'noopener noreferrer')
  }
  if (node.tagName === 'IMG') holdPicture(node)
})

/** By the browser's own reading of the style, in a document where nothing is loaded. */
function cleanStyle(node: HTMLElement): void {
  const text = node.getAttribute('style') ?? ''
  node.removeAttribute('style')
  const { style } = node
  style.cssText = text
  for (const name of [...style]) {
    const value = style.getPropertyValue(name)
    const isPlain = styles.test(name) && !/url\(|expression|var\(|[\\<]/i.test(value)
    const isOut = /^margin/.test(name) && value.startsWith('-')
    if (!isPlain || isOut) style.removeProperty(name)
  }
  if (style.length === 0) node.removeAttribute('style')
}

function holdPicture(node: Element): void {
  const source = node.getAttribute('src') ?? ''
  if (/^cid:/i.test(source)) {
    node.setAttribute('data-cid', source.slice(4))
    node.removeAttribute('src')
  } else if (/^https?:/i.test(source)) {
    node.setAttribute('data-src', source)
    node.removeAttribute('src')
  } else if (!/^data:image\/(?:png|jpeg|gif|webp|avif);/i.test(source) && source !== '') node.removeAttribute('src')
}

const config = {
  ALLOWED_TAGS: tags.split(' '),
  ALLOWED_ATTR: [...attributes.split(' '), 'target', 'rel'],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|tel:|cid:|data:image\/)/i,
} as const

/** A fragment for the editor. `pictureOf` gives the address of a picture of the mail. */
export function cleanFragment(html: string, pictureOf: (cid: string) => string | undefined): DocumentFragment {
  const fragment = purify.sanitize(html, {
    ...config,
    RETURN_DOM_FRAGMENT: true,
  } as never) as unknown as DocumentFragment
  const own = document.importNode(fragment, true)
  // The page's policy refuses style attributes that are parsed; set by script they are ours.
  for (const node of own.querySelectorAll<HTMLElement>('[style]')) {
    const text = node.getAttribute('style') ?? ''
    node.removeAttribute('style')
    node.style.cssText = text
  }
  for (const image of own.querySelectorAll('img[data-cid]')) {
    const source = pictureOf(image.getAttribute('data-cid')!)
    if (source !== undefined) image.setAttribute('src', source)
  }
  return own
}

/** As a text, as it is kept and sent: pictures have their own addresses again. */
export function cleanHtml(html: string): string {
  return forMail(purify.sanitize(html, config as never) as unknown as string)
}

function forMail(html: string): string {
  const { body } = new DOMParser().parseFromString(html, 'text/html')
  makeMail(body)
  return body.innerHTML
}

/** Changes a copy of what the editor holds to what a mail holds. */
export function makeMail(root: Element): void {
  for (const image of root.querySelectorAll('img')) {
    const cid = image.getAttribute('data-cid')
    const away = image.getAttribute('data-src')
    if (cid !== null) image.setAttribute('src', `cid:${cid}`)
    else if (away !== null) image.setAttribute('src', away)
    image.removeAttribute('data-cid')
    image.removeAttribute('data-src')
  }
  // As programs mark what is quoted.
  for (const quote of root.querySelectorAll('blockquote')) quote.setAttribute('type', 'cite')
}
