// Runs test files, each in a process of its own, and sees that each came to its end.
//
// A process that ends with 0 in the middle of its tests has no failure, only fewer tests. One that came to its end
// says so with a summary of its own, and nothing but that is believed. A file without tests counts as one that did
// not come to its end.

import { join, resolve } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import type { Writable } from 'node:stream'

const top = resolve(import.meta.dirname, '..')

export interface Ran {
  passed: number
  failed: number // the files that ended early included
  early: string[] // files that ended before their tests did, and did not fail otherwise
}

/** `files`: absolute paths. The report for people goes to `out`. */
export async function runFiles(files: string[], out: Writable): Promise<Ran> {
  const stream = run({
    files,
    concurrency: 2,
    isolation: 'process',
    execArgv: ['--disable-warning=ExperimentalWarning', '--import', join(top, 'test/no-network.ts')],
    timeout: 900_000,
  })
  const ran: Ran = { passed: 0, failed: 0, early: [] }
  const open = new Set(files)
  const isTest = (data: { details?: { type?: string } }): boolean => data.details?.type !== 'suite'
  stream.on('test:pass', (data) => isTest(data) && ran.passed++)
  stream.on('test:fail', (data) => {
    if (isTest(data)) ran.failed++
    open.delete(data.name) // a process that ended with an error fails under the name of its file
  })
  stream.on('test:summary', ({ file }) => file !== undefined && open.delete(file))
  const shown = stream.compose(new spec())
  shown.pipe(out, { end: false })
  await new Promise((done, fail) => shown.on('end', done).on('error', fail))
  ran.early.push(...open)
  ran.failed += open.size
  for (const file of open) out.write(`✖ ${file} ended before its tests did\n`)
  return ran
}
