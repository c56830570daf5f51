// A contact as the page shows and changes it.                                          RFC 9553, RFC 9610 §3
//
// Pure. Invariant: what the form does not show stays as it was; an entry that was not changed keeps its key and all
// else that is said of it.

import { cleanText } from '../../parts/names.ts'
import { isAddress, writeRecipient, type Recipient } from '../compose/recipients.ts'

type Entries<Entry> = Record<string, Entry>

export interface Card {
  id: string
  uid: string
  kind?: string
  addressBookIds: Record<string, true>
  name?: { full?: string; components?: { kind: string; value: string }[] }
  nicknames?: Entries<{ name: string }>
  emails?: Entries<{ address: string; pref?: number }>
  phones?: Entries<{ number: string; pref?: number }>
  organizations?: Entries<{ name?: string; units?: { name: string }[] }>
  titles?: Entries<{ name: string }>
  addresses?: Entries<{ full?: string; components?: { kind: string; value: string }[] }>
  notes?: Entries<{ note: string }>
  members?: Record<string, boolean>
}

const values = <Entry>(entries: Entries<Entry> | undefined): Entry[] => Object.values(entries ?? {})

export const emailsOf = ({ emails }: Card): string[] =>
  values(emails)
    .toSorted((a, b) => (a.pref ?? 101) - (b.pref ?? 101))
    .map(({ address }) => address)

export const phonesOf = ({ phones }: Card): string[] => values(phones).map(({ number }) => number)

export const unitsOf = ({ organizations }: Card): string[] => values(organizations).map(unitText)

function unitText({ name, units = [] }: { name?: string; units?: { name: string }[] }): string {
  return [name ?? '', ...units.map((unit) => unit.name)].filter(Boolean).join(' ')
}

export const jobsOf = ({ titles }: Card): string[] => values(titles).map(({ name }) => name)
export const notesOf = ({ notes }: Card): string[] => values(notes).map(({ note }) => note)

export const placesOf = ({ addresses }: Card): string[] =>
  values(addresses)
    .map(({ full, components = [] }) => full ?? joined(components))
    .filter(Boolean)

/** Han parts are never spaced. */
function joined(parts: readonly { kind: string; value: string }[]): string {
  const texts = parts.filter(({ kind, value }) => kind !== 'separator' && value !== '').map(({ value }) => value)
  return texts.join(texts.every((text) => /\p{Script=Han}/u.test(text)) ? '' : ' ')
}

/** The name of a person; '' where nothing names him, not even an address. */
export function nameOf(card: Card): string {
  return cleanText(
    ownName(card) ||
      values(card.nicknames)[0]?.name ||
      unitsOf(card)[0] ||
      emailsOf(card)[0] ||
      phonesOf(card)[0] ||
      '',
  )
}

/** The name alone: Han surname first. */
function ownName({ name }: Card): string {
  if (name?.full) return name.full
  const parts = name?.components ?? []
  const surname = parts.filter(({ kind }) => kind === 'surname' || kind === 'surname2')
  const others = parts.filter(({ kind }) => kind === 'given' || kind === 'given2')
  const isHan = parts.some(({ value }) => /\p{Script=Han}/u.test(value))
  return joined(isHan ? [...surname, ...others] : [...others, ...surname])
}

/** With the address a mail to him goes to; undefined: he has none. */
export function recipientOf(card: Card): Recipient | undefined {
  const [email] = emailsOf(card)
  return email === undefined ? undefined : { name: cleanText(ownName(card)), email }
}

/** What a composer opens with. Each by himself, so that none is cut off. RFC 6068 §2 */
export function mailtoOf(people: readonly Recipient[], isBcc = false): string {
  const written = people.map((person) => encodeURIComponent(writeRecipient(person)))
  return isBcc ? `mailto:?${written.map((one) => `bcc=${one}`).join('&')}` : `mailto:${written.join(',')}`
}

