// A vCard (2.1, 3.0, 4.0) as a JSContact Card.                           RFC 9555 §2, RFC 6350, RFC 2426
//
// Promises: never throws; whatever has no word in JSContact stands in vCardProps, and parameters in vCardParams, so that
// tovcard.ts gives it back.

import type { Card, Entries, NameComponent, VCardProperty } from './card.ts'
import { split, splitRaw, unescape, valueOf, valuesOf, type Line } from './contentlines.ts'
import { contactLimits } from './limits.ts'
import { readVCardDate } from './vcarddates.ts'

/** What a Card is given as its uid where the vCard has none. */
export type NewUid = () => string

type Read = (card: Card, line: Line, labels: ReadonlyMap<string, string>) => void

/** The lines between BEGIN and END as a Card. */
export function fromVCard(lines: readonly Line[], newUid: NewUid): Card {
  const card: Card = { '@type': 'Card', version: '1.0', uid: '' }
  const labels = new Map<string, string>()
  for (const { name, group, value } of lines) if (name === 'X-ABLABEL') labels.set(group, appleLabel(unescape(value)))
  for (const line of lines) {
    if (line.name === 'VERSION' || (line.name === 'X-ABLABEL' && line.group !== '')) continue
    const read = readers[line.name] ?? keep
    read(card, line, labels)
  }
  if (card.uid === '') card.uid = newUid()
  return card
}

// _$!<Home>!$_ is how Apple writes its own labels.
function appleLabel(label: string): string {
  return /^_\$!<(.*)>!\$_$/.exec(label)?.[1] ?? label
}

const readers: Record<string, Read> = {
  UID: (card, { value }) => void (card.uid ||= cleanUid(unescape(value))),
  KIND: (card, { value }) => void (card.kind = unescape(value).trim().toLowerCase()),
  'X-ADDRESSBOOKSERVER-KIND': (card, { value }) => void (card.kind = unescape(value).trim().toLowerCase()),
  PRODID: (card, { value }) => void (card.prodId = unescape(value)),
  REV: (card, { value }) => setUpdated(card, value),
  FN: (card, { value }) => {
    const full = unescape(value).trim()
    if (full !== '') (card.name ??= {}).full ??= full
  },
  N: readName,
  NICKNAME(card, line) {
    for (const name of split(line.value, ','))
      if (name.trim() !== '') add(card, 'nicknames', { name: name.trim(), ...about(line) })
  },
  EMAIL(card, line, labels) {
    const address = unescape(line.value)
      .trim()
      .replace(/^mailto:/i, '')
    if (address !== '') add(card, 'emails', { address, ...about(line, labels) })
  },
  TEL(card, line, labels) {
    const number = unescape(line.value).trim().replace(/^tel:/i, '')
    const features = set(typesOf(line).flatMap((type) => phoneFeatures.get(type) ?? []))
    if (number !== '') add(card, 'phones', { number, ...(features && { features }), ...about(line, labels) })
  },
  ADR: readAddress,
  ORG(card, line) {
    const [name = '', ...units] = split(line.value, ';').map((one) => one.trim())
    const named = units.filter((unit) => unit !== '').map((unit) => ({ name: unit }))
    if (name === '' && named.length === 0) return
    add(card, 'organizations', {
      ...(name !== '' && { name }),
      ...(named.length > 0 && { units: named }),
      ...about(line),
    })
  },
  TITLE: (card, line) => readTitle(card, line, 'title'),
  ROLE: (card, line) => readTitle(card, line, 'role'),
  URL(card, line, labels) {
    const uri = unescape(line.value).trim()
    if (uri !== '') add(card, 'links', { uri, ...about(line, labels) })
  },
  NOTE(card, line) {
    const note = unescape(line.value)
    if (note.trim() !== '') add(card, 'notes', { note, ...about(line) })
  },
  CATEGORIES(card, { value }) {
    for (const word of split(value, ',')) if (word.trim() !== '') (card.keywords ??= {})[word.trim()] = true
  },
  MEMBER: readMember,
  'X-ADDRESSBOOKSERVER-MEMBER': readMember,
  IMPP(card, line, labels) {
    const uri = unescape(line.value).trim()
    const service = valueOf(line, 'X-SERVICE-TYPE') ?? valueOf(line, 'SERVICE-TYPE')
    if (uri !== '')
      add(card, 'onlineServices', { uri, vCardName: 'impp', ...(service && { service }), ...about(line, labels) })
  },
  PHOTO: (card, line) => readMedia(card, line, 'photo'),
  LOGO: (card, line) => readMedia(card, line, 'logo'),
  SOUND: (card, line) => readMedia(card, line, 'sound'),
  BDAY: (card, line) => readDay(card, line, 'birth'),
  DEATHDATE: (card, line) => readDay(card, line, 'death'),
  ANNIVERSARY: (card, line) => readDay(card, line, 'wedding'),
}

function cleanUid(value: string): string {
  const clean = value.trim().replace(/[\x00-\x1f\x7f]/g, '')
  return clean.length <= 500 ? clean : ''
}

function setUpdated(card: Card, value: string): void {
  const found = /^(\d{4})-?(\d\d)-?(\d\d)T(\d\d):?(\d\d):?(\d\d)(?:\.\d+)?Z?$/.exec(value.trim())
  const time = found ? Date.UTC(+found[1]!, +found[2]! - 1, +found[3]!, +found[4]!, +found[5]!, +found[6]!) : NaN
  if (!Number.isNaN(time)) card.updated = new Date(time).toISOString().replace(/\.\d+Z$/, 'Z')
}

const nameKinds = ['surname', 'given', 'given2', 'title', 'credential']

