// The elements and attributes of HTML that may be shown, and how each attribute's value is judged.
//
// Invariant: what is not named here is not written. Everything is of the HTML namespace; nothing here changes how the
// text after it is read (no raw text, no foreign content), so what is written is read back as it was meant.

const words = (text: string): string[] => text.split(' ')

/** Elements that are written. */
export const shown = new Set(
  words(
    'a abbr acronym address area article aside b bdi big blockquote body br caption center cite code col colgroup dd del details dfn dir div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 head header hgroup hr html i img ins kbd li main map mark menu nav ol p pre q rp rt ruby s samp section small span strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr',
  ),
)

/** Elements that go with all that is in them. */
export const unseen = new Set(
  words('script template title textarea select iframe noembed noframes applet svg math datalist audio video xmp style'),
)

/** Of these, the ones whose content is text to a browser, tags and all. */
export const rawText = new Set(words('script style title textarea iframe noembed noframes xmp'))

export const empty = new Set(words('area br col hr img wbr'))

type Judge = (value: string) => string | undefined

const matching =
  (pattern: RegExp): Judge =>
  (value) =>
    pattern.test(value.trim()) ? value.trim() : undefined
const length = matching(/^\d{1,5}(?:\.\d{1,3})?(?:px|%)?$/)
const number = matching(/^-?\d{1,6}$/)
const anyText: Judge = (value) => value
const color = matching(/^(?:#?[0-9a-f]{3,8}|[a-z]{3,30}|rgba?\([\d., %]{1,40}\))$/i)
const flag: Judge = () => ''
const oneOf = (...values: string[]): Judge => {
  const known = new Set(values)
  return (value) => (known.has(value.trim().toLowerCase()) ? value.trim().toLowerCase() : undefined)
}

const everywhere: Record<string, Judge> = {
  align: oneOf('left', 'right', 'center', 'justify', 'middle', 'top', 'bottom', 'absmiddle', 'baseline'),
  valign: oneOf('top', 'middle', 'bottom', 'baseline'),
  dir: oneOf('ltr', 'rtl', 'auto'),
  lang: matching(/^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,4}$/),
  title: anyText,
  hidden: flag,
  role: oneOf('presentation', 'none', 'heading', 'list', 'listitem', 'img', 'article', 'separator'),
  'aria-label': anyText,
  'aria-hidden': oneOf('true', 'false'),
}

const box = { width: length, height: length, bgcolor: color, bordercolor: color }
const cell = {
  ...box,
  colspan: number,
  rowspan: number,
  nowrap: flag,
  abbr: anyText,
  scope: oneOf('row', 'col', 'rowgroup', 'colgroup'),
}
const rows = { bgcolor: color, height: length }

const byElement: Record<string, Record<string, Judge>> = {
  body: { bgcolor: color, text: color, link: color, vlink: color, alink: color },
  table: { ...box, border: length, cellpadding: length, cellspacing: length, rules: oneOf('none', 'rows', 'cols', 'groups', 'all'), frame: oneOf('void', 'above', 'below', 'hsides', 'lhs', 'rhs', 'vsides', 'box', 'border'), summary: anyText }, // prettier-ignore
  td: cell,
  th: cell,
  tr: rows,
  tbody: rows,
  thead: rows,
  tfoot: rows,
  col: { span: number, width: length },
  colgroup: { span: number, width: length },
  font: { color, face: matching(/^[-\w \u0080-\uffff,'"]{1,200}$/), size: matching(/^[+-]?\d{1,2}$/) },
  hr: { width: length, size: length, color, noshade: flag },
  ol: { start: number, type: matching(/^[1aAiI]$/), reversed: flag },
  ul: { type: oneOf('disc', 'circle', 'square') },
  li: { value: number, type: matching(/^(?:[1aAiI]|disc|circle|square)$/) },
  br: { clear: oneOf('left', 'right', 'all', 'none') },
  time: { datetime: anyText },
  details: { open: flag },
  img: { width: length, height: length, border: length, hspace: length, vspace: length, alt: anyText },
  area: { shape: oneOf('rect', 'circle', 'poly', 'default'), coords: matching(/^[\d., ]{1,200}$/), alt: anyText },
}

/** The value as it is written; undefined when it is not. Ids, names, classes, styles and addresses are judged elsewhere. */
export function judgeAttribute(element: string, name: string, value: string, span: number): string | undefined {
  const own = byElement[element]
  const judge =
    own && Object.hasOwn(own, name) ? own[name] : Object.hasOwn(everywhere, name) ? everywhere[name] : undefined
  const judged = judge?.(value)
  if (judged === undefined || (name !== 'colspan' && name !== 'rowspan' && name !== 'span')) return judged
  return String(Math.min(Math.max(Number(judged), 1), span))
}
