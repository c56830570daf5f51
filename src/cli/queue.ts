// postern queue: what waits to leave, and what an operator may do about it.

import { findEntries, type EntryQuery, type ListedEntry } from '../queue/entries.ts'
import { dropEntries, holdEntries, retryEntries, type Ordered } from '../queue/orders.ts'
import { normalAddress, normalDomain } from '../mail/address.ts'
import { findEvents } from '../tracking/events.ts'
import { Trouble } from '../wire/troubles.ts'
import type { Desk, Task, Verb } from './desk.ts'
import { facts, table, timeText } from './print.ts'
import { storyLines } from './trace.ts'
import type { Words } from './words.ts'

type Group = Parameters<Verb>[0]
type Order = (db: Awaited<ReturnType<Task['database']>>, query: EntryQuery, now: number) => Promise<Ordered>

export const queueVerbs: Verb = (program, desk) => {
  const group = desk.group(program, 'queue', { en: 'mail that waits to leave', zh: '等候寄出的郵件' })
  addList(group, desk)
  addShow(group, desk)
  addOrder(group, desk, 'retry', retryEntries, {
    en: 'try again now; held entries are released',
    zh: '立即重試;暫停者一併放行',
  })
  addOrder(group, desk, 'hold', holdEntries, { en: 'keep from being tried', zh: '暫停寄送' })
  addOrder(group, desk, 'drop', dropEntries, {
    en: 'take out of the queue without telling the sender',
    zh: '移出佇列,不通知寄件人',
  })
}

function addList(group: Group, desk: Desk): void {
  const verb = desk.verb(group, 'list', { en: 'what waits', zh: '列出等候中的郵件' })
  choosing(verb, desk)
    .option('--after <id>', desk.say({ en: 'the page after this entry', zh: '從此筆之後列起' }))
    .option('--limit <number>', desk.say({ en: 'entries on a page (at most 1000)', zh: '每頁筆數(最多 1000)' }))
    .action(
      desk.run(async (task) => {
        const { after, limit } = task.options
        const query = { ...chosen(task), after: numberOf('--after', after), limit: numberOf('--limit', limit) }
        const entries = await findEntries(await task.database(), query)
        task.show(entries, () => (entries.length === 0 ? task.say(nothing) : listing(entries, desk)))
      }),
    )
}

const nothing: Words = { en: 'The queue is empty.', zh: '佇列是空的。' }

function addShow(group: Group, desk: Desk): void {
  desk.verb(group, 'show <id>', { en: 'one entry and its history', zh: '顯示一筆及其歷程' }).action(
    desk.run(async (task, id) => {
      const db = await task.database()
      const [entry] = await findEntries(db, { id: numberOf('id', id) })
      if (!entry) throw new Trouble('no-such-queue-entry')
      const events = await findEvents(db, { mail: entry.mail })
      task.show({ ...entry, events }, () => `${details(entry, desk)}\n\n${storyLines(events)}`)
    }),
  )
}

function addOrder(group: Group, desk: Desk, name: string, order: Order, words: Words): void {
  choosing(desk.verb(group, `${name} [ids...]`, words), desk)
    .option('--all', desk.say({ en: 'everything', zh: '全部' }))
    .action(
      desk.run(async (task, ...ids) => {
        const query = chosen(task)
        const isAll = task.options['all'] === true
        if (ids.length === 0 && !isAll && Object.values(query).every((value) => value === undefined)) {
          throw new Trouble('bad-setting', { key: name, why: task.say(chooseSomething) })
        }
        const db = await task.database()
        const queries = ids.length > 0 ? ids.map((id) => ({ ...query, id: numberOf('id', id) })) : [query]
        const total: Ordered = { done: 0, busy: 0 }
        for (const one of queries) {
          const { done, busy } = await order(db, one, Date.now())
          total.done += done
          total.busy += busy
        }
        if (total.done === 0) task.fail()
        task.show(total, () =>
          task.say({
            en: `${total.done} done${total.busy > 0 ? `, ${total.busy} being sent at the moment and left alone` : ''}.`,
            zh: `已處理 ${total.done} 筆${total.busy > 0 ? `,另有 ${total.busy} 筆正在寄送,未更動` : ''}。`,
          }),
        )
      }),
    )
}

const chooseSomething: Words = {
  en: 'name entries by id, --domain, --address, --mail or --all',
  zh: '請以 id、--domain、--address、--mail 或 --all 指定',
}

function choosing(verb: Group, desk: Desk): Group {
  return verb
    .option('--domain <domain>', desk.say({ en: 'mail to this domain', zh: '寄往此網域' }))
    .option('--address <address>', desk.say({ en: 'mail to this recipient', zh: '寄給此收件人' }))
    .option('--mail <id>', desk.say({ en: 'recipients of this mail', zh: '此封郵件的收件人' }))
    .option('--state <state>', desk.say({ en: 'ready, sending or held', zh: 'ready、sending 或 held' }))
}

function chosen({ options }: Task): EntryQuery {
  const { domain, address, mail, state } = options as Record<string, string | undefined>
  if (state !== undefined && state !== 'ready' && state !== 'sending' && state !== 'held') {
    throw new Trouble('bad-setting', { key: '--state', value: state, allowed: 'ready, sending, held' })
  }
  return {
    domain: domain === undefined ? undefined : (normalDomain(domain) ?? domain),
    address: address === undefined ? undefined : normalAddress(address),
    mail,
    state,
  }
}

function numberOf(key: string, value: unknown): number | undefined {
  if (value === undefined) return undefined
  const number = Number(value)
  if (!Number.isSafeInteger(number) || number < 0)
    throw new Trouble('bad-setting', { key, value: JSON.stringify(value) })
  return number
}

function listing(entries: ListedEntry[], desk: Desk): string {
  const headings: Words[] = [
    { en: 'Id', zh: 'Id' },
    { en: 'State', zh: '狀態' },
    { en: 'Sender', zh: '寄件人' },
    { en: 'Recipient', zh: '收件人' },
    { en: 'Tries', zh: '次數' },
    { en: 'Next', zh: '下次' },
    { en: 'Last words', zh: '最近回覆' },
  ]
  return table(
    headings.map((words) => desk.say(words)),
    entries.map(({ id, state, sender, address, attempts, nextAt, lastWords }) => [
      id,
      state,
      `<${sender}>`,
      address,
      attempts,
      timeText(nextAt),
      lastWords,
    ]),
  )
}

function details(entry: ListedEntry, desk: Desk): string {
  const { id, mail, state, sender, address, attempts, arrivedAt, nextAt, expiresAt } = entry
  return facts([
    ['Id', id],
    [desk.say({ en: 'Mail', zh: '郵件' }), mail],
    [desk.say({ en: 'State', zh: '狀態' }), state],
    [desk.say({ en: 'Sender', zh: '寄件人' }), `<${sender}>`],
    [desk.say({ en: 'Recipient', zh: '收件人' }), address],
    [desk.say({ en: 'Arrived', zh: '收下時間' }), timeText(arrivedAt)],
    [desk.say({ en: 'Tries', zh: '次數' }), attempts],
    [desk.say({ en: 'Next', zh: '下次' }), timeText(nextAt)],
    [desk.say({ en: 'Returned after', zh: '退回期限' }), timeText(expiresAt)],
    [desk.say({ en: 'Last host', zh: '最近主機' }), entry.lastHost],
    [desk.say({ en: 'Last words', zh: '最近回覆' }), entry.lastWords],
  ])
}
