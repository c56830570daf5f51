// The mail page for everybody: what axe-core finds on it (nothing), in both themes, both languages, on phones and
// desks, and that it fits 320 pixels.

import { deepEqual, ok } from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { mailboxByRole } from '../../src/store/mailboxes.ts'
import { append } from '../mailstore.ts'
import { openWorld, type WorldHouse } from '../world.ts'
import { axe, buildPages, openBrowser, signedIn } from './browser.ts'

const me = 'wang@uni.example'
let world: WorldHouse
let browser: Browser
let pages: Awaited<ReturnType<typeof buildPages>>

before(async () => {
  pages = await buildPages()
  world = await openWorld({ hostname: 'mail.uni.example', people: [me], web: { folder: pages.folder } })
  browser = await openBrowser()
  const { id } = (await world.db.one<{ id: number }>('select id from account where address = $1', [me]))!
  const inbox = (await mailboxByRole(world.db, id, 'inbox'))!.id
  const body = 'See https://else.example/x.\r\n\r\nBob wrote:\r\n> quoted\r\n'
  for (const from of ['陳怡君 <chen@uni.example>', 'Alice <alice@else.example>']) {
    await append(world.store, inbox, { from, body }, { receivedAt: Date.now() })
  }
})

after(async () => {
  await browser?.close()
  await world?.close()
  await pages?.remove()
})

async function openInbox(options: BrowserContextOptions): Promise<Page> {
  const { page, origin } = await signedIn(browser, world, me, options)
  await page.goto(`${origin}/mail/`)
  await page.locator('#m-0 time').waitFor()
  return page
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`a list, a mail, dialogs: ${colorScheme}`, async () => {
    const page = await openInbox({ colorScheme })
    deepEqual(await axe(page), [])
    await page.locator('#m-0').click()
    await page.locator('#reader h2').waitFor()
    await page.keyboard.press('x')
    deepEqual(await axe(page), [])
    await page.keyboard.press('?')
    await page.locator('dialog[open]').waitFor()
    deepEqual(await axe(page), [])
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').waitFor()
    deepEqual(await axe(page), [])
    await page.context().close()
  })
}

test('a search, and a phone in English', async () => {
  const page = await openInbox({ viewport: { width: 390, height: 844 }, hasTouch: true, locale: 'en-GB' })
  const width = (): Promise<number> => page.evaluate<number>('document.documentElement.scrollWidth')
  deepEqual(await axe(page), [])
  await page.getByRole('button', { name: 'Mailboxes' }).click()
  await page.getByRole('link', { name: /Junk/ }).waitFor()
  deepEqual(await axe(page), [])
  await page.keyboard.press('Escape')
  await page.setViewportSize({ width: 320, height: 640 })
  ok((await width()) <= 320)
  await page.locator('#m-0').click()
  await page.locator('#reader h2').waitFor()
  deepEqual(await axe(page), [])
  ok((await width()) <= 320)
  await page.goto(new URL('/mail/#/search?q=from:alice+before:soon', page.url()).href)
  await page.getByText('was not understood').waitFor()
  deepEqual(await axe(page), [])
  ok((await width()) <= 320)
  await page.context().close()
})
