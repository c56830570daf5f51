// A JSContact Card as a vCard 4.0, or 3.0 for those who know no later one.              RFC 9555 §3, RFC 6350, RFC 2426
//
// Promises: never throws for what readCard let through; what fromvcard.ts kept of a vCard stands in it again.

import { displayName, isRecord, type Card, type VCardProperty } from './card.ts'
import { escape, writeLines, type Line } from './contentlines.ts'
import { writeVCardDate } from './vcarddates.ts'

export type VCardVersion = '3.0' | '4.0'

/** The text of one vCard. */
export function writeVCard(card: Card, version: VCardVersion): string {
  return writeLines([bare('BEGIN', 'VCARD'), bare('VERSION', version), ...toLines(card, version), bare('END', 'VCARD')])
}

interface Said {
  [more: string]: unknown
  contexts?: unknown
  features?: unknown
  pref?: unknown
  label?: unknown
  vCardParams?: unknown
}

function toLines(card: Card, version: VCardVersion): Line[] {
  const lines: Line[] = []
  let groups = 0
  const isOld = version === '3.0'
  const say = (name: string, value: string, about: Said = {}, more: Line['parameters'] = []): void => {
    const label = typeof about.label === 'string' && about.label !== '' ? about.label : undefined
    const group = label === undefined ? '' : `item${++groups}`
    lines.push({ group, name, parameters: [...more, ...parametersOf(about, isOld)], value })
    if (label !== undefined) lines.push({ group, name: 'X-ABLabel', parameters: [], value: escape(label) })
  }
  const isGroup = card.kind === 'group'
  say('UID', escape(card.uid))
  say('FN', escape(displayName(card) || 'Unknown')) // it must be there (RFC 6350 §6.2.1)
  if (card.name?.components || isOld) sayName(card, say)
  if (card.kind && card.kind !== 'individual') say(isOld ? 'X-ADDRESSBOOKSERVER-KIND' : 'KIND', escape(card.kind))
  for (const uid of Object.keys(card.members ?? {})) {
    const uri = uid.includes(':') ? uid : `urn:uuid:${uid}`
    // MEMBER stands only in groups (RFC 6350 §6.6.5).
    if (isGroup) say(isOld ? 'X-ADDRESSBOOKSERVER-MEMBER' : 'MEMBER', isOld ? escape(uri) : uri)
  }
  for (const one of entries(card.nicknames)) say('NICKNAME', escape(one.name), one)
  for (const one of entries(card.organizations)) {
    say('ORG', [one.name ?? '', ...(one.units ?? []).map((unit) => unit.name)].map(escape).join(';'), one)
  }
  for (const one of entries(card.titles)) say(one.kind === 'role' ? 'ROLE' : 'TITLE', escape(one.name), one)
  for (const one of entries(card.emails)) say('EMAIL', escape(one.address), one)
  for (const one of entries(card.phones)) say('TEL', escape(one.number), one)
  for (const one of entries(card.addresses)) sayAddress(one, isOld, say)
  for (const one of entries(card.onlineServices)) {
    const type: Line['parameters'] = one.service ? [[isOld ? 'X-SERVICE-TYPE' : 'SERVICE-TYPE', [one.service]]] : []
    if (one.uri) say('IMPP', isOld ? escape(one.uri) : one.uri, one, type)
    else if (one.user) say('X-SOCIALPROFILE', escape(one.user), one, type)
  }
  for (const one of entries(card.links)) say('URL', isOld ? escape(one.uri) : one.uri, one)
  for (const one of entries(card.media)) sayMedia(one, isOld, say)
  for (const one of entries(card.anniversaries)) {
    const name = days.get(one.kind)
    const value = name && writeVCardDate(one.date, isOld)
    if (value) say(name, value)
  }
  for (const one of entries(card.notes)) say('NOTE', escape(one.note), one)
  const words = Object.keys(card.keywords ?? {})
  if (words.length > 0) say('CATEGORIES', words.map(escape).join(','))
  if (card.prodId) say('PRODID', escape(card.prodId))
  if (card.updated) say('REV', isOld ? card.updated : card.updated.replace(/[-:]|\.\d+/g, ''))
  for (const property of card.vCardProps ?? []) lines.push(...kept(property))
  return lines
}

const days = new Map([
  ['birth', 'BDAY'],
  ['death', 'DEATHDATE'],
  ['wedding', 'ANNIVERSARY'],
])
const mediaNames = new Map([
  ['photo', 'PHOTO'],
  ['logo', 'LOGO'],
  ['sound', 'SOUND'],
])

function entries<T>(of: Record<string, T> | undefined): T[] {
  return Object.values(of ?? {})
}

type Say = (name: string, value: string, about?: Said, more?: Line['parameters']) => void

