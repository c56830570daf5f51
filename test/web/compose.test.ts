/// <reference lib="dom" />

// Writing and sending in the browser: by keyboard alone, by input methods, plain and rich.

import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { axe } from './browser.ts'
import { empty, mailsIn, openDesk, state, toast, until } from './desk.ts'

const desk = openDesk()

test(
  'a mail with a file is written, sent, taken back and sent again by keyboard alone',
  { timeout: 60_000 },
  async () => {
    const { page, close } = await desk.visitor()
    await page.goto(`${desk.origin}/mail/`)
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
    equal((await mailsIn(desk.wang, desk.wang.box('drafts'))).length, 0)
    equal((await mailsIn(desk.wang, desk.wang.box('sent'))).length, 1)

    await page.keyboard.press('z')
    await page.waitForSelector('textarea')
    equal(await page.locator('textarea').inputValue(), '請見附件。')
    equal(await page.locator('[data-chip]').textContent(), '林美玲')
    equal((await mailsIn(desk.wang, desk.wang.box('sent'))).length, 0)
    equal((await mailsIn(desk.lin, desk.lin.box('inbox'))).length, 0)

    await page.keyboard.press('Control+Enter')
    await toast(page, /10秒後寄出/)
    const [sent] = await mailsIn(desk.wang, desk.wang.box('sent'))
    deepEqual(sent!.keywords, { $seen: true })
    deepEqual(
      sent!.attachments.map(({ name, size }) => [name, size]),
      [['議程.pdf', 20_000]],
    )
    await close()
  },
)

test('a mail that leaves at once says so', { timeout: 30_000 }, async () => {
  await empty(desk.lin, 'inbox')
  const { page, close } = await desk.visitor()
  await page.route('**/api/preferences', (route) => route.fulfill({ json: { undoSeconds: 0 } }))
  await desk.write(page, `compose=mailto&to=${encodeURIComponent('mailto:lin@uni.example?subject=Hi&body=Text')}`)
  await page.keyboard.press('Control+Enter')
  await toast(page, /已寄出/)
  const [got] = await until(async () =>
    (await mailsIn(desk.lin, desk.lin.box('inbox'))).length > 0 ? mailsIn(desk.lin, desk.lin.box('inbox')) : undefined,
  )
  equal(got!.subject, 'Hi')
  await close()
})

test('composing sends, picks, closes and triggers nothing', { timeout: 30_000 }, async () => {
  const { page, close } = await desk.visitor()
  await desk.write(page)
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
    const { page, close } = await desk.visitor()
    await desk.write(page)
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
  const { page, close } = await desk.visitor()
  await desk.write(page)
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
  const id = await desk.wang.put(Buffer.from(text))
  const { page, close } = await desk.visitor()
  await desk.write(page, `compose=reply&email=${id}`)
  deepEqual(await page.locator('[data-chip]').allTextContents(), ['林美玲'])
  equal(await page.locator('[name=subject]').inputValue(), 'Re: Plan')
  match(
    await page.locator('textarea').inputValue(),
    /^\n\n林美玲 <lin@uni.example> 於2026年3月4日（三）14:05:09 \(GMT\+8\)寫道：\n> First\n>> older\n$/,
  )
  await page.keyboard.type('OK')
  match(await page.locator('textarea').inputValue(), /^OK\n/)
  await page.keyboard.press('Control+Enter')
  await toast(page, /秒後寄出/)
  await until(
    async () => (await desk.wang.one('Email/get', { ids: [id], properties: ['keywords'] })).list[0].keywords.$answered,
  )
  const sent = await desk.wang.one('Email/query', {
    filter: { inMailbox: desk.wang.box('sent'), header: ['In-Reply-To', 'p1@uni.example'] },
  })
  equal(sent.ids.length, 1)
  await close()
})

test('more than twenty outsiders are moved to Bcc; a missing file is asked for', { timeout: 30_000 }, async () => {
  const { page, close } = await desk.visitor()
  const many = Array.from({ length: 21 }, (_, i) => `p${i}@other.example`).join(',')
  await desk.write(page, `compose=mailto&to=${encodeURIComponent(`mailto:${many}?subject=s&body=請見附件`)}`)
  match((await page.locator('.note').textContent())!, /21位收件人會互相看到地址/)
  await page.getByRole('button', { name: '全部改為密件' }).click()
  equal(await page.locator('.note').count(), 0)
  await page.locator('[data-field=bcc]').waitFor()
  await page.keyboard.press('Control+Enter')
  match((await page.locator('[data-findings]').textContent())!, /信中提到附件，但沒有附加檔案/)
  await close()
})

