// The mail page over a whole Postern: what is read, done and undone by keyboard, what a search finds, what push
// brings, and what the page asks for when the mailbox is large.

import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { mailboxByRole } from '../../src/store/mailboxes.ts'
import { grant } from '../../src/store/rights.ts'
import { append, type Letter } from '../mailstore.ts'
import { openWorld, password, type WorldHouse } from '../world.ts'
import { buildPages, openBrowser, signedIn } from './browser.ts'

const me = 'wang@uni.example'
const day = 86_400_000
let world: WorldHouse
let browser: Browser
let pages: Awaited<ReturnType<typeof buildPages>>
let inbox: number

before(async () => {
  pages = await buildPages()
  world = await openWorld({
    hostname: 'mail.uni.example',
    people: [me, 'office@uni.example'],
    web: { folder: pages.folder },
  })
  browser = await openBrowser()
  const { id } = (await world.db.one<{ id: number }>('select id from account where address = $1', [me]))!
  inbox = (await mailboxByRole(world.db, id, 'inbox'))!.id
  for (let n = 1; n <= 120; n++) await arrive({ subject: `Older ${n}` }, Date.now() - 40 * day - n * 1000, 1)
  await arrive({ subject: '計畫經費核銷', from: '陳怡君 <chen@uni.example>', body: '請核章。\r\n' }, Date.now() - 5000)
  await arrive(
    {
      subject: 'Invitation',
      from: 'Alice <alice@else.example>',
      id: '<a@else.example>',
      body: 'See https://else.example/x.\r\n\r\nOn Monday Bob wrote:\r\n> quoted words\r\n',
    },
    Date.now() - 4000,
  )
  await arrive(
    {
      subject: 'Re: Invitation',
      from: 'Bob <bob@uni.example>',
      id: '<b@uni.example>',
      headers: 'In-Reply-To: <a@else.example>\r\nReferences: <a@else.example>\r\n',
      body: 'The second letter.\r\n',
    },
    Date.now() - 3000,
  )
})

after(async () => {
  await browser?.close()
  await world?.close()
  await pages?.remove()
})

async function arrive(letter: Letter, receivedAt = Date.now(), flags = 0): Promise<void> {
  await append(world.store, inbox, letter, { receivedAt, flags })
}

async function openInbox(options = {}): Promise<{ page: Page; errors: Error[] }> {
  const { page, origin, errors } = await signedIn(browser, world, me, options)
  await page.goto(`${origin}/mail/`)
  await page.locator('#m-0 time').waitFor()
  return { page, errors }
}

const row = (page: Page, text: string) => page.locator('[role=option]', { hasText: text })

test('who is not signed in signs in first, and comes back', async () => {
  const page = await browser.newPage()
  await page.goto(`http://127.0.0.1:${world.port('http')}/mail/#/sent`)
  await page.waitForURL(/\/login\/\?next=/)
  equal(new URL(page.url()).searchParams.get('next'), '/mail/#/sent')
  await page.close()
})

test('reads, archives and takes back by keyboard alone', async () => {
  const { page, errors } = await openInbox()
  await page.keyboard.press('Tab')
  equal(await page.evaluate('document.activeElement?.className'), 'skip')
  await page.keyboard.press('Enter')
  equal(await page.evaluate('document.activeElement?.id'), 'list')
  match((await page.locator('#m-0').textContent())!, /Invitation/) // the thread, newest first
  match((await page.locator('#m-0').textContent())!, /Alice、Bob（2）/)
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await page.locator('article h2', { hasText: '計畫經費核銷' }).waitFor()
  await page.locator('article', { hasText: '請核章。' }).waitFor()
  await page.locator('nav [aria-current=page] .n', { hasText: '2' }).waitFor() // of three unread two are left
  await page.keyboard.press('e')
  await page.locator('.toast', { hasText: '已封存1封信' }).waitFor()
  await row(page, '計畫經費核銷').waitFor({ state: 'detached' })
  equal(await page.evaluate('document.activeElement?.id'), 'list')
  await page.keyboard.press('z')
  await row(page, '計畫經費核銷').waitFor()
  deepEqual(errors, [])
  await page.context().close()
})

test('a conversation: the last unread is open, quotes are folded, links say where they go', async () => {
  const { page, errors } = await openInbox()
  await page.locator('#m-0').click()
  const reader = page.locator('#reader')
  await reader.getByText('The second letter.').waitFor()
  await reader.getByRole('button', { name: /Alice/ }).click()
  const link = reader.getByRole('link', { name: 'https://else.example/x', exact: true })
  equal(await link.getAttribute('rel'), 'noopener noreferrer nofollow')
  equal(await reader.getByText('quoted words').count(), 0)
  await reader.getByRole('button', { name: 'On Monday Bob wrote:' }).click()
  await reader.getByText('quoted words').waitFor()
  await reader.getByText('校外，第一次來信').waitFor()
  deepEqual(errors, [])
  await page.context().close()
})

