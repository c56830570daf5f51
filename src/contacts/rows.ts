// A row of a table as a Card, and a Card as a row.
//
// Invariant: a row without a name and without an address is no contact.

import { displayName, type Address, type Card } from './card.ts'
import type { Field, Mapping } from './columns.ts'
import { clean } from './searchable.ts'
import { readVCardDate, writeVCardDate } from './vcarddates.ts'

type Values = Map<Field, string[]>

/** undefined: there is nobody in it. `newUid` names a Card that says no uid of its own. */
export function cardOfRow(row: readonly string[], mapping: Mapping, newUid: () => string): Card | undefined {
  const values: Values = new Map()
  let label = ''
  for (const [column, field] of mapping.entries()) {
    const cell = (row[column] ?? '').trim()
    // Gmail says what a value is in the column before it.
    if (field === 'email.label' || field === 'phone.label') label = cell.toLowerCase().replace(/^\*\s*/, '')
    if (field === '' || cell === '' || field.endsWith('.label')) continue
    const meant = label !== '' && (field === 'email' || field === 'phone') ? labelled(field, label) : field
    label = ''
    values.set(meant, [...(values.get(meant) ?? []), unguarded(cell)])
  }
  const card: Card = { '@type': 'Card', version: '1.0', uid: '' }
  fill(card, values)
  if (displayName(card) === '') return undefined
  const [uid] = values.get('uid') ?? []
  card.uid = uid && uid.length <= 500 && !/[\x00-\x1f\x7f]/.test(uid) ? uid : newUid()
  return card
}

/** The apostrophe that writeTable put before what a spreadsheet would compute. */
function unguarded(cell: string): string {
  return /^'\s*[=+\-@|%]/.test(cell) ? cell.slice(1) : cell
}

function labelled(field: 'email' | 'phone', label: string): Field {
  if (/work|公司|business/.test(label) && !/fax/.test(label)) return `${field}.work`
  if (/home|住家|家/.test(label) && !/fax/.test(label)) return `${field}.home`
  if (field === 'email') return field
  if (/mobile|行動|手機/.test(label)) return 'phone.mobile'
  return /fax|傳真/.test(label) ? 'phone.fax' : field
}

function fill(card: Card, values: Values): void {
  const one = (field: Field): string => clean(values.get(field)?.[0] ?? '')
  const all = (...from: Field[]): [Field, string][] =>
    from.flatMap((field) => (values.get(field) ?? []).map((value): [Field, string] => [field, value]))
  const components = (
    [
      ['title', 'title'],
      ['given', 'given'],
      ['given2', 'middle'],
      ['surname', 'surname'],
      ['credential', 'suffix'],
    ] as const
  )
    .map(([kind, field]) => ({ kind, value: one(field) }))
    .filter(({ value }) => value !== '')
  // A title alone is no name.
  const isNamed = components.some(({ kind }) => kind === 'given' || kind === 'surname')
  if (isNamed || one('full') !== '')
    card.name = { ...(one('full') !== '' && { full: one('full') }), ...(isNamed && { components }) }
  if (one('nickname') !== '') card.nicknames = { 1: { name: one('nickname') } }
  const emails = all('email', 'email.work', 'email.home').flatMap(([field, value]) =>
    value.split(/\s*(?:[;,、\n]|:::)\s*/).map((address) => ({ address: clean(address), ...contextOf(field) })),
  )
  card.emails = numbered(
    unique(
      emails.filter(({ address }) => address.includes('@')),
      ({ address }) => address.toLowerCase(),
    ),
  )
  const phones = all('phone', 'phone.work', 'phone.home', 'phone.mobile', 'phone.fax', 'phone.pager').flatMap(
    ([field, value]) =>
      value.split(/\s*:::\s*/).map((number) => ({ number: clean(number), ...featureOf(field), ...contextOf(field) })),
  )
  card.phones = numbered(
    unique(
      phones.filter(({ number }) => number !== ''),
      ({ number }) => number,
    ),
  )
  const [organization, unit] = [one('organization'), one('unit')]
  if (organization !== '' || unit !== '')
    card.organizations = {
      1: { ...(organization !== '' && { name: organization }), ...(unit !== '' && { units: [{ name: unit }] }) },
    }
  if (one('job') !== '') card.titles = { 1: { name: one('job') } }
  card.addresses = numbered((['work', 'home'] as const).flatMap((where) => addressOf(where, one)))
  if (one('url') !== '') card.links = { 1: { uri: one('url') } }
  const note = (values.get('note') ?? []).join('\n')
  if (note !== '') card.notes = { 1: { note } }
  const days = (
    [
      ['birth', 'birthday'],
      ['wedding', 'anniversary'],
    ] as const
  ).flatMap(([kind, field]) => {
    const date = readVCardDate(isoDay(one(field)))
    return date ? [{ kind, date }] : []
  })
  card.anniversaries = numbered(days)
  // Gmail writes "Friends ::: * myContacts".
  const words = all('keywords')
    .flatMap(([, value]) => value.split(/\s*(?::::|[;,])\s*/))
    .filter((word) => word !== '' && !word.startsWith('* '))
  if (words.length > 0) card.keywords = Object.fromEntries(words.map((word) => [clean(word), true]))
  for (const name of ['emails', 'phones', 'addresses', 'anniversaries']) if (card[name] === undefined) delete card[name]
}

function contextOf(field: Field): { contexts?: Record<string, boolean> } {
  return field.endsWith('.work')
    ? { contexts: { work: true } }
    : field.endsWith('.home')
      ? { contexts: { private: true } }
      : {}
}

