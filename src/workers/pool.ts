// A few worker threads for work that is heavy or not to be trusted, so that no login, FETCH or RCPT
// waits behind it. The thread's file calls serveJobs (serve.ts).
//
// Invariants:
//   run() always settles: with the result, or with Trouble 'unavailable'
//   a thread that crashed, ran out of memory or is stuck is ended and replaced; the job that ran out of
//   its time fails; jobs that only shared its thread are tried once more, each alone in a thread
//   no job costs more than limits.time, limits.memory and limits.questions; at most limits.waiting wait
//   nothing is loaded before the first job; an idle thread goes away

import { Worker } from 'node:worker_threads'
import { Trouble } from '../wire/troubles.ts'
import { type WorkerLimits, workerLimits } from './limits.ts'
import { type FromWorker, piecesAhead, type ToWorker } from './messages.ts'

export interface Job {
  input: unknown // plain data: structured clone
  /** Opens the bytes of the job; called again when the job is tried again. */
  body?: () => AsyncIterable<Uint8Array>
  /** Answers what the thread asks. What it throws reaches the asker with its `code`. */
  answer?: (what: unknown) => Promise<unknown>
}

export interface Pool {
  /** Does the job in a thread. Throws Trouble 'unavailable'. */
  run(job: Job): Promise<unknown>
  /** Fails what is under way and ends the threads. */
  close(): Promise<void>
}

interface Task {
  id: number
  job: Job
  resolve: (result: unknown) => void
  reject: (error: Error) => void
  alone: boolean // its thread died under it: it gets one to itself, and no third chance
  timer?: NodeJS.Timeout
  asked: number
  credit: number // pieces that may still be sent
  more: () => void // wakes the sender of the body
  over: boolean // settled, or to be tried again: nothing more is sent for this attempt
}

interface Thread {
  worker: Worker
  tasks: Map<number, Task>
  deaf?: NodeJS.Timeout // a ping is out
  idle?: NodeJS.Timeout
  ended: boolean
}

