/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

// Writing and sending in the browser: by keyboard alone, by input methods, and through everything that could lose a
// draft.

import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { jmapPerson, type JmapPerson } from '../jmapperson.ts'
import { openWorld, type WorldHouse } from '../world.ts'
import { axe, buildPages, openBrowser, signedIn } from './browser.ts'

const me = 'wang@uni.example'
let built: Awaited<ReturnType<typeof buildPages>>
let house: WorldHouse
let browser: Browser
let origin: string
let wang: JmapPerson
let lin: JmapPerson

before(async () => {
  built = await buildPages()
  house = await openWorld({
    hostname: 'mail.uni.example',
    people: [me, 'lin@uni.example'],
    web: { folder: built.folder },
  })
  origin = `http://127.0.0.1:${house.port('http')}`
  browser = await openBrowser()
  wang = await jmapPerson(house, 'wang')
  lin = await jmapPerson(house, 'lin')
})
after(async () => {
  await browser?.close()
  await house?.close()
  await built?.remove()
})

/** A browser of one's own; `close` looks at what scripts threw and what the page's policy refused. */
async function visitor(options: BrowserContextOptions = {}) {
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
}

interface Listed {
  id: string
  subject: string
  to: { email: string }[] | null
  bodyValues: Record<string, { value: string }>
  keywords: Record<string, true>
  attachments: { name: string; cid: string | null; size: number }[]
  'header:X-Priority:asText': string | null
}

async function mailsIn(person: JmapPerson, role: string): Promise<Listed[]> {
  const { ids } = await person.one('Email/query', { filter: { inMailbox: person.box(role) } })
  const properties = [
    'id',
    'subject',
    'to',
    'bodyValues',
    'textBody',
    'htmlBody',
    'keywords',
    'attachments',
    'header:X-Priority:asText',
  ]
  return (await person.one('Email/get', { ids, properties, fetchAllBodyValues: true })).list
}

async function empty(person: JmapPerson, ...roles: string[]): Promise<void> {
  for (const role of roles) {
    const { ids } = await person.one('Email/query', { filter: { inMailbox: person.box(role) } })
    await person.one('Email/set', { destroy: ids })
  }
}

async function write(page: Page, what = 'compose=new'): Promise<void> {
  await page.goto(`${origin}/mail/#/inbox?${what}`)
  await page.waitForSelector('[data-field=to]')
}

const state = (page: Page, wanted: string) => page.waitForSelector(`[data-state=${wanted}]`)
const body = (page: Page) => page.locator('textarea')
const toast = (page: Page, words: RegExp) => page.locator('.toast', { hasText: words }).waitFor()
/** How many mails the toast's message needs: the server is asked until it says so. */
async function until<Value>(look: () => Promise<Value | undefined | false>): Promise<Value> {
  for (;;) {
    const found = await look()
    if (found) return found
    await new Promise((done) => setTimeout(done, 50))
  }
}

