// GET /file/{token}: the page of a large file, for anybody who has its link. POST begins a download, with the password
// where there is one; GET /file/{token}/content?t={ticket} gives the bytes, also in ranges (RFC 9110 §14).
//
// Invariants:
//   what the page says came from somebody: every word of it is escaped, and nothing in it runs (SECURITY 20)
//   bytes are handed over as a file: never shown, never run, never guessed at (SECURITY 19, 22)
//   each download is counted and in the history before its first byte goes out
//   of a link that is not there nobody learns whether it ever was

import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { loginDefaults } from '../login/limits.ts'
import { openHashing } from '../login/passwords.ts'
import { sourceOf } from '../login/source.ts'
import { countDownload, streamFile, type SharedFile } from '../store/files.ts'
import { writeEvents } from '../tracking/events.ts'
import { disposition, readRange } from './downloads.ts'
import type { FileLimits } from './filelimits.ts'
import { fileOfLink, isTicket, makeTicket } from './files.ts'
import type { WebHouse } from './house.ts'
import { peerOf } from './peers.ts'
import { HttpTrouble } from './problems.ts'
import { openRates } from './rates.ts'
import { downloadPolicy } from './safety.ts'
import { inLanguage, languageOf, type Language, type Words } from './words.ts'

const minute = 60
const formBytes = 4096

export async function mountFilePages(app: FastifyInstance, house: WebHouse): Promise<void> {
  const { files, limits, store, clock } = house
  const rates = openRates(limits.rates)
  const hashing = openHashing(loginDefaults)
  const tries = openTries(files, limits.rates)

  function take(what: string, who: string, count: number, seconds: number): void {
    const wait = rates.take(what, who, { count, seconds, per: 'source' }, clock())
    if (wait > 0) throw new HttpTrouble('too-many-requests', { seconds: wait }, { 'retry-after': String(wait) })
  }

  async function find(request: FastifyRequest, count: number): Promise<SharedFile | undefined> {
    take(request.method, sourceOf(peerOf(request).address), count, minute)
    return fileOfLink(house, (request.params as { token: string }).token)
  }

  async function isRight(request: FastifyRequest, file: SharedFile): Promise<boolean> {
    if (file.password === undefined) return true
    const wait = tries.wait(file.id, clock())
    if (wait > 0) throw new HttpTrouble('too-many-requests', { seconds: wait }, { 'retry-after': String(wait) })
    tries.begun(file.id, clock()) // counted before: many at once are many
    const given = new URLSearchParams((request.body as string | undefined) ?? '').get('password') ?? ''
    if (await hashing.verify(sourceOf(peerOf(request).address), given.slice(0, 200), file.password)) {
      tries.wasRight(file.id)
      return true
    }
    await note(request, file, 'file-password-wrong')
    return false
  }

  function note(request: FastifyRequest, file: SharedFile, kind: string): Promise<void> {
    const details = { file: file.id, name: file.name, agent: request.headers['user-agent']?.slice(0, 200) ?? '' }
    const event = { at: clock(), kind, account: file.accountId, peer: peerOf(request).address, details }
    return store.db.transaction((sql) => writeEvents(sql, [event]))
  }

  /** False: it has been downloaded as often as it may. */
  function begin(request: FastifyRequest, file: SharedFile): Promise<boolean> {
    const { id, name, size, accountId } = file
    const details = { file: id, name, size, agent: request.headers['user-agent']?.slice(0, 200) ?? '' }
    return store.db.transaction(async (sql) => {
      if (!(await countDownload(sql, id, clock()))) return false
      const at = clock()
      await writeEvents(sql, [
        { at, kind: 'file-downloaded', account: accountId, peer: peerOf(request).address, details },
      ])
      return true
    })
  }

  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: formBytes },
      (_request, body, done) => done(null, body),
    )
    scope.get('/file/:token', async (request, reply) => {
      const file = await find(request, files.pages)
      return sendPage(request, reply, file && isLeft(file) ? file : undefined)
    })
    scope.post('/file/:token', { bodyLimit: formBytes }, async (request, reply) => {
      const file = await find(request, files.downloads)
      if (!file || !isLeft(file)) return sendPage(request, reply, undefined)
      if (!(await isRight(request, file))) return sendPage(request, reply, file, true)
      if (!(await begin(request, file))) return sendPage(request, reply, undefined)
      const { token } = request.params as { token: string }
      return reply
        .header('cache-control', 'no-store')
        .redirect(`/file/${token}/content?t=${makeTicket(house, file)}`, 303)
    })
    scope.get('/file/:token/content', async (request, reply) => {
      const file = await find(request, 10 * files.pages) // a download goes on in many ranges
      if (!file) return sendPage(request, reply, undefined)
      if (!isTicket(house, file, (request.query as { t?: unknown }).t)) {
        return reply.redirect(`/file/${(request.params as { token: string }).token}`, 303)
      }
      return sendFile(house, request, reply, file)
    })
  })
}

/** Wrong passwords of each file, of whatever source; the right one has to wait too when there were many. */
function openTries({ wrongPasswords, wrongMilliseconds }: FileLimits, most: number) {
  const wrong = new Map<number, { until: number; count: number }>()
  return {
    /** Seconds until another may be tried. */
    wait(id: number, now: number): number {
      const found = wrong.get(id)
      if (!found || found.count < wrongPasswords || found.until <= now) return 0
      return Math.ceil((found.until - now) / 1000)
    },
    begun(id: number, now: number): void {
      const found = wrong.get(id)
      wrong.delete(id)
      const goesOn = found && found.until > now
      wrong.set(id, goesOn ? { ...found, count: found.count + 1 } : { until: now + wrongMilliseconds, count: 1 })
      if (wrong.size > most) wrong.delete(wrong.keys().next().value as number)
    },
    wasRight(id: number): void {
      const found = wrong.get(id)
      if (found) found.count--
    },
  }
}

