// A letter as a page of its own, for a sandboxed frame.

import { escapeText, type Cleaned } from './clean.ts'
import { ownClass } from './csssheets.ts'

const base = `html{overflow:auto;-webkit-text-size-adjust:100%}
body{margin:16px 20px;font:15px/1.6 system-ui,"Noto Sans TC","PingFang TC","Microsoft JhengHei",sans-serif;overflow-wrap:anywhere}
img{max-width:100%}
.${ownClass}text{white-space:pre-wrap}
.${ownClass}picture{display:inline-block;box-sizing:border-box;overflow:hidden;max-width:100%;min-width:1.5em;min-height:1.5em;border:1px dashed #8c8c8c;background:#f5f5f5;color:#595959;font-size:12px;line-height:1.5;text-align:center;vertical-align:middle}
.${ownClass}note{margin:24px 0 0;padding:8px 12px;border-top:1px solid #d9d9d9;color:#595959;font-size:13px}`
const light = ':root{color-scheme:light}body{background-color:#fff;color:#1f1f1f}'
const dark = ':root{color-scheme:dark}body{background-color:#1b1b1d;color:#e6e6e6}'

export interface PageWords {
  language: string // 'zh-Hant'
  /** Said under a letter of which a part is missing. */
  cut: string
}

/** The HTML document of a mail's parts, one under the other. */
export function htmlPage(parts: readonly Cleaned[], words: PageWords): string {
  const isDark = parts.length > 0 && parts.every((part) => part.dark)
  const sheets = parts.map(({ sheet }) => sheet).filter((sheet) => sheet !== '')
  const inner = parts.map(({ body }) => body).join(parts.length > 1 ? '<hr>' : '')
  const note = parts.some(({ cut }) => cut) ? `<p class="${ownClass}note">${escapeText(words.cut)}</p>` : ''
  return [
    `<!DOCTYPE html><html lang="${words.language}"><head><meta charset="utf-8">`,
    '<meta name="viewport" content="width=device-width"><meta name="referrer" content="no-referrer">',
    `<title></title><style>${isDark ? dark : light}\n${base}</style>`,
    ...sheets.map((sheet) => `<style>${sheet}</style>`),
    `</head><body${parts[0]?.attributes ?? ''}>${inner}${note}</body></html>`,
  ].join('')
}
