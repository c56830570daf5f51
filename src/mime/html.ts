// HTML as the text a person would read: what search indexes and previews show. Not for display as HTML.
//
// Promises: never throws; one pass, linear whatever the nesting or the missing ends; script and style and
// what else is not seen is left out; block elements break lines.

import { decodeEntities } from './entities.ts'

const unseen = new Set(['script', 'style', 'title', 'template', 'object', 'noframes', 'svg', 'math', 'iframe'])
const blocks = new Set(
  'address article aside blockquote body br caption center dd details dir div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main menu nav ol option p pre section select summary table tbody tfoot thead tr ul'.split(
    ' ',
  ),
)
const cells = new Set(['td', 'th'])
const tagName = /<(\/?)([A-Za-z][^\s/>]{0,63})/y

/** The text of an HTML document, lines separated by LF, without white space at their ends. */
export function htmlToText(html: string): string {
  const out: string[] = []
  const ends = new Ends(html)
  let at = 0
  while (at < html.length) {
    const open = html.indexOf('<', at)
    const textEnd = open === -1 ? html.length : open
    if (textEnd > at) out.push(decodeEntities(html.slice(at, textEnd).replace(/[ \t\r\n\f]+/g, ' ')))
    if (open === -1) break
    if (html.startsWith('<!--', open)) {
      at = ends.after('-->', open + 4)
      continue
    }
    tagName.lastIndex = open
    const tag = tagName.exec(html)
    if (!tag) {
      // "<!", "<?": a declaration; anything else is a sign that stands for itself.
      const declared = html[open + 1] === '!' || html[open + 1] === '?'
      if (!declared) out.push('<')
      at = declared ? ends.after('>', open) : open + 1
      continue
    }
    const name = tag[2]!.toLowerCase()
    at = ends.afterTag(tagName.lastIndex)
    if (blocks.has(name)) out.push('\n')
    else if (cells.has(name)) out.push(' ')
    else if (unseen.has(name) && tag[1] === '' && html[at - 2] !== '/') at = ends.after(`</${name}`, at, true)
  }
  return tidy(out.join(''))
}

function tidy(text: string): string {
  return text
    .replace(/(?:[ \t\u00a0\u00ad\u200b\u200c\u2060\ufeff]|\u034f)+/g, (run) => (/[ \t\u00a0]/.test(run) ? ' ' : ''))
    .replace(/ ?\n ?/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
}

/** Searches forward. What was found or found missing is remembered, so the whole stays linear. */
class Ends {
  private readonly html: string
  private lower: string | undefined
  private readonly next = new Map<string, number>() // where each was found last; Infinity: no more

  constructor(html: string) {
    this.html = html
  }

  /** Where `what` is, at `from` or later; Infinity when nowhere. `from` only grows from call to call. */
  private find(what: string, from: number, text = this.html): number {
    const known = this.next.get(what)
    if (known !== undefined && known >= from) return known
    const found = text.indexOf(what, from)
    const at = found === -1 ? Infinity : found
    this.next.set(what, at)
    return at
  }

  /** One past `what`, or the end of the text. An end tag is followed to its '>'. */
  after(what: string, from: number, isTag = false): number {
    // Lower case keeps offsets for ASCII only, so other letters are left alone.
    const text = isTag ? (this.lower ??= this.html.replace(/[A-Z]+/g, (run) => run.toLowerCase())) : this.html
    const found = this.find(what, from, text)
    if (found === Infinity) return this.html.length
    return isTag ? this.after('>', found) : found + what.length
  }

  /** One past the '>' of the tag whose name ends at `from`. A quote counts after '=' only. */
  afterTag(from: number): number {
    let at = from
    for (;;) {
      const end = this.find('>', at)
      const double = this.find('"', at)
      const quote = Math.min(double, this.find("'", at))
      if (quote > end) return end + 1
      if (quote === Infinity) return this.html.length
      const close = this.isValue(quote) ? this.html.indexOf(quote === double ? '"' : "'", quote + 1) : -1
      // A quote that is never closed is none; its kind comes no more.
      at = (close === -1 ? quote : close) + 1
    }
  }

  private isValue(quote: number): boolean {
    let at = quote - 1
    while (quote - at < 20 && this.html.charCodeAt(at) <= 32) at--
    return this.html.charCodeAt(at) === 61
  }
}
