// Every letter of test/hostile.ts, handed in by LMTP and opened in Chromium as the mail page does: in a sandboxed
// frame, without and with consent to pictures. And once more without frame, policy and headers, so that what is let
// through does no harm even where nothing holds it.
//
// No script runs, nothing but our own server is asked (other hosts are all mapped to a trap), no page goes elsewhere.

import { deepEqual, equal, ok } from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { connect, createServer as createTrap, type AddressInfo, type Server as Trap } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { attacks, leakHost, mark, type Attack } from '../hostile.ts'
import { client, type Client } from '../webclient.ts'
import { openWorld, password, type WorldHouse } from '../world.ts'
import { openShutBrowser } from './shutbrowser.ts'

const batch = 75

let world: WorldHouse
let browser: Browser
let folder: string
let trap: Trap
let trapped = 0
let bare: Server // serves the pages without anything that holds them
let pages: string[] = []
let http: Client
let headers: Record<string, string>
let views: string[] = []

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-hostile-'))
  await mkdir(join(folder, 'assets'))
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>mail</title><p>the page')
  trap = createTrap((socket) => {
    trapped++
    socket.destroy()
  }).listen(0, '127.0.0.1')
  bare = createServer(({ url = '' }, response) => {
    const page = pages[Number(/^\/(\d+)$/.exec(url)?.[1] ?? -1)]
    response.writeHead(page === undefined ? 404 : 200, { 'content-type': 'text/html; charset=utf-8' })
    response.end(url === '/' ? '<!doctype html><title>bare</title>' : page)
  }).listen(0, '127.0.0.1')
  await Promise.all([once(trap, 'listening'), once(bare, 'listening')])
  world = await openWorld({ hostname: 'mail.uni.example', people: ['wang@uni.example'], web: { folder } })
  const opening = openShutBrowser(portOf(trap))
  await handIn(attacks)
  http = client(world, 'http')
  headers = (await http.signIn({ name: 'wang@uni.example', password }, { origin: http.origin })).headers
  views = await viewsOf(headers)
  browser = await opening
})

after(async () => {
  await browser?.close()
  bare?.close()
  trap?.close()
  await world?.close()
  await rm(folder, { recursive: true })
})

const portOf = (server: Server | Trap): number => (server.address() as AddressInfo).port

/** Each attack as a mail, over a few LMTP connections. */
async function handIn(list: readonly Attack[]): Promise<void> {
  const left = list.entries()
  await Promise.all(Array.from({ length: 8 }, () => handInFrom(left)))
}

async function handInFrom(left: Iterator<[number, Attack]>): Promise<void> {
  const socket = connect(world.port('lmtp'), '127.0.0.1')
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
  const reply = async (code: string): Promise<void> => {
    for (;;) {
      const { value } = (await lines.next()) as { value: string }
      ok(value.startsWith(code), value)
      if (value[3] !== '-') return
    }
  }
  const say = (text: string | Buffer, code: string): Promise<void> => {
    socket.write(text)
    return reply(code)
  }
  await reply('220')
  await say('LHLO test\r\n', '250')
  for (let next = left.next(); !next.done; next = left.next()) {
    const [i, attack] = next.value
    await say('MAIL FROM:<a@else.example>\r\n', '250')
    await say('RCPT TO:<wang@uni.example>\r\n', '250')
    await say('DATA\r\n', '354')
    await say(Buffer.concat([mailOf(attack, i), Buffer.from('\r\n.\r\n')]), '250')
  }
  socket.end('QUIT\r\n')
}

function mailOf({ html, type = 'text/html; charset=utf-8', bytes, mail }: Attack, i: number): Buffer {
  const top = `From: a@else.example\nTo: wang@uni.example\nSubject: ${i}\nMessage-ID: <${i}@else.example>\nDate: Mon, 5 Jan 2026 10:00:00 +0800\nMIME-Version: 1.0\n`
  if (mail !== undefined) return Buffer.from((top + mail).replaceAll('\n', '\r\n'))
  const lines = (bytes ?? Buffer.from(html)).toString('base64').replace(/.{76}/g, '$&\r\n')
  const part = `Content-Type: ${type}\nContent-Transfer-Encoding: base64\n\n`
  return Buffer.concat([Buffer.from((top + part).replaceAll('\n', '\r\n')), Buffer.from(lines)])
}

