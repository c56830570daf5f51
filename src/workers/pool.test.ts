import { deepEqual, equal, rejects } from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Worker } from 'node:worker_threads'
import type { WorkerLimits } from './limits.ts'
import { openPool } from './pool.ts'

const unavailable = { name: 'Trouble', code: 'unavailable' }

function open(t: TestContext, limits: Partial<WorkerLimits> = {}) {
  const pool = openPool(new URL('pool.test.worker.ts', import.meta.url), limits)
  t.after(() => pool.close())
  return pool
}

test('jobs are done, more than there are threads', async (t) => {
  const pool = open(t, { count: 2 })
  const doubled = await Promise.all([1, 2, 3, 4, 5].map((by) => pool.run({ input: { what: 'double', by } })))
  deepEqual(doubled, [2, 4, 6, 8, 10])
})

test('of the threads that have nothing to do one stays', async (t) => {
  const begun: number[] = []
  const ended = new Promise<number>((resolve) => {
    const watch = (worker: Worker): void => {
      const { threadId } = worker
      begun.push(threadId)
      worker.once('exit', () => resolve(threadId))
    }
    process.on('worker', watch)
    t.after(() => process.off('worker', watch))
  })
  const pool = open(t, { count: 2, idle: 60_000, idleOthers: 1 })
  await Promise.all([1, 2].map((by) => pool.run({ input: { what: 'double', by } })))
  equal(begun.includes(await ended), true)
  equal(await pool.run({ input: { what: 'double', by: 3 } }), 6)
  equal(begun.length, 2)
})

test('a body goes over in pieces and stays whole for its owner', async (t) => {
  const pool = open(t)
  const piece = Buffer.alloc(100_000, 1)
  async function* body() {
    for (let n = 0; n < 50; n++) yield piece
  }
  equal(await pool.run({ input: { what: 'count' }, body }), 5_000_000)
  equal(piece.length, 100_000)
  equal(piece[99_999], 1)
})

test('a body that cannot be read fails its job', async (t) => {
  const pool = open(t)
  async function* body() {
    yield Buffer.from('x')
    throw new Error('disk')
  }
  await rejects(pool.run({ input: { what: 'count' }, body }), unavailable)
  equal(await pool.run({ input: { what: 'double', by: 1 } }), 2)
})

test('a body nobody reads does not pile up', async (t) => {
  const pool = open(t)
  let given = 0
  async function* body() {
    for (; given < 1000; given++) yield Buffer.alloc(1000)
  }
  equal(await pool.run({ input: { what: 'double', by: 4 }, body }), 8)
  equal(given < 10, true)
})

test('the main thread answers questions, and its failures keep their code', async (t) => {
  const pool = open(t)
  equal(await pool.run({ input: { what: 'ask', by: 7 }, answer: async (what) => (what as { by: number }).by + 1 }), 8)
  const failing = pool.run({ input: { what: 'ask' }, answer: () => Promise.reject(new Error('no')) })
  await rejects(failing, unavailable)
})

test('a job that asks without end runs into its limit', async (t) => {
  const pool = open(t, { questions: 5 })
  let asked = 0
  await rejects(pool.run({ input: { what: 'ask for ever' }, answer: async () => ++asked }), unavailable)
  equal(asked, 5)
})

for (const what of ['throw', 'exit', 'fill', 'spin', 'wait']) {
  test(`a job that does "${what}" fails, and the next is done`, async (t) => {
    const pool = open(t, { count: 1, memory: 24, time: what === 'fill' ? 20_000 : 3_000, answerTime: 1_000 })
    await rejects(pool.run({ input: { what } }), unavailable)
    equal(await pool.run({ input: { what: 'double', by: 21 } }), 42)
  })
}

test('jobs that share a thread with one that dies are tried again', async (t) => {
  const pool = open(t, { count: 1, jobsEach: 3 })
  const exit = rejects(pool.run({ input: { what: 'exit' } }), unavailable)
  const waiting = pool.run({ input: { what: 'ask', by: 1 }, answer: async () => 'answered' })
  await exit
  equal(await waiting, 'answered')
})

test('more jobs than may wait are refused at once', async (t) => {
  const pool = open(t, { count: 1, waiting: 1 })
  const first = pool.run({ input: { what: 'double', by: 1 } })
  const second = pool.run({ input: { what: 'double', by: 2 } })
  await rejects(pool.run({ input: { what: 'double', by: 3 } }), unavailable)
  deepEqual(await Promise.all([first, second]), [2, 4])
})

test('closing fails what is under way', async () => {
  const pool = openPool(new URL('pool.test.worker.ts', import.meta.url), { count: 1 })
  const running = rejects(pool.run({ input: { what: 'wait' } }), unavailable)
  const queued = rejects(pool.run({ input: { what: 'wait' } }), unavailable)
  await pool.close()
  await Promise.all([running, queued])
  await rejects(pool.run({ input: { what: 'double', by: 1 } }), unavailable)
})
