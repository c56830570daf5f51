// HTML as plain text and back: for the text beside rich mails, for quoting, for changing over.
//
// The HTML is parsed in a document of its own, where nothing runs and nothing is loaded. Invariant: what is read as
// quoted stays quoted; nothing of the text is lost, only its looks.

const blocks = new Set(
  'ADDRESS ARTICLE ASIDE BLOCKQUOTE CENTER DD DIV DL DT FIGURE FOOTER FORM H1 H2 H3 H4 H5 H6 HEADER HR LI MAIN OL P PRE SECTION TABLE TR UL'.split(
    ' ',
  ),
)
const spaced = new Set(['P', 'H1', 'H2', 'H3', 'H4', 'H5', 'H6', 'UL', 'OL', 'TABLE', 'PRE'])
const silent = new Set(['SCRIPT', 'STYLE', 'TEMPLATE', 'HEAD', 'TITLE', 'NOSCRIPT'])

export function textOfHtml(html: string): string {
  return textOfTree(new DOMParser().parseFromString(html, 'text/html').body)
}

export function textOfTree(root: Node): string {
  const writing: Writing = { text: '', isPre: false }
  write(root, writing, 0)
  return writing.text
    .replace(/\u200b/g, '')
    .replace(/\u00a0/g, ' ')
    .replace(/(?<!^--)[ \t]+$/gm, '') // the line over a signature keeps its blank (RFC 3676 §4.3)
    .replace(/\n{3,}/g, '\n\n')
    .replace(/^\n+|\n+$/g, '')
}

interface Writing {
  text: string
  isPre: boolean
}

const deepest = 200

function write(node: Node, out: Writing, depth: number): void {
  if (depth > deepest) return void (out.text += node.textContent ?? '')
  if (node.nodeType === Node.TEXT_NODE) {
    const text = node.textContent ?? ''
    const flat = out.isPre ? text : text.replace(/[ \t\r\n\f]+/g, ' ')
    out.text += !out.isPre && /(?:^|\n| )$/.test(out.text) ? flat.replace(/^ /, '') : flat
    return
  }
  if (!(node instanceof Element)) return
  const name = node.tagName
  if (silent.has(name)) return
  if (name === 'BR') return void (out.text += '\n')
  if (name === 'IMG') return void (out.text += node.getAttribute('alt') ?? '')
  if (name === 'TD' || name === 'TH') {
    if (node.previousElementSibling) out.text += '\t'
  } else if (blocks.has(name)) newLine(out, spaced.has(name))
  if (name === 'HR') out.text += '-----'
  if (name === 'BLOCKQUOTE') out.text += quoted(node, depth)
  else {
    if (name === 'LI') out.text += bullet(node)
    const was = out.isPre
    out.isPre ||= name === 'PRE'
    for (const child of node.childNodes) write(child, out, depth + 1)
    out.isPre = was
    const target = name === 'A' ? (node.getAttribute('href') ?? '') : ''
    if (/^https?:/i.test(target) && !out.text.endsWith(target)) out.text += ` <${target}>`
  }
  if (blocks.has(name)) newLine(out, spaced.has(name))
}

function newLine(out: Writing, isSpaced: boolean): void {
  out.text = out.text.replace(/ +$/, '')
  if (out.text !== '' && !out.text.endsWith('\n')) out.text += '\n'
  if (isSpaced && out.text !== '' && !out.text.endsWith('\n\n')) out.text += '\n'
}

function quoted(node: Element, depth: number): string {
  const inner: Writing = { text: '', isPre: false }
  for (const child of node.childNodes) write(child, inner, depth + 1)
  const lines = inner.text
    .replace(/\n{3,}/g, '\n\n')
    .replace(/^\n+|\s+$/g, '')
    .split('\n')
  return `${lines.map((line) => (line.startsWith('>') ? `>${line}` : `> ${line}`.trimEnd())).join('\n')}\n`
}

function bullet(item: Element): string {
  const list = item.parentElement
  if (list?.tagName !== 'OL') return '- '
  return `${[...list.children].filter(({ tagName }) => tagName === 'LI').indexOf(item) + 1}. `
}

const letters: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (letter) => letters[letter]!)
}

/** Lines as <div>s, "> " lines as quotes. */
export function htmlOfText(text: string): string {
  let html = ''
  let depth = 0
  for (const line of text.split('\n')) {
    const marks = /^(?:> ?)+/.exec(line)?.[0] ?? ''
    const wanted = marks.replace(/ /g, '').length
    for (; depth < wanted; depth++) html += '<blockquote type="cite">'
    for (; depth > wanted; depth--) html += '</blockquote>'
    const bare = escapeHtml(line.slice(marks.length)).replace(/ {2}/g, ' &nbsp;').replace(/^ /, '&nbsp;')
    html += `<div>${bare === '' ? '<br>' : bare}</div>`
  }
  return html + '</blockquote>'.repeat(depth)
}

/** Whether a change to plain text would lose something that one sees. */
export function hasLooks(html: string): boolean {
  const { body } = new DOMParser().parseFromString(html, 'text/html')
  const looks = 'b,strong,i,em,u,s,a[href],img,table,ul,ol,h1,h2,h3,h4,h5,h6,font,code,pre,[style],[color],[align]'
  return body.querySelector(looks) !== null
}
