// Files on their way to the server.
//
// Invariants: so many at a time as the server takes; a file stays with its draft (on this device too) until the server
// has it; one that failed for want of a network is tried again when it is back, one that was refused says why.

import { Problem } from '../../parts/api.ts'
import { cell, type Cell } from '../../parts/cell.ts'
import type { Jmap } from '../jmap/client.ts'
import type { Attachment } from './draft.ts'

export type Upload = { is: 'waiting' | 'lost' } | { is: 'sending'; sent: number } | { is: 'refused'; why: string }

export interface Uploads {
  /** By the key of the attachment, those that are not done. */
  states: Cell<ReadonlyMap<string, Upload>>
  add(files: readonly File[], cid?: string): Attachment[]
  remove(key: string): void
  wake(): void
  stop(): void
}

interface Ports {
  attachments(): readonly Attachment[]
  put(attachments: Attachment[]): void
}

const atOnce = 2

export function openUploads(jmap: Jmap, accountId: string, { attachments, put }: Ports): Uploads {
  const states = cell<ReadonlyMap<string, Upload>>(new Map())
  const running = new Map<string, AbortController>()
  const most = jmap.session.capabilities['urn:ietf:params:jmap:core'].maxSizeUpload

  function tell(key: string, upload: Upload | undefined): void {
    states.update((before) => {
      const next = new Map(before)
      if (upload) next.set(key, upload)
      else next.delete(key)
      return next
    })
  }

  function wake(): void {
    for (const { key, blobId, file } of attachments()) {
      if (running.size >= atOnce) return
      if (blobId !== null || running.has(key) || states.get().get(key)?.is === 'refused') continue
      if (file) void send(key, file)
      else tell(key, { is: 'refused', why: '' }) // the device did not keep it
    }
  }

  async function send(key: string, file: Blob): Promise<void> {
    const controller = new AbortController()
    running.set(key, controller)
    tell(key, { is: 'sending', sent: 0 })
    try {
      const { blobId } = await jmap.upload(accountId, file, {
        onProgress: (sent) => tell(key, { is: 'sending', sent }),
        signal: controller.signal,
      })
      tell(key, undefined)
      put(attachments().map((one) => (one.key === key ? { ...one, blobId } : one)))
    } catch (error) {
      if (controller.signal.aborted) tell(key, undefined)
      else if (error instanceof Problem && (error.status === 0 || error.status === 401 || error.status >= 500))
        tell(key, { is: 'lost' })
      else tell(key, { is: 'refused', why: error instanceof Error ? error.message : '' })
    } finally {
      running.delete(key)
    }
    if (states.get().get(key)?.is !== 'lost') wake()
  }

  return {
    states,
    add(files, cid) {
      const added = files.map((file): Attachment => {
        const key = crypto.randomUUID()
        return { key, name: file.name, type: file.type, size: file.size, cid: cid ?? null, blobId: null, file }
      })
      put([...attachments(), ...added])
      for (const { key, size } of added) tell(key, size > most ? { is: 'refused', why: '' } : { is: 'waiting' })
      wake()
      return added
    },
    remove(key) {
      running.get(key)?.abort()
      put(attachments().filter((one) => one.key !== key))
      tell(key, undefined)
      wake()
    },
    wake,
    stop() {
      for (const controller of running.values()) controller.abort()
    },
  }
}
