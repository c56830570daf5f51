// What nobody points at any more, beside each volume: 000001.dead.
//
//   500 80    the record at byte 500, 80 bytes long
//   = 7000    as many bytes in all, whatever was said before
//
// It chooses the volumes worth copying, no more: it is not synced, and what it says is counted again before
// anything is done.

import { access, appendFile, readFile, rm, stat } from 'node:fs/promises'
import { volumePath, type Extent } from './places.ts'

export interface Dead {
  bytes: number
  counted: boolean // all that is dead was counted once, not only what was told
}

export interface DeadLog {
  /** Resolves when it is written, together with what others tell meanwhile. */
  tell(extents: readonly Extent[]): Promise<void>
  /** Sets the number of dead bytes of a volume. */
  set(volume: number, bytes: number): Promise<void>
  of(volume: number): Promise<Dead>
  remove(volume: number): Promise<void>
}

export function openDeadLog(folder: string): DeadLog {
  let lines = new Map<number, string>()
  let writing: Promise<void> | undefined
  let next: Promise<void> | undefined
  const known = new Map<number, Dead & { length: number }>()

  const write = async (): Promise<void> => {
    const batch = lines
    lines = new Map()
    for (const [volume, text] of batch) {
      const path = volumePath(folder, volume, 'vol')
      const exists = await access(path).then(
        () => true,
        () => false, // copied and gone meanwhile
      )
      if (exists) await appendFile(volumePath(folder, volume, 'dead'), text, { mode: 0o600 })
    }
  }
  const written = (): Promise<void> => {
    if (!writing) return (writing = write().finally(() => (writing = undefined)))
    return (next ??= writing
      .catch(() => undefined)
      .then(() => {
        next = undefined
        return written()
      }))
  }
  const add = (volume: number, line: string): void => void lines.set(volume, (lines.get(volume) ?? '') + line)
  return {
    tell(extents) {
      if (extents.length === 0) return Promise.resolve()
      for (const { volume, offset, length } of extents) add(volume, `${offset} ${length}\n`)
      return written()
    },
    set(volume, bytes) {
      add(volume, `= ${bytes}\n`)
      return written()
    },
    async of(volume) {
      const path = volumePath(folder, volume, 'dead')
      const length = await stat(path).then(
        ({ size }) => size,
        () => 0,
      )
      let dead = known.get(volume)
      if (dead?.length === length) return dead
      dead = { ...readDead(length === 0 ? '' : await readFile(path, 'latin1')), length }
      known.set(volume, dead)
      return dead
    },
    async remove(volume) {
      known.delete(volume)
      await rm(volumePath(folder, volume, 'dead'), { force: true })
    },
  }
}

function readDead(text: string): Dead {
  let counted = false
  let base = 0
  const told = new Map<string, number>() // told twice counts once
  for (const line of text.split('\n')) {
    const [at = '', bytes] = line.split(' ')
    const length = Number(bytes)
    if (!Number.isSafeInteger(length) || length < 0) continue // torn
    if (at === '=') {
      counted = true
      base = length
      told.clear()
    } else told.set(at, length)
  }
  for (const length of told.values()) base += length
  return { bytes: base, counted }
}