test('a long list: never more than a window is asked for, and new mail does not move what is read', async () => {
  const { page, errors } = await openInbox()
  const asked: number[] = []
  page.on('request', (request) => {
    if (!request.url().endsWith('/jmap/api')) return
    const { methodCalls } = JSON.parse(request.postData()!) as { methodCalls: [string, { limit?: number }, string][] }
    for (const [name, { limit }] of methodCalls) if (name === 'Email/query') asked.push(limit ?? Infinity)
  })
  const total = Number(await page.locator('#m-0').getAttribute('aria-setsize'))
  equal(total, 122)
  await page.locator('#list').focus()
  await page.keyboard.press('End')
  const last = page.locator(`#m-${total - 1}`)
  await last.getByText('Older 120').waitFor()
  ok((await page.evaluate<number>("document.querySelectorAll('*').length")) < 1500)
  const before = await last.boundingBox()
  await arrive({ subject: 'Meanwhile' })
  await page.getByRole('button', { name: '1封新信' }).waitFor()
  const same = page.locator(`#m-${total}`) // the same mail, one further down
  await same.getByText('Older 120').waitFor()
  deepEqual(await same.boundingBox(), before)
  equal(await page.locator('#list').getAttribute('aria-activedescendant'), `m-${total}`)
  await page.getByRole('button', { name: '1封新信' }).click()
  await page.locator('#m-0', { hasText: 'Meanwhile' }).waitFor()
  ok(Math.max(...asked) <= 100, String(asked))
  deepEqual(errors, [])
  await page.context().close()
})

test('a session that ended: the password again, and on where one was', async () => {
  const { page } = await openInbox()
  await page.context().clearCookies()
  await page.keyboard.press('g')
  await page.keyboard.press('s')
  await page.getByLabel(`${me}的密碼`).fill(password)
  await page.keyboard.press('Enter')
  await page.getByText('這裡沒有信件').waitFor()
  match(page.url(), /#\/sent$/)
  await page.context().close()
})

test('a search by keyboard: what was typed becomes chips; all that it found is moved', async () => {
  const { page, errors } = await openInbox()
  await page.keyboard.press('/')
  await page.keyboard.type('主旨：Older')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: '搜尋結果', level: 2 }).waitFor()
  await page.getByRole('button', { name: '移除「主旨：Older」' }).waitFor()
  await page.getByText('120封', { exact: true }).waitFor()
  await page.keyboard.press('Control+a')
  await page.getByText('已選120封').waitFor()
  await page.keyboard.press('v')
  await page.keyboard.type('封存')
  await page.keyboard.press('Enter')
  await page.locator('.toast', { hasText: '已移動120封信到封存' }).waitFor()
  await page.keyboard.press('g')
  await page.keyboard.press('a')
  await page.getByText(/共12\d封/).waitFor()
  deepEqual(errors, [])
  await page.context().close()
})

test('the mailbox of an office, by the palette', async () => {
  const idOf = async (address: string): Promise<number> =>
    (await world.db.one<{ id: number }>('select id from account where address = $1', [address]))!.id
  const office = (await mailboxByRole(world.db, await idOf('office@uni.example'), 'inbox'))!.id
  await grant(world.store, office, await idOf(me), 'set', 'lrswite')
  await append(
    world.store,
    office,
    { subject: '計畫辦公室來信', from: 'Ann <ann@uni.example>' },
    { receivedAt: Date.now() },
  )
  const { page, errors } = await openInbox()
  const tree = page.getByRole('navigation', { name: '信件匣' })
  await tree.getByText('代理信箱').waitFor()
  await page.keyboard.press('Control+k')
  await page.keyboard.type('office')
  await page.keyboard.press('Enter')
  await row(page, '計畫辦公室來信').waitFor()
  await page.keyboard.press('Enter')
  await page.locator('article h2', { hasText: '計畫辦公室來信' }).waitFor()
  await tree.getByRole('link', { name: 'office@uni.example' }).waitFor()
  await page.reload()
  await page.locator('article h2', { hasText: '計畫辦公室來信' }).waitFor()
  deepEqual(errors, [])
  await page.context().close()
})

test('a mailbox is made, named anew and taken away', async () => {
  const { page, errors } = await openInbox()
  const tree = page.getByRole('navigation', { name: '信件匣' })
  await tree.getByRole('button', { name: '新增信件匣' }).click()
  await page.keyboard.type('導生')
  await page.keyboard.press('Enter')
  await tree.getByRole('link', { name: '導生' }).focus()
  await page.keyboard.press('F2')
  await page.getByLabel('名稱').fill('國科會計畫')
  await page.keyboard.press('Enter')
  await tree.getByRole('link', { name: '國科會計畫' }).focus()
  await page.keyboard.press('F2')
  await page.getByRole('button', { name: '刪除信件匣' }).click()
  await tree.getByRole('link', { name: '國科會計畫' }).waitFor({ state: 'detached' })
  deepEqual(errors, [])
  await page.context().close()
})

test('new mail comes by itself; what is open stays', async () => {
  const { page, errors } = await openInbox()
  await arrive({ subject: 'Just now' })
  await row(page, 'Just now').waitFor()
  match((await page.locator('#m-0').textContent())!, /Just now/)
  deepEqual(errors, [])
  await page.context().close()
})

test('keys to an input method are not ours', async () => {
  const { page } = await openInbox()
  await page.locator('#list').focus()
  const before = await page.locator('[role=option]').count()
  await page.evaluate(`
    const list = document.getElementById('list')
    list.dispatchEvent(new KeyboardEvent('keydown', { key: 'e', code: 'KeyE', isComposing: true, bubbles: true }))
    list.dispatchEvent(new KeyboardEvent('keydown', { key: 'Process', code: 'KeyE', keyCode: 229, bubbles: true }))
  `)
  equal(await page.locator('.toast').count(), 0)
  equal(await page.locator('[role=option]').count(), before)
  await page.context().close()
})
