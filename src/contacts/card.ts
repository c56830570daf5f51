// A contact as the house keeps it: a JSContact Card.                                    RFC 9553
//
// Invariant: what readCard gives is an object of a Card's shape, within the limits; properties it does not know are
// kept as they are (RFC 9553 §1.7.1).

import { contactLimits } from './limits.ts'

export type Entries<T> = Record<string, T>

export interface NameComponent {
  '@type'?: 'NameComponent'
  kind: string // 'given', 'surname', 'title', 'credential', ...
  value: string
  phonetic?: string
}

export interface Name {
  '@type'?: 'Name'
  full?: string
  components?: NameComponent[]
  isOrdered?: boolean
  defaultSeparator?: string
  sortAs?: Record<string, string>
  [more: string]: unknown
}

interface Listed {
  contexts?: Record<string, boolean>
  pref?: number
  label?: string
  [more: string]: unknown
}

export interface Email extends Listed {
  address: string
}
export interface Phone extends Listed {
  number: string
  features?: Record<string, boolean>
}
export interface AddressComponent {
  kind: string
  value: string
}
export interface Address extends Listed {
  full?: string
  components?: AddressComponent[]
}
export interface Organization extends Listed {
  name?: string
  units?: { name: string; [more: string]: unknown }[]
}
export interface Title extends Listed {
  name: string
  kind?: string
}
export interface Link extends Listed {
  uri: string
  kind?: string
  mediaType?: string
}
export interface OnlineService extends Listed {
  uri?: string
  user?: string
  service?: string
}
export interface Anniversary {
  kind: string
  date: Record<string, unknown>
  [more: string]: unknown
}

/** name, parameters, type of the value, value: a property of a vCard that JSContact has no word for. RFC 9555 §2.15.1 */
export type VCardProperty = [name: string, parameters: Record<string, string | string[]>, type: string, value: unknown]

export interface Card {
  '@type': 'Card'
  version: string // '1.0'
  uid: string
  kind?: string // 'individual', 'group', 'org', ...
  created?: string
  updated?: string
  prodId?: string
  language?: string
  members?: Record<string, boolean>
  name?: Name
  nicknames?: Entries<Listed & { name: string }>
  organizations?: Entries<Organization>
  titles?: Entries<Title>
  emails?: Entries<Email>
  phones?: Entries<Phone>
  onlineServices?: Entries<OnlineService>
  addresses?: Entries<Address>
  links?: Entries<Link>
  media?: Entries<Link>
  notes?: Entries<{ note: string; [more: string]: unknown }>
  anniversaries?: Entries<Anniversary>
  keywords?: Record<string, boolean>
  vCardProps?: VCardProperty[]
  [more: string]: unknown
}

/** Thrown where something is no Card; names the property. */
export class BadCard extends Error {
  property: string

  constructor(property: string, why: string) {
    super(why)
    this.name = 'BadCard'
    this.property = property
  }
}

/** What each entry of a property must have, and of what type. */
const lists: Record<string, Record<string, 'string' | 'object'>> = {
  nicknames: { name: 'string' },
  organizations: {},
  titles: { name: 'string' },
  emails: { address: 'string' },
  phones: { number: 'string' },
  onlineServices: {},
  addresses: {},
  links: { uri: 'string' },
  media: { uri: 'string' },
  notes: { note: 'string' },
  anniversaries: { kind: 'string', date: 'object' },
  calendars: { uri: 'string' },
  cryptoKeys: { uri: 'string' },
  directories: { uri: 'string' },
  schedulingAddresses: { uri: 'string' },
  personalInfo: { kind: 'string', value: 'string' },
}
const texts = ['uid', 'kind', 'language', 'prodId', 'created', 'updated']
const sets = ['members', 'keywords']

