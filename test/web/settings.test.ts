/// <reference lib="dom" />

// Settings in the browser: what is chosen is kept and obeyed.

import { deepEqual, equal, match } from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { jmapPerson, type JmapPerson } from '../jmapperson.ts'
import { openWorld, type WorldHouse } from '../world.ts'
import { axe, buildPages, openBrowser, signedIn } from './browser.ts'

const me = 'wang@uni.example'
let built: Awaited<ReturnType<typeof buildPages>>
let house: WorldHouse
let browser: Browser
let wang: JmapPerson

before(async () => {
  built = await buildPages()
  house = await openWorld({
    hostname: 'mail.uni.example',
    people: [me, 'lin@uni.example'],
    web: { folder: built.folder },
  })
  browser = await openBrowser()
  wang = await jmapPerson(house, 'wang')
})
after(async () => {
  await browser?.close()
  await house?.close()
  await built?.remove()
})

async function open(group: string): Promise<{ page: Page; close(): Promise<void> }> {
  const { page, origin, errors } = await signedIn(browser, house, me, { timezoneId: 'Asia/Taipei' })
  await page.goto(`${origin}/mail/#/settings/${group}`)
  await page.waitForSelector('#settings-title')
  const close = async (): Promise<void> => {
    await page.context().close()
    deepEqual(errors, [])
  }
  return { page, close }
}

const toast = (page: Page, words: RegExp) => page.locator('.toast', { hasText: words }).waitFor()

test('a signature and the time to undo are kept, and new mails obey', { timeout: 30_000 }, async () => {
  const { page, close } = await open('writing')
  await page.getByLabel('簽名檔（純文字）').fill('王小明\n資訊處')
  await page.getByRole('button', { name: `儲存${me}` }).click()
  await toast(page, /已儲存/)
  await page.getByLabel('取消寄出的時間').selectOption('5')
  await page.getByLabel('格式文字').check()
  await page.waitForFunction(() => localStorage.getItem('postern.preferences')?.includes('"rich"'))
  await page.getByRole('button', { name: '寫信' }).click()
  const editor = page.locator('[role=textbox][contenteditable=true]')
  await editor.locator('.postern-signature').waitFor()
  match((await editor.textContent())!, /--\u00a0王小明資訊處/)
  await page.locator('[data-field=to]').fill(`${me};`)
  await page.locator('[name=subject]').fill('試')
  await page.keyboard.press('Control+Enter')
  await toast(page, /5秒後寄出：試/)
  const { ids } = await wang.one('Email/query', { filter: { inMailbox: wang.box('sent') } })
  const { list } = await wang.one('Email/get', { ids, properties: ['bodyValues'], fetchAllBodyValues: true })
  const values = Object.values(list[0].bodyValues as Record<string, { value: string }>).map(({ value }) => value)
  equal(
    values.some((value) => value.trim() === '-- \n王小明\n資訊處'),
    true,
  )
  await close()
})

test('an automatic reply takes both calendars', { timeout: 30_000 }, async () => {
  const { page, close } = await open('handling')
  await page.getByLabel('啟用自動回覆').check()
  await page.getByLabel('開始日期').fill('１１６／１／４')
  await page.getByLabel('結束日期').fill('2027/1/3')
  await page.getByLabel('內容').fill('出國')
  await page.getByRole('button', { name: '儲存' }).click()
  match((await page.getByRole('alert').textContent())!, /在開始日期之前/)
  await page.getByLabel('結束日期').fill('116年1月5日')
  await page.getByRole('button', { name: '儲存' }).click()
  await toast(page, /已儲存/)
  const { list } = await wang.one('VacationResponse/get', { ids: null })
  const { isEnabled, fromDate, toDate, textBody } = list[0]
  deepEqual([isEnabled, fromDate, toDate, textBody], [true, '2027-01-03T16:00:00Z', '2027-01-05T16:00:00Z', '出國'])
  await close()
})

test('other sessions are listed and ended', { timeout: 30_000 }, async () => {
  const other = await signedIn(browser, house, me, { userAgent: 'Mozilla/5.0 (iPhone) Safari/604.1' })
  const { page, close } = await open('security')
  await page.getByText('這台裝置').waitFor()
  await page.getByRole('button', { name: '結束Safari · iPhone的登入' }).first().click()
  await toast(page, /已結束1個登入/)
  const status = await other.page.evaluate(async () => (await fetch('/api/session')).status)
  equal(status, 401)
  await other.page.context().close()
  await close()
})

test('a delegate is added until a day of the Republic, and ended', { timeout: 30_000 }, async () => {
  const { page, close } = await open('grants')
  await page.getByLabel('帳號').fill('lin＠uni.example')
  await page.getByLabel('期限').fill('199/12/31')
  await page.getByLabel('代為回覆與寄信').check()
  await page.getByRole('button', { name: '新增代理人' }).click()
  await toast(page, /已授權/)
  const row = page.getByRole('row', { name: /lin@uni.example/ })
  match((await row.textContent())!, /2110年12月31日（三）23:59:59/)
  await row.getByRole('button').click()
  await toast(page, /已結束代理/)
  await page.getByText('沒有代理人').waitFor()
  await close()
})

test('no key acts on mails that are not in sight, and every group passes axe', { timeout: 60_000 }, async () => {
  const id = await wang.put({ subject: 'stays' })
  const { page, close } = await open('general')
  await page.keyboard.press('e')
  await page.keyboard.press('#')
  for (const group of ['general', 'reading', 'writing', 'handling', 'grants', 'security', 'services']) {
    await page.goto(page.url().replace(/#.*/, `#/settings/${group}`))
    await page.locator(`a[href="#/settings/${group}"][aria-current]`).waitFor()
    await page.waitForLoadState('networkidle')
    deepEqual(await axe(page), [], group)
  }
  const { list } = await wang.one('Email/get', { ids: [id], properties: ['mailboxIds'] })
  deepEqual(Object.keys(list[0].mailboxIds), [wang.box('inbox')])
  await close()
})
