// postern trace: what became of a mail, or of all mail of an address, or what happened in a time.

import { accountByAddress } from '../directory/accounts.ts'
import { normalAddress } from '../mail/address.ts'
import type { Reader } from '../sql/sql.ts'
import { findEvents, type Event, type EventQuery } from '../tracking/events.ts'
import { Trouble } from '../wire/troubles.ts'
import type { Verb } from './desk.ts'
import { clean, timeText } from './print.ts'

export const traceVerb: Verb = (program, desk) => {
  desk
    .verb(program, 'trace [what]', {
      en: 'the history of a mail (its id) or of an address',
      zh: '查詢一封郵件(編號)或一個位址的歷程',
    })
    .option(
      '--from <time>',
      desk.say({ en: 'not before this time, as 2026-01-31 or 2026-01-31T08:00', zh: '起始時間' }),
    )
    .option('--to <time>', desk.say({ en: 'before this time', zh: '結束時間' }))
    .option('--kind <kind>', desk.say({ en: 'only such events: received, attempt, login ...', zh: '只看此類事件' }))
    .option('--limit <number>', desk.say({ en: 'events or mails at most (100)', zh: '最多幾筆(100)' }))
    .action(
      desk.run(async (task, what) => {
        const { from, to, kind, limit } = task.options as Record<string, string | undefined>
        const query = { from: timeOf('--from', from), to: timeOf('--to', to), kind, limit: limitOf(limit) }
        if (!what && query.from === undefined && query.to === undefined && kind === undefined) {
          const why = task.say({
            en: 'name a mail, an address, --from, --to or --kind',
            zh: '請指定郵件編號、位址、--from、--to 或 --kind',
          })
          throw new Trouble('bad-setting', { key: 'trace', why })
        }
        const events = await eventsOf(await task.database(), what, query)
        if (events.length === 0) task.fail()
        task.show(events, () =>
          events.length === 0 ? task.say({ en: 'Nothing is known of it.', zh: '查無記錄。' }) : storyLines(events),
        )
      }),
    )
}

/** Of an address: its own events, and every event of the mails among them, mail by mail, the newest mail last. */
async function eventsOf(db: Reader, what: string | undefined, query: EventQuery): Promise<Event[]> {
  if (!what) return (await findEvents(db, { ...query, newestFirst: true })).reverse()
  if (!what.includes('@')) return findEvents(db, { ...query, mail: what, limit: undefined })
  const own = (await findEvents(db, { ...query, address: normalAddress(what), newestFirst: true })).reverse()
  const account = await accountByAddress(db, what)
  // What he did in the names of others stands under their addresses.
  if (account) {
    const page = { ...query, account: account.id, kind: 'delegate', newestFirst: true }
    const known = new Set(own.map(({ id }) => id))
    const acts = query.kind === undefined || query.kind === 'delegate' ? await findEvents(db, page) : []
    own.push(...acts.filter(({ id }) => !known.has(id)))
    own.sort((a, b) => a.at - b.at || (a.id ?? 0) - (b.id ?? 0))
  }
  const events: Event[] = []
  const told = new Set<string>()
  for (const event of own) {
    if (event.mail === undefined) events.push(event)
    else if (!told.has(event.mail)) {
      told.add(event.mail)
      events.push(...(await findEvents(db, { mail: event.mail })))
    }
  }
  return events
}

/** One line an event: when, which mail, what, who, and everything that is known of it. */
export function storyLines(events: Event[]): string {
  return events
    .map(({ at, mail, kind, address, peer, details }) => {
      const known = Object.entries(details).filter(([, value]) => value !== undefined && value !== '')
      const more = known.map(
        ([name, value]) => `${name}=${typeof value === 'string' ? value.replace(/\s+/g, ' ') : JSON.stringify(value)}`,
      )
      const words = [timeText(at), mail ?? '-', kind, address ?? '<>', ...(peer ? [`[${peer}]`] : []), ...more]
      return clean(words.join('  '))
    })
    .join('\n')
}

function timeOf(key: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  // A day alone is meant in local time; Date.parse would take it as UTC.
  const time = Date.parse(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00` : text)
  if (Number.isNaN(time))
    throw new Trouble('bad-setting', { key, value: text, allowed: '2026-01-31, 2026-01-31T08:00' })
  return time
}

function limitOf(text: string | undefined): number {
  const limit = text === undefined ? 100 : Number(text)
  if (!Number.isSafeInteger(limit) || limit < 1) throw new Trouble('bad-setting', { key: '--limit', value: text ?? '' })
  return Math.min(limit, 1_000)
}
