// The data folder: is it ours, can it be written, is there room, do files belong to one user.

import { open, readdir, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { sizeText } from '../print.ts'
import { error, ok, warning, type Finding } from './finding.ts'

const littleRoom = 1 << 30 // bytes
const noRoom = 200 << 20
const littleShare = 0.05
const slowSync = 200 // milliseconds

export async function examineDisk(folder: string): Promise<Finding[]> {
  const writing = await tryWriting(folder)
  return [writing, ...(await room(folder)), ...(await owners(folder)), ...(await secrets(folder))]
}

async function tryWriting(folder: string): Promise<Finding> {
  const path = join(folder, `.doctor-${process.pid}`)
  try {
    const file = await open(path, 'wx', 0o600)
    const begun = performance.now()
    try {
      await file.write(Buffer.alloc(4096))
      await file.sync()
    } finally {
      await file.close()
      await rm(path, { force: true })
    }
    const took = Math.round(performance.now() - begun)
    if (took < slowSync)
      return ok('disk', `${folder} can be written (sync in ${took} ms)`, `${folder} 可寫入(同步 ${took} 毫秒)`)
    return warning(
      'disk',
      { en: `writing to ${folder} took ${took} ms`, zh: `寫入 ${folder} 需 ${took} 毫秒` },
      {
        en: 'every mail waits that long: look for a busy or failing disk',
        zh: '每封信都要等這麼久:請檢查磁碟是否忙碌或故障',
      },
    )
  } catch (cause) {
    return error(
      'disk',
      {
        en: `${folder} cannot be written: ${(cause as Error).message}`,
        zh: `無法寫入 ${folder}:${(cause as Error).message}`,
      },
      {
        en: 'give the folder to the user the server runs as, or make room',
        zh: '請將資料夾交給執行伺服器的使用者,或騰出空間',
      },
    )
  }
}

async function room(folder: string): Promise<Finding[]> {
  const { bavail, bsize, blocks, ffree, files } = await statfs(folder)
  const free = bavail * bsize
  const words = { en: `${sizeText(free)} free`, zh: `可用空間 ${sizeText(free)}` }
  const advice = {
    en: 'make room or move the data folder to a larger disk; a full disk refuses mail until there is room',
    zh: '請騰出空間或換大的磁碟;磁碟滿時會暫時拒收郵件',
  }
  const found: Finding[] = []
  if (free < noRoom) found.push(error('disk', words, advice))
  else if (free < littleRoom || bavail < blocks * littleShare) found.push(warning('disk', words, advice))
  else found.push(ok('disk', words.en, words.zh))
  if (files > 0 && ffree < files * littleShare) {
    found.push(warning('disk', { en: `only ${ffree} inodes free`, zh: `僅剩 ${ffree} 個 inode` }, advice))
  }
  return found
}

/** A file root left behind stops a server that runs as somebody else. */
async function owners(folder: string): Promise<Finding[]> {
  const { uid } = await stat(folder)
  const strange: string[] = []
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const own = await stat(join(folder, entry.name)).catch(() => undefined)
    if (own && own.uid !== uid) strange.push(entry.name)
  }
  if (strange.length === 0) return []
  return [
    error(
      'disk',
      {
        en: `files in ${folder} belong to another user: ${strange.join(', ')}`,
        zh: `${folder} 內有其他使用者的檔案:${strange.join('、')}`,
      },
      { en: `chown -R --reference=${folder} ${folder}`, zh: `請執行 chown -R --reference=${folder} ${folder}` },
    ),
  ]
}

async function secrets(folder: string): Promise<Finding[]> {
  const open: string[] = []
  const look = async (path: string) => {
    const found = await stat(path).catch(() => undefined)
    if (found && (found.mode & 0o077) !== 0) open.push(path)
  }
  await look(folder)
  for (const name of await readdir(join(folder, 'keys')).catch(() => [])) await look(join(folder, 'keys', name))
  for (const name of await readdir(join(folder, 'certificates')).catch(() => [])) {
    if (name.endsWith('.key')) await look(join(folder, 'certificates', name))
  }
  if (open.length === 0) return [ok('disk', 'nobody else can read mail and keys', '其他使用者無法讀取郵件與金鑰')]
  return [
    warning(
      'disk',
      { en: `others on this machine can read ${open.join(', ')}`, zh: `本機其他使用者可讀取 ${open.join('、')}` },
      { en: `chmod go= ${open.join(' ')}`, zh: `請執行 chmod go= ${open.join(' ')}` },
    ),
  ]
}