test(
  'a mail with a file is written, sent, taken back and sent again by keyboard alone',
  { timeout: 60_000 },
  async () => {
    const { page, close } = await visitor()
    await page.goto(`${origin}/mail/`)
    await page.locator('#list').focus()
    await page.keyboard.press('c')
    await page.waitForSelector('[data-field=to]')
    equal(await page.evaluate(() => document.activeElement?.getAttribute('data-field')), 'to')
    await page.keyboard.type('林美玲 <lin@uni.example>')
    await page.keyboard.press('Tab')
    equal(await page.locator('[data-chip]').count(), 1)
    await page.keyboard.press('Tab')
    await page.keyboard.type('會議通知')
    await page.keyboard.press('Tab')
    await page.keyboard.type('請見附件。')
    const file = { name: '議程.pdf', mimeType: 'application/pdf', buffer: Buffer.alloc(20_000, 'x') }
    await page.setInputFiles('input[type=file][multiple]', file)
    await page.locator('li', { hasText: '議程.pdf' }).waitFor()
    await state(page, 'saved')
    await page.keyboard.press('Tab')
    match(await page.evaluate(() => document.activeElement?.textContent ?? ''), /寄出/)
    await page.keyboard.press('Control+Enter')
    await toast(page, /10秒後寄出：會議通知/)
    equal((await mailsIn(wang, 'drafts')).length, 0)
    equal((await mailsIn(wang, 'sent')).length, 1)

    await page.keyboard.press('z')
    await page.waitForSelector('textarea')
    equal(await body(page).inputValue(), '請見附件。')
    equal(await page.locator('[data-chip]').textContent(), '林美玲')
    equal((await mailsIn(wang, 'sent')).length, 0)
    equal((await mailsIn(lin, 'inbox')).length, 0)

    await page.keyboard.press('Control+Enter')
    await toast(page, /10秒後寄出/)
    const [sent] = await mailsIn(wang, 'sent')
    deepEqual(sent!.keywords, { $seen: true })
    deepEqual(
      sent!.attachments.map(({ name, size }) => [name, size]),
      [['議程.pdf', 20_000]],
    )
    await close()
  },
)

test('a mail that leaves at once says so', { timeout: 30_000 }, async () => {
  await empty(lin, 'inbox')
  const { page, close } = await visitor()
  await page.route('**/api/preferences', (route) => route.fulfill({ json: { undoSeconds: 0 } }))
  await write(page, `compose=mailto&to=${encodeURIComponent('mailto:lin@uni.example?subject=Hi&body=Text')}`)
  await page.keyboard.press('Control+Enter')
  await toast(page, /已寄出/)
  const [got] = await until(async () => ((await mailsIn(lin, 'inbox')).length > 0 ? mailsIn(lin, 'inbox') : undefined))
  equal(got!.subject, 'Hi')
  await close()
})

test('composing sends, picks, closes and triggers nothing', { timeout: 30_000 }, async () => {
  const { page, close } = await visitor()
  await write(page)
  const session = await page.context().newCDPSession(page)
  const compose = async (text: string): Promise<void> => {
    await session.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length })
    for (const key of ['Enter', 'Escape', 'Tab', ',', 'Backspace', 'ArrowLeft']) {
      await session.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', key, windowsVirtualKeyCode: 229 })
      await session.send('Input.dispatchKeyEvent', { type: 'keyUp', key, windowsVirtualKeyCode: 229 })
    }
    await session.send('Input.dispatchKeyEvent', {
      type: 'rawKeyDown',
      key: 'Enter',
      windowsVirtualKeyCode: 229,
      modifiers: 2,
    })
  }
  for (const field of ['[data-field=to]', '[name=subject]', 'textarea']) {
    await page.locator(field).focus()
    await compose('ㄨㄤˊ')
    equal(await page.evaluate((at) => document.activeElement === document.querySelector(at), field), true, field)
    equal(await page.locator(field).inputValue(), 'ㄨㄤˊ', field)
    equal(await page.locator('[data-chip]').count(), 0)
    await session.send('Input.insertText', { text: '王' })
    match(await page.locator(field).inputValue(), /王/)
    if (field === '[data-field=to]') await page.locator(field).fill('')
  }
  equal(await page.locator('[data-findings] > *').count(), 0)
  await close()
})

