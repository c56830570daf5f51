// A house that is killed again and again while it fetches mail, and takes it away elsewhere, ends with each mail once.

import { deepEqual, equal, ok } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { append } from '../mailstore.ts'
import { openWorld } from '../world.ts'

const mails = 40
const child = join(import.meta.dirname, 'fetching.child.ts')

for (const protocol of ['pop3', 'imap'] as const) {
  test(`${protocol}: nothing is lost or doubled by kill -9`, { timeout: 120_000 }, async () => {
    const folders = await Promise.all(['there', 'here'].map((name) => mkdtemp(join(tmpdir(), `postern-${name}-`))))
    const [data, here] = folders as [string, string]
    const there = await openWorld({ hostname: 'mail.other.example', people: ['ann@other.example'], data })
    try {
      const left = async (): Promise<number> => {
        const text = `select mailbox.id, total from mailbox join account on account.id = account_id
          where role = 'inbox' and address = 'ann@other.example'`
        const row = (await there.db.one<{ id: number; total: number }>(text))!
        inbox = row.id
        return row.total
      }
      let inbox = 0
      await left()
      for (let i = 0; i < mails; i++)
        await append(there.store, inbox, { subject: `No ${i}`, body: `${'x'.repeat(i * 100)}\r\n` })
      const authority = join(data, 'certificates', 'self-signed.pem')
      let kills = 0
      for (let dots = 3; (await left()) > 0; dots = 1 + ((dots * 5) % 11)) {
        const args = [
          '--disable-warning=ExperimentalWarning',
          child,
          here,
          protocol,
          String(there.port(`${protocol}s`)),
          authority,
        ]
        const running = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
        let heard = 0
        const enough = new Promise<void>((resolve) => {
          running.stdout.on('data', (text: Buffer) => (heard += text.length) >= dots && resolve())
        })
        const off = there.store.changes.watch({}, () => void left().then((total) => total === 0 && nothingLeft()))
        let nothingLeft = (): void => undefined
        await Promise.race([enough, new Promise<void>((resolve) => (nothingLeft = resolve))])
        off()
        const ended = once(running, 'exit')
        running.kill('SIGKILL')
        await ended
        kills++
      }
      ok(kills >= 3, `${kills} kills`)
      const db = new DatabaseSync(join(here, 'postern.sqlite'), { readOnly: true })
      const rows = db.prepare('select subject from message join mail on mail.id = mail_id').all() as {
        subject: string
      }[]
      db.close()
      const numbers = rows.map(({ subject }) => Number(/\d+/.exec(subject)![0])).sort((a, b) => a - b)
      deepEqual(
        numbers,
        Array.from({ length: mails }, (_, i) => i),
      )
      equal(await left(), 0)
    } finally {
      await there.close()
      for (const folder of folders) await rm(folder, { recursive: true, force: true })
    }
  })
}
