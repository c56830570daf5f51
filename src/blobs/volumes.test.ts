import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { appendFile, mkdtemp, open, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import type { BlobRef, Blobs } from './blobs.ts'
import { openVolumes } from './volumes.ts'

let now = 0

async function inFolder(body: (folder: string, reopen: () => Promise<Blobs>) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-test-'))
  const opened: Blobs[] = []
  try {
    await body(folder, async () => {
      const limits = { volumeBytes: 200_000, blockBytes: 20_000, readAheadBytes: 8192, readAheads: 4, openVolumes: 2 }
      const blobs = await openVolumes(folder, { ...limits, unnamedFor: 1000, namingTakes: 100 }, () => now)
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

test('many blobs at once, in batches; what is damaged or large is asked for alone', () =>
  inFolder(async (folder, reopen) => {
    const blobs = await reopen()
    const kept: { ref: BlobRef; size: number; bytes: Buffer }[] = []
    for (let i = 0; i < 60; i++) {
      const bytes = bytesOf(i === 30 ? 70_000 : (i * 1_117) % 20_000, i % 3 === 0 ? 'noise' : 'text')
      kept.push({ ref: (await blobs.put(bytes)).ref, size: bytes.length, bytes })
    }
    const [volume, offset] = kept[10]!.ref.split('.').map(Number)
    const file = await open(join(folder, `${String(volume).padStart(6, '0')}.vol`), 'r+')
    await file.write('x', offset! + 30)
    await file.close()

    const mixed = kept.toSorted((a, b) => (a.size % 7) - (b.size % 7))
    for (const wanted of [kept, mixed, kept.slice(0, 1), []]) {
      let at = 0
      for await (const batch of blobs.batches(wanted)) {
        for (const found of batch) {
          const { bytes } = wanted[at]!
          if (wanted[at] === kept[10] || wanted[at] === kept[30]) equal(found, undefined)
          else ok(found?.equals(bytes), `blob ${at} of ${bytes.length} bytes`)
          at++
        }
      }
      equal(at, wanted.length)
    }
  }))

test('who holds a batch takes room from nobody: others ask for theirs alone, and the room comes back', () =>
  inFolder(async (_folder, reopen) => {
    const blobs = await reopen()
    const { ref, size } = await blobs.put(bytesOf(19_000, 'noise'))
    const wanted = Array.from({ length: 200 }, () => ({ ref, size }))
    const first = async (holder: AsyncIterator<(Buffer | undefined)[]>) => (await holder.next()).value![0] !== undefined
    const holders = Array.from({ length: 20 }, () => blobs.batches(wanted)[Symbol.asyncIterator]())
    const served: boolean[] = []
    for (const holder of holders) served.push(await first(holder))
    ok(served[0] && !served.at(-1))
    for (const holder of holders) await holder.return!()
    ok(await first(blobs.batches(wanted)[Symbol.asyncIterator]()))
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

test('a blob is whole in memory until it outgrows a block, and its memory serves the next one', () =>
  inFolder(async (_folder, reopen) => {
    const blobs = await reopen()
    const kept: [ref: string, bytes: Buffer][] = []
    for (const size of [0, 100, 9000, 20_000, 20_001, 70_000, 15_000]) {
      const bytes = bytesOf(size, 'noise')
      const writer = blobs.writer()
      for (let at = 0; at < size; at += 700) await writer.write(bytes.subarray(at, at + 700))
      const whole = writer.whole()
      if (size <= 20_000) ok(whole?.equals(bytes))
      else equal(whole, undefined)
      kept.push([(await writer.finish()).ref, bytes])
    }
    for (const [ref, bytes] of kept) ok((await blobs.read(ref)).equals(bytes))
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

/** Fills more than two volumes with small blobs. */
async function fill(blobs: Blobs): Promise<BlobRef[]> {
  const refs: BlobRef[] = []
  for (let i = 0; i < 60; i++) refs.push((await blobs.put(bytesOf(9000, 'noise'))).ref)
  return refs
}

async function* pageOf(...refs: BlobRef[]): AsyncGenerator<BlobRef[]> {
  yield refs
}

test('volumes are sealed at their size and count their dead', () =>
  inFolder(async (_folder, reopen) => {
    const blobs = await reopen()
    const refs = await fill(blobs)
    const [sealed] = await blobs.groups()
    deepEqual({ ...sealed, bytes: 0, likely: [] }, { id: 1, bytes: 0, dead: 0, counted: false, likely: [] })
    const inFirst = refs.filter((ref) => blobs.isIn(ref, 1))
    for (const ref of inFirst) await blobs.drop(ref)
    await blobs.drop(refs[0]!) // twice counts once
    const [dead] = await blobs.groups()
    equal(dead?.dead, dead?.bytes)
    equal(await blobs.count(1, pageOf(inFirst[3]!)), dead!.bytes - 9020)
    deepEqual((await blobs.groups())[0], { ...dead!, dead: dead!.bytes - 9020, counted: true })
    for (const ref of refs) equal(blobs.isIn(ref, 2), ref.startsWith('2.'))
  }))

test('a volume goes when nobody uses it and no reference into it may be named any more', () =>
  inFolder(async (folder, reopen) => {
    let blobs = await reopen()
    const refs = await fill(blobs)
    now += 1101
    const reading = blobs.stream(refs[0]!)[Symbol.asyncIterator]()
    await reading.next()
    equal(await blobs.retire(1), false) // somebody reads
    await reading.return?.()
    const writer = blobs.writer()
    await writer.write(bytesOf(20_001, 'noise'))
    equal(await blobs.retire(1), true)
    ok(!(await readdir(folder)).some((name) => name.startsWith('000001')))
    await rejects(blobs.read(refs[0]!))
    await blobs.drop(refs[0]!) // too late, and harmless
    ok(!(await readdir(folder)).includes('000001.dead'))

    await fill(blobs)
    now += 1101
    equal(await blobs.retire(3), false) // somebody writes
    const { ref, useBefore } = await writer.finish()
    equal(useBefore, now + 1000)
    equal(await blobs.retire(3), false) // the reference may still be named
    now += 1100
    equal(await blobs.retire(3), false)
    now += 1
    ok(blobs.isIn(ref, 3))
    equal(await blobs.retire(3), true)
    await rejects(blobs.retire(99), /sealed/)

    const more = await fill(blobs)
    await blobs.close()
    blobs = await reopen() // nobody is left who was given a reference
    equal(await blobs.retire(blobs.isIn(more[0]!, 5) ? 5 : 6), true)
    ok((await blobs.read(more.at(-1)!)).length === 9000)
  }))

test('a large blob counts with all its blocks, dropped, broken off or copied', () =>
  inFolder(async (_folder, reopen) => {
    const blobs = await reopen()
    const large = await blobs.put(bytesOf(100_000, 'noise'))
    const broken = blobs.writer()
    await broken.write(bytesOf(60_000, 'noise'))
    await broken.write(bytesOf(5000, 'noise'))
    const spanning = blobs.writer()
    const bytes = bytesOf(150_000, 'noise')
    await spanning.write(bytes.subarray(0, 30_000))
    await fill(blobs)
    await spanning.write(bytes.subarray(30_000))
    const { ref } = await spanning.finish()
    ok(blobs.isIn(ref, 1) && blobs.isIn(ref, 2) && blobs.isIn(ref, 4))
    ok(!blobs.isIn(large.ref, 2))

    const deadIn = async (): Promise<number[]> => (await blobs.groups()).map(({ dead }) => dead)
    const isAbout = (dead: number | undefined, size: number): void =>
      ok(dead! >= size && dead! < size + 1000, `${dead} of ${size}`)
    equal((await deadIn())[0], 0)
    await broken.abandon()
    await broken.abandon()
    isAbout((await deadIn())[0], 60_000)
    await blobs.drop(large.ref)
    isAbout((await deadIn())[0], 160_000)

    const copy = await blobs.copy(ref)
    ok((await blobs.read(copy)).equals(bytes))
    ok(!blobs.isIn(copy, 1))
    const [first] = await blobs.groups()
    isAbout(first!.bytes - (await blobs.count(1, pageOf(ref))), 20_000)
    isAbout(first!.bytes - (await blobs.count(1, pageOf())), 0)
    for (const pattern of first!.likely) ok(!/[^%\d.]/.test(pattern))
  }))

test('a copy has the same bytes, and a damaged blob is not copied', () =>
  inFolder(async (folder, reopen) => {
    const blobs = await reopen()
    for (const size of [0, 1, 20_000, 20_001, 90_000]) {
      for (const kind of ['text', 'noise'] as const) {
        const bytes = bytesOf(size, kind)
        const { ref } = await blobs.put(bytes)
        const copy = await blobs.copy(ref)
        ok(copy !== ref && (await blobs.read(copy)).equals(bytes))
      }
    }
    const { ref } = await blobs.put(bytesOf(90_000, 'noise'))
    const [volume, offset] = ref.split('.').map(Number)
    const file = await open(join(folder, `00000${volume}.vol`), 'r+')
    await file.write(Buffer.from([1, 2, 3]), 0, 3, offset! - 500)
    await file.close()
    await rejects(blobs.copy(ref), /damaged/)
  }))
