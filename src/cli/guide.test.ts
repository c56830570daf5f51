// The operator's guide is run: every line of its boxes marked `sh`, in order. The Chinese one has the same
// lines, but for words in quotes.

import { deepEqual, fail, ok } from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const root = join(import.meta.dirname, '../..')
const run = promisify(execFile)

async function commandsOf(guide: string): Promise<string[]> {
  const text = await readFile(join(root, 'docs/running', guide), 'utf8')
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap((box) => (box[1] ?? '').trim().split('\n'))
}

test('every command of the guide works', async () => {
  const lines = await commandsOf('en.md')
  ok(lines.length > 40)
  const folder = await mkdtemp(join(tmpdir(), 'postern-guide-'))
  await writeFile(join(folder, 'zone'), '')
  await writeFile(join(folder, 'postern.toml'), settings)
  const env = { PATH: `${join(root, 'bin')}:${process.env['PATH']}`, LANG: 'C' }
  try {
    // -e: the first line that fails ends it; -x: standard error shows which one that was.
    await run('sh', ['-e', '-x', '-c', lines.join('\n')], { cwd: folder, env })
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    fail(`${stdout.slice(-1000)}\n${stderr.slice(-1000)}`)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('both guides have the same commands', async () => {
  const withoutWords = (line: string) => line.replace(/"[^"]*"/g, '""')
  const [en, zh] = await Promise.all([commandsOf('en.md'), commandsOf('zh-Hant.md')])
  deepEqual(zh.map(withoutWords), en.map(withoutWords))
})

const settings = `hostname = "mail.uni.example"
data = "./data"
ports = "free"

[dns]
zone_file = "./zone"
`
