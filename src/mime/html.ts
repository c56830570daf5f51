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

/** Searches forward. What was once not found is not looked for again, so the whole stays linear. */
class Ends {
  private readonly html: string
  private lower: string | undefined
  private readonly absent = new Set<string>()

  constructor(html: string) {
    this.html = html
  }

  /** One past `what`, or the end of the text. An end tag is followed to its '>'. */
  after(what: string, from: number, isTag = false): number {
    if (this.absent.has(what)) return this.html.length
    // Lower case keeps offsets for ASCII only, so other letters are left alone.
    const text = isTag ? (this.lower ??= this.html.replace(/[A-Z]+/g, (run) => run.toLowerCase())) : this.html
    const found = text.indexOf(what, from)
    if (found === -1) {
      this.absent.add(what)
      return this.html.length
    }
    return isTag ? this.after('>', found) : found + what.length
  }

  /** One past the '>' of the tag whose name ends at `from`. A quote counts after '=' only. */
  afterTag(from: number): number {
    const stop = /[>"']/g
    stop.lastIndex = from
    for (let met = stop.exec(this.html); met; met = stop.exec(this.html)) {
      const at = met.index
      const c = met[0]
      if (c === '>') return at + 1
      if (!this.isValue(at) || this.absent.has(c)) continue
      const close = this.html.indexOf(c, at + 1)
      if (close === -1) this.absent.add(c)
      else stop.lastIndex = close + 1
    }
    return this.html.length
  }

  private isValue(quote: number): boolean {
    let at = quote - 1
    while (quote - at < 20 && /\s/.test(this.html[at] ?? '')) at--
    return this.html[at] === '='
  }
}
