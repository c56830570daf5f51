// postern serve: the server in the foreground, until SIGTERM or SIGINT.
//
// Standard output is read by programs. When every listener is bound: on the first start two lines with the
// administrator's address and one-time password, then one line 'postern ready ' with JSON. Everything else
// goes to standard error. A start that fails prints no password; the first that succeeds does.

import type { Running } from '../main.ts'
import { report, prepareFolder, type Task, type Verb } from './desk.ts'
import { firstStart, welcomeAdministrator } from '../people/people.ts'
import { clean } from './print.ts'

export const serveVerb: Verb = (program, desk) => {
  desk.verb(program, 'serve', { en: 'run the server in the foreground', zh: '執行伺服器' }).action(desk.run(run))
}

async function run(task: Task): Promise<void> {
  const { config } = task
  await prepareFolder(config.data)
  const { serve } = await import('../main.ts')
  const stopping = signalled()
  const running = await serve({ config, prepare: (db) => firstStart(db, config.hostname) })
  await welcome(running, task)
  console.log(`postern ready ${JSON.stringify({ pid: process.pid, listeners: running.listeners })}`)
  whereToGo(task, running)
  await stopping
  await end(running, task)
}

async function welcome(running: Running, { say }: Task): Promise<void> {
  try {
    await welcomeAdministrator(running.db, ({ address, password }) => {
      console.log(`${say({ en: 'First administrator', zh: '第一位管理者' })}: ${address}`)
      console.log(`${say({ en: 'One-time password, shown only now', zh: '一次性密碼,只顯示這一次' })}: ${password}`)
    })
  } catch (error) {
    await running.stop()
    throw error
  }
}

/** For somebody who started it by hand. */
function whereToGo({ say, config }: Task, { listeners }: Running): void {
  if (!process.stderr.isTTY) return
  const doors = Object.entries(listeners).map(([name, { host, port }]) => `${name} ${host}:${port}`)
  const page = listeners['http'] ? `http://localhost:${listeners['http'].port}/` : undefined
  if (page !== undefined) console.error(say({ en: `The web pages are at ${page}`, zh: `網頁在 ${page}` }))
  console.error(
    say({
      en: `${clean(config.hostname)} listens: ${doors.join(', ')}. "postern account create" makes accounts, "postern doctor" checks everything.`,
      zh: `${clean(config.hostname)} 服務中:${doors.join('、')}。「postern account create」新增帳號,「postern doctor」全面檢查。`,
    }),
  )
}

/** Resolves at the first SIGTERM or SIGINT; a second one ends the process at once. */
function signalled(): Promise<void> {
  return new Promise((resolve) => {
    const heard = () => {
      resolve()
      for (const signal of ['SIGTERM', 'SIGINT'] as const) {
        process.off(signal, heard)
        process.once(signal, () => process.exit(1))
      }
    }
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, heard)
  })
}

/** Ends within the grace time, whatever still hangs on. */
async function end(running: Running, { config, language }: Task): Promise<void> {
  const late = setTimeout(() => process.exit(0), config.grace + 5000)
  try {
    await running.stop()
  } catch (error) {
    report(error, language, false)
  }
  clearTimeout(late)
  process.exit(process.exitCode ?? 0)
}