export interface Line {
  key: string
  value: string
}

export interface CardForm {
  name: string
  emails: Line[]
  phones: Line[]
  unit: string
  job: string
  note: string
}

export function formOf(card?: Card): CardForm {
  const lines = <Entry>(entries: Entries<Entry> | undefined, text: (entry: Entry) => string): Line[] => {
    const found = Object.entries(entries ?? {}).map(([key, entry]) => ({ key, value: text(entry) }))
    return found.length > 0 ? found : [{ key: freeKey([]), value: '' }]
  }
  return {
    name: card ? ownName(card) : '',
    emails: lines(card?.emails, ({ address }) => address),
    phones: lines(card?.phones, ({ number }) => number),
    unit: card ? (unitsOf(card)[0] ?? '') : '',
    job: card ? (jobsOf(card)[0] ?? '') : '',
    note: card ? (notesOf(card)[0] ?? '') : '',
  }
}

/** A key that none of the lines has. */
export function freeKey(lines: readonly Line[]): string {
  const taken = new Set(lines.map(({ key }) => key))
  for (let n = 1; ; n++) if (!taken.has(`e${n}`)) return `e${n}`
}

export type FormProblem = { is: 'empty' } | { is: 'email'; typed: string }

export function checkForm({ name, emails, phones }: CardForm): FormProblem | undefined {
  const bad = emails.map(({ value }) => cleanEmail(value)).find((typed) => typed !== '' && !isAddress(typed))
  if (bad !== undefined) return { is: 'email', typed: bad }
  const isEmpty = name.trim() === '' && [...emails, ...phones].every(({ value }) => value.trim() === '')
  return isEmpty ? { is: 'empty' } : undefined
}

/** Addresses are normalised; names never are. */
const cleanEmail = (typed: string): string => typed.normalize('NFKC').trim()

/** The properties that a form changes, for ContactCard/set. Null: taken away. */
export function changesOf(form: CardForm, before?: Card): Record<string, unknown> {
  const was = formOf(before)
  const changes: Record<string, unknown> = {}
  const name = form.name.trim()
  if (name !== was.name.trim()) changes['name'] = name === '' ? null : { full: name }
  if (!isSameLines(form.emails, was.emails))
    changes['emails'] = entriesOf(form.emails, before?.emails, (value) => ({ address: cleanEmail(value) }))
  if (!isSameLines(form.phones, was.phones))
    changes['phones'] = entriesOf(form.phones, before?.phones, (value) => ({ number: value.trim() }))
  if (form.unit !== was.unit) changes['organizations'] = first(before?.organizations, form.unit, (name) => ({ name }))
  if (form.job !== was.job) changes['titles'] = first(before?.titles, form.job, (name) => ({ name }))
  if (form.note !== was.note) changes['notes'] = first(before?.notes, form.note, (note) => ({ note }))
  return changes
}

function isSameLines(a: readonly Line[], b: readonly Line[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function entriesOf<Entry>(
  lines: readonly Line[],
  before: Entries<Entry> | undefined,
  make: (value: string) => Partial<Entry>,
): Entries<object> | null {
  const kept = lines.filter(({ value }) => value.trim() !== '')
  const entries = kept.map(({ key, value }): [string, object] => [key, { ...before?.[key], ...make(value) }])
  return entries.length === 0 ? null : Object.fromEntries(entries)
}

/** The form shows the first entry only; the others stay. */
function first<Entry>(
  before: Entries<Entry> | undefined,
  value: string,
  make: (value: string) => object,
): Entries<object> | null {
  const [key = 'e1', ...others] = Object.keys(before ?? {})
  const rest = others.map((other): [string, object] => [other, before![other] as object])
  const own: [string, object][] = value.trim() === '' ? [] : [[key, make(value.trim())]]
  const entries = [...own, ...rest]
  return entries.length === 0 ? null : Object.fromEntries(entries)
}
