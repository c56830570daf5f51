// HTML of a stranger becomes HTML that may be shown.                                              SECURITY 16, 19
//
// Promises: pure, iterative, linear, bounded (limits.ts); never throws. What it gives holds only what allowed.ts,
// cssvalues.ts and csssheets.ts name, in HTML that is read back as the same tree; nothing in it runs, nothing loads
// but from the addresses the policy gives, nothing leads away but to a new window.

import { empty, judgeAttribute } from './allowed.ts'
import { cleanSheet, idPrefix, ownClass } from './csssheets.ts'
import { cleanStyle, type CssPolicy } from './cssvalues.ts'
import { heightOf } from './height.ts'
import { htmlLimits, type HtmlLimits } from './limits.ts'
import { namesAnother, readLink, type Target } from './links.ts'
import { placePicture, type PictureCount, type Pictures } from './pictures.ts'
import { parseHtml, type Element, type Text } from './tree.ts'

export interface CleanPolicy {
  pictures: Pictures
  /** Whether the reader likes it dark; letters that do not say they can be are shown light. */
  wantsDark: boolean
  /** What is said behind a link whose text names another house: '實際連往 evil.example'. */
  leadsTo(host: string): string
  width: number // of the frame in CSS pixels, for the height
  limits?: Partial<HtmlLimits>
}

export interface Cleaned {
  body: string // what stands in <body>
  attributes: string // of <body>, each with a space in front
  sheet: string // for a <style>
  remote: number // pictures on the web it asks for, shown or not
  misleading: number // links whose text names another house
  dark: boolean // it is shown dark
  cut: boolean // a limit was reached
  height: number // CSS pixels, estimated
}

export function cleanHtml(text: string, policy: CleanPolicy): Cleaned {
  const limits = { ...htmlLimits, ...policy.limits }
  const parsed = parseHtml(text, limits)
  const dark = policy.wantsDark && (parsed.declaresDark || declaresDark(parsed.sheets))
  const count: PictureCount = { remote: 0 }
  const css: CssPolicy = {
    limits,
    picture(address) {
      const where = placePicture(address, policy.pictures, limits, count)
      return where.is === 'shown' ? where.address : undefined
    },
  }
  const sheet = bodyColours(parsed.body) + cleanSheet(parsed.sheets, { ...css, dark })
  const writing: Writing = { policy, limits, css, count, misleading: 0, out: [] }
  writeChildren(parsed.body, writing)
  return {
    body: writing.out.join(''),
    attributes: attributesOf(parsed.body, writing),
    sheet,
    remote: count.remote,
    misleading: writing.misleading,
    dark,
    cut: parsed.cut,
    height: heightOf(parsed.body, policy.width),
  }
}

/** A plain text in the same form. */
export function cleanText(text: string, width: number, most = htmlLimits.characters): Cleaned {
  const shown = text.slice(0, most)
  const lines = shown.split('\n')
  const rows = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil((line.length * 9) / width)), 0)
  return {
    body: `<div class="${ownClass}text">${escapeText(shown.replace(/[\u202d\u202e]/g, ''))}</div>`,
    attributes: '',
    sheet: '',
    remote: 0,
    misleading: 0,
    dark: false,
    cut: shown.length < text.length,
    height: rows * 24,
  }
}

/** <body bgcolor text> as rules: our own sheet would have the better of the attributes. */
function bodyColours(body: Element): string {
  const rule = (name: string, property: string): string => {
    const colour = judgeAttribute('body', name, attribute(body, name) ?? '', 1)
    if (colour === undefined) return ''
    return `body{${property}:${/^(?:[0-9a-f]{3}){1,2}$/i.test(colour) ? `#${colour}` : colour}}\n`
  }
  const rules = rule('bgcolor', 'background-color') + rule('text', 'color')
  body.attrs = body.attrs.filter(({ name }) => name !== 'bgcolor' && name !== 'text')
  return rules
}

const declaresDark = (sheets: string): boolean => /(?<!prefers-)color-scheme\s{0,9}:[^;}]{0,60}?\bdark\b/i.test(sheets)

// -- writing

interface Writing {
  policy: CleanPolicy
  limits: HtmlLimits
  css: CssPolicy
  count: PictureCount
  misleading: number
  out: string[]
}

