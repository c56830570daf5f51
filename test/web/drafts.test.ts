/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

// What could lose a draft, or make two of one: a reload, a lost tab, an ended session, a network that is away, an
// answer that never came, another device.

import { deepEqual, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { empty, mailsIn, openDesk, state, toast, until } from './desk.ts'

const desk = openDesk()

test('a draft comes through a reload, and there are never two', { timeout: 30_000 }, async () => {
  await empty(desk.wang, 'drafts')
  const { page, close } = await desk.visitor()
  await desk.write(page)
  await page.locator('[name=subject]').fill('重要')
  await state(page, 'saved')
  await page.locator('textarea').pressSequentially('一二三')
  await page.reload()
  await page.waitForSelector('textarea')
  equal(await page.locator('textarea').inputValue(), '一二三')
  await state(page, 'saved')
  await page.locator('textarea').pressSequentially('四')
  await state(page, 'changed')
  await state(page, 'saved')
  deepEqual(
    (await mailsIn(desk.wang, desk.wang.box('drafts'))).map(({ subject }) => subject),
    ['重要'],
  )
  await page.keyboard.press('Escape')
  await page.waitForSelector('form[aria-label=寫信]', { state: 'detached' })
  equal((await mailsIn(desk.wang, desk.wang.box('drafts'))).length, 1)
  await close()
})

test('a draft comes through the loss of its tab', { timeout: 30_000 }, async () => {
  await empty(desk.wang, 'drafts')
  const { page, context, close } = await desk.visitor()
  await desk.write(page)
  await page.locator('[name=subject]').fill('當機前')
  await page.waitForFunction(
    async () => {
      if (!(await indexedDB.databases()).some(({ name }) => name === 'postern-drafts')) return false
      const request = indexedDB.open('postern-drafts')
      const database = await new Promise<IDBDatabase>((done) => (request.onsuccess = () => done(request.result)))
      if (!database.objectStoreNames.contains('drafts')) return false
      const all = database.transaction('drafts').objectStore('drafts').getAll()
      return new Promise(
        (done) => (all.onsuccess = () => done(all.result.some((one) => one.draft.subject === '當機前'))),
      )
    },
    undefined,
    { polling: 50 },
  )
  const other = await context.newPage()
  await page.close()
  await other.goto(`${desk.origin}/mail/`)
  await toast(other, /已找回1封/)
  deepEqual(
    (await mailsIn(desk.wang, desk.wang.box('drafts'))).map(({ subject }) => subject),
    ['當機前'],
  )
  await close()
})

test('a draft comes through an ended session', { timeout: 30_000 }, async () => {
  await empty(desk.wang, 'drafts')
  const { page, context, close } = await desk.visitor()
  await desk.write(page)
  await context.clearCookies()
  await page.locator('[name=subject]').fill('還在')
  await state(page, 'local')
  await page.locator('dialog[open] input[type=password]').waitFor()
  equal(await page.locator('[name=subject]').inputValue(), '還在')
  await page.locator('dialog[open] input[type=password]').fill('correct horse battery staple')
  await page.keyboard.press('Enter')
  await state(page, 'saved')
  deepEqual(
    (await mailsIn(desk.wang, desk.wang.box('drafts'))).map(({ subject }) => subject),
    ['還在'],
  )
  await close()
})

test('without a network one writes and sends; both happen when it is back', { timeout: 30_000 }, async () => {
  await empty(desk.wang, 'drafts', 'sent')
  const { page, context, close } = await desk.visitor()
  await desk.write(page)
  await context.setOffline(true)
  await page.keyboard.type('lin@uni.example;')
  await page.locator('[name=subject]').fill('離線寫的')
  await state(page, 'local')
  match((await page.locator('[data-state]').textContent())!, /草稿存在這台電腦/)
  await page.locator('textarea').fill('內文')
  await page.keyboard.press('Control+Enter')
  await toast(page, /連線後自動寄出/)
  await context.setOffline(false)
  const sent = await until(async () =>
    (await mailsIn(desk.wang, desk.wang.box('sent'))).length > 0
      ? mailsIn(desk.wang, desk.wang.box('sent'))
      : undefined,
  )
  deepEqual(
    sent.map(({ subject }) => subject),
    ['離線寫的'],
  )
  equal((await mailsIn(desk.wang, desk.wang.box('drafts'))).length, 0)
  await close()
})

test('an answer that was lost makes no second draft', { timeout: 30_000 }, async () => {
  await empty(desk.wang, 'drafts')
  const { page, close } = await desk.visitor()
  await desk.write(page)
  let lost = 0
  await page.route('**/jmap/api', async (route) => {
    const isSave = /Email\/set/.test(route.request().postData() ?? '')
    if (!isSave || lost > 0) return route.continue()
    lost++
    await route.fetch() // the server hears it; its answer never comes
    await route.abort()
  })
  await page.locator('[name=subject]').fill('一封')
  await state(page, 'local')
  await state(page, 'saved')
  equal((await mailsIn(desk.wang, desk.wang.box('drafts'))).length, 1)
  await close()
})

test('a draft changed on another device meanwhile is kept twice, and says so', { timeout: 30_000 }, async () => {
  await empty(desk.wang, 'drafts')
  const { page, close } = await desk.visitor()
  await desk.write(page)
  await page.locator('[name=subject]').fill('原稿')
  await state(page, 'saved')
  const [first] = await mailsIn(desk.wang, desk.wang.box('drafts'))
  const other = await desk.visitor()
  await desk.write(other.page, `compose=draft&email=${first!.id}`)
  await other.page.locator('[name=subject]').fill('另一台')
  await state(other.page, 'changed')
  await state(other.page, 'saved')
  await page.locator('[name=subject]').fill('這一台')
  await page.getByText('已保留兩份').waitFor()
  const subjects = (await mailsIn(desk.wang, desk.wang.box('drafts'))).map(({ subject }) => subject)
  deepEqual(subjects.sort(), ['另一台', '這一台'].sort())
  await other.close()
  await close()
})