function featureOf(field: Field): { features?: Record<string, boolean> } {
  const feature = /^phone\.(mobile|fax|pager)$/.exec(field)?.[1]
  return feature ? { features: { [feature]: true } } : {}
}

function numbered<T>(list: readonly T[]): Record<string, T> | undefined {
  return list.length === 0 ? undefined : Object.fromEntries(list.map((one, place) => [String(place + 1), one]))
}

function unique<T>(list: readonly T[], keyOf: (one: T) => string): T[] {
  return [...new Map(list.toReversed().map((one) => [keyOf(one), one])).values()].toReversed()
}

function addressOf(where: 'work' | 'home', one: (field: Field) => string): Address[] {
  const parts = (
    [
      ['name', 'street'],
      ['locality', 'city'],
      ['region', 'region'],
      ['postcode', 'postcode'],
      ['country', 'country'],
    ] as const
  )
    .map(([kind, field]) => ({ kind, value: one(`${field}.${where}`) }))
    .filter(({ value }) => value !== '')
  const full = one(`address.${where}`)
  if (parts.length === 0 && full === '') return []
  const contexts = { [where === 'work' ? 'work' : 'private']: true }
  return [{ ...(parts.length > 0 && { components: parts }), ...(full !== '' && { full }), contexts }]
}

/** 1990/4/15, 15.4.1990 (day first), 民國 79.4.15 as people write days; 0/0/00 is Outlook's for none. */
function isoDay(text: string): string {
  const two = (number: string): string => number.padStart(2, '0')
  const found = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/.exec(text)
  if (found) return `${found[1]}-${two(found[2]!)}-${two(found[3]!)}`
  const roc = /^(?:民國)?\s*(\d{2,3})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/.exec(text)
  if (roc) return `${Number(roc[1]) + 1911}-${two(roc[2]!)}-${two(roc[3]!)}`
  const english = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text) // month first, as Outlook writes it
  if (english) return `${english[3]}-${two(english[1]!)}-${two(english[2]!)}`
  const german = /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/.exec(text)
  return german ? `${german[3]}-${two(german[2]!)}-${two(german[1]!)}` : text
}

// -- the other way

const exported: [en: string, zh: string, Field][] = [
  ['Name', '姓名', 'full'],
  ['Last Name', '姓', 'surname'],
  ['First Name', '名', 'given'],
  ['Nickname', '暱稱', 'nickname'],
  ['E-mail Address', '電子郵件', 'email'],
  ['E-mail 2 Address', '電子郵件 2', 'email'],
  ['E-mail 3 Address', '電子郵件 3', 'email'],
  ['Company', '單位', 'organization'],
  ['Department', '部門', 'unit'],
  ['Job Title', '職稱', 'job'],
  ['Mobile Phone', '行動電話', 'phone.mobile'],
  ['Business Phone', '公司電話', 'phone.work'],
  ['Home Phone', '住家電話', 'phone.home'],
  ['Phone', '電話', 'phone'],
  ['Fax', '傳真', 'phone.fax'],
  ['Business Address', '公司地址', 'address.work'],
  ['Address', '地址', 'address.home'],
  ['Birthday', '生日', 'birthday'],
  ['Web Page', '網頁', 'url'],
  ['Categories', '類別', 'keywords'],
  ['Notes', '備註', 'note'],
  ['UID', 'UID', 'uid'],
]

/** The headings of an export. */
export function headingRow(language: 'en' | 'zh'): string[] {
  return exported.map(([en, zh]) => (language === 'en' ? en : zh))
}

/** The same columns of a contact. */
export function rowOfCard(card: Card): string[] {
  const values = valuesOfCard(card)
  return exported.map(([, , field]) => values.get(field)?.shift() ?? '')
}

function valuesOfCard(card: Card): Map<Field, string[]> {
  const values: Values = new Map()
  const add = (field: Field, value: string | undefined): void => {
    if (value) values.set(field, [...(values.get(field) ?? []), value])
  }
  add('full', displayName(card))
  for (const { kind, value } of card.name?.components ?? [])
    if (kind === 'surname' || kind === 'given') add(kind, value)
  for (const { name } of Object.values(card.nicknames ?? {})) add('nickname', name)
  for (const { address } of Object.values(card.emails ?? {})) add('email', address)
  for (const { name, units } of Object.values(card.organizations ?? {})) {
    add('organization', name)
    add('unit', units?.map((unit) => unit.name).join(' '))
  }
  for (const { name } of Object.values(card.titles ?? {})) add('job', name)
  for (const { number, features, contexts } of Object.values(card.phones ?? {})) {
    const where = contexts?.['work'] ? 'phone.work' : contexts?.['private'] ? 'phone.home' : 'phone'
    add(features?.['fax'] ? 'phone.fax' : features?.['mobile'] ? 'phone.mobile' : where, number)
  }
  for (const { full, components = [], contexts } of Object.values(card.addresses ?? {})) {
    add(contexts?.['work'] ? 'address.work' : 'address.home', full ?? components.map(({ value }) => value).join(' '))
  }
  for (const { kind, date } of Object.values(card.anniversaries ?? {}))
    if (kind === 'birth') add('birthday', writeVCardDate(date, true))
  for (const { uri } of Object.values(card.links ?? {})) add('url', uri)
  add('keywords', Object.keys(card.keywords ?? {}).join(';'))
  add(
    'note',
    Object.values(card.notes ?? {})
      .map(({ note }) => note)
      .join('\n'),
  )
  add('uid', card.uid)
  return values
}