interface Open {
  element: Element
  next: number // of its children
  end: string // what is written after them
}

function writeChildren(body: Element, writing: Writing): void {
  const { out } = writing
  const stack: Open[] = [{ element: body, next: 0, end: '' }]
  let links = 0
  while (stack.length > 0) {
    const open = stack[stack.length - 1] as Open
    const node = open.element.childNodes[open.next++]
    if (!node) {
      stack.pop()
      out.push(open.end)
      if (open.element.tagName === 'a') links--
    } else if (node.nodeName === '#text') {
      const { value } = node as Text
      // Overrides turn what is read around; in the text of a link nothing may.
      out.push(escapeText(value.replace(links > 0 ? /[\u202a-\u202e\u2066-\u2069]/g : /[\u202d\u202e]/g, '')))
    } else if ('tagName' in node) {
      // Only a table's fault puts a link into a link, and reading that again takes them apart.
      const end = links > 0 && node.tagName === 'a' ? '' : writeStart(node, writing)
      if (end === undefined) continue
      stack.push({ element: node, next: 0, end })
      if (node.tagName === 'a') links++
    }
  }
}

/** Writes an element's beginning; gives its end, or undefined when it has none (and no content). */
function writeStart(element: Element, writing: Writing): string | undefined {
  const { out, limits, policy } = writing
  const name = element.tagName
  if (name === 'img') {
    writePicture(element, writing)
    return undefined
  }
  const attributes = attributesOf(element, writing)
  const link = name === 'a' || name === 'area' ? linkOf(element, limits.address) : undefined
  out.push(`<${name}${attributes}${link ? linkAttributes(link) : ''}>`)
  if (empty.has(name)) return undefined
  if (name === 'pre' && /^[\r\n]/.test(textOf(element, 1))) out.push('\n') // the first one is not read as text
  if (name !== 'a' || !link || !namesAnother(textOf(element, 300), link)) return `</${name}>`
  writing.misleading++
  return `</a><span class="${ownClass}host" style="${hostStyle}">${escapeText(` (${policy.leadsTo(link.host)})`)}</span>`
}

// Written with the element and important, so that no sheet of the letter hides it.
const hostStyle =
  'all:initial!important;display:inline!important;font:bold 13px/1.4 sans-serif!important;color:#a8071a!important;background:#fff1f0!important'