/** A value of a stranger as a Card. Throws BadCard. */
export function readCard(value: unknown): Card {
  if (!isRecord(value)) throw new BadCard('', 'A Card is an object')
  if (JSON.stringify(value).length > contactLimits.cardCharacters) throw new BadCard('', 'The Card is too large')
  if (depthOf(value) > contactLimits.depth) throw new BadCard('', 'The Card is nested too deep')
  const { '@type': type = 'Card', version = '1.0' } = value
  if (type !== 'Card') throw new BadCard('@type', 'Card is wanted')
  if (version !== '1.0') throw new BadCard('version', '1.0 is wanted')
  for (const name of texts) {
    if (value[name] !== undefined && typeof value[name] !== 'string') throw new BadCard(name, 'A text is wanted')
  }
  const { uid } = value
  if (typeof uid !== 'string' || uid === '' || uid.length > 500 || /[\x00-\x1f\x7f]/.test(uid))
    throw new BadCard('uid', 'A short text is wanted')
  for (const [name, wanted] of Object.entries(lists)) checkEntries(name, value[name], wanted)
  for (const name of sets) checkSet(name, value[name])
  if (value['name'] !== undefined) checkName(value['name'])
  if (value['vCardProps'] !== undefined) checkProperties(value['vCardProps'])
  return { ...value, '@type': 'Card', version: '1.0', uid }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function checkEntries(name: string, value: unknown, wanted: Record<string, 'string' | 'object'>): void {
  if (value === undefined) return
  if (!isRecord(value)) throw new BadCard(name, 'Entries under ids are wanted')
  const entries = Object.values(value)
  if (entries.length > contactLimits.entries) throw new BadCard(name, `At most ${contactLimits.entries} entries`)
  for (const entry of entries) {
    const isGood =
      isRecord(entry) &&
      Object.entries(wanted).every(([key, type]) => typeof entry[key] === type && entry[key] !== null)
    if (!isGood) throw new BadCard(name, `Each entry has ${Object.keys(wanted).join(', ') || 'properties'}`)
    checkParts(name, entry)
  }
}

/** Parts of an entry that the house itself reads. */
function checkParts(name: string, entry: Record<string, unknown>): void {
  for (const key of ['contexts', 'features']) {
    if (entry[key] !== undefined && !isRecord(entry[key])) throw new BadCard(name, `"${key}" is a set`)
  }
  for (const key of ['components', 'units']) {
    const list = entry[key]
    if (list === undefined) continue
    const inside = key === 'units' ? 'name' : 'value'
    const isList = Array.isArray(list) && list.every((one) => isRecord(one) && typeof one[inside] === 'string')
    if (!isList) throw new BadCard(name, `"${key}" is a list`)
  }
  for (const key of ['name', 'full', 'user', 'service', 'uri', 'label', 'mediaType']) {
    if (entry[key] !== undefined && typeof entry[key] !== 'string') throw new BadCard(name, `"${key}" is a text`)
  }
  if (entry['pref'] !== undefined && typeof entry['pref'] !== 'number') throw new BadCard(name, '"pref" is a number')
}

function checkSet(name: string, value: unknown): void {
  if (value === undefined) return
  const isSet = isRecord(value) && Object.values(value).every((one) => one === true)
  if (!isSet) throw new BadCard(name, 'A set is wanted: each value true')
  if (Object.keys(value).length > contactLimits.entries) throw new BadCard(name, `At most ${contactLimits.entries}`)
}

function checkName(value: unknown): void {
  if (!isRecord(value)) throw new BadCard('name', 'An object is wanted')
  const { full, components } = value
  if (full !== undefined && typeof full !== 'string') throw new BadCard('name', '"full" is a text')
  if (components === undefined) return
  const isList =
    Array.isArray(components) &&
    components.every((one) => isRecord(one) && typeof one['kind'] === 'string' && typeof one['value'] === 'string')
  if (!isList) throw new BadCard('name', '"components" is a list')
}

function checkProperties(value: unknown): void {
  const isProperty = (one: unknown): boolean =>
    Array.isArray(one) &&
    one.length >= 4 &&
    typeof one[0] === 'string' &&
    isRecord(one[1]) &&
    typeof one[2] === 'string'
  if (!Array.isArray(value) || value.length > contactLimits.cardLines || !value.every(isProperty))
    throw new BadCard('vCardProps', 'A list of properties as jCard has them is wanted')
}

function depthOf(value: unknown): number {
  let depth = 0
  let level: unknown[] = [value]
  while (level.length > 0 && depth <= contactLimits.depth) {
    depth++
    level = level.flatMap((one) => (one !== null && typeof one === 'object' ? Object.values(one) : []))
  }
  return depth
}

/** The name of a card as people read it: the full one, else its components, else a company, else an address. */
export function displayName(card: Card): string {
  const { name } = card
  if (name?.full) return name.full.trim()
  const joined = joinName(name?.components ?? [], name)
  if (joined !== '') return joined
  const [organization] = Object.values(card.organizations ?? {})
  const [nickname] = Object.values(card.nicknames ?? {})
  const [email] = Object.values(card.emails ?? {})
  return (nickname?.name ?? organization?.name ?? email?.address ?? '').trim()
}

const cjk = /[\u2e80-\u9fff\uf900-\ufaff\u3040-\u30ff\uac00-\ud7af\u{20000}-\u{3ffff}]/u

/** Components as one text: Chinese surname first and without a blank; others as they stand, or given name first. */
export function joinName(
  components: readonly NameComponent[],
  { isOrdered = false, defaultSeparator }: Name = {},
): string {
  const shown = components.filter(({ kind, value }) => kind !== 'separator' && value.trim() !== '')
  if (isOrdered)
    return shown
      .map(({ value }) => value)
      .join(defaultSeparator ?? ' ')
      .trim()
  const of = (...kinds: string[]): string[] =>
    shown.filter(({ kind }) => kinds.includes(kind)).map(({ value }) => value.trim())
  const surnames = of('surname', 'surname2')
  const given = of('given', 'given2')
  const isEast = cjk.test([...surnames, ...given].join(''))
  const middle = isEast ? [[...surnames, ...given].join('')] : [...given, ...surnames]
  return [...(isEast ? [] : of('title')), ...middle, ...of('generation', 'credential')]
    .filter((one) => one !== '')
    .join(' ')
}

export function components(card: Card, kind: string): string {
  const found = card.name?.components?.filter((one) => one.kind === kind) ?? []
  return found.map(({ value }) => value).join(' ')
}
