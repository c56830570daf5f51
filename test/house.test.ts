// The import wall: rooms import from themselves and from lower floors, never sideways or up.
// Also the few habits of the house that a program can check.

import { deepEqual, ok } from 'node:assert/strict'
import { readFile, readdir } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { test } from 'node:test'

const top = resolve(import.meta.dirname, '..')

const floors: string[][] = [
  ['wire'],
  ['mime', 'smtp', 'sieve', 'html', 'contacts'],
  ['mail'],
  ['config', 'sql', 'blobs', 'net', 'dns', 'documents', 'workers'],
  ['directory', 'store', 'archive', 'tracking', 'homepages'],
  ['login', 'mailauth', 'policy', 'audit', 'threat', 'seal'],
  ['delivery', 'queue', 'people', 'fetching'],
  ['imap', 'pop3', 'managesieve', 'ftps', 'jmap', 'http'],
  ['schema.ts'],
  ['main.ts'],
  ['cli'],
]
const exceptions = new Set(['http > jmap'])

const floorOf = (room: string): number => floors.findIndex((floor) => floor.includes(room))

async function sources(folder: string): Promise<string[]> {
  const names = await readdir(join(top, folder), { recursive: true }).catch(() => [])
  return names.filter((name) => /\.tsx?$/.test(name)).map((name) => join(folder, name))
}

function importsOf(text: string): string[] {
  const found = text.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*'(\.[^']*)'|new URL\('(\.[^']*)'/g)
  return [...found].map((match) => match[1] ?? match[2] ?? '')
}

const roomOf = (file: string): string => relative('src', file).split('/')[0] ?? ''

const all = await sources('src')
const texts = new Map(
  await Promise.all(all.map(async (file) => [file, await readFile(join(top, file), 'utf8')] as const)),
)

test('every room stands on a floor', () => {
  deepEqual(
    [...new Set(all.map(roomOf))].filter((room) => floorOf(room) < 0),
    [],
  )
})

test('rooms import from themselves and from lower floors only', () => {
  const broken: string[] = []
  for (const [file, text] of texts) {
    const from = roomOf(file)
    for (const path of importsOf(text)) {
      const target = relative(top, resolve(top, dirname(file), path))
      if (!target.endsWith('.ts') || (target.startsWith('test/') && /\.(test|fuzz)\.ts$/.test(file))) continue
      if (!target.startsWith('src/')) {
        broken.push(`${file} imports ${target}`)
        continue
      }
      const to = roomOf(target)
      if (from === to || exceptions.has(`${from} > ${to}`)) continue
      if (/\.test\.ts$/.test(file)) continue // a test may set its room in the house
      if (floorOf(to) >= floorOf(from)) broken.push(`${file} imports ${target}`)
    }
  }
  deepEqual(broken, [])
})

test('the browser imports wire only', async () => {
  const broken: string[] = []
  for (const file of await sources('web')) {
    for (const path of importsOf(await readFile(join(top, file), 'utf8'))) {
      const target = relative(top, resolve(top, dirname(file), path))
      if (target.startsWith('src/') && roomOf(target) !== 'wire') broken.push(`${file} imports ${target}`)
    }
  }
  deepEqual(broken, [])
})

test('files open with what they promise, and have no default export', () => {
  for (const [file, text] of texts) {
    if (!file.endsWith('.test.ts')) ok(text.startsWith('//'), `${file} does not say what it is`)
    ok(!/^export default\b/m.test(text), `${file} has a default export`)
    ok(!/(^|\/)(index|utils|common|types|helpers)\.ts$/.test(file), `${file} is named after nothing`)
  }
})

test('words are pure: no clock, no disk, no net', () => {
  const broken: string[] = []
  for (const [file, text] of texts) {
    if (floorOf(roomOf(file)) > 2 || /\.(test|fuzz)\.ts$/.test(file)) continue
    const outside = text.match(
      /from 'node:(?:fs|net|tls|dgram|dns|http|https|child_process|worker_threads|timers)[^']*'|\bDate\.now\(|\bnew Date\(\)|\bsetTimeout\(/,
    )
    if (outside) broken.push(`${file}: ${outside[0]}`)
  }
  deepEqual(broken, [])
})