test(
  'recipients: many lines pasted, an invalid one corrected, one removed, all by keys',
  { timeout: 30_000 },
  async () => {
    const { page, close } = await visitor()
    await write(page)
    await page.evaluate(() => {
      const data = new DataTransfer()
      data.setData(
        'text/plain',
        '陳怡君 <chen@uni.example>\nGrace Lin <grace@other.example>\n李大同\nCHEN@uni.example；a＠b.tw',
      )
      document.activeElement!.dispatchEvent(
        new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }),
      )
    })
    const chips = () => page.locator('[data-chip]').allTextContents()
    deepEqual(await chips(), ['陳怡君', '校外Grace Lin', '李大同', '校外a@b.tw'])
    await page.keyboard.press('Control+Enter')
    match((await page.locator('[data-findings]').textContent())!, /1個收件人不是電子郵件地址/)
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('Enter') // to correct it
    await page.locator('[data-field=to]:focus').waitFor()
    await page.keyboard.press('End')
    await page.keyboard.type('@uni.example;')
    deepEqual(await chips(), ['陳怡君', '校外Grace Lin', '校外a@b.tw', '李大同@uni.example'])
    await page.keyboard.press('Backspace')
    await page.keyboard.press('Delete')
    equal((await chips()).length, 3)
    await close()
  },
)

test('who was written to is suggested', { timeout: 30_000 }, async () => {
  const { page, close } = await visitor()
  await write(page)
  await page.keyboard.type('林美')
  await page.locator('[role=option]', { hasText: '林美玲' }).waitFor()
  equal(await page.locator('[data-field=to]').getAttribute('aria-expanded'), 'true')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  deepEqual(await page.locator('[data-chip]').allTextContents(), ['林美玲'])
  await close()
})

test('an answer is quoted, threaded, and marks what it answers', { timeout: 30_000 }, async () => {
  const text =
    'From: =?utf-8?B?5p6X576O546y?= <lin@uni.example>\r\nTo: wang@uni.example\r\nSubject: Plan\r\nMessage-ID: <p1@uni.example>\r\nDate: Wed, 4 Mar 2026 14:05:09 +0800\r\n\r\nFirst\r\n> older\r\n'
  const id = await wang.put(Buffer.from(text))
  const { page, close } = await visitor()
  await write(page, `compose=reply&email=${id}`)
  deepEqual(await page.locator('[data-chip]').allTextContents(), ['林美玲'])
  equal(await page.locator('[name=subject]').inputValue(), 'Re: Plan')
  match(
    await body(page).inputValue(),
    /^\n\n林美玲 <lin@uni.example> 於2026年3月4日（三）14:05:09 \(GMT\+8\)寫道：\n> First\n>> older\n$/,
  )
  await page.keyboard.type('OK')
  match(await body(page).inputValue(), /^OK\n/)
  await page.keyboard.press('Control+Enter')
  await toast(page, /秒後寄出/)
  await until(
    async () => (await wang.one('Email/get', { ids: [id], properties: ['keywords'] })).list[0].keywords.$answered,
  )
  const sent = await wang.one('Email/query', {
    filter: { inMailbox: wang.box('sent'), header: ['In-Reply-To', 'p1@uni.example'] },
  })
  equal(sent.ids.length, 1)
  await close()
})

test('more than twenty outsiders are moved to Bcc; a missing file is asked for', { timeout: 30_000 }, async () => {
  const { page, close } = await visitor()
  const many = Array.from({ length: 21 }, (_, i) => `p${i}@other.example`).join(',')
  await write(page, `compose=mailto&to=${encodeURIComponent(`mailto:${many}?subject=s&body=請見附件`)}`)
  match((await page.locator('.note').textContent())!, /21位收件人會互相看到地址/)
  await page.getByRole('button', { name: '全部改為密件' }).click()
  equal(await page.locator('.note').count(), 0)
  await page.locator('[data-field=bcc]').waitFor()
  await page.keyboard.press('Control+Enter')
  match((await page.locator('[data-findings]').textContent())!, /信中提到附件，但沒有附加檔案/)
  await close()
})

