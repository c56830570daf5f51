import { equal, rejects } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { holdFolder, serverIn } from './folder.ts'

test('a folder is held once, given back, and taken over from the dead', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'postern-test-'))
  const script = `import { holdFolder } from ${JSON.stringify(join(import.meta.dirname, 'folder.ts'))}
    await holdFolder(${JSON.stringify(folder)}); process.stdout.write('held'); process.stdin.resume()`
  const other = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(other.stdout, 'data')
  equal(await serverIn(folder), other.pid)
  await rejects(holdFolder(folder), { code: 'in-use', details: { folder, pid: other.pid } })

  other.kill('SIGKILL')
  await once(other, 'exit')
  equal(await serverIn(folder), undefined)
  const lock = await holdFolder(folder)
  await lock.release()

  await writeFile(join(folder, 'postern.pid'), '1 12345\n') // alive, but another process than the one that wrote it
  await (await holdFolder(folder)).release()
  await rm(folder, { recursive: true })
})
