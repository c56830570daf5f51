// The answered mail under the answer, in HTML, and signatures there.
//
// `clean` makes a stranger's HTML fit; it comes with the editor, so this file costs nothing before.

import type { Opened } from '../jmap/types.ts'
import type { Answering } from './addressees.ts'
import { bodyHtml, bodyText } from './draft.ts'
import { escapeHtml, htmlOfText } from './htmltext.ts'
import { attribution, type Place } from './quoting.ts'

export const emptyLine = '<div><br></div>'
export const signatureClass = 'postern-signature'

export function richAnswer(mail: Opened, answering: Answering, place: Place, clean: (html: string) => string): string {
  const html = bodyHtml(mail)
  const inner = html === '' ? htmlOfText(bodyText(mail)) : clean(html)
  const lines = attribution(mail, answering, place)
    .map((line) => `<div>${escapeHtml(line)}</div>`)
    .join('')
  if (answering === 'forward') return `${emptyLine}${emptyLine}${lines}${emptyLine}<div>${inner}</div>`
  return `${emptyLine}${emptyLine}${lines}<blockquote type="cite">${inner}</blockquote>${emptyLine}`
}

/** The signature of an identity as it stands in HTML; '' for none. */
export function richSignature(text: string, html: string, clean: (html: string) => string): string {
  const inner = html.trim() === '' ? (text.trim() === '' ? '' : htmlOfText(text)) : clean(html)
  return inner === '' ? '' : `<div class="${signatureClass}"><div>--&nbsp;</div>${inner}</div>`
}

/** In a whole body: the old one goes, the new one stands where it stood, else over the quote. */
export function replaceRichSignature(body: string, signature: string): string {
  const page = new DOMParser().parseFromString(body, 'text/html')
  const old = [...page.querySelectorAll(`.${signatureClass}`)].find((one) => one.closest('blockquote') === null)
  const made = page.createElement('template')
  made.innerHTML = signature
  if (old) {
    old.replaceWith(made.content)
    return page.body.innerHTML
  }
  if (signature === '') return body
  const quote = page.querySelector('body > blockquote')
  const line = quote?.previousElementSibling ?? quote
  if (line) line.before(made.content, page.createRange().createContextualFragment(emptyLine))
  else {
    // Over what is passed on, when one has just begun; else at the end.
    const lead = [...page.body.children].findIndex(({ textContent }) => /^-{5,} .+ -{5,}$/.test(textContent ?? ''))
    if (lead > 0) page.body.children[lead]!.before(made.content, page.createRange().createContextualFragment(emptyLine))
    else
      page.body.append(
        page.createRange().createContextualFragment(page.body.innerHTML === '' ? emptyLine + emptyLine : emptyLine),
        made.content,
      )
  }
  return page.body.innerHTML
}
