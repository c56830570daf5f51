/// <reference lib="dom" />

// Contacts in the browser: a file of Big5 comes in, is found by strokes, and one of it is written to.

import { deepEqual, equal, match } from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { openWorld, type WorldHouse } from '../world.ts'
import { axe, buildPages, openBrowser, signedIn } from './browser.ts'

const me = 'wang@uni.example'
let built: Awaited<ReturnType<typeof buildPages>>
let house: WorldHouse
let browser: Browser

before(async () => {
  built = await buildPages()
  house = await openWorld({ hostname: 'mail.uni.example', people: [me], web: { folder: built.folder } })
  browser = await openBrowser()
})
after(async () => {
  await browser?.close()
  await house?.close()
  await built?.remove()
})

// 姓名,電子郵件,電話 / 林美玲 / 王大明 / 丁一, as a Windows of Taiwan saves it.
const big5 = Buffer.from(
  'a96da6572cb971a46cb66ca5f32cb971b8dc0d0a' +
    'aa4cacfcacc22c6d65694075692e6578616d706c652c30330d0a' +
    'a4fda46aa9fa2c64614075692e6578616d706c652c0d0a' +
    'a442a4402c64696e674075692e6578616d706c652c0d0a',
  'hex',
)

const toast = (page: Page, words: RegExp) => page.locator('.toast', { hasText: words }).waitFor()

test('a Big5 file is imported, listed by strokes, and one is written to', { timeout: 60_000 }, async () => {
  const { page, origin, errors } = await signedIn(browser, house, me, { timezoneId: 'Asia/Taipei' })
  await page.goto(`${origin}/mail/#/contacts`)
  await page.getByText('還沒有聯絡人').waitFor()
  await page.getByRole('link', { name: '匯入' }).click()
  await page.getByLabel('選擇檔案').setInputFiles({ name: '通訊錄.csv', mimeType: 'text/csv', buffer: big5 })
  await page.getByRole('cell', { name: '王大明' }).waitFor()
  match(await page.getByLabel('文字編碼').inputValue(), /big5/i)
  equal(await page.getByLabel('電話的意思').inputValue(), 'phone')
  deepEqual(await axe(page), [])
  await page.getByLabel('電話的意思').selectOption('note')
  await page.getByRole('button', { name: '匯入3位' }).click()
  await toast(page, /已匯入3位聯絡人/)

  const rows = page.locator('#list a')
  await rows.nth(2).waitFor()
  deepEqual(await rows.locator('[class*=who] > :first-child').allTextContents(), ['丁一', '王大明', '林美玲'])
  await page.getByLabel('搜尋聯絡人').fill('美玲')
  await page.getByText('1位聯絡人').waitFor()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: '林美玲' }).waitFor()
  equal(await page.locator('dd', { hasText: '03' }).count(), 1) // the telephone, taken for a note
  await page.getByRole('button', { name: '編輯' }).click()
  await page.getByLabel('單位').fill('資訊處')
  await page.getByRole('button', { name: '儲存' }).click()
  await toast(page, /已儲存/)
  await page.locator('dd', { hasText: '資訊處' }).waitFor()
  deepEqual(await axe(page), [])

  await page.getByRole('button', { name: '寫信', exact: true }).click()
  await page.locator('[data-chip]', { hasText: '林美玲' }).waitFor()
  await page.locator('[data-field=to]').fill('大明')
  await page.getByRole('option', { name: /王大明/ }).click()
  await page.locator('[data-chip]', { hasText: '王大明' }).waitFor()
  await page.context().close()
  deepEqual(errors, [])
})

test('those ticked become a group, which is suggested; what is deleted comes back', { timeout: 60_000 }, async () => {
  const { page, origin, errors } = await signedIn(browser, house, me, { timezoneId: 'Asia/Taipei' })
  await page.goto(`${origin}/mail/#/contacts`)
  await page.getByLabel('勾選丁一').check()
  await page.getByLabel('勾選王大明').check()
  await page.getByRole('button', { name: '存成群組' }).click()
  await page.getByLabel('群組名稱').fill('系務會議')
  await page.keyboard.press('Enter')
  await toast(page, /已建立群組/)
  await page.getByRole('button', { name: '系務會議' }).click()
  await page.getByText('2位聯絡人').waitFor()
  await page.getByRole('link', { name: /丁一/ }).click()
  await page.getByRole('article').getByRole('button', { name: '刪除' }).click()
  await page.getByText('1位聯絡人').waitFor()
  await page.getByRole('button', { name: '復原' }).click()
  await page.getByText('2位聯絡人').waitFor()

  await page.goto(`${origin}/mail/#/inbox?compose=new`)
  await page.locator('[data-field=to]').fill('系務')
  await page.getByRole('option', { name: /系務會議/ }).click()
  await page.locator('[data-chip]', { hasText: '丁一' }).waitFor()
  equal(await page.locator('[data-chip]').count(), 2)
  await page.context().close()
  deepEqual(errors, [])
})