const isLeft = ({ downloads, downloadsMost }: SharedFile): boolean =>
  downloadsMost === undefined || downloads < downloadsMost

function sendFile({ store }: WebHouse, request: FastifyRequest, reply: FastifyReply, file: SharedFile): FastifyReply {
  const { id, name, size } = file
  const etag = `"file-${id}"`
  reply.headers({
    etag,
    'cache-control': 'private, no-store',
    'content-security-policy': downloadPolicy,
    'content-disposition': disposition(name),
    'accept-ranges': 'bytes',
    'content-type': 'application/octet-stream',
  })
  const { range } = request.headers
  const isWhole = range === undefined || (request.headers['if-range'] ?? etag) !== etag
  const wanted = isWhole ? 'whole' : readRange(range, size)
  if (!wanted) throw new HttpTrouble('bad-range', {}, { 'content-range': `bytes */${size}` })
  const { start, end } = wanted === 'whole' ? { start: 0, end: size } : wanted
  if (wanted !== 'whole') reply.code(206).header('content-range', `bytes ${start}-${end - 1}/${size}`)
  reply.header('content-length', end - start)
  if (request.method === 'HEAD') return reply.send()
  return reply.send(Readable.from(streamFile(store, id, start, end), { objectMode: false }))
}

// -- the page

const style = `:root{color-scheme:light dark;font:16px/1.6 system-ui,"Noto Sans TC","PingFang TC","Microsoft JhengHei",sans-serif}
body{max-width:32rem;margin:10vh auto;padding:0 1.25rem}h1{font-size:1.35rem;overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1.25rem}dt{opacity:.75}dd{margin:0}
label{display:block;margin:1rem 0 .25rem}input{font:inherit;width:100%;box-sizing:border-box;padding:.6rem;border:1px solid GrayText;border-radius:.5rem}
button{font:inherit;margin-top:1.25rem;min-height:2.75rem;padding:.5rem 1.5rem;border:0;border-radius:.5rem;background:#1f5fbf;color:#fff}
button:focus-visible,input:focus-visible{outline:3px solid #6ba4f5;outline-offset:2px}.wrong{color:#c62828}
@media (prefers-color-scheme:dark){.wrong{color:#ff9d94}}footer{margin-top:2.5rem;opacity:.75;font-size:.875rem}`

const policy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

const texts = {
  gone: { en: 'There is no file here', zh: '這裡沒有檔案' },
  why: {
    en: 'The link is not right, has expired, was withdrawn, or was used as often as it may be. Ask whoever sent it for a new one.',
    zh: '連結有誤、已過期、已撤回,或已達下載次數上限。請向寄件人索取新的連結。',
  },
  title: { en: 'A file for you', zh: '有一個檔案要給您' },
  size: { en: 'Size', zh: '大小' },
  expires: { en: 'Until', zh: '期限' },
  password: { en: 'Password', zh: '密碼' },
  wrong: { en: 'That is not the password. Try again.', zh: '密碼不正確,請再試一次。' },
  download: { en: 'Download', zh: '下載' },
  care: {
    en: 'Open it only if you know who sent it.',
    zh: '請確認寄件人身分後再開啟檔案。',
  },
} satisfies Record<string, Words>

function sendPage(
  request: FastifyRequest,
  reply: FastifyReply,
  file: SharedFile | undefined,
  isWrong = false,
): FastifyReply {
  const language = languageOf(request.headers['accept-language'])
  const say = (name: keyof typeof texts): string => escaped(inLanguage(texts[name], language))
  const title = file ? say('title') : say('gone')
  const content = file ? filePart(file, isWrong, language, say) : `<h1>${title}</h1><p>${say('why')}</p>`
  return reply
    .code(file ? (isWrong ? 403 : 200) : 404)
    .headers({
      'content-security-policy': policy,
      'cache-control': 'no-store',
      'content-language': language,
      'x-robots-tag': 'noindex, nofollow',
      vary: 'accept-language',
    })
    .type('text/html; charset=utf-8')
    .send(
      `<!doctype html>\n<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${style}</style></head><body><main>${content}</main></body></html>\n`,
    )
}

function filePart(
  file: SharedFile,
  isWrong: boolean,
  language: Language,
  say: (name: keyof typeof texts) => string,
): string {
  const tag = language === 'en' ? 'en-GB' : 'zh-TW'
  const until = new Intl.DateTimeFormat(tag, { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' }).format(
    file.expiresAt,
  )
  const wrong = isWrong ? `<p class="wrong" role="alert" id="wrong">${say('wrong')}</p>` : ''
  const about = isWrong ? ' aria-describedby="wrong" aria-invalid="true"' : ''
  const password =
    file.password === undefined
      ? ''
      : `<label for="password">${say('password')}</label><input id="password" name="password" type="password" required maxlength="200" autocomplete="off"${about}>${wrong}`
  return `<h1>${escaped(file.name)}</h1><dl><dt>${say('size')}</dt><dd>${sizeText(file.size)}</dd><dt>${say('expires')}</dt><dd>${escaped(until)} UTC</dd></dl><form method="post">${password}<button>${say('download')}</button></form><footer>${say('care')}</footer>`
}

function sizeText(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  const step = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10))
  const number = bytes / 2 ** (10 * step)
  return `${step === 0 || number >= 100 ? Math.round(number) : number.toFixed(1)} ${units[step]}`
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
}
