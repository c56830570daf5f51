// Fuzz target: whatever comes in, what is shown holds only what may be shown, and is read back as it was written.

import { ok, equal } from 'node:assert/strict'
import { defaultTreeAdapter, parse, serialize, type DefaultTreeAdapterTypes } from 'parse5'
import { attacks } from '../../test/hostile.ts'
import { shown } from './allowed.ts'
import { cleanHtml, type Cleaned, type CleanPolicy } from './clean.ts'
import { htmlPage } from './page.ts'

export const policy = (remote: boolean, wantsDark = false): CleanPolicy => ({
  pictures: {
    part: (reference) => (reference === 'cid:x' ? '/api/part' : undefined),
    remote: remote ? (url) => `/api/proxy?url=${encodeURIComponent(url)}` : undefined,
  },
  wantsDark,
  leadsTo: (host) => `leads to ${host}`,
  width: 700,
})

const attributes = new Set(
  'align valign dir lang title hidden role aria-label aria-hidden width height bgcolor bordercolor colspan rowspan nowrap abbr scope text link vlink alink border cellpadding cellspacing rules frame summary span color face size noshade start type reversed value clear datetime open hspace vspace alt shape coords class id name style usemap href target rel src'.split(
    ' ',
  ),
)

/** Throws where a page holds what it must not. */
export function checkPage(page: string): void {
  const document = parse(page)
  const waiting: DefaultTreeAdapterTypes.Node[] = [...document.childNodes]
  let inHead = false
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    ok(node.nodeName !== '#comment', 'a comment')
    if (!defaultTreeAdapter.isElementNode(node)) continue
    const { tagName, namespaceURI, attrs, childNodes, parentNode } = node
    equal(namespaceURI, 'http://www.w3.org/1999/xhtml', tagName)
    inHead = parentNode !== null && parentNode.nodeName === 'head'
    if (tagName === 'style') checkSheet((childNodes[0] as { value?: string } | undefined)?.value ?? '')
    ok(shown.has(tagName) || (inHead && /^(?:style|meta|title)$/.test(tagName)), `<${tagName}>`)
    if (!inHead) for (const { name, value } of attrs) checkAttribute(tagName, name, value)
    waiting.push(...childNodes)
  }
}

function checkAttribute(element: string, name: string, value: string): void {
  ok(attributes.has(name), `${element} ${name}`)
  if (name === 'href') ok(/^(?:https?:\/\/|mailto:|tel:|#m-)/.test(value), `href ${value}`)
  if (name === 'src')
    ok(/^(?:\/api\/|data:image\/(?:png|jpe?g|gif|webp|avif|bmp|x-icon|vnd))/.test(value), `src ${value}`)
  if (name === 'target') equal(value, '_blank')
  if (name === 'id' || name === 'name') ok(value.startsWith('m-'), `${name} ${value}`)
  if (name === 'usemap') ok(value.startsWith('#m-'), value)
  if (name === 'style') checkDeclarations(value)
}

function checkSheet(text: string): void {
  ok(!/@(?!media\b)/.test(text.replace(/"[^"]*"/g, '""')), 'an at-rule')
  checkDeclarations(text)
}

function checkDeclarations(text: string): void {
  // No string of ours holds a quote, so what stands between two of them is one.
  for (const [all, address] of text.matchAll(/url\("([^"]*)"\)|"[^"]*"|url\(/gi)) {
    if (!all.startsWith('"')) ok(/^(?:\/api\/|data:image\/)/.test(address ?? ''), all)
  }
  const plain = text.replace(/"[^"]*"/g, '""')
  ok(!/[\\<]|javascript:|(?:expression|image-set|cross-fade|element|paint|src|image)\s*\(/i.test(plain), plain)
  const forbidden =
    /(?:^|[;{])\s*(?:position|behavior|-moz-binding|content|cursor|animation|transform|filter|mask|--)[-\w]*\s*:/i
  ok(!forbidden.test(plain), plain)
}

/** Throws unless what was written is read back as the same tree. */
export function checkStable({ body, attributes: of }: Cleaned): void {
  const document = parse(`<!DOCTYPE html><html><head></head><body${of}>${body}</body></html>`)
  const html = document.childNodes.find((node) => node.nodeName === 'html') as DefaultTreeAdapterTypes.Element
  const read = html.childNodes.find((node) => node.nodeName === 'body') as DefaultTreeAdapterTypes.Element
  // The library does not write the line break that pre begins with, nor &lt; and &gt; in attributes.
  const alike = (text: string): string => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>')
  equal(alike(serialize(read)), alike(body.replace(/(<pre(?: [^>]*)?>)\n/g, '$1')))
}

export const target = {
  name: 'html',
  corpus: attacks.map(({ html }) => html).filter((html) => html.length < 5_000),
  run(input: Buffer): void {
    const text = input.toString()
    const asIs = cleanHtml(text, policy(false))
    checkPage(htmlPage([asIs], { language: 'en', cut: 'cut' }))
    checkStable(asIs)
    const all = cleanHtml(text, policy(true, true))
    checkPage(htmlPage([all], { language: 'en', cut: 'cut' }))
    ok(asIs.height > 0 && asIs.height <= 20_000)
  },
}
