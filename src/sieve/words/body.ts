// body.                                                                                                RFC 5173
//
// Match values are not set (RFC 5173 §6). What was read of a part stays for the run's other body tests.

import { matchTags, readMatch } from '../matching.ts'
import { partsOf, type SievePart } from '../mail.ts'
import type { Session } from '../session.ts'
import type { TestWord } from '../word.ts'

type Look = 'raw' | 'content' | 'text'

export const body: TestWord = {
  name: 'body',
  needs: 'body',
  tags: [
    ...matchTags,
    { name: 'raw', group: 'transform' },
    { name: 'content', takes: 'list', group: 'transform' },
    { name: 'text', group: 'transform' },
  ],
  takes: [['keys', 'list']],

  read(given) {
    const match = readMatch(given)
    const types = given.list(':content')
    const look: Look = given.has(':raw') ? 'raw' : given.has(':content') ? 'content' : 'text'
    return async (session) => {
      const values = await bodies(session, look, session.list(types))
      const { matched } = session.frame
      const held = await match(session, values)
      session.frame.matched = matched
      return held
    }
  },
}

async function bodies(session: Session, look: Look, types: string[]): Promise<string[]> {
  const { mail, limits } = session
  const wanted = types.map((type) => type.toLowerCase())
  const parts = look === 'raw' ? [{ part: mail.root }] : partsOf(mail.root, [], limits.parts)
  const found: string[] = []
  for (const { part } of parts) {
    session.spend(1)
    if (look === 'content' && !wanted.some((type) => isOfType(part, type))) continue
    const text = await bodyOf(session, part, look)
    if (text !== undefined) found.push(text)
  }
  return found
}

/** RFC 5173 §5.2: '' is every type, 'text' all of its subtypes; anything else must be written in full. */
function isOfType({ type }: SievePart, wanted: string): boolean {
  if (wanted === '') return true
  if (wanted.startsWith('/') || wanted.endsWith('/') || wanted.split('/').length > 2) return false
  return wanted.includes('/') ? type === wanted : type.split('/', 2)[0] === wanted
}

async function bodyOf(session: Session, part: SievePart, look: Look): Promise<string | undefined> {
  const { limits, kept } = session
  const texts = (kept.get('bodies') as Map<SievePart, Map<Look, string | undefined>> | undefined) ?? new Map()
  kept.set('bodies', texts)
  const known = texts.get(part) ?? new Map<Look, string | undefined>()
  texts.set(part, known)
  if (!known.has(look)) {
    const text = await part[look](limits.body)
    known.set(look, text)
    session.spend(1 + ((text?.length ?? 0) >> 4))
  }
  return known.get(look)
}
