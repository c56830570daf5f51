// When a draft is kept: on this device at once, on the server soon after the last key.      design/ui.md section 10
//
// Knows no network and no disk: both are handed in, and so is the clock. Invariants:
//   a change is kept on the device within `keepAfter`, and on the server within `saveAfter` of the last one, or
//   `saveAtMost` of the first, when one never stops
//   one version goes to the server at a time; what was written meanwhile goes next
//   what did not reach the server is tried again, less and less often, and at once when `wake` says so

export type SaveState =
  | { is: 'fresh' } // nothing was written yet
  | { is: 'changed' | 'saving' }
  | { is: 'saved'; at: number }
  | { is: 'local'; why: unknown } // on this device only

export interface SaverPorts<Draft> {
  read(): Draft
  keep(draft: Draft): Promise<void>
  save(draft: Draft): Promise<void>
  told(state: SaveState): void
  now(): number
  later(milliseconds: number, run: () => void): () => void
}

export interface Saver {
  touched(): void
  /** Everything is on the server when this is true; false: it is on the device only. */
  flush(): Promise<boolean>
  /** Keeps on the device what is not kept yet. */
  keepNow(): Promise<void>
  wake(): void
  close(): void
}

export const keepAfter = 200
export const saveAfter = 2000
export const saveAtMost = 15_000
const retryFirst = 3000
const retryMost = 60_000

export function openSaver<Draft>(ports: SaverPorts<Draft>): Saver {
  let version = 0
  let kept = 0
  let saved = 0
  let firstUnsaved = 0
  let retryAfter = retryFirst
  let running: Promise<boolean> | undefined
  let dropKeep: (() => void) | undefined
  let dropSave: (() => void) | undefined
  let isClosed = false

  function touched(): void {
    if (isClosed) return
    if (version === saved) firstUnsaved = ports.now()
    version++
    ports.told({ is: 'changed' })
    dropKeep ??= ports.later(keepAfter, () => void keepNow())
    dropSave?.()
    const patience = Math.max(firstUnsaved + saveAtMost - ports.now(), 0)
    dropSave = ports.later(Math.min(saveAfter, patience), () => void flush())
  }

  async function keepNow(): Promise<void> {
    dropKeep?.()
    dropKeep = undefined
    if (kept === version) return
    const wanted = version
    // A device that keeps nothing (private windows, full disks) leaves the server.
    await ports.keep(ports.read()).catch(() => undefined)
    kept = Math.max(kept, wanted)
  }

  function flush(): Promise<boolean> {
    dropSave?.()
    dropSave = undefined
    running ??= (async () => {
      try {
        return await saveAll()
      } finally {
        running = undefined
      }
    })()
    return running
  }

  async function saveAll(): Promise<boolean> {
    while (saved < version && !isClosed) {
      const wanted = version
      await keepNow()
      ports.told({ is: 'saving' })
      try {
        await ports.save(ports.read())
      } catch (why) {
        ports.told({ is: 'local', why })
        dropSave?.()
        dropSave = ports.later(retryAfter, () => void flush())
        retryAfter = Math.min(retryAfter * 2, retryMost)
        return false
      }
      saved = wanted
      retryAfter = retryFirst
      firstUnsaved = ports.now()
      ports.told(saved === version ? { is: 'saved', at: ports.now() } : { is: 'changed' })
    }
    return saved === version
  }

  return {
    touched,
    flush,
    keepNow,
    wake() {
      if (saved < version && !isClosed) void flush()
    },
    close() {
      isClosed = true
      dropKeep?.()
      dropSave?.()
    },
  }
}
