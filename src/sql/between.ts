// What processes that share a PostgreSQL database have between them: news by LISTEN and NOTIFY, and numbers that one
// of them holds, by advisory locks. Both live on one connection of their own, which is opened again when it breaks.
//
// Invariants:
//   a text that was said is heard by every other process, or missed() is called there: what was lost is never silent
//   a number is held by one process at a time, as long as its connection stands; a process that dies lets go at once
//   news are said after the commit they tell of, many in one NOTIFY: NOTIFY inside a transaction would make all commits
//   of the database wait for each other

import pg from 'pg'
import { Trouble } from '../wire/troubles.ts'
import { takeTurns } from './turns.ts'

/** What one process hears of the others. */
export interface Hearer {
  heard(text: string): void
  /** The others may have said what was not heard: at the start, and after the connection was away. */
  missed(): void
}

export interface Between {
  /** Hears a topic (a word of letters and _); the answer says a text, without line ends, to the others. */
  listen(topic: string, hearer: Hearer): (text: string) => void
  /**
   * Takes a number in a space (both whole, at most 2^16 spaces, 2^47 numbers) for this process; undefined when another
   * process has it. The answer lets go. Twice in one process is the caller's affair. Throws Trouble unavailable.
   */
  hold(space: number, number: number): Promise<(() => void) | undefined>
  close(): Promise<void>
}

export const betweenLimits = {
  connectMilliseconds: 10_000,
  queryMilliseconds: 10_000, // longer: the connection is dead
  aliveEvery: 30_000, // milliseconds between looks whether it is
  againAfter: 500, // milliseconds until a lost connection is tried again; doubled up to againMost
  againMost: 15_000,
  noticeBytes: 7_900, // of one NOTIFY; PostgreSQL takes 8,000
  waiting: 20_000, // texts that wait while the connection is away; beyond, the others are told that they missed some
}

const lostSome = '!' // instead of texts that were too many to keep

export function openBetween(url: string, limits = betweenLimits): Between {
  const topics = new Map<string, { hearer: Hearer; waiting: string[] }>()
  const held = new Set<string>()
  const inTurn = takeTurns()
  let client: pg.Client | undefined
  let opening: Promise<pg.Client> | undefined
  let again: NodeJS.Timeout | undefined
  let pause = limits.againAfter
  let saying = false
  let closed = false

  const ask = (on: pg.Client, text: string, values?: string[]) => inTurn(() => on.query(text, values))

  function connected(): Promise<pg.Client> {
    if (client) return Promise.resolve(client)
    opening ??= open().finally(() => (opening = undefined))
    return opening
  }

  async function open(): Promise<pg.Client> {
    const made = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: limits.connectMilliseconds,
      query_timeout: limits.queryMilliseconds,
      keepAlive: true,
    })
    made.on('error', () => lost(made)).on('end', () => lost(made))
    made.on('notification', (notice) => {
      const isOurs = notice.processId === (made as unknown as { processID: number }).processID
      if (!isOurs) hear(notice.channel, notice.payload ?? '')
    })
    try {
      await made.connect()
      await ask(made, 'set synchronous_commit = off') // news need not outlive the database
      for (const topic of topics.keys()) await ask(made, `listen ${topic}`)
      // A number that another process took meanwhile is held twice until one of the two lets go.
      for (const key of held) await ask(made, 'select pg_try_advisory_lock($1)', [key])
      if (closed) throw new Error('closed')
    } catch (error) {
      void made.end().catch(() => undefined)
      throw error
    }
    client = made
    pause = limits.againAfter
    for (const { hearer } of topics.values()) hearer.missed()
    void sayAll()
    return made
  }

  function lost(gone: pg.Client): void {
    if (client !== gone) return
    client = undefined
    void gone.end().catch(() => undefined)
    tryAgain()
  }

  function tryAgain(): void {
    if (closed || again || (topics.size === 0 && held.size === 0)) return
    again = setTimeout(() => {
      again = undefined
      connected().catch(tryAgain)
    }, pause).unref()
    pause = Math.min(pause * 2, limits.againMost)
  }

  function hear(topic: string, payload: string): void {
    const hearer = topics.get(topic)?.hearer
    for (const text of payload.split('\n')) {
      if (text === lostSome) hearer?.missed()
      else hearer?.heard(text)
    }
  }

  async function sayAll(): Promise<void> {
    const on = client
    if (saying || !on) return
    saying = true
    for (const [topic, { waiting }] of topics) {
      while (waiting.length > 0 && client === on) {
        const texts = waiting.splice(0, fitting(waiting, limits.noticeBytes))
        await ask(on, 'select pg_notify($1, $2)', [topic, texts.join('\n')]).catch(() => {
          waiting.unshift(...texts) // for the next connection; a text that is said twice does no harm
          lost(on)
        })
      }
    }
    saying = false
    if (client && [...topics.values()].some(({ waiting }) => waiting.length > 0)) void sayAll()
  }

  const alive = setInterval(() => {
    const on = client
    if (on) ask(on, 'select 1').catch(() => lost(on))
  }, limits.aliveEvery).unref()

  return {
    listen(topic, hearer) {
      const waiting: string[] = []
      topics.set(topic, { hearer, waiting })
      if (client) ask(client, `listen ${topic}`).catch(() => client && lost(client))
      else connected().catch(tryAgain)
      return (text) => {
        if (waiting.length >= limits.waiting) waiting.splice(0, Infinity, lostSome)
        waiting.push(text)
        // Those of one turn of the event loop go together.
        if (waiting.length === 1) setImmediate(() => void sayAll())
      }
    },
    async hold(space, number) {
      const key = String((BigInt(space) << 47n) | BigInt(number))
      const rows = await connected()
        .then((on) => ask(on, 'select pg_try_advisory_lock($1) as got', [key]))
        .catch((error: Error) => {
          throw new Trouble('unavailable', { why: error.message })
        })
      if (!(rows.rows[0] as { got: boolean }).got) return undefined
      held.add(key)
      return () => {
        if (held.delete(key) && client) ask(client, 'select pg_advisory_unlock($1)', [key]).catch(() => undefined)
      }
    },
    async close() {
      closed = true
      clearInterval(alive)
      clearTimeout(again)
      await opening?.catch(() => undefined)
      const on = client
      client = undefined
      await on?.end().catch(() => undefined)
    },
  }
}

/** How many of the texts one NOTIFY takes, at least one. */
function fitting(texts: string[], most: number): number {
  let bytes = 0
  let count = 0
  for (const text of texts) {
    bytes += Buffer.byteLength(text) + 1
    if (bytes > most) break
    count++
  }
  return Math.max(1, count)
}