/** The views of the letters, in their order. */
async function viewsOf(headers: Record<string, string>): Promise<string[]> {
  const row = await world.db.one<{ id: number }>("select id from account where address = 'wang@uni.example'", [])
  const accountId = `A${row!.id}`
  const { json } = await http.ask('POST', '/jmap/api', {
    json: {
      using: ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail'],
      methodCalls: [['Email/get', { accountId, ids: null, properties: ['subject'] }, '0']],
    },
    headers: { ...headers, origin: http.origin },
  })
  const ids = new Map<string, string>(
    json.methodResponses[0][1].list.map((one: { id: string; subject: string }) => [one.subject, one.id]),
  )
  equal(ids.size, attacks.length)
  return attacks.map((_attack, i) => `/api/view/${accountId}/${ids.get(String(i))}`)
}

async function signedIn(): Promise<BrowserContext> {
  const context = await browser.newContext()
  const [name = '', value = ''] = headers['cookie']!.split('=')
  await context.addCookies([{ name, value, url: http.origin, httpOnly: true, sameSite: 'Strict' }])
  return context
}

interface Seen {
  marks: string[]
  elsewhere: string[]
  moved: string[]
}

/** Opens frames by the batch in a page of `origin`; what happened that must not. */
async function openFrames(
  context: BrowserContext,
  origin: string,
  paths: readonly string[],
  sandbox?: string,
): Promise<Seen> {
  const page = await context.newPage()
  const seen: Seen = { marks: [], elsewhere: [], moved: [] }
  page.on('console', (message) => {
    if (message.text().includes(mark)) seen.marks.push(message.location().url)
  })
  page.on('dialog', (dialog) => void (seen.marks.push('a dialog'), dialog.dismiss()))
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(`${origin}/`) && !url.startsWith('data:image/')) seen.elsewhere.push(url)
  })
  page.on('popup', (popup) => seen.moved.push(popup.url()))
  await page.goto(`${origin}/`)
  page.on('framenavigated', (frame) => {
    if (frame === page.mainFrame()) seen.moved.push(frame.url())
    else if (!frame.url().startsWith(`${origin}/`) && frame.url() !== 'about:blank') seen.moved.push(frame.url())
  })
  for (let from = 0; from < paths.length; from += batch) {
    await loadAll(page, paths.slice(from, from + batch), sandbox)
    equal(page.url(), `${origin}/`)
  }
  await context.close()
  return seen
}

/** Frames for all paths at once; waits until each is loaded, with its pictures and sheets, then takes them away. */
function loadAll(page: Page, paths: readonly string[], sandbox: string | undefined): Promise<void> {
  return page.evaluate(`(async ([sources, flags]) => {
    await Promise.all(sources.map((source) => new Promise((resolve) => {
      const frame = document.createElement('iframe')
      if (flags !== null) frame.setAttribute('sandbox', flags)
      frame.setAttribute('referrerpolicy', 'no-referrer')
      frame.addEventListener('load', resolve, { once: true })
      frame.src = source
      document.body.append(frame)
    })))
    // Two turns of drawing: what waits for it (lazy pictures, animations, focus) has begun.
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
    document.body.replaceChildren()
  })(${JSON.stringify([paths, sandbox ?? null])})`)
}

const harmless: Seen = { marks: [], elsewhere: [], moved: [] }

const sandbox = 'allow-popups allow-popups-to-escape-sandbox'

test(`${attacks.length} hostile letters in the frame of the mail page`, async () => {
  deepEqual(await openFrames(await signedIn(), http.origin, views, sandbox), harmless)
  equal(trapped, 0)
})

test('those that ask for something elsewhere, with consent to pictures: only our proxy is asked', async () => {
  const asking = views.filter((_view, i) => JSON.stringify(attacks[i]).includes(leakHost))
  const consented = asking.map((view) => `${view}?remote=1&theme=dark`)
  deepEqual(await openFrames(await signedIn(), http.origin, consented, sandbox), harmless)
  equal(trapped, 0)
})

test('all again, with nothing that holds them', async () => {
  const answers = await Promise.all(views.map((view) => http.ask('GET', view, { headers })))
  for (const [i, { status, text }] of answers.entries()) equal(status, 200, `${attacks[i]?.what}: ${text}`)
  pages = answers.map(({ text }) => text)
  const paths = pages.map((_page, i) => `/${i}`)
  deepEqual(await openFrames(await browser.newContext(), `http://127.0.0.1:${portOf(bare)}`, paths), harmless)
  equal(trapped, 0)
})

test('a browser without our care does run, call and leave: the test can fail', async () => {
  pages = [...attacks.slice(0, 5).map(({ html }) => html), '<img src="http://leak.example/1.png">']
  const paths = pages.map((_page, i) => `/${i}`)
  const seen = await openFrames(await browser.newContext(), `http://127.0.0.1:${portOf(bare)}`, paths)
  ok(seen.marks.length > 0, 'scripts run')
  ok(seen.elsewhere.length > 0, 'others are asked')
  ok(trapped > 0, 'the trap is there')
})