test('a draft comes through a reload, and there are never two', { timeout: 30_000 }, async () => {
  await empty(wang, 'drafts')
  const { page, close } = await visitor()
  await write(page)
  await page.locator('[name=subject]').fill('重要')
  await state(page, 'saved')
  await page.locator('textarea').pressSequentially('一二三')
  await page.reload()
  await page.waitForSelector('textarea')
  equal(await body(page).inputValue(), '一二三')
  await state(page, 'saved')
  await page.locator('textarea').pressSequentially('四')
  await state(page, 'changed')
  await state(page, 'saved')
  deepEqual(
    (await mailsIn(wang, 'drafts')).map(({ subject }) => subject),
    ['重要'],
  )
  await page.keyboard.press('Escape')
  await page.waitForSelector('form[aria-label=寫信]', { state: 'detached' })
  equal((await mailsIn(wang, 'drafts')).length, 1)
  await close()
})

test('a draft comes through the loss of its tab', { timeout: 30_000 }, async () => {
  await empty(wang, 'drafts')
  const { page, context, close } = await visitor()
  await write(page)
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
  await other.goto(`${origin}/mail/`)
  await toast(other, /已找回1封/)
  deepEqual(
    (await mailsIn(wang, 'drafts')).map(({ subject }) => subject),
    ['當機前'],
  )
  await close()
})

test('a draft comes through an ended session', { timeout: 30_000 }, async () => {
  await empty(wang, 'drafts')
  const { page, context, close } = await visitor()
  await write(page)
  await context.clearCookies()
  await page.locator('[name=subject]').fill('還在')
  await state(page, 'local')
  await page.locator('dialog[open] input[type=password]').waitFor()
  equal(await page.locator('[name=subject]').inputValue(), '還在')
  await page.locator('dialog[open] input[type=password]').fill('correct horse battery staple')
  await page.keyboard.press('Enter')
  await state(page, 'saved')
  deepEqual(
    (await mailsIn(wang, 'drafts')).map(({ subject }) => subject),
    ['還在'],
  )
  await close()
})

test('without a network one writes and sends; both happen when it is back', { timeout: 30_000 }, async () => {
  await empty(wang, 'drafts', 'sent')
  const { page, context, close } = await visitor()
  await write(page)
  await context.setOffline(true)
  await page.keyboard.type('lin@uni.example;')
  await page.locator('[name=subject]').fill('離線寫的')
  await state(page, 'local')
  match((await page.locator('[data-state]').textContent())!, /草稿存在這台電腦/)
  await page.locator('textarea').fill('內文')
  await page.keyboard.press('Control+Enter')
  await toast(page, /連線後自動寄出/)
  await context.setOffline(false)
  const sent = await until(async () => ((await mailsIn(wang, 'sent')).length > 0 ? mailsIn(wang, 'sent') : undefined))
  deepEqual(
    sent.map(({ subject }) => subject),
    ['離線寫的'],
  )
  equal((await mailsIn(wang, 'drafts')).length, 0)
  await close()
})

test('an answer that was lost makes no second draft', { timeout: 30_000 }, async () => {
  await empty(wang, 'drafts')
  const { page, close } = await visitor()
  await write(page)
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
  equal((await mailsIn(wang, 'drafts')).length, 1)
  await close()
})

