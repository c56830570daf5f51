// Which header fields a test looks at: by name, by :index and :last (RFC 5260 §6), in which part (RFC 5703 §4).

import { partsOf, type SieveField, type SievePart } from '../mail.ts'
import type { Session } from '../session.ts'
import type { Given, Tag } from '../word.ts'

export const indexTags: readonly Tag[] = [
  { name: 'index', takes: 'number', needs: 'index' },
  { name: 'last', needs: 'index', with: 'index' },
]

export const mimeTags: readonly Tag[] = [
  { name: 'mime', needs: 'mime' },
  { name: 'anychild', needs: 'mime', with: 'mime' },
]

/** Reads the number of :index; 0 (and a problem) is no place to look. */
export function readIndex(given: Given): number | undefined {
  const index = given.number(':index')
  if (index === undefined) return undefined
  if (index < 1) given.problem('bad-number', { number: index, from: 1, to: 'n' }, ':index')
  return given.has(':last') ? -index : index
}

/** One of several by its number, from 1 in front or from -1 at the end. */
export function indexed<T>(fields: T[], index: number | undefined): T[] {
  if (index === undefined) return fields
  const found = index > 0 ? fields[index - 1] : fields[fields.length + index]
  return found === undefined ? [] : [found]
}

export type FindFields = (session: Session, names: string[]) => SieveField[]

/** Reads where to look; gives the fields of the names asked for, in the order of the names. */
export function readFields(given: Given): FindFields {
  const index = readIndex(given)
  const parts = readParts(given)
  return (session, names) => {
    const found: SieveField[] = []
    for (const part of parts(session)) {
      const fields = session.fieldsOf(part)
      session.spend(4 + fields.length * names.length)
      for (const name of names) {
        const wanted = name.toLowerCase()
        const same = fields.filter((field) => field.name.length === name.length && field.name.toLowerCase() === wanted)
        found.push(...indexed(same, index))
      }
    }
    return found
  }
}

/** The parts whose headers count: the mail; with :mime the part foreverypart is at; with :anychild all in it too. */
export function readParts(given: Given): (session: Session) => SievePart[] {
  if (!given.has(':mime')) return ({ mail }) => [mail.root]
  if (!given.has(':anychild')) return ({ mail, part }) => [part ?? mail.root]
  return ({ mail, part, limits }) => partsOf(part ?? mail.root, [], limits.parts).map((each) => each.part)
}
