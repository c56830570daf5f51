// An HTML mail as plain text: read by the browser's own parser into a document that runs and loads nothing.
//
// Invariants: no script of the mail runs, nothing is fetched; what comes out is text and the targets of links.

export interface TextPiece {
  text: string
  href?: string
}

const blocks = new Set(
  'ADDRESS ARTICLE ASIDE BLOCKQUOTE CENTER DD DIV DL DT FIELDSET FIGURE FOOTER FORM H1 H2 H3 H4 H5 H6 HEADER HR LI MAIN NAV OL P PRE SECTION TABLE TBODY THEAD TR UL'.split(
    ' ',
  ),
)
const apart = new Set('BLOCKQUOTE H1 H2 H3 H4 P PRE TABLE UL OL DL'.split(' ')) // an empty line around them
const silent = new Set('HEAD SCRIPT STYLE TEMPLATE TITLE NOSCRIPT IFRAME OBJECT SELECT'.split(' '))
const deepest = 200

/** Runs of text, those of a link with where it goes; never more than `most` letters. */
export function textOfHtml(html: string, most = 400_000): TextPiece[] {
  const { body } = new DOMParser().parseFromString(html, 'text/html')
  const pieces: TextPiece[] = []
  let length = 0
  let newlines = 2 // at the beginning as if after an empty line

  function put(text: string, href?: string): void {
    if (text === '' || length > most) return
    length += text.length
    newlines = /\n*$/.exec(text)![0].length || (text.trim() === '' ? newlines : 0)
    const last = pieces.at(-1)
    if (last && last.href === href) last.text += text
    else pieces.push(href === undefined ? { text } : { text, href })
  }
  function lineBreak(count: number): void {
    if (newlines < count) put('\n'.repeat(count - newlines))
  }
  function walk(node: Node, depth: number, href: string | undefined, isPre: boolean): void {
    if (depth > deepest || length > most) return
    for (const child of node.childNodes) {
      if (child.nodeType === Node.TEXT_NODE) {
        const text = isPre ? child.nodeValue! : child.nodeValue!.replace(/[ \t\r\n\f]+/g, ' ')
        put(newlines > 0 && !isPre ? text.replace(/^ /, '') : text, href)
      } else if (child instanceof Element || child.nodeType === Node.ELEMENT_NODE) {
        element(child as Element, depth, href, isPre)
      }
    }
  }
  function element(one: Element, depth: number, href: string | undefined, isPre: boolean): void {
    const { tagName } = one
    if (silent.has(tagName) || one.hasAttribute('hidden')) return
    if (tagName === 'BR') return put('\n')
    if (tagName === 'IMG') return put(one.getAttribute('alt')?.trim() ?? '', href)
    if (tagName === 'HR') return (lineBreak(1), put('────────\n'))
    const isBlock = blocks.has(tagName)
    if (isBlock) lineBreak(apart.has(tagName) ? 2 : 1)
    if (tagName === 'LI') put('・')
    if ((tagName === 'TD' || tagName === 'TH') && newlines === 0) put('　')
    const own = tagName === 'A' ? (one.getAttribute('href') ?? undefined) : href
    walk(
      one,
      depth + 1,
      own !== undefined && /^(?:https?|mailto):/i.test(own.trim()) ? own.trim() : href,
      isPre || tagName === 'PRE',
    )
    if (isBlock) lineBreak(apart.has(tagName) ? 2 : 1)
  }
  walk(body, 0, undefined, false)
  const last = pieces.at(-1)
  if (last) last.text = last.text.trimEnd()
  return pieces
}
