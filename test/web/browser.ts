// A browser for tests of the pages: Chromium as it comes in a package, a person signed in.

import { createRequire } from 'node:module'
import chromiumPack from '@sparticuz/chromium'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import { password, type WorldHouse } from '../world.ts'

export { buildPages } from './pages.ts'

const require = createRequire(import.meta.url)

export async function openBrowser(): Promise<Browser> {
  const args = chromiumPack.args.filter((one) => one !== '--single-process')
  return chromium.launch({
    executablePath: await chromiumPack.executablePath(),
    args: [...args, '--no-sandbox', '--disable-background-networking'],
    headless: true,
  })
}

/** A page on which `name` is signed in. Whatever the page throws ends up in `errors`. */
export async function signedIn(
  browser: Browser,
  world: WorldHouse,
  name: string,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; origin: string; errors: Error[] }> {
  const origin = `http://127.0.0.1:${world.port('http')}`
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'zh-TW', ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(10_000)
  const errors: Error[] = []
  page.on('pageerror', (error) => errors.push(error))
  await page.goto(`${origin}/login/`)
  await page.evaluate(async (body) => {
    const answer = await fetch('/api/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    if (!answer.ok) throw new Error(await answer.text())
  }, JSON.stringify({ name, password }))
  return { page, origin, errors }
}

/** What axe finds against WCAG 2.0-2.2 A and AA and its best practices: one line for each. */
export async function axe(page: Page): Promise<string[]> {
  const isThere = await page.evaluate(() => 'axe' in globalThis)
  // Over the debugging protocol, which the policy of the page says nothing about.
  if (!isThere) await page.evaluate(await sourceOfAxe())
  return page.evaluate(async () => {
    const { violations } = await (
      globalThis as unknown as { axe: { run(options: object): Promise<{ violations: Violation[] }> } }
    ).axe.run({
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    })
    interface Violation {
      id: string
      nodes: { target: unknown[]; failureSummary?: string }[]
    }
    return violations.map(
      ({ id, nodes }) =>
        `${id}: ${nodes.map(({ target, failureSummary }) => `${String(target)} ${failureSummary}`).join('; ')}`,
    )
  })
}

async function sourceOfAxe(): Promise<string> {
  const { readFile } = await import('node:fs/promises')
  return readFile(require.resolve('axe-core/axe.min.js'), 'utf8')
}
