// Builds the web pages into web/dist, where the http door finds them.
//
//   node web/build.ts             always
//   node web/build.ts --if-stale  only when a source changed since: `npm start` asks this way
//
// Staleness is told by names, sizes and times of the sources, so that a start with nothing to do costs
// milliseconds; Vite is loaded only when there is something to build. Every asset is packed once, as well as
// brotli can.

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'

const top = resolve(import.meta.dirname, '..')
const dist = join(top, 'web/dist')
const stamp = join(dist, '.built')

const now = fingerprint()
if (!process.argv.includes('--if-stale') || readStamp() !== now) {
  const { build } = await import('vite')
  await build({ configFile: join(top, 'web/vite.config.ts'), logLevel: 'warn' })
  packAssets()
  writeFileSync(stamp, now)
}

/** What the pages are made of, and what makes them. */
function fingerprint(): string {
  const hash = createHash('sha256')
  for (const folder of ['web', 'src/wire']) {
    for (const name of readdirSync(join(top, folder), { recursive: true, encoding: 'utf8' }).sort()) {
      if (/^dist(?:\/|$)|\.test\.tsx?$/.test(name)) continue
      const { mtimeMs, size } = statSync(join(top, folder, name))
      hash.update(`${folder}/${name} ${size} ${mtimeMs}\n`)
    }
  }
  return hash.update(readFileSync(join(top, 'package-lock.json'))).digest('hex')
}

function readStamp(): string {
  try {
    return readFileSync(stamp, 'utf8')
  } catch {
    return ''
  }
}

function packAssets(): void {
  for (const name of readdirSync(join(dist, 'assets'))) {
    if (!/\.(?:js|css|svg)$/.test(name)) continue
    const bytes = readFileSync(join(dist, 'assets', name))
    const packed = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } })
    writeFileSync(join(dist, 'assets', `${name}.br`), packed)
  }
}
