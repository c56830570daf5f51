// /api/files: large files that somebody hands on by a link. Their bytes come by PATCH (http/fileuploads.ts).

import * as z from 'zod/mini'
import { plainType } from '../../jmap/uploads.ts'
import { hashPassword } from '../../login/passwords.ts'
import { changeFile, createFile, filesOf, filesUse, removeFile, type SharedFile } from '../../store/files.ts'
import { writeEvents } from '../../tracking/events.ts'
import { call } from '../call.ts'
import { linkOf, newToken, ownFile } from '../files.ts'
import type { WebHouse } from '../house.ts'
import { HttpTrouble } from '../problems.ts'

const day = 86_400_000
const changing = { count: 60, seconds: 60, per: 'account' } as const
const id = z.string().check(z.regex(/^[1-9]\d{0,14}$/))
const days = z.int().check(z.minimum(1), z.maximum(365))
const secret = z.string().check(z.minLength(1), z.maxLength(200), z.regex(/^\P{Cc}*$/u))
const most = z.int().check(z.minimum(1), z.maximum(1_000_000))
const shownFile = z.object({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  size: z.number(),
  received: z.number(),
  complete: z.boolean(),
  locked: z.boolean(),
  downloads: z.number(),
  mostDownloads: z.nullable(z.number()),
  expires: z.string(),
  created: z.string(),
})
const link = z.object({ ...shownFile.shape, link: z.string() })

export const filesList = call({
  method: 'GET',
  path: '/api/files',
  summary: { en: 'The files of the person who asks, the newest first.', zh: '本人的大型檔案,新者在前。' },
  who: 'person',
  rate: { count: 120, seconds: 60, per: 'account' },
  output: z.object({
    files: z.array(shownFile),
    used: z.number(),
    quota: z.number(),
    largest: z.number(),
    longestDays: z.number(),
  }),

  async run({ house, by }) {
    const { files, store } = house
    const all = await filesOf(store.db, by.account.id)
    const { bytes } = await filesUse(store.db, by.account.id)
    return {
      files: all.map(showFile),
      used: bytes,
      quota: files.accountBytes,
      largest: files.fileBytes,
      longestDays: Math.floor(files.milliseconds / day),
    }
  },
})

export const fileMake = call({
  method: 'POST',
  path: '/api/files',
  summary: {
    en: 'A place for a large file, and its link, which is shown this once. The bytes follow by PATCH /api/files/{id}/bytes, from Upload-Offset on.',
    zh: '建立大型檔案與其連結(連結只顯示這一次);檔案內容以 PATCH /api/files/{id}/bytes 上傳(Upload-Offset 為起點)。',
  },
  who: 'person',
  rate: changing,
  input: z.strictObject({
    name: z.string().check(z.minLength(1), z.maxLength(1000)),
    type: z._default(z.string().check(z.maxLength(200)), ''),
    size: z.int().check(z.minimum(1)),
    days: z._default(days, 14),
    password: z.optional(secret),
    mostDownloads: z.optional(most),
  }),
  output: link,

  async run({ house, by, request, reply }, { name, type, size, days: life, password, mostDownloads }) {
    const { files, store } = house
    if (size > files.fileBytes) throw new HttpTrouble('too-large', { limit: files.fileBytes })
    const { token, digest } = newToken()
    const made = await createFile(
      store,
      {
        accountId: by.account.id,
        name: cleanName(name, files.nameLength),
        type: plainType(type) || 'application/octet-stream',
        size,
        token: digest,
        password: password === undefined ? undefined : await hashPassword(password),
        downloadsMost: mostDownloads,
        expiresAt: expiry(house, life),
      },
      { bytes: files.accountBytes, count: files.files },
    )
    reply.code(201)
    return { ...showFile(made), link: linkOf(request, token) }
  },
})

export const fileShow = call({
  method: 'GET',
  path: '/api/files/:id',
  summary: { en: 'One file; `received` says where an upload goes on.', zh: '一個檔案;received 為續傳位置。' },
  who: 'person',
  rate: { count: 600, seconds: 60, per: 'account' },
  input: z.strictObject({ id }),
  output: shownFile,
  run: async ({ house, by }, { id: name }) => showFile(await ownFile(house, by, name)),
})

export const fileChange = call({
  method: 'PATCH',
  path: '/api/files/:id',
  summary: {
    en: 'Another expiry (days from now), password or number of downloads.',
    zh: '修改期限(自今日起天數)、密碼或下載次數。',
  },
  who: 'person',
  rate: changing,
  input: z.strictObject({
    id,
    days: z.optional(days),
    password: z.optional(z.nullable(secret)),
    mostDownloads: z.optional(z.nullable(most)),
  }),
  output: shownFile,

  async run({ house, by }, { id: name, days: life, password, mostDownloads }) {
    const file = await ownFile(house, by, name)
    const isKept = await changeFile(house.store.db, file, {
      ...(life !== undefined && { expiresAt: expiry(house, life) }),
      ...(password !== undefined && { password: password === null ? undefined : await hashPassword(password) }),
      ...(mostDownloads !== undefined && { downloadsMost: mostDownloads ?? undefined }),
    })
    if (!isKept) throw new HttpTrouble('no-such-page')
    return showFile(await ownFile(house, by, name))
  },
})

export const fileRelink = call({
  method: 'POST',
  path: '/api/files/:id/link',
  summary: { en: 'A new link for a file; the old one is worth nothing any more.', zh: '重新產生連結;舊連結即失效。' },
  who: 'person',
  rate: changing,
  input: z.strictObject({ id }),
  output: link,

  async run({ house, by, request }, { id: name }) {
    const file = await ownFile(house, by, name)
    const { token, digest } = newToken()
    if (!(await changeFile(house.store.db, file, { token: digest }))) throw new HttpTrouble('no-such-page')
    return { ...showFile(file), link: linkOf(request, token) }
  },
})

export const fileRemove = call({
  method: 'DELETE',
  path: '/api/files/:id',
  summary: { en: 'The file and its link are gone.', zh: '刪除檔案並撤銷連結。' },
  who: 'person',
  rate: changing,
  input: z.strictObject({ id }),

  async run({ house, by, peer }, { id: name }) {
    const { store, clock } = house
    const file = await ownFile(house, by, name)
    await store.db.transaction(async (sql) => {
      if (!(await removeFile(sql, file.id, by.account.id))) return
      const details = { file: file.id, name: file.name, size: file.size, downloads: file.downloads }
      await writeEvents(sql, [
        { at: clock(), kind: 'file-removed', account: by.account.id, peer: peer.address, details },
      ])
    })
  },
})

function expiry({ files, clock }: WebHouse, life: number): number {
  const longest = Math.floor(files.milliseconds / day)
  if (life > longest) throw new HttpTrouble('bad-input', { where: 'days', why: `at most ${longest}` })
  return clock() + life * day
}

/** No control characters, no turned text, no paths. */
function cleanName(name: string, longest: number): string {
  const clean = name
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '')
    .replace(/[/\\]/g, '_')
    .trim()
  return Array.from(clean).slice(0, longest).join('') || 'file'
}

function showFile(file: SharedFile): z.infer<typeof shownFile> {
  const { id, name, type, size, received, downloads } = file
  return {
    id: String(id),
    name,
    type,
    size,
    received,
    complete: received === size,
    locked: file.password !== undefined,
    downloads,
    mostDownloads: file.downloadsMost ?? null,
    expires: new Date(file.expiresAt).toISOString(),
    created: new Date(file.createdAt).toISOString(),
  }
}
