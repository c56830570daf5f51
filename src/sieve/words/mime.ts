// extracttext, replace, enclose.                                                            RFC 5703 §5, §6, §7

import type { ActionWord } from '../word.ts'
import { readFrom } from './vacation.ts'
import { modifierTags, readModifiers, readVariableName } from './variables.ts'

export const extracttext: ActionWord = {
  name: 'extracttext',
  needs: 'extracttext',
  tags: [...modifierTags, { name: 'first', takes: 'number' }],
  takes: [['variable', 'string']],

  read(given) {
    if (!given.requires('variables')) given.problem('needs-variables', { name: 'extracttext' })
    else if (!given.inLoop) given.problem('outside-loop', { name: 'extracttext' })
    const name = readVariableName(given, 'variable')
    const change = readModifiers(given)
    const first = given.number(':first') ?? Infinity
    return async (session) => {
      const { part, limits } = session
      const text = (await part?.text(Math.min(limits.body, limits.variable))) ?? ''
      session.spend(1 + (text.length >> 6))
      session.setVariable(name, change(characters(text, first), limits.variable))
    }
  },
}

/** The first characters of a text. */
function characters(text: string, count: number): string {
  if (text.length <= count) return text
  let length = 0
  for (const c of text) {
    if (count-- <= 0) break
    length += c.length
  }
  return text.slice(0, length)
}

export const replace: ActionWord = {
  name: 'replace',
  needs: 'replace',
  tags: [{ name: 'mime' }, { name: 'subject', takes: 'string' }, { name: 'from', takes: 'string' }],
  takes: [['replacement', 'string']],

  read(given) {
    const content = given.text('replacement') ?? ''
    const subject = given.text(':subject')
    const from = readFrom(given)
    const mime = given.has(':mime')
    return (session) => {
      session.result.replacePart({
        part: session.path,
        content: session.text(content),
        mime,
        ...(subject !== undefined && { subject: session.text(subject) }),
        ...from(session),
      })
    }
  },
}

export const enclose: ActionWord = {
  name: 'enclose',
  needs: 'enclose',
  tags: [
    { name: 'subject', takes: 'string' },
    { name: 'headers', takes: 'list' },
  ],
  takes: [['text', 'string']],

  read(given) {
    const content = given.text('text') ?? ''
    const subject = given.text(':subject')
    const headers = given.list(':headers')
    return (session) => {
      session.result.enclose({
        content: session.text(content),
        ...(subject !== undefined && { subject: session.text(subject) }),
        headers: session.list(headers),
      })
    }
  },
}
