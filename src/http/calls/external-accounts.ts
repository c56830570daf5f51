// /api/external-accounts: a person's accounts elsewhere that mail is fetched from.
//
// Invariants: a password goes in and never comes out; one that was given for a server is not said to another: who
// changes server or name gives the password again (SECURITY 13, 14).

import * as z from 'zod/mini'
import {
  addExternal,
  changeExternal,
  externalById,
  externalsOf,
  removeExternal,
  type ExternalAccount,
  type ExternalChoice,
} from '../../directory/externals.ts'
import type { Fetching } from '../../fetching/fetching.ts'
import { objectId, objectNumber } from '../../store/objectids.ts'
import { writeEvents } from '../../tracking/events.ts'
import { call } from '../call.ts'
import { fetchWords } from '../fetchwords.ts'
import type { WebHouse } from '../house.ts'
import { HttpTrouble } from '../problems.ts'
import { inLanguage, type Language } from '../words.ts'

const minute = 60_000
const host = z
  .string()
  .check(z.trim(), z.toLowerCase(), z.regex(/^(?=.{1,253}$)[a-z0-9]([a-z0-9.-]*[a-z0-9])?$|^[0-9a-f:]{2,45}$/))
const line = (most: number) => z.string().check(z.minLength(1), z.maxLength(most), z.regex(/^\P{Cc}*$/u))
const mailbox = z.nullable(z.string().check(z.regex(/^F[1-9]\d{0,14}$/)))
const fields = {
  protocol: z.enum(['pop3', 'imap']),
  host,
  port: z.int().check(z.minimum(1), z.maximum(65_535)),
  tls: z.enum(['tls', 'starttls']),
  username: line(255),
  folder: line(255),
  mailboxId: mailbox,
  keyword: z.string().check(z.regex(/^(?:[a-z0-9$_.-]{1,50})?$/)),
  keep: z.boolean(),
  everyMinutes: z.int().check(z.minimum(5), z.maximum(10_080)),
  active: z.boolean(),
}
const id = z.string().check(z.regex(/^[1-9]\d{0,14}$/))
const shown = z.object({
  id: z.string(),
  ...fields,
  next: z.nullable(z.string()),
  running: z.boolean(),
  fetched: z.number(),
  last: z.nullable(
    z.object({
      at: z.string(),
      result: z.string(),
      words: z.string(),
      said: z.string(),
      fetched: z.number(),
      skipped: z.number(),
    }),
  ),
})
const changing = { count: 60, seconds: 60, per: 'account' } as const

export const externalsList = call({
  method: 'GET',
  path: '/api/external-accounts',
  summary: { en: 'Accounts elsewhere that mail is fetched from.', zh: '自動收信的外部帳號。' },
  who: 'person',
  rate: { count: 120, seconds: 60, per: 'account' },
  output: z.object({ accounts: z.array(shown) }),

  async run({ house, by, language }) {
    opened(house)
    const all = await externalsOf(house.store.db, by.account.id, house.clock())
    return { accounts: all.map((one) => show(one, language)) }
  },
})

export const externalAdd = call({
  method: 'POST',
  path: '/api/external-accounts',
  summary: {
    en: 'Has mail fetched from another account; the first run begins at once.',
    zh: '新增要自動收信的外部帳號,並立即開始收取。',
  },
  who: 'person',
  rate: changing,
  input: z.strictObject({
    ...fields,
    port: z.optional(fields.port),
    tls: z._default(fields.tls, 'tls'),
    folder: z._default(fields.folder, 'INBOX'),
    mailboxId: z._default(mailbox, null),
    keyword: z._default(fields.keyword, ''),
    keep: z._default(z.boolean(), true),
    everyMinutes: z._default(fields.everyMinutes, 15),
    active: z._default(z.boolean(), true),
    password: line(1000),
  }),
  output: shown,

  async run({ house, by, language, reply, peer }, input) {
    const fetching = opened(house)
    const port = input.port ?? usualPort(input.protocol, input.tls)
    const accountId = by.account.id
    const { password, everyMinutes, mailboxId, ...rest } = { ...input, port }
    const choice: ExternalChoice = {
      ...rest,
      every: everyMinutes * minute,
      mailboxId: await ownMailbox(house, accountId, mailboxId),
      secret: fetching.secrets.seal(password, { ...rest, accountId }),
    }
    checkPort(choice.port)
    const bounds = { now: house.clock(), most: fetching.limits.accounts }
    const made = await addExternal(house.store.db, accountId, choice, bounds)
    await note(house, made, 'external-added', peer.address)
    fetching.wake()
    reply.code(201)
    return show(made, language)
  },
})

