// One server for one data folder: two would write the same volumes.

import { open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Trouble } from '../wire/troubles.ts'

/**
 * Takes the folder for this process until release(). What a process that is gone left behind is taken over.
 * Throws Trouble 'in-use' with the pid of the server that runs there.
 */
export async function holdFolder(folder: string): Promise<{ release(): Promise<void> }> {
  const file = join(folder, 'postern.pid')
  const mine = `${process.pid} ${await startOf(process.pid)}\n`
  for (;;) {
    try {
      const handle = await open(file, 'wx', 0o600)
      await handle.writeFile(mine)
      await handle.close()
      break
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const holder = await serverIn(folder)
    if (holder !== undefined) throw new Trouble('in-use', { folder, pid: holder })
    await rm(file, { force: true })
  }
  return { release: () => rm(file, { force: true }) }
}

/** The pid of the server that runs over a data folder; undefined: none. */
export async function serverIn(folder: string): Promise<number | undefined> {
  const text = await readFile(join(folder, 'postern.pid'), 'utf8').catch(() => '')
  const [pid = '', started = ''] = text.trim().split(' ')
  if (!/^\d+$/.test(pid) || Number(pid) === process.pid || !isAlive(Number(pid))) return undefined
  // A number is used again; the time of its start tells whether this is still the same process.
  return (await startOf(Number(pid))) === started ? Number(pid) : undefined
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** When a process started, in the kernel's ticks; '-' where the system does not tell. */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '-'
}
