// The inside of a worker thread: takes jobs and gives results. A thread's file calls serveJobs once.
//
// Invariant: whatever `work` throws fails its own job and no other.

import { parentPort } from 'node:worker_threads'
import type { FromWorker, ToWorker } from './messages.ts'

export interface Work {
  input: unknown
  /** The bytes the pool was given with the job; empty without any. Read once. */
  body: AsyncIterable<Uint8Array>
  /** Asks the main thread. Rejects with an Error that has the `code` of the answer. */
  ask: (what: unknown) => Promise<unknown>
}

interface Open {
  pieces: Uint8Array[]
  ended: boolean
  abandoned: boolean
  wake: () => void
  questions: Map<number, { resolve: (answer: unknown) => void; reject: (error: Error) => void }>
  asked: number
}

/** Serves jobs from the pool until it ends the thread. What `work` returns must be plain data. */
export function serveJobs(work: (job: Work) => Promise<unknown>): void {
  const port = parentPort
  if (!port) throw new Error('serveJobs outside of a worker thread')
  const say = (message: FromWorker) => port.postMessage(message)
  const jobs = new Map<number, Open>()

  port.on('message', (message: ToWorker) => {
    if (message.is === 'ping') return say({ is: 'pong' })
    if (message.is === 'job') return void start(message.id, message.input, message.hasBody)
    const job = jobs.get(message.id)
    if (!job) return
    if (message.is === 'piece') job.pieces.push(message.bytes)
    else if (message.is === 'end') job.ended = true
    else if (message.is === 'abandon') abandon(job)
    else return answer(job, message)
    job.wake()
  })

  async function start(id: number, input: unknown, hasBody: boolean): Promise<void> {
    const job: Open = { pieces: [], ended: !hasBody, abandoned: false, wake: () => {}, questions: new Map(), asked: 0 }
    jobs.set(id, job)
    try {
      const result = await work({ input, body: bodyOf(id, job), ask: (what) => ask(id, job, what) })
      if (!job.abandoned) say({ is: 'done', id, result })
    } catch (error) {
      if (!job.abandoned) say({ is: 'failed', id, message: error instanceof Error ? error.message : String(error) })
    } finally {
      jobs.delete(id)
    }
  }

  async function* bodyOf(id: number, job: Open): AsyncGenerator<Uint8Array> {
    for (;;) {
      if (job.abandoned) throw new Error('abandoned')
      const piece = job.pieces.shift()
      if (piece) {
        yield piece
        say({ is: 'more', id })
      } else if (job.ended) return
      else await new Promise<void>((resolve) => (job.wake = resolve))
    }
  }

  function ask(id: number, job: Open, what: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const question = job.asked++
      job.questions.set(question, { resolve, reject })
      say({ is: 'ask', id, question, what })
    })
  }
}

/** Nobody waits for it any more: what it waits for ends now. */
function abandon(job: Open): void {
  job.abandoned = true
  for (const { reject } of job.questions.values()) reject(new Error('abandoned'))
  job.questions.clear()
}

function answer(job: Open, message: ToWorker & { is: 'answer' | 'failure' }): void {
  const waiting = job.questions.get(message.question)
  job.questions.delete(message.question)
  if (message.is === 'answer') waiting?.resolve(message.answer)
  else waiting?.reject(Object.assign(new Error(message.message), { code: message.code }))
}
