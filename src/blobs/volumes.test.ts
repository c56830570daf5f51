import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { appendFile, mkdtemp, open, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { openVolumes, type Volumes } from './volumes.ts'

async function inFolder(body: (folder: string, reopen: () => Promise<Volumes>) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-test-'))
  const opened: Volumes[] = []
  try {
    await body(folder, async () => {
      const blobs = await openVolumes(folder, {
        volumeBytes: 200_000,
        blockBytes: 20_000,
        readAheadBytes: 8192,
        readAheads: 4,
        openVolumes: 2,
      })
      opened.push(blobs)
      return blobs
    })
  } finally {
    for (const blobs of opened) await blobs.close().catch(() => undefined)
    await rm(folder, { recursive: true })
  }
}

const bytesOf = (size: number, kind: 'text' | 'noise'): Buffer =>
  kind === 'noise' ? randomBytes(size) : Buffer.from('郵驛 keeps mail. '.repeat(size / 10 + 1)).subarray(0, size)

test('what was written is read, whole and in ranges, also after opening again', () =>
  inFolder(async (_folder, reopen) => {
    let blobs = await reopen()
    const kept: { ref: string; bytes: Buffer }[] = []
    for (const size of [0, 1, 4096, 16_384, 19_999, 20_000, 20_001, 55_000, 120_000]) {
      for (const kind of ['text', 'noise'] as const) {
        const bytes = bytesOf(size, kind)
        const stored = await blobs.put(bytes)
        equal(stored.size, size)
        equal(stored.hash, createHash('sha256').update(bytes).digest('hex'))
        kept.push({ ref: stored.ref, bytes })
      }
    }
    const check = async (): Promise<void> => {
      for (const { ref, bytes } of kept) {
        ok((await blobs.read(ref)).equals(bytes))
        const [from, to] = [Math.floor(bytes.length / 3), Math.floor(bytes.length / 2) + 1]
        ok((await blobs.read(ref, from, to)).equals(bytes.subarray(from, to)))
        ok((await blobs.read(ref, bytes.length, bytes.length + 5)).length === 0)
      }
    }
    await check()
    await blobs.close()
    blobs = await reopen()
    await check()
  }))

test('any way of cutting a blob into pieces gives the same blob', () =>
  inFolder(async (_folder, reopen) => {
    const blobs = await reopen()
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 9000 }), { maxLength: 8 }), async (pieces) => {
        const writer = blobs.writer()
        for (const piece of pieces) await writer.write(piece)
        const { ref, size } = await writer.finish()
        const whole = Buffer.concat(pieces)
        equal(size, whole.length)
        ok((await blobs.read(ref)).equals(whole))
      }),
      { numRuns: 60 },
    )
  }))

test('writers at once do not mix, readers in any order find their own', () =>
  inFolder(async (_folder, reopen) => {
    const blobs = await reopen()
    const write = async (i: number): Promise<{ ref: string; bytes: Buffer }> => {
      const bytes = bytesOf(1000 + i * 331, i % 2 ? 'noise' : 'text')
      const writer = blobs.writer()
      for (let at = 0; at < bytes.length; at += 3000) await writer.write(bytes.subarray(at, at + 3000))
      return { ref: (await writer.finish()).ref, bytes }
    }
    const kept = await Promise.all(Array.from({ length: 100 }, (_, i) => write(i)))
    await Promise.all(kept.map(async ({ ref, bytes }) => ok((await blobs.read(ref)).equals(bytes))))
    for (const { ref, bytes } of kept.toReversed()) ok((await blobs.read(ref)).equals(bytes))
  }))

test('a torn end is skipped and a damaged record is never read', () =>
  inFolder(async (folder, reopen) => {
    let blobs = await reopen()
    const first = await blobs.put(bytesOf(3000, 'noise'))
    await blobs.close()
    await appendFile(join(folder, '000001.vol'), 'PV1d torn by a crash')
    blobs = await reopen()
    const bytes = bytesOf(3000, 'noise')
    const second = await blobs.put(bytes)
    ok((await blobs.read(second.ref)).equals(bytes))

    const file = await open(join(folder, '000001.vol'), 'r+')
    await file.write(Buffer.from([1, 2, 3]), 0, 3, 500)
    await file.close()
    await rejects(blobs.read(first.ref), /damaged/)
    await rejects(blobs.read('1.999999.20'), /beyond the end/)
    await rejects(blobs.read('nonsense'), /Not a blob reference/)
  }))

test('volumes are sealed at their size, count their dead and can be removed', () =>
  inFolder(async (folder, reopen) => {
    const blobs = await reopen()
    const refs: string[] = []
    for (let i = 0; i < 60; i++) refs.push((await blobs.put(bytesOf(9000, 'noise'))).ref)
    const [sealed] = await blobs.sealed()
    equal(sealed?.volume, 1)
    equal(sealed?.dead, 0)
    for (const ref of refs) if (blobs.touches(ref, 1)) await blobs.drop(ref)
    await blobs.drop(refs[0] ?? '') // twice counts once
    const [dead] = await blobs.sealed()
    equal(dead?.dead, dead?.bytes)
    await blobs.removeVolume(1)
    ok(!(await readdir(folder)).includes('000001.vol'))
    ok((await blobs.read(refs.at(-1) ?? '')).length === 9000)
    await rejects(blobs.removeVolume(99), /sealed/)
    deepEqual(
      refs.map((ref) => blobs.touches(ref, 2)),
      refs.map((ref) => ref.startsWith('2.')),
    )
  }))