test(
  'rich text: formats, a picture in the text, and a stranger’s HTML that does nothing',
  { timeout: 40_000 },
  async () => {
    await empty(desk.wang, 'drafts')
    const evil = `<p style="color:red;position:fixed;top:0">Hello <b>you</b></p><script>window.evil=1</script><img src=x onerror="window.evil=1"><img src="https://tracker.example/x.gif"><form><input></form><a href="javascript:evil()">x</a>`
    const text = `From: a@b.example\r\nTo: wang@uni.example\r\nSubject: Html\r\nMessage-ID: <h1@b>\r\nContent-Type: text/html\r\n\r\n${evil}\r\n`
    const id = await desk.wang.put(Buffer.from(text))
    const { page, close } = await desk.visitor()
    await page.route('**/api/preferences', (route) => route.fulfill({ json: { writing: 'rich' } }))
    await desk.write(page, `compose=reply&email=${id}`)
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
      (await mailsIn(desk.wang, desk.wang.box('drafts'))).find(({ attachments }) => attachments.length > 0),
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
    match(await page.locator('textarea').inputValue(), /粗[\s\S]+> Hello you/)
    await close()
  },
)

test('a mail is sent at a time given in a year of the Republic', { timeout: 30_000 }, async () => {
  await empty(desk.wang, 'sent')
  const { page, close } = await desk.visitor()
  await desk.write(page, `compose=mailto&to=${encodeURIComponent('mailto:lin@uni.example?subject=later&body=Text')}`)
  await page.getByRole('button', { name: '預約寄出' }).click()
  const tomorrow = new Date(Date.now() + 86_400_000 + 8 * 3_600_000)
  const roc = `${tomorrow.getUTCFullYear() - 1911}/${tomorrow.getUTCMonth() + 1}/${tomorrow.getUTCDate()}`
  await page.locator('#schedule-day').fill(roc.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))))
  await page.locator('#schedule-time').fill('下午3:20')
  await page.keyboard.press('Enter')
  await toast(page, /將於.*15:20:00/)
  const { list } = await desk.wang.one('EmailSubmission/get', { ids: null })
  ok(
    list.some(
      ({ sendAt, undoStatus }: { sendAt: string; undoStatus: string }) =>
        undoStatus === 'pending' && sendAt.endsWith('T07:20:00Z'),
    ),
  )
  await close()
})

test('what is passed on takes its files along; a template is made and used', { timeout: 30_000 }, async () => {
  const files = ['a.pdf', 'b.txt'].map(
    (name) =>
      `--x\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=${name}\r\n\r\n${name}\r\n`,
  )
  const header = 'From: lin@uni.example\r\nTo: wang@uni.example\r\nSubject: Files\r\nMessage-ID: <f1@uni.example>\r\n'
  const type = 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nSee\r\n'
  const id = await desk.wang.put(Buffer.from(`${header}${type}${files.join('')}--x--\r\n`))
  const { page, close } = await desk.visitor()
  await desk.write(page, `compose=forward&email=${id}`)
  deepEqual(await page.locator('form ul[aria-label=附件] .fn').allTextContents(), ['a.pdf', 'b.txt'])
  await page.keyboard.type('lin@uni.example;')
  await page.locator('textarea').pressSequentially('請參考')
  await state(page, 'saved')
  await page.getByRole('button', { name: '範本', exact: true }).click()
  await page.getByRole('button', { name: '存成範本' }).click()
  await toast(page, /已存成範本/)
  await page.keyboard.press('Control+Enter')
  await toast(page, /10秒後寄出：Fwd: Files/)
  const sent = (await mailsIn(desk.wang, desk.wang.box('sent'))).find(({ subject }) => subject === 'Fwd: Files')
  deepEqual(
    sent!.attachments.map(({ name }) => name),
    ['a.pdf', 'b.txt'],
  )
  await until(
    async () => (await desk.wang.one('Email/get', { ids: [id], properties: ['keywords'] })).list[0].keywords.$forwarded,
  )

  await desk.write(page)
  await page.getByRole('button', { name: '範本', exact: true }).click()
  await page.getByRole('button', { name: 'Fwd: Files' }).click()
  equal(await page.locator('[name=subject]').inputValue(), 'Fwd: Files')
  match(await page.locator('textarea').inputValue(), /請參考/)
  await close()
})

for (const [what, options] of [
  ['in the light', {}],
  ['in the dark, on a phone', { colorScheme: 'dark', viewport: { width: 390, height: 844 } }],
  ['in English, very narrow', { locale: 'en-GB', viewport: { width: 320, height: 700 } }],
] as const) {
  test(`nothing stands in anybody's way, ${what}`, { timeout: 40_000 }, async () => {
    const { page, close } = await desk.visitor(options)
    await desk.write(page)
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