export const externalChange = call({
  method: 'PATCH',
  path: '/api/external-accounts/:id',
  summary: { en: 'Changes an account elsewhere; it is tried at once.', zh: '修改外部帳號,並立即重試。' },
  who: 'person',
  rate: changing,
  input: z.strictObject({ id, ...z.partial(z.object({ ...fields, password: line(1000) })).shape }),
  output: shown,

  async run({ house, by, language, peer }, { id: name, password, everyMinutes, mailboxId, ...given }) {
    const fetching = opened(house)
    const old = await ownExternal(house, by.account.id, name)
    const changes = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
    const choice: ExternalChoice = {
      ...old,
      ...changes,
      ...(everyMinutes !== undefined && { every: everyMinutes * minute }),
      ...(mailboxId !== undefined && { mailboxId: await ownMailbox(house, old.accountId, mailboxId) }),
    }
    checkPort(choice.port)
    const isElsewhere = (['protocol', 'host', 'port', 'username'] as const).some((one) => old[one] !== choice[one])
    if (password !== undefined) {
      choice.secret = fetching.secrets.seal(password, { ...choice, accountId: old.accountId })
    } else if (isElsewhere || choice.tls !== old.tls) {
      throw new HttpTrouble('bad-input', { where: 'password', why: 'give it again for another server or name' })
    }
    await changeExternal(house.store.db, old, choice, house.clock())
    const changed = await ownExternal(house, by.account.id, name)
    await note(house, changed, 'external-changed', peer.address)
    fetching.wake()
    return show(changed, language)
  },
})

export const externalRemove = call({
  method: 'DELETE',
  path: '/api/external-accounts/:id',
  summary: {
    en: 'Ends fetching from an account elsewhere; what was fetched stays.',
    zh: '移除外部帳號;已收取的信件保留。',
  },
  who: 'person',
  rate: changing,
  input: z.strictObject({ id }),

  async run({ house, by, peer }, { id: name }) {
    opened(house)
    const external = await ownExternal(house, by.account.id, name)
    if (await removeExternal(house.store.db, external.id, by.account.id)) {
      await note(house, external, 'external-removed', peer.address)
    }
  },
})

export const externalRun = call({
  method: 'POST',
  path: '/api/external-accounts/:id/run',
  summary: { en: 'Fetches now, and says how it went.', zh: '立即收取,並回報結果。' },
  who: 'person',
  rate: { count: 30, seconds: 60, per: 'account' },
  input: z.strictObject({ id }),
  output: shown,

  async run({ house, by, language }, { id: name }) {
    const fetching = opened(house)
    const { id: number } = await ownExternal(house, by.account.id, name)
    const ended = fetching.run(number)
    ended.catch((error: unknown) => house.report(error, { external: number }))
    // A long run goes on behind; its state says so.
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, house.limits.runWaitMilliseconds).unref())])
    return show(await ownExternal(house, by.account.id, name), language)
  },
})

/** Who had what fetched from where, since when, is in the history. */
function note({ store, clock }: WebHouse, external: ExternalAccount, kind: string, peer: string): Promise<void> {
  const { id: number, accountId, protocol, host: name, port, username } = external
  const details = { external: number, protocol, host: name, port, username }
  return store.db.transaction((sql) => writeEvents(sql, [{ at: clock(), kind, account: accountId, peer, details }]))
}

function opened({ fetching }: WebHouse): Fetching {
  if (!fetching) throw new HttpTrouble('no-such-page')
  return fetching
}

async function ownExternal(house: WebHouse, accountId: number, name: string): Promise<ExternalAccount> {
  const found = await externalById(house.store.db, Number(name), house.clock())
  if (found?.accountId !== accountId) throw new HttpTrouble('no-such-page')
  return found
}

async function ownMailbox(house: WebHouse, accountId: number, name: string | null): Promise<number | undefined> {
  if (name === null) return undefined
  const number = objectNumber('F', name)
  const text = 'select 1 as one from mailbox where id = $1 and account_id = $2 and selectable = 1'
  if (number !== undefined && (await house.store.db.one(text, [number, accountId]))) return number
  throw new HttpTrouble('no-such-mailbox')
}

function usualPort(protocol: 'pop3' | 'imap', tls: 'tls' | 'starttls'): number {
  if (protocol === 'pop3') return tls === 'tls' ? 995 : 110
  return tls === 'tls' ? 993 : 143
}

/** Below 1024 there are other services; nobody is to be knocked at there by us. */
function checkPort(port: number): void {
  const isMail = port === 110 || port === 143 || port === 993 || port === 995
  if (port < 1024 && !isMail) throw new HttpTrouble('bad-input', { where: 'port', why: 'no port of POP3 or IMAP' })
}

function show(one: ExternalAccount, language: Language) {
  const time = (at: number) => new Date(at).toISOString()
  const { protocol, host: name, port, tls, username, folder, keyword, keep, active, lastAt, lastResult } = one
  const words = fetchWords[lastResult as keyof typeof fetchWords] ?? fetchWords.unavailable
  return {
    id: String(one.id),
    protocol,
    host: name,
    port,
    tls,
    username,
    folder,
    mailboxId: one.mailboxId === undefined ? null : objectId('F', one.mailboxId),
    keyword,
    keep,
    everyMinutes: one.every / minute,
    active,
    next: active ? time(one.nextAt) : null,
    running: one.isRunning,
    fetched: one.fetched,
    last:
      lastAt === undefined
        ? null
        : {
            at: time(lastAt),
            result: lastResult,
            words: inLanguage(words, language),
            said: one.lastSaid,
            fetched: one.lastFetched,
            skipped: one.lastSkipped,
          },
  }
}
