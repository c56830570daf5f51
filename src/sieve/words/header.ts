// header, exists, size.                                      RFC 5228 §5.5, §5.7, §5.9; RFC 5703 §4.2 and §4.3

import { matchTags, readMatch } from '../matching.ts'
import type { SieveField, SieveMail } from '../mail.ts'
import type { Text } from '../text.ts'
import type { Given, TestWord } from '../word.ts'
import { indexTags, mimeTags, readFields } from './fields.ts'

type Values = (field: SieveField, mail: SieveMail, parameters: string[]) => string[]

/** RFC 5703 §4.2: what of a structured field is compared. */
function readValues(given: Given): { values: Values; parameters: Text[] } {
  const parameters = given.list(':param')
  if (given.has(':type')) return { values: (field, mail) => [mediaType(field, mail)[0]], parameters }
  if (given.has(':subtype')) return { values: (field, mail) => [mediaType(field, mail)[1]], parameters }
  if (given.has(':contenttype')) return { values: (field, mail) => [structured(field, mail).value], parameters }
  if (given.has(':param')) return { values: parameterValues, parameters }
  return { values: (field) => [field.text], parameters }
}

function structured({ written }: SieveField, mail: SieveMail): { value: string; parameters: [string, string][] } {
  return mail.structured(written)
}

function mediaType(field: SieveField, mail: SieveMail): [string, string] {
  const [type = '', subtype = ''] = structured(field, mail).value.split('/')
  return [type.trim(), subtype.trim()]
}

function parameterValues(field: SieveField, mail: SieveMail, names: string[]): string[] {
  const wanted = names.map((name) => name.toLowerCase())
  return structured(field, mail).parameters.flatMap(([name, value]) => (wanted.includes(name) ? [value] : []))
}

export const header: TestWord = {
  name: 'header',
  tags: [
    ...matchTags,
    ...indexTags,
    ...mimeTags,
    { name: 'type', needs: 'mime', group: 'of the field', with: 'mime' },
    { name: 'subtype', needs: 'mime', group: 'of the field', with: 'mime' },
    { name: 'contenttype', needs: 'mime', group: 'of the field', with: 'mime' },
    { name: 'param', takes: 'list', needs: 'mime', group: 'of the field', with: 'mime' },
  ],
  takes: [
    ['header names', 'list'],
    ['keys', 'list'],
  ],

  read(given) {
    const find = readFields(given)
    const match = readMatch(given)
    const names = given.list('header names')
    const { values, parameters } = readValues(given)
    return (session) => {
      const wanted = session.list(parameters)
      const fields = find(session, session.list(names))
      return match(
        session,
        fields.flatMap((field) => values(field, session.mail, wanted)),
      )
    }
  },
}

export const exists: TestWord = {
  name: 'exists',
  tags: mimeTags,
  takes: [['header names', 'list']],

  read(given) {
    const find = readFields(given)
    const names = given.list('header names')
    return (session) => session.list(names).every((name) => find(session, [name]).length > 0)
  },
}

export const size: TestWord = {
  name: 'size',
  tags: [
    { name: 'over', group: 'size' },
    { name: 'under', group: 'size' },
  ],
  takes: [['limit', 'number']],

  read(given) {
    const limit = given.number('limit') ?? 0
    if (!given.has(':over') && !given.has(':under'))
      given.problem('tag-missing', { name: 'size', tags: ':over, :under' })
    return given.has(':over') ? (session) => session.size > limit : (session) => session.size < limit
  },
}