// RFC 6350 §6.2.2; RFC 9555 §2.5.5
function readName(card: Card, line: Line): void {
  const fields = splitRaw(line.value, ';')
  const components: NameComponent[] = []
  for (const kind of ['title', 'given', 'given2', 'surname', 'credential']) {
    for (const value of split(fields[nameKinds.indexOf(kind)] ?? '', ',')) {
      if (value.trim() !== '') components.push({ kind, value: value.trim() })
    }
  }
  if (components.length === 0 || card.name?.components) return
  const sortAs = valueOf(line, 'SORT-AS')?.split(',')
  card.name = {
    ...card.name,
    components,
    ...(sortAs?.[0] && { sortAs: { surname: sortAs[0], ...(sortAs[1] && { given: sortAs[1] }) } }),
  }
}

const addressKinds = ['postOfficeBox', 'apartment', 'name', 'locality', 'region', 'postcode', 'country']

// RFC 6350 §6.3.1
function readAddress(card: Card, line: Line, labels: ReadonlyMap<string, string>): void {
  const components = splitRaw(line.value, ';')
    .slice(0, addressKinds.length)
    .flatMap((field, place) =>
      split(field, ',').map((value) => ({ kind: addressKinds[place] as string, value: value.trim() })),
    )
    .filter(({ value }) => value !== '')
  const full = valueOf(line, 'LABEL')
  if (components.length === 0 && !full) return
  add(card, 'addresses', {
    ...(components.length > 0 && { components }),
    ...(full && { full }),
    ...about(line, labels),
  })
}

function readTitle(card: Card, line: Line, kind: string): void {
  const name = unescape(line.value).trim()
  if (name !== '') add(card, 'titles', { name, ...(kind === 'role' && { kind }), ...about(line) })
}

function readMember(card: Card, { value }: Line): void {
  const uid = unescape(value).trim()
  if (uid !== '' && Object.keys(card.members ?? {}).length < contactLimits.entries) (card.members ??= {})[uid] = true
}

function readMedia(card: Card, line: Line, kind: string): void {
  const encoding = valueOf(line, 'ENCODING')?.toLowerCase()
  const isBytes = encoding === 'b' || encoding === 'base64'
  const type = valueOf(line, 'MEDIATYPE') ?? mediaType(kind, typesOf(line))
  const uri = isBytes ? `data:${type};base64,${line.value.replace(/\s+/g, '')}` : unescape(line.value).trim()
  if (uri !== '') add(card, 'media', { kind, uri, ...pref(line) })
}

function mediaType(kind: string, types: string[]): string {
  const type = types.find((one) => /^[a-z0-9.+-]+(?:\/[a-z0-9.+-]+)?$/.test(one))
  if (type?.includes('/')) return type
  return `${kind === 'sound' ? 'audio' : 'image'}/${type ?? (kind === 'sound' ? 'basic' : 'jpeg')}`
}

function readDay(card: Card, line: Line, kind: string): void {
  const date = readVCardDate(unescape(line.value).trim())
  if (date) add(card, 'anniversaries', { kind, date })
  else keep(card, line)
}

const phoneFeatures = new Map([
  ['cell', 'mobile'],
  ['voice', 'voice'],
  ['fax', 'fax'],
  ['pager', 'pager'],
  ['text', 'text'],
  ['textphone', 'textphone'],
  ['video', 'video'],
  ['main-number', 'main-number'],
  ['main', 'main-number'],
])
const consumed = new Set([
  'type',
  'pref',
  'label',
  'value',
  'encoding',
  'charset',
  'mediatype',
  'sort-as',
  'x-service-type',
  'service-type',
  'x-abshowas',
])

function typesOf(line: Line): string[] {
  return valuesOf(line, 'TYPE').flatMap((value) => value.toLowerCase().split(','))
}

function set(words: string[]): Record<string, true> | undefined {
  return words.length > 0 ? Object.fromEntries(words.map((word) => [word, true as const])) : undefined
}

/** What the parameters say of an entry: where it is used, how much it is liked, what it is called. */
function about(line: Line, labels?: ReadonlyMap<string, string>): Record<string, unknown> {
  const contexts = set(
    typesOf(line).flatMap((type) => (type === 'home' ? ['private'] : type === 'work' ? ['work'] : [])),
  )
  const label = line.group === '' ? undefined : labels?.get(line.group)
  const others = line.parameters.filter(([name]) => !consumed.has(name.toLowerCase()))
  const vCardParams = others.length > 0 ? Object.fromEntries(others.map(asParameter)) : undefined
  return { ...(contexts && { contexts }), ...pref(line), ...(label && { label }), ...(vCardParams && { vCardParams }) }
}

function pref(line: Line): { pref?: number } {
  const said = Number(valueOf(line, 'PREF'))
  if (Number.isInteger(said) && said >= 1 && said <= 100) return { pref: said }
  return typesOf(line).includes('pref') ? { pref: 1 } : {}
}

function asParameter([name, values]: Line['parameters'][0]): [string, string | string[]] {
  return [name.toLowerCase(), values.length === 1 ? values[0]! : values]
}

function add(card: Card, property: string, entry: object): void {
  const entries = (card[property] ??= {}) as Entries<unknown>
  const count = Object.keys(entries).length
  if (count < contactLimits.entries) entries[String(count + 1)] = entry
}

/** What JSContact has no word for. RFC 9555 §2.15.1; the value as it stood. */
function keep(card: Card, { group, name, parameters, value }: Line): void {
  const said = Object.fromEntries(parameters.filter(([one]) => one !== 'VALUE').map(asParameter))
  const type = parameters.find(([one]) => one === 'VALUE')?.[1][0]?.toLowerCase() ?? 'unknown'
  const property: VCardProperty = [name.toLowerCase(), { ...said, ...(group !== '' && { group }) }, type, value]
  ;(card.vCardProps ??= []).push(property)
}