function linkOf(element: Element, most: number): Target | undefined {
  const href = attribute(element, 'href')?.trim()
  if (href === undefined) return undefined
  if (/^#[-\w\u0080-\uffff.:]{1,100}$/.test(href)) return { href: `#${idPrefix}${href.slice(1)}`, host: '' }
  return readLink(href, most)
}

function linkAttributes({ href, host }: Target): string {
  if (href.startsWith('#')) return ` href="${escapeValue(href)}"`
  const title = host === '' ? '' : ` title="${escapeValue(host)}"`
  return ` href="${escapeValue(href)}" target="_blank" rel="noopener noreferrer nofollow"${title}`
}

/** All attributes but addresses, each with a space in front. */
function attributesOf(element: Element, { limits, css }: Writing, ownClasses = ''): string {
  const { tagName } = element
  let out = ''
  let classes = ownClasses
  for (const { name, value } of element.attrs) {
    if (name === 'style') {
      const style = cleanStyle(value, css)
      if (style !== '') out += ` style="${escapeValue(style)}"`
    } else if (name === 'class') classes = [classes, classesOf(value)].filter((some) => some !== '').join(' ')
    else if (name === 'id' || (name === 'name' && (tagName === 'a' || tagName === 'map'))) {
      if (isName(value)) out += ` ${name}="${idPrefix}${escapeValue(value)}"`
    } else if (name === 'usemap' && tagName === 'img') {
      if (value.startsWith('#') && isName(value.slice(1))) out += ` usemap="#${idPrefix}${escapeValue(value.slice(1))}"`
    } else if (name === 'title' && (tagName === 'a' || tagName === 'area')) continue // the host stands there
    else {
      const judged = value.length > limits.attribute ? undefined : judgeAttribute(tagName, name, value, limits.span)
      if (judged !== undefined) out += ` ${name}="${escapeValue(judged.replace(/[\u202a-\u202e\u2066-\u2069]/g, ''))}"`
    }
  }
  return classes === '' ? out : ` class="${escapeValue(classes)}"${out}`
}

const isName = (value: string): boolean => /^[-\w\u0080-\uffff.:]{1,100}$/.test(value)

/** Classes of theirs, at most 20. */
function classesOf(value: string): string {
  const classes = value.split(/[ \t\n\f\r]+/).filter((one) => isName(one) && !one.toLowerCase().startsWith(ownClass))
  return classes.slice(0, 20).join(' ')
}

// -- pictures

function writePicture(element: Element, writing: Writing): void {
  const { out, policy, limits, count } = writing
  const source = attribute(element, 'src') ?? ''
  const isRemote = /^\s*(?:https?:|\/\/)/i.test(source)
  if (isRemote && isTracker(element)) return
  const where = placePicture(source, policy.pictures, limits, count)
  if (where.is === 'shown') {
    out.push(`<img${attributesOf(element, writing)} src="${escapeValue(where.address)}">`)
    return
  }
  const alt = (attribute(element, 'alt') ?? '').slice(0, 300).replace(/[\u202a-\u202e\u2066-\u2069]/g, '')
  if (where.is === 'nothing' && alt === '') return
  const host = where.is === 'blocked' ? ` title="${escapeValue(where.host)}"` : ''
  out.push(`<span${attributesOf(placeholder(element), writing, `${ownClass}picture`)}${host}>${escapeText(alt)}</span>`)
}

/** As large as the picture would be. */
function placeholder(element: Element): Element {
  const size = ['width', 'height'].map((name) => {
    const found = /^\s*(\d{1,4})(?:\.\d+)?(px|%)?\s*$/.exec(attribute(element, name) ?? '')
    return found ? `${name}:${found[1]}${found[2] ?? 'px'};` : ''
  })
  const style = `${size.join('')}${attribute(element, 'style') ?? ''}`
  const attrs = element.attrs.filter(({ name }) => name === 'class' || name === 'id')
  return { ...element, tagName: 'span', attrs: [...attrs, { name: 'style', value: style }] }
}

/** One that is not there to be seen. */
function isTracker(element: Element): boolean {
  const style = (attribute(element, 'style') ?? '').slice(0, 2000)
  if (/(?:^|;)\s{0,9}(?:display\s{0,9}:\s{0,9}none|visibility\s{0,9}:\s{0,9}hidden|opacity\s{0,9}:\s{0,9}0\s{0,9}(?:;|$))/i.test(style)) return true // prettier-ignore
  const tiny = (name: string): boolean => {
    const inStyle = new RegExp(
      `(?:^|;)\\s{0,9}(?:max-)?${name}\\s{0,9}:\\s{0,9}(\\d{1,6}(?:\\.\\d{1,6})?)(?:px)?\\s{0,9}(?:;|!|$)`,
      'i',
    )
    const size = inStyle.exec(style)?.[1] ?? /^\s*(\d{1,6})(?:px)?\s*$/.exec(attribute(element, name) ?? '')?.[1]
    return size !== undefined && Number(size) <= 2
  }
  return tiny('width') && tiny('height')
}

// -- small words

function attribute({ attrs }: Element, wanted: string): string | undefined {
  return attrs.find(({ name }) => name === wanted)?.value
}

/** The first characters of all text in an element, alternatives of pictures among it. */
function textOf(element: Element, most: number): string {
  let text = ''
  const waiting = [...element.childNodes].reverse()
  while (waiting.length > 0 && text.length < most) {
    const node = waiting.pop()!
    if (node.nodeName === '#text') text += (node as Text).value
    else if (node.nodeName === 'img') text += attribute(node as Element, 'alt') ?? ''
    else if ('childNodes' in node) waiting.push(...[...node.childNodes].reverse())
  }
  return text.slice(0, most)
}

function escapeText(text: string): string {
  return text.replace(/[&<>\u00a0\r]/g, (c) => entities[c] as string)
}

function escapeValue(text: string): string {
  return text.replace(/[&"<>\u00a0\r]/g, (c) => entities[c] as string)
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\u00a0': '&nbsp;',
  '\r': '\n', // what reading it again would make of it
}

export { escapeText, escapeValue }
