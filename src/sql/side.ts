// The side thread of a SQLite database: answers questions that take long, and copies the WAL.

import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import type { Value } from './sql.ts'
import { statements } from './sqlite.ts'

interface Question {
  id: number
  deed: 'all' | 'one' | 'arrays' | 'checkpoint'
  text: string
  values: Value[]
}

const { path } = workerData as { path: string }
const reading = new DatabaseSync(path, { timeout: 5000 })
reading.exec('pragma query_only = on')
reading.exec('pragma temp_store = memory')
const copying = new DatabaseSync(path, { timeout: 5000 })
copying.exec('pragma synchronous = normal')
const sql = statements(reading)
const { page_size: pageBytes } = copying.prepare('pragma page_size').get() as { page_size: number }

async function answer(question: Question): Promise<unknown> {
  if (question.deed !== 'checkpoint') return sql[question.deed](question.text, question.values)
  const { log } = copying.prepare(`pragma wal_checkpoint(${question.text})`).get() as { log: number }
  return log * pageBytes
}

parentPort?.on('message', (question: Question) => {
  answer(question).then(
    (value) => parentPort?.postMessage({ id: question.id, value }),
    (error: Error & { errcode?: number }) =>
      parentPort?.postMessage({ id: question.id, error: { message: error.message, errcode: error.errcode } }),
  )
})