test(
  'rich text: formats, a picture in the text, and a stranger’s HTML that does nothing',
  { timeout: 40_000 },
  async () => {
    await empty(wang, 'drafts')
    const evil = `<p style="color:red;position:fixed;top:0">Hello <b>you</b></p><script>window.evil=1</script><img src=x onerror="window.evil=1"><img src="https://tracker.example/x.gif"><form><input></form><a href="javascript:evil()">x</a>`
    const text = `From: a@b.example\r\nTo: wang@uni.example\r\nSubject: Html\r\nMessage-ID: <h1@b>\r\nContent-Type: text/html\r\n\r\n${evil}\r\n`
    const id = await wang.put(Buffer.from(text))
    const { page, close } = await visitor()
    await page.route('**/api/preferences', (route) => route.fulfill({ json: { writing: 'rich' } }))
    await write(page, `compose=reply&email=${id}`)
    const editor = page.locator('[role=textbox][contenteditable=true]')
    await editor.waitFor()
    await page.locator('[role=textbox] blockquote b').waitFor()
    equal(await editor.locator('script,form,input,[onerror],a[href^=javascript]').count(), 0)
    equal(await page.evaluate(() => 'evil' in window), false)
    const style = await page
      .locator('[role=textbox] blockquote p')
      .evaluate((one) => [getComputedStyle(one).color, getComputedStyle(one).position])
    deepEqual(style, ['rgb(255, 0, 0)', 'static'])
    await editor.focus()
    await page.keyboard.press('Control+b')
    await page.keyboard.type('粗')
    await page.keyboard.press('Control+b')
    const png = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    )
    await page.setInputFiles('input[type=file][accept="image/*"]', {
      name: 'dot.png',
      mimeType: 'image/png',
      buffer: png,
    })
    await page.locator('[role=textbox] img[data-cid]').waitFor()
    const draft = await until(async () =>
      (await mailsIn(wang, 'drafts')).find(({ attachments }) => attachments.length > 0),
    )
    const values = Object.values(draft.bodyValues).map(({ value }) => value)
    const html = values.find((value) => value.includes('<blockquote'))!
    match(html, /<b>粗<\/b>/)
    match(html, new RegExp(`src="cid:${draft.attachments[0]!.cid}"`))
    match(html, /src="https:\/\/tracker\.example\/x\.gif"/)
    ok(!/script|onerror|position/.test(html), html)
    ok(values.some((value) => value.includes('> Hello you')))

    await page.keyboard.press('Control+Shift+D')
    await page.getByRole('button', { name: '保留格式' }).click()
    await page.keyboard.press('Control+Shift+D')
    await page.getByRole('button', { name: '改為純文字' }).click()
    await page.waitForSelector('textarea')
    match(await body(page).inputValue(), /粗[\s\S]+> Hello you/)
    await close()
  },
)

test('a mail is sent at a time given in a year of the Republic', { timeout: 30_000 }, async () => {
  await empty(wang, 'sent')
  const { page, close } = await visitor()
  await write(page, `compose=mailto&to=${encodeURIComponent('mailto:lin@uni.example?subject=later&body=Text')}`)
  await page.getByRole('button', { name: '預約寄出' }).click()
  const tomorrow = new Date(Date.now() + 86_400_000 + 8 * 3_600_000)
  const roc = `${tomorrow.getUTCFullYear() - 1911}/${tomorrow.getUTCMonth() + 1}/${tomorrow.getUTCDate()}`
  await page.locator('#schedule-day').fill(roc.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))))
  await page.locator('#schedule-time').fill('下午3:20')
  await page.keyboard.press('Enter')
  await toast(page, /將於.*15:20:00/)
  const { list } = await wang.one('EmailSubmission/get', { ids: null })
  ok(
    list.some(
      ({ sendAt, undoStatus }: { sendAt: string; undoStatus: string }) =>
        undoStatus === 'pending' && sendAt.endsWith('T07:20:00Z'),
    ),
  )
  await close()
})

for (const [what, options] of [
  ['in the light', {}],
  ['in the dark, on a phone', { colorScheme: 'dark', viewport: { width: 390, height: 844 } }],
  ['in English, very narrow', { locale: 'en-GB', viewport: { width: 320, height: 700 } }],
] as const) {
  test(`nothing stands in anybody's way, ${what}`, { timeout: 40_000 }, async () => {
    const { page, close } = await visitor(options)
    await write(page)
    await page.keyboard.type('grace@other.example;nobody;')
    await page.setInputFiles('input[type=file][multiple]', {
      name: 'a.pdf',
      mimeType: 'application/pdf',
      buffer: Buffer.from('x'),
    })
    await page.keyboard.press('Control+Enter')
    await page.locator('[data-findings] > *').first().waitFor()
    deepEqual(await axe(page), [])
    equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false)
    await close()
  })
}
