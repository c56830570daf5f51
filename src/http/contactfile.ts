// A file of contacts that somebody uploaded: what is in it, and which of it the book has already.
//
// Promises: nothing is changed here. A contact is known again by its uid, else by one of its addresses.

import { randomUUID } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { Card } from '../contacts/card.ts'
import { fields, meaningOf, type Field, type Mapping, type Source } from '../contacts/columns.ts'
import { readCards } from '../contacts/contentlines.ts'
import { decodeFile, readTable } from '../contacts/csv.ts'
import { fromVCard } from '../contacts/fromvcard.ts'
import { contactLimits } from '../contacts/limits.ts'
import { cardOfRow } from '../contacts/rows.ts'
import { contactLines, type ContactLine } from '../directory/cards.ts'
import { findBlob, readBlob } from '../jmap/blobs.ts'
import { charsetName, decodeAs, decodeCharset } from '../mime/charset.ts'
import { guessCharset } from '../mime/detect.ts'
import { isUtf8 } from 'node:buffer'
import { Trouble } from '../wire/troubles.ts'
import type { WebHouse } from './house.ts'
import { HttpTrouble } from './problems.ts'

export interface FileAsked {
  blobId: string
  charset?: string | undefined // as the person chose it; else detected
  mapping?: string[] | undefined // of each column; else by the headings
  hasHeading?: boolean | undefined
}

export interface ContactFile {
  kind: 'csv' | 'vcard'
  charset: string
  separator: string
  source: Source | 'vcard'
  hasHeading: boolean
  heading: string[]
  mapping: Mapping
  rows: string[][] // the first ones
  cards: Card[]
  empty: number // rows nobody is in
  groups: number // of a vCard file
  isCut: boolean
}

/** Throws HttpTrouble no-such-page (no such upload), bad-input; Trouble too-large. */
export async function readContactFile(
  house: WebHouse,
  user: { id: number },
  asked: FileAsked,
  withGroups: boolean,
): Promise<ContactFile> {
  const blob = await findBlob(house.jmap, { user, account: user.id }, asked.blobId)
  if (!blob) throw new HttpTrouble('no-such-page')
  const bytes = await readBlob(blob, contactLimits.fileBytes)
  if (!bytes) throw new Trouble('too-large', { limit: contactLimits.fileBytes })
  const charset = asked.charset === undefined ? '' : charsetName(asked.charset)
  if (asked.charset !== undefined && charset === '')
    throw new HttpTrouble('bad-input', { where: 'charset', why: 'There is no such charset' })
  if (/^\s*BEGIN:VCARD/i.test(bytes.toString('latin1', 0, 1000).replace(/^\xef\xbb\xbf/, '')))
    return vcardFile(bytes, charset, withGroups)
  return tableFile(bytes, charset, asked)
}

function detect(bytes: Buffer): string {
  return isUtf8(bytes) ? 'utf-8' : guessCharset(bytes, decodeAs)
}

async function vcardFile(bytes: Buffer, asked: string, withGroups: boolean): Promise<ContactFile> {
  const { text, charset } = decodeFile(bytes, decodeCharset, detect, asked)
  await setImmediate()
  const all = readCards(text, decodeCharset)
  await setImmediate()
  const cards = all.slice(0, contactLimits.fileCards).map((lines) => fromVCard(lines, newUid))
  const people = cards.filter(({ kind }) => kind !== 'group')
  return {
    kind: 'vcard',
    charset,
    separator: '',
    source: 'vcard',
    hasHeading: false,
    heading: [],
    mapping: [],
    rows: [],
    cards: withGroups ? cards : people,
    empty: 0,
    groups: cards.length - people.length,
    isCut: all.length > contactLimits.fileCards,
  }
}

const shownRows = 10

async function tableFile(bytes: Buffer, asked: string, { mapping, hasHeading }: FileAsked): Promise<ContactFile> {
  const { text, charset } = decodeFile(bytes, decodeCharset, detect, asked)
  await setImmediate()
  const table = readTable(text)
  await setImmediate()
  const meant = meaningOf(table.rows)
  const headed = hasHeading ?? meant.hasHeading
  const columns = mapping ? readMapping(mapping) : meant.mapping
  const rows = headed ? table.rows.slice(1) : table.rows
  const found = rows.slice(0, contactLimits.fileCards).map((row) => cardOfRow(row, columns, newUid))
  const cards = found.filter((card) => card !== undefined)
  return {
    kind: 'csv',
    charset,
    separator: table.separator,
    source: meant.source,
    hasHeading: headed,
    heading: headed ? (table.rows[0] ?? []) : [],
    mapping: columns,
    rows: rows.slice(0, shownRows).map((row) => row.map((cell) => cell.slice(0, 200))),
    cards,
    empty: found.length - cards.length,
    groups: 0,
    isCut: table.isCut,
  }
}

function newUid(): string {
  return `urn:uuid:${randomUUID()}`
}

function readMapping(mapping: readonly string[]): Mapping {
  const known = new Set<string>(fields)
  const odd = mapping.find((field) => field !== '' && !known.has(field))
  if (odd !== undefined) throw new HttpTrouble('bad-input', { where: 'mapping', why: `"${odd}" is no field` })
  return mapping.slice(0, contactLimits.columns) as (Field | '')[]
}

export interface Plan {
  fresh: Card[]
  known: { id: number; before: Card; card: Card }[]
  twice: number // stand in the file more than once
}

/** What is new, and what the book has. */
export async function planImport(house: WebHouse, bookId: number, cards: readonly Card[]): Promise<Plan> {
  const byKey = new Map<string, ContactLine>()
  for await (const lines of contactLines(house.store.db, [bookId], true)) {
    for (const line of lines) for (const key of keysOf(line.card as Card)) if (!byKey.has(key)) byKey.set(key, line)
    await setImmediate()
  }
  const plan: Plan = { fresh: [], known: [], twice: 0 }
  const seen = new Set<string>()
  for (const card of cards) {
    const keys = keysOf(card)
    if (keys.some((key) => seen.has(key))) {
      plan.twice++
      continue
    }
    for (const key of keys) seen.add(key)
    const before = keys.map((key) => byKey.get(key)).find((line) => line !== undefined)
    if (before) plan.known.push({ id: before.id, before: before.card as Card, card })
    else plan.fresh.push(card)
  }
  return plan
}

function keysOf(card: Card): string[] {
  const emails =
    card.kind === 'group' ? [] : Object.values(card.emails ?? {}).map(({ address }) => `mail ${address.toLowerCase()}`)
  return [`uid ${card.uid}`, ...emails]
}

/** What the file says replaces what was there; addresses and telephones that it does not have stay. */
export function updated(before: Card, card: Card): Card {
  const merged: Card = { ...before, ...card, uid: before.uid }
  const emails = union(before.emails, card.emails, ({ address }) => address.toLowerCase())
  const phones = union(before.phones, card.phones, ({ number }) => number.replace(/[^\d+]/g, ''))
  return { ...merged, ...(emails && { emails }), ...(phones && { phones }) }
}

function union<T>(
  before: Record<string, T> | undefined,
  card: Record<string, T> | undefined,
  keyOf: (one: T) => string,
): Record<string, T> | undefined {
  const all = new Map<string, T>()
  for (const one of [...Object.values(before ?? {}), ...Object.values(card ?? {})])
    if (!all.has(keyOf(one))) all.set(keyOf(one), one)
  if (all.size === 0) return undefined
  return Object.fromEntries(
    [...all.values()].slice(0, contactLimits.entries).map((one, place) => [String(place + 1), one]),
  )
}