function sayName(card: Card, say: Say): void {
  const of = (...kinds: string[]): string =>
    (card.name?.components ?? [])
      .filter(({ kind }) => kinds.includes(kind))
      .map(({ value }) => escape(value))
      .join(',')
  const fields = [of('surname', 'surname2'), of('given'), of('given2'), of('title'), of('credential', 'generation')]
  // Telephones show N and not FN: without components the whole name stands where the surname does.
  if (fields.join('') === '' && card.kind !== 'group') fields[0] = escape(displayName(card))
  const sortAs = ['surname', 'given'].map((kind) => card.name?.sortAs?.[kind] ?? '')
  const sorted = sortAs.some((one) => typeof one === 'string' && one !== '')
  say('N', fields.join(';'), {}, sorted ? [['SORT-AS', sortAs.map(String)]] : [])
}

const addressFields: string[][] = [
  ['postOfficeBox'],
  ['apartment', 'building', 'floor', 'room'],
  ['number', 'name', 'block', 'direction', 'landmark', 'subdistrict', 'district'],
  ['locality'],
  ['region'],
  ['postcode'],
  ['country'],
]

function sayAddress(address: NonNullable<Card['addresses']>[string], isOld: boolean, say: Say): void {
  const fields = addressFields.map((kinds) =>
    (address.components ?? [])
      .filter(({ kind }) => kinds.includes(kind))
      .map(({ value }) => escape(value))
      .join(','),
  )
  const full = address.full ?? ''
  // Without components the whole of it goes where the street stands: every client shows that.
  if (fields.join('') === '') fields[2] = escape(full)
  say('ADR', fields.join(';'), address, full !== '' && !isOld ? [['LABEL', [full]]] : [])
}

function sayMedia(
  { kind = '', uri, pref }: { kind?: string; uri: string; pref?: number },
  isOld: boolean,
  say: Say,
): void {
  const name = mediaNames.get(kind)
  if (!name) return
  const data = /^data:[a-z]+\/([a-z0-9.+-]+);base64,/i.exec(uri)
  if (!isOld) return say(name, uri, { pref })
  if (!data) return say(name, uri, { pref }, [['VALUE', ['uri']]])
  const bytes = uri.slice(data[0].length)
  return say(name, bytes, { pref }, [
    ['ENCODING', ['b']],
    ['TYPE', [data[1]!.toUpperCase()]],
  ])
}

const typeOfFeature = new Map([
  ['mobile', 'CELL'],
  ['main-number', 'MAIN'],
])

function parametersOf({ contexts, features, pref, vCardParams }: Said, isOld: boolean): Line['parameters'] {
  const types: string[] = []
  for (const context of names(contexts))
    if (context === 'work' || context === 'private') types.push(context === 'work' ? 'WORK' : 'HOME')
  for (const feature of names(features)) types.push(typeOfFeature.get(feature) ?? feature.toUpperCase())
  if (isOld && typeof pref === 'number') types.push('PREF')
  const parameters: Line['parameters'] =
    types.length > 0 ? [['TYPE', types.filter((one) => /^[A-Z0-9-]+$/.test(one))]] : []
  if (!isOld && typeof pref === 'number')
    parameters.push(['PREF', [String(Math.min(100, Math.max(1, Math.round(pref))))]])
  return [...parameters.filter(([, values]) => values.length > 0), ...readParameters(vCardParams)]
}

function names(set: unknown): string[] {
  return isRecord(set) ? Object.keys(set).filter((name) => set[name] === true) : []
}

function readParameters(value: unknown): Line['parameters'] {
  if (!isRecord(value)) return []
  return Object.entries(value)
    .filter(([name]) => name !== 'group' && /^[A-Za-z0-9-]{1,100}$/.test(name))
    .map(([name, one]) => [name.toUpperCase(), (Array.isArray(one) ? one : [one]).map(String)])
}

// Names that stand once, or that frame a vCard: nobody brings them in by the side door.
const reserved = new Set(['BEGIN', 'END', 'VERSION', 'UID', 'FN', 'KIND', 'MEMBER'])

function kept([name, parameters, type, value]: VCardProperty): Line[] {
  const said = name.toUpperCase()
  if (!/^[A-Z0-9-]{1,100}$/.test(said) || reserved.has(said)) return []
  const group = parameters['group']
  const isGroup = typeof group === 'string' && /^[A-Za-z0-9-]{1,100}$/.test(group)
  const typed: Line['parameters'] = type === 'unknown' || !/^[a-z0-9-]{1,50}$/.test(type) ? [] : [['VALUE', [type]]]
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? '')
  return [
    { group: isGroup ? group : '', name: said, parameters: [...typed, ...readParameters(parameters)], value: text },
  ]
}

function bare(name: string, value: string): Line {
  return { group: '', name, parameters: [], value }
}
