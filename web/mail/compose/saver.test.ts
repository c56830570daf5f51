import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { keepAfter, openSaver, saveAfter, saveAtMost, type SaveState } from './saver.ts'

/** A person who writes, a clock that is moved by hand, a disk and a server that may be out of order. */
function desk() {
  let now = 0
  let text = ''
  const timers = new Map<number, { at: number; run: () => void }>()
  let timer = 0
  const disk: string[] = []
  const server: string[] = []
  const states: SaveState['is'][] = []
  const world = { isServerDown: false, isDiskFull: false, slow: undefined as Promise<void> | undefined }
  const saver = openSaver<string>({
    read: () => text,
    async keep(draft) {
      if (world.isDiskFull) throw new Error('full')
      disk.push(draft)
    },
    async save(draft) {
      await world.slow
      if (world.isServerDown) throw new Error('down')
      server.push(draft)
    },
    told: ({ is }) => void states.push(is),
    now: () => now,
    later(milliseconds, run) {
      const id = ++timer
      timers.set(id, { at: now + milliseconds, run })
      return () => void timers.delete(id)
    },
  })
  async function pass(milliseconds: number): Promise<void> {
    const end = now + milliseconds
    for (;;) {
      const due = [...timers].filter(([, { at }]) => at <= end).sort((a, b) => a[1].at - b[1].at)[0]
      if (!due) break
      timers.delete(due[0])
      now = due[1].at
      due[1].run()
      await new Promise(setImmediate)
    }
    now = end
    await new Promise(setImmediate)
  }
  const write = (more: string): void => {
    text += more
    saver.touched()
  }
  return { disk, server, states, world, saver, pass, write }
}

test('what is written is on the device at once, and on the server when the writer pauses', async () => {
  const { disk, server, states, pass, write } = desk()
  write('a')
  await pass(keepAfter)
  deepEqual([disk, server], [['a'], []])
  write('b')
  await pass(saveAfter)
  deepEqual([disk, server], [['a', 'ab'], ['ab']])
  equal(states.at(-1), 'saved')
  await pass(60_000)
  equal(server.length, 1)
})

test('who never pauses is saved too', async () => {
  const { server, pass, write } = desk()
  for (let passed = 0; passed <= saveAtMost; passed += 500) {
    write('x')
    await pass(500)
  }
  equal(server.length, 1)
})

test('what was written while a version was under way goes next, and never at once', async () => {
  const { server, world, pass, write, saver } = desk()
  let free = (): void => undefined
  world.slow = new Promise((done) => (free = done))
  write('a')
  await pass(saveAfter)
  write('b')
  await pass(saveAfter)
  deepEqual(server, [])
  free()
  equal(await saver.flush(), true)
  deepEqual(server.at(-1), 'ab')
})

test('without the server the device keeps it; when the server is back it goes there', async () => {
  const { disk, server, states, world, pass, write, saver } = desk()
  world.isServerDown = true
  write('a')
  await pass(saveAfter)
  deepEqual([disk.at(-1), server, states.at(-1)], ['a', [], 'local'])
  equal(await saver.flush(), false)
  world.isServerDown = false
  saver.wake()
  await pass(0)
  deepEqual([server, states.at(-1)], [['a'], 'saved'])
})

test('it comes back by itself', async () => {
  const { server, world, pass, write } = desk()
  world.isServerDown = true
  write('a')
  await pass(20_000)
  world.isServerDown = false
  await pass(60_000)
  deepEqual(server, ['a'])
})

test('a device that keeps nothing does not stop the server', async () => {
  const { server, world, pass, write } = desk()
  world.isDiskFull = true
  write('a')
  await pass(saveAfter)
  deepEqual(server, ['a'])
})

test('after it is closed nothing is saved', async () => {
  const { server, pass, write, saver } = desk()
  write('a')
  saver.close()
  await pass(60_000)
  deepEqual(server, [])
})
