/// <reference lib="dom" />

// Rules and the outbox in the browser: a rule is made and the next mail obeys it; what waits is taken back.

import { deepEqual, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { writeRules, type Rule } from '../../src/wire/rules.ts'
import { axe } from './browser.ts'
import { openDesk } from './desk.ts'
import type { JmapPerson } from '../jmapperson.ts'

const desk = openDesk()

const toast = (page: Page, words: RegExp) => page.locator('.toast', { hasText: words }).waitFor()

async function send(from: JmapPerson, to: string, subject: string, hold?: string): Promise<void> {
  const address = (await from.one('Identity/get', {})).list[0]
  const draft = {
    mailboxIds: { [from.box('sent')]: true },
    from: [{ email: address.email }],
    to: [{ email: to }],
    subject,
    textBody: [{ partId: 'a', type: 'text/plain' }],
    bodyValues: { a: { value: 'Hello' } },
  }
  const envelope = { mailFrom: { email: address.email, parameters: { HOLDFOR: hold } }, rcptTo: [{ email: to }] }
  const submission = { emailId: '#d', identityId: address.id, ...(hold !== undefined && { envelope }) }
  const [, [, { notCreated }]] = (await from.call(
    ['Email/set', { create: { d: draft } }],
    ['EmailSubmission/set', { create: { s: submission } }],
  )) as any
  deepEqual(notCreated ?? {}, {})
}

async function arrived(subject: string): Promise<any> {
  const { wang } = desk
  for (;;) {
    const { ids } = await wang.one('Email/query', { filter: { subject, notKeyword: '$draft' } })
    const { list } = await wang.one('Email/get', { ids, properties: ['mailboxIds', 'keywords'] })
    if (list.length > 0) return list[0]
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test('a rule is made, tried and obeyed, changed and put off', { timeout: 60_000 }, async () => {
  const { wang, lin, origin } = desk
  await wang.put({ subject: '校友會的信' })
  const { page, close } = await desk.visitor()
  await page.goto(`${origin}/mail/#/settings/handling`)
  await page.getByRole('button', { name: '新增規則' }).click()
  await page.getByLabel('規則名稱').fill('校友')
  await page.getByRole('button', { name: '儲存規則' }).click()
  match((await page.getByRole('alert').textContent())!, /第1個條件請輸入文字/)
  await page.getByLabel('第1個條件的欄位').selectOption('subject')
  await page.getByLabel('第1個條件的文字').fill('校友會')
  await page.getByLabel('第1個動作的信件匣').selectOption({ label: '封存' })
  await page.getByRole('button', { name: '新增動作' }).click()
  deepEqual(await axe(page), [])
  await page.getByRole('button', { name: '儲存規則' }).click()
  await toast(page, /已儲存/)
  await page.getByText(/主旨含有「校友會」 → 移到「封存」、加星號/).waitFor()

  await page.getByRole('button', { name: '試跑最近100封信' }).click()
  await page.getByText('最近1封信中，有1封會被處理。').waitFor()
  await page.getByRole('row', { name: /校友會的信/ }).waitFor()
  deepEqual(await axe(page), [])

  await send(lin, 'wang@uni.example', '校友會年會')
  const obeyed = await arrived('校友會年會')
  deepEqual([obeyed.mailboxIds, obeyed.keywords.$flagged], [{ [wang.box('archive')]: true }, true])

  await page.getByLabel('啟用規則「校友」').click()
  await page.getByText('停用', { exact: true }).waitFor()
  await send(lin, 'wang@uni.example', '校友會再來')
  deepEqual((await arrived('校友會再來')).mailboxIds, { [wang.box('inbox')]: true })
  await page.getByRole('button', { name: '刪除規則「校友」' }).click()
  await page.getByText('還沒有規則').waitFor()
  await page.locator('.toast').getByRole('button').first().click()
  await page.getByText(/主旨含有「校友會」/).waitFor()
  await close()
})

test('the order is changed by keys, and the focus goes with the rule', { timeout: 30_000 }, async () => {
  const { wang, origin } = desk
  const rule = (name: string): Rule => ({
    name,
    enabled: true,
    match: 'all',
    conditions: [],
    actions: [{ do: 'stop' }],
  })
  const blobId = await wang.upload(writeRules(['甲', '乙', '丙'].map(rule)), 'application/sieve')
  await wang.one('SieveScript/set', { create: { s: { name: 'order', blobId } }, onSuccessActivateScript: '#s' })
  const { page, close } = await desk.visitor()
  await page.goto(`${origin}/mail/#/settings/handling`)
  await page.getByRole('button', { name: '「丙」往上移' }).focus()
  for (const order of ['甲丙乙', '丙甲乙']) {
    await page.keyboard.press('Enter')
    await page.waitForFunction(
      (wanted) => [...document.querySelectorAll('ol b')].map((one) => one.textContent).join('') === wanted,
      order,
    )
    await page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === '「丙」往上移')
  }
  await close()
})

test('a script of somebody else is shown, and kept when the rules take over', { timeout: 30_000 }, async () => {
  const { wang, origin } = desk
  const blobId = await wang.upload('keep; # mine\r\n', 'application/sieve')
  const create = { s: { name: 'mine', blobId } }
  await wang.one('SieveScript/set', { create, onSuccessActivateScript: '#s' })
  const { page, close } = await desk.visitor()
  await page.goto(`${origin}/mail/#/settings/handling`)
  await page.getByText('keep; # mine').waitFor()
  deepEqual(await axe(page), [])
  await page.getByRole('button', { name: '改用這一頁的規則' }).click()
  await toast(page, /已改用/)
  await page.getByRole('button', { name: '新增規則' }).waitFor()
  const { list } = await wang.one('SieveScript/get', { ids: null })
  deepEqual(
    list.filter(({ name }: any) => name === 'mine').map(({ isActive }: any) => isActive),
    [false],
  )
  await close()
})

test('what waits is listed and taken back', { timeout: 30_000 }, async () => {
  const { wang, origin } = desk
  await send(wang, 'lin@uni.example', '明天的會議', '3600')
  const { page, close } = await desk.visitor()
  await page.goto(`${origin}/mail/`)
  await page.getByRole('link', { name: /待送出.*1封待送出/ }).click()
  const row = page.getByRole('listitem').filter({ hasText: '明天的會議' })
  match((await row.textContent())!, /lin@uni\.example/)
  deepEqual(await axe(page), [])
  await row.getByRole('button', { name: '取回「明天的會議」' }).click()
  await page.locator('[name=subject]').waitFor()
  equal(await page.locator('[name=subject]').inputValue(), '明天的會議')
  const { ids } = await wang.one('EmailSubmission/query', { filter: { undoStatus: 'pending' } })
  deepEqual(ids, [])
  await close()
})

test('connections are listed', { timeout: 30_000 }, async () => {
  const { page, close } = await desk.visitor()
  await page.goto(`${desk.origin}/mail/#/settings/services`)
  await page
    .getByRole('row', { name: /IMAP.*mail\.uni\.example/ })
    .first()
    .waitFor()
  deepEqual(await axe(page), [])
  await close()
})
