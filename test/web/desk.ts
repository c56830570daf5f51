// A house with pages, a browser, and two people who write to each other: for tests of the composer.

import { deepEqual } from 'node:assert/strict'
import { after, before } from 'node:test'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { jmapPerson, type JmapPerson } from '../jmapperson.ts'
import { openWorld, type WorldHouse } from '../world.ts'
import { buildPages, openBrowser, signedIn } from './browser.ts'

const me = 'wang@uni.example'

export interface Desk {
  origin: string
  wang: JmapPerson // who sits before the browser
  lin: JmapPerson
  /** A browser of one's own; `close` looks at what scripts threw and what the page's policy refused. */
  visitor(options?: BrowserContextOptions): Promise<{ page: Page; context: BrowserContext; close(): Promise<void> }>
  write(page: Page, what?: string): Promise<void>
}

/** Filled before the first test of the file that asks for it. */
export function openDesk(): Desk {
  let built: Awaited<ReturnType<typeof buildPages>>
  let house: WorldHouse
  let browser: Browser
  const desk: Desk = {
    origin: '',
    wang: undefined as never,
    lin: undefined as never,
    async visitor(options = {}) {
      const { page, errors } = await signedIn(browser, house, me, { timezoneId: 'Asia/Taipei', ...options })
      const refused: string[] = []
      page.on('console', (message) => {
        // Chromium complains of styles even where HTML is only parsed; whether they hold is looked at itself.
        const text = message.text()
        if (/Content Security Policy/.test(text) && !/inline style/.test(text)) refused.push(text)
      })
      const close = async (): Promise<void> => {
        await page.context().close()
        deepEqual([...errors.map(({ message }) => message), ...refused], [])
      }
      return { page, context: page.context(), close }
    },
    async write(page, what = 'compose=new') {
      await page.goto(`${desk.origin}/mail/#/inbox?${what}`)
      await page.waitForSelector('[data-field=to]')
    },
  }
  before(async () => {
    built = await buildPages()
    const people = [me, 'lin@uni.example']
    house = await openWorld({ hostname: 'mail.uni.example', people, web: { folder: built.folder } })
    desk.origin = `http://127.0.0.1:${house.port('http')}`
    browser = await openBrowser()
    desk.wang = await jmapPerson(house, 'wang')
    desk.lin = await jmapPerson(house, 'lin')
  })
  after(async () => {
    await browser?.close()
    await house?.close()
    await built?.remove()
  })
  return desk
}

export interface Listed {
  id: string
  subject: string
  bodyValues: Record<string, { value: string }>
  keywords: Record<string, true>
  attachments: { name: string; cid: string | null; size: number }[]
}

export async function mailsIn(person: JmapPerson, mailbox: string): Promise<Listed[]> {
  const { ids } = await person.one('Email/query', { filter: { inMailbox: mailbox } })
  const properties = ['id', 'subject', 'bodyValues', 'textBody', 'htmlBody', 'keywords', 'attachments']
  return (await person.one('Email/get', { ids, properties, fetchAllBodyValues: true })).list
}

export async function empty(person: JmapPerson, ...roles: string[]): Promise<void> {
  for (const role of roles) {
    const { ids } = await person.one('Email/query', { filter: { inMailbox: person.box(role) } })
    await person.one('Email/set', { destroy: ids })
  }
}

export const state = (page: Page, wanted: string) => page.waitForSelector(`[data-state=${wanted}]`)
export const toast = (page: Page, words: RegExp) => page.locator('.toast', { hasText: words }).waitFor()

/** Asks until there is an answer. */
export async function until<Value>(look: () => Promise<Value | undefined | false>): Promise<Value> {
  for (;;) {
    const found = await look()
    if (found) return found
    await new Promise((done) => setTimeout(done, 50))
  }
}
