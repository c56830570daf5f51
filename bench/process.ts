// Looking at processes from outside: their children, memory and CPU time, read from /proc.
//
// Memory is the sum of PSS over a process tree: pages shared between processes count once in all,
// so a server of one process and a server of a thousand are compared fairly. RSS is given too.

import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'

/** A process and all below it, by parent pid. */
export function tree(roots: number[]): number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid)) continue
    const parent = parentOf(pid)
    if (parent === undefined) continue
    const siblings = children.get(parent)
    if (siblings) siblings.push(pid)
    else children.set(parent, [pid])
  }
  const found: number[] = []
  const open = [...roots]
  while (open.length > 0) {
    const pid = open.pop()!
    found.push(pid)
    open.push(...(children.get(pid) ?? []))
  }
  return found
}

// Fields of /proc/PID/stat after the name in brackets: state, parent, ... utime is the 12th, stime the 13th.
function statOf(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined // ended meanwhile
  }
}

function parentOf(pid: number): number | undefined {
  const fields = statOf(pid)
  return fields ? Number(fields[1]) : undefined
}

export interface Memory {
  pss: number // bytes
  rss: number // bytes
  processes: number
}

/** Memory of a process tree in bytes. Reading another user's PSS needs root; without it PSS is 0. */
export function memoryOf(roots: number[]): Memory {
  const sum: Memory = { pss: 0, rss: 0, processes: 0 }
  for (const pid of tree(roots)) {
    try {
      const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1')
      sum.rss += kilobytes(text, 'Rss')
      sum.pss += kilobytes(text, 'Pss')
      sum.processes++
    } catch {
      // Ended meanwhile, or not ours to read.
    }
  }
  return sum
}

function kilobytes(text: string, name: string): number {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)
  return found ? Number(found[1]) * 1024 : 0
}

/** CPU seconds (user + system) a process tree has used, of those alive. */
export function cpuOf(roots: number[]): number {
  let ticks = 0
  for (const pid of tree(roots)) {
    const fields = statOf(pid)
    if (fields) ticks += Number(fields[11]) + Number(fields[12]) + Number(fields[13]) + Number(fields[14])
  }
  return ticks / 100
}

/** A free loopback port of this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
