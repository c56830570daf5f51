// The runner of the tests, over files written for it.

import { deepEqual } from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import type { Ran } from './files.ts'

const begin = `import { after, test } from 'node:test'\nconst wait = () => new Promise((done) => setImmediate(done))\n`

const cases: [what: string, text: string, expected: Omit<Ran, 'early'> & { early: boolean }][] = [
  ['whole', `test('a', () => {})\ntest('b', wait)`, { passed: 2, failed: 0, early: false }],
  ['failing', `test('a', () => { throw new Error('no') })`, { passed: 0, failed: 1, early: false }],
  ['throwing', `test('a', wait)\nthrow new Error('no')`, { passed: 0, failed: 1, early: false }],
  [
    'exiting in a test',
    `test('a', wait)\ntest('b', () => process.exit(0))\ntest('c', wait)`,
    { passed: 1, failed: 1, early: true },
  ],
  ['exiting between tests', `test('a', wait)\nawait wait()\nprocess.exit(0)`, { passed: 1, failed: 1, early: true }],
  ['exiting at the end', `test('a', wait)\nafter(() => process.exit(0))`, { passed: 1, failed: 1, early: true }],
  [
    'that starts PostgreSQL',
    `import { startPostgres } from ${JSON.stringify(join(import.meta.dirname, 'engines.ts'))}
     test('a', async () => (await startPostgres()).stop())`,
    { passed: 1, failed: 0, early: false },
  ],
  ['without tests', '', { passed: 1, failed: 1, early: true }],
]

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-files-'))
  const runner = `import { Writable } from 'node:stream'
    import { runFiles } from ${JSON.stringify(join(import.meta.dirname, 'files.ts'))}
    const nowhere = new Writable({ write: (piece, encoding, done) => done() })
    console.log(JSON.stringify(await runFiles([process.argv[2]], nowhere)))`
  await writeFile(join(folder, 'runner.mjs'), runner)
})
after(() => rm(folder, { recursive: true }))

for (const [n, [what, text, expected]] of cases.entries()) {
  test(`a file ${what}${expected.early ? ' is found out' : ''}`, async () => {
    const file = join(folder, `case-${n}.test.mjs`)
    await writeFile(file, begin + text)
    const { passed, failed, early } = await runAlone(file)
    deepEqual({ passed, failed, early }, { ...expected, early: expected.early ? [file] : [] })
  })
}

/** In a process of its own: node:test runs no files inside a test. */
async function runAlone(file: string): Promise<Ran> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'runner.mjs'), file], { env })
  return JSON.parse(stdout) as Ran
}
