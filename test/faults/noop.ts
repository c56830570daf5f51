// The other client: asks NOOP on one IMAP and one SMTP connection every few milliseconds, from a thread of
// its own, so that what the attacking thread is busy with does not count as the server's latency.

import { readFileSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { openImap, openSmtp } from '../../bench/clients.ts'

export interface Latency {
  imap: number[] // milliseconds
  smtp: number[]
  grown: number // bytes: most memory of the server since the last look, over its memory at the start
}

const { imapPort, smtpPort, name, password, pid } = workerData as {
  imapPort: number
  smtpPort: number
  name: string
  password: string
  pid: number
}

const none = (): Latency => ({ imap: [], smtp: [], grown: 0 })
let since = none()
let isOver = false

const pageSize = 4096
const memory = () => Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]) * pageSize

async function measure(times: () => number[], noop: () => Promise<unknown>, count = Infinity): Promise<void> {
  for (let asked = 0; asked < count && !isOver; asked++) {
    const before = performance.now()
    await noop()
    times().push(performance.now() - before)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

// A server may end a session that says nothing but NOOP: a new one every so often.
async function measureSmtp(): Promise<void> {
  while (!isOver) {
    const smtp = await openSmtp({ port: smtpPort })
    await measure(
      () => since.smtp,
      () => smtp.ask('NOOP'),
      15,
    )
    await smtp.quit()
  }
}

const imap = await openImap({ port: imapPort }, { name, password })
await imap.must('SELECT INBOX')
parentPort!.on('message', (what: 'take' | 'end') => {
  if (what === 'end') {
    isOver = true
    clearInterval(sampling)
    imap.destroy()
    return parentPort!.close()
  }
  parentPort!.postMessage(since)
  since = none()
})
void measure(
  () => since.imap,
  () => imap.must('NOOP'),
).catch(lost)
void measureSmtp().catch(lost)
const atStart = memory()
const sampling = setInterval(() => {
  try {
    since.grown = Math.max(since.grown, memory() - atStart)
  } catch {
    clearInterval(sampling) // the server is gone: its connections will say so
  }
}, 20)
parentPort!.postMessage('measuring')

// A connection lost is the worst latency of all.
function lost(error: Error): void {
  if (isOver) return
  since.imap.push(Infinity)
  since.smtp.push(Infinity)
  console.error(`the client that behaved was cut off: ${error.message}`)
}
