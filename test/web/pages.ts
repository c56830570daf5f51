// The pages as tests are given them: built into a folder of their own, once for a whole run.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const top = resolve(import.meta.dirname, '../..')

export interface Pages {
  folder: string
  remove(): Promise<void>
}

/** Builds the pages as they are now, unless the runner did (POSTERN_TEST_PAGES). The folder is removed by `remove`. */
export async function buildPages(): Promise<Pages> {
  const given = process.env['POSTERN_TEST_PAGES']
  if (given) return { folder: given, remove: async () => undefined }
  const folder = await mkdtemp(join(tmpdir(), 'postern-pages-'))
  const { build } = await import('vite')
  await build({
    configFile: join(top, 'web/vite.config.ts'),
    logLevel: 'error',
    build: { outDir: folder, emptyOutDir: true, reportCompressedSize: false },
  })
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) }
}
