// The web pages: what `npm run build` of the web made, served from a closed list of its files.
//
// Invariants:
//   only a file that the list names is ever opened: a path is a key, never a place on the disk
//   files with a hash in their name are kept by browsers for ever; pages are asked for each time
//   what is kept in memory is bounded; a file is read and compressed once

import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants } from 'node:zlib'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { WebHouse } from './house.ts'
import { HttpTrouble } from './problems.ts'
import { accepts } from './packing.ts'
import { pagePolicy } from './safety.ts'
import { languageOf } from './words.ts'

const compress = promisify(brotliCompress)

const types: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  mjs: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json',
  webmanifest: 'application/manifest+json',
  svg: 'image/svg+xml',
  png: 'image/png',
  webp: 'image/webp',
  avif: 'image/avif',
  ico: 'image/x-icon',
  txt: 'text/plain; charset=utf-8',
  wasm: 'application/wasm',
  mp3: 'audio/mpeg',
}
const compressible = new Set(['html', 'js', 'mjs', 'css', 'json', 'webmanifest', 'svg', 'txt'])

/** The faces: each is one page that finds its own way below its path. */
const faces = ['mail', 'self', 'admin', 'login']

interface Asset {
  bytes: Buffer
  packed: Buffer | undefined // brotli
  etag: string
  type: string
}

export async function openPages(app: FastifyInstance, { webFolder, limits, clock }: WebHouse): Promise<void> {
  let files = await listFiles(webFolder)
  const kept = new Map<string, Promise<Asset>>()
  let keptBytes = 0
  let looked = clock()

  /** The pages may have been built anew since: looks, now and then. */
  async function lookAgain(): Promise<void> {
    if (clock() - looked < limits.lookMilliseconds) return
    looked = clock()
    files = await listFiles(webFolder)
    kept.clear()
    keptBytes = 0
  }

  function assetOf(name: string): Promise<Asset> {
    const known = kept.get(name)
    if (known) return known
    const reading = readAsset(name)
    kept.set(name, reading)
    reading.then(
      ({ bytes, packed }) => {
        keptBytes += bytes.length + (packed?.length ?? 0)
        if (bytes.length > limits.assetBytes || keptBytes > limits.assetsBytes) {
          keptBytes -= bytes.length + (packed?.length ?? 0)
          kept.delete(name)
        }
      },
      () => kept.delete(name),
    )
    return reading
  }

  async function readAsset(name: string): Promise<Asset> {
    const bytes = await readFile(join(webFolder, name))
    const ending = endingOf(name)
    const packed = files.has(`${name}.br`)
      ? await readFile(join(webFolder, `${name}.br`))
      : compressible.has(ending) && bytes.length > 1000
        ? await compress(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 6 } })
        : undefined
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
    return { bytes, packed, etag, type: types[ending] ?? 'application/octet-stream' }
  }

  async function sendFile(name: string, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const asset = await assetOf(name).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
      throw new HttpTrouble('no-such-page') // it went when the pages were built anew
    })
    const { bytes, packed, etag, type } = asset
    const isPage = name.endsWith('.html')
    const isForever = /[-.][A-Za-z0-9_-]{8,}\.[a-z0-9]+$/.test(name) && name.startsWith('assets/')
    reply.header('cache-control', isForever ? 'public, max-age=31536000, immutable' : 'no-cache')
    reply.header('etag', etag).header('vary', 'accept-encoding').type(type)
    if (isPage) reply.header('content-security-policy', pagePolicy)
    if (hasTag(request.headers['if-none-match'], etag)) return reply.code(304).send()
    if (packed && accepts('br', request.headers['accept-encoding'])) {
      return reply.header('content-encoding', 'br').send(packed)
    }
    return reply.send(bytes)
  }

  async function sendPage(
    face: string | undefined,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    await lookAgain()
    const names = face === undefined ? ['index.html'] : [`${face}/index.html`, `${face}.html`, 'index.html']
    const name = names.find((one) => files.has(one))
    if (name !== undefined) return sendFile(name, request, reply)
    return reply
      .code(503)
      .headers({ 'cache-control': 'no-store', 'retry-after': '30', vary: 'accept-language' })
      .type('text/html; charset=utf-8')
      .send(unbuilt(languageOf(request.headers['accept-language'])))
  }

  app.get('/', (request, reply) => sendPage(undefined, request, reply))
  for (const face of faces) {
    app.get(`/${face}`, (request, reply) => sendPage(face, request, reply))
    app.get(`/${face}/*`, (request, reply) => sendPage(face, request, reply))
  }
  app.get('/*', async (request, reply) => {
    const name = (request.params as { '*': string })['*']
    if (!files.has(name)) await lookAgain()
    if (!files.has(name) || name.endsWith('.br')) throw new HttpTrouble('no-such-page')
    return sendFile(name, request, reply)
  })
}

/** The files below a folder, by their path from it with "/"; empty where there is none. */
async function listFiles(folder: string): Promise<Set<string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const from = folder.length + 1
  return new Set(
    entries
      .filter((entry) => entry.isFile() && !entry.name.startsWith('.') && !entry.name.endsWith('.map'))
      .map((entry) => join(entry.parentPath, entry.name).slice(from).replaceAll(sep, '/')),
  )
}

function endingOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1).toLowerCase()
}

function hasTag(header: string | undefined, etag: string): boolean {
  return header !== undefined && header.split(',').some((one) => one.trim().replace(/^W\//, '') === etag)
}

function unbuilt(language: 'en' | 'zh-Hant'): string {
  const [title, text] =
    language === 'en'
      ? [
          'Postern runs',
          'The web pages are not built yet. Run <code>npm start</code>, which builds them, or <code>npm run build</code>; then load this page again. Mail programs work already.',
        ]
      : [
          '郵驛執行中',
          '網頁尚未建置。請執行 <code>npm start</code>(會自動建置)或 <code>npm run build</code>,再重新載入本頁。收信軟體已可使用。',
        ]
  return `<!doctype html>\n<html lang="${language}"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1><p>${text}</p></html>\n`
}