/** A pool of threads that run `file`. Nothing starts before the first job. */
export function openPool(file: URL, change: Partial<WorkerLimits> = {}): Pool {
  const limits: WorkerLimits = { ...workerLimits, ...change }
  const threads = new Set<Thread>()
  const waiting: Task[] = []
  let ids = 0
  let closed = false

  function run(job: Job): Promise<unknown> {
    if (closed || waiting.length >= limits.waiting) return Promise.reject(new Trouble('unavailable'))
    return new Promise((resolve, reject) => {
      waiting.push(newTask(job, resolve, reject, false))
      dispatch()
    })
  }

  function newTask(job: Job, resolve: Task['resolve'], reject: Task['reject'], alone: boolean): Task {
    return { id: ++ids, job, resolve, reject, alone, asked: 0, credit: piecesAhead, more: () => {}, over: false }
  }

  function dispatch(): void {
    while (waiting.length > 0) {
      const thread = threadFor(waiting[0]!)
      if (!thread) return
      begin(thread, waiting.shift()!)
    }
  }

  function threadFor(task: Task): Thread | undefined {
    let best: Thread | undefined
    for (const thread of threads) {
      const most = task.alone ? 1 : limits.jobsEach
      const taken = [...thread.tasks.values()].some(({ alone }) => alone)
      if (taken || thread.deaf || thread.tasks.size >= most) continue
      if (!best || thread.tasks.size < best.tasks.size) best = thread
    }
    // A free thread before a new one, a new one before sharing.
    if (best && (best.tasks.size === 0 || threads.size >= limits.count)) return best
    return threads.size < limits.count ? startThread() : best
  }

  function startThread(): Thread {
    const worker = new Worker(file, { resourceLimits: { maxOldGenerationSizeMb: limits.memory } })
    const thread: Thread = { worker, tasks: new Map(), ended: false }
    threads.add(thread)
    worker.unref() // jobs keep the program alive, idle threads do not
    worker.on('message', (message: FromWorker) => hear(thread, message))
    worker.on('error', () => bury(thread)) // uncaught in the thread, or out of memory
    worker.on('exit', () => bury(thread))
    return thread
  }

  function begin(thread: Thread, task: Task): void {
    clearTimeout(thread.idle)
    if (thread.tasks.size === 0) thread.worker.ref()
    thread.tasks.set(task.id, task)
    task.timer = setTimeout(() => expire(thread, task), limits.time)
    const { input, body } = task.job
    say(thread, { is: 'job', id: task.id, input, hasBody: body !== undefined })
    if (body) void sendBody(thread, task, body)
  }

  async function sendBody(thread: Thread, task: Task, body: () => AsyncIterable<Uint8Array>): Promise<void> {
    try {
      for await (const piece of body()) {
        while (task.credit <= 0 && !task.over) await new Promise<void>((resolve) => (task.more = resolve))
        if (task.over) return
        task.credit--
        // A copy, since the piece may be a view into a buffer of others; the copy is handed over, not cloned.
        const bytes = new Uint8Array(piece)
        thread.worker.postMessage({ is: 'piece', id: task.id, bytes } satisfies ToWorker, [bytes.buffer])
      }
      if (!task.over) say(thread, { is: 'end', id: task.id })
    } catch {
      fail(thread, task) // the bytes could not be read
    }
  }

  function hear(thread: Thread, message: FromWorker): void {
    if (message.is === 'pong') {
      clearTimeout(thread.deaf)
      delete thread.deaf
      return dispatch()
    }
    const task = thread.tasks.get(message.id)
    if (!task) return
    if (message.is === 'more') {
      task.credit++
      task.more()
    } else if (message.is === 'ask') void answer(thread, task, message.question, message.what)
    else if (message.is === 'done') settle(thread, task, () => task.resolve(message.result))
    else fail(thread, task)
  }

  async function answer(thread: Thread, task: Task, question: number, what: unknown): Promise<void> {
    const { id } = task
    try {
      if (++task.asked > limits.questions || !task.job.answer) throw new Trouble('unavailable')
      const said = await task.job.answer(what)
      if (!task.over) say(thread, { is: 'answer', id, question, answer: said })
    } catch (error) {
      const { code = '', message = '' } = error as { code?: string; message?: string }
      if (!task.over) say(thread, { is: 'failure', id, question, code: String(code), message: String(message) })
    }
  }

  /** Its time is over. The thread may be waiting or stuck: it is asked, and ended when it is deaf. */
  function expire(thread: Thread, task: Task): void {
    say(thread, { is: 'abandon', id: task.id })
    fail(thread, task)
    if (thread.ended || thread.deaf) return
    thread.deaf = setTimeout(() => bury(thread), limits.answerTime)
    say(thread, { is: 'ping' })
  }

  function fail(thread: Thread, task: Task): void {
    settle(thread, task, () => task.reject(new Trouble('unavailable')))
  }

  function settle(thread: Thread, task: Task, tell: () => void): void {
    if (task.over) return
    release(thread, task)
    tell()
    dispatch()
    if (thread.tasks.size > 0 || thread.ended) return
    if (!thread.deaf) thread.worker.unref()
    rest(thread)
  }

  /** An idle thread goes away; the last one stays longer, for the next job. */
  function rest(thread: Thread): void {
    const first = Math.min(limits.idleOthers, limits.idle)
    thread.idle = setTimeout(() => {
      if (threads.size > 1) return bury(thread)
      thread.idle = setTimeout(() => bury(thread), limits.idle - first).unref()
    }, first).unref()
  }

  function release(thread: Thread, task: Task): void {
    task.over = true
    clearTimeout(task.timer)
    task.more()
    thread.tasks.delete(task.id)
  }

  function bury(thread: Thread): void {
    if (thread.ended) return
    thread.ended = true
    clearTimeout(thread.deaf)
    clearTimeout(thread.idle)
    threads.delete(thread)
    void thread.worker.terminate()
    for (const task of thread.tasks.values()) {
      release(thread, task)
      if (task.alone || closed) task.reject(new Trouble('unavailable'))
      else waiting.unshift(newTask(task.job, task.resolve, task.reject, true))
    }
    dispatch()
  }

  function say(thread: Thread, message: ToWorker): void {
    if (!thread.ended) thread.worker.postMessage(message)
  }

  return {
    run,
    async close() {
      closed = true
      for (const task of waiting.splice(0)) task.reject(new Trouble('unavailable'))
      const ending = [...threads].map((thread) => thread.worker.terminate())
      for (const thread of threads) bury(thread)
      await Promise.all(ending)
    },
  }
}
