// Gives memory back when the house has become quiet.
//
// V8 collects when it needs room, so what a busy hour left behind would stay until the next one. Needs --expose-gc;
// without it nothing happens.

import { performance } from 'node:perf_hooks'

const lookEvery = 5_000 // milliseconds
const quiet = 0.02 // share of the time that this thread works

/** Looks now and then, and collects once when work has ended. Gives what ends it. */
export function collectWhenQuiet(): () => void {
  let worked = false
  let last = performance.eventLoopUtilization()
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, last)
    last = now
    const isQuiet = utilization < quiet
    if (isQuiet && worked) globalThis.gc?.()
    worked = !isQuiet
  }, lookEvery)
  timer.unref()
  return () => clearInterval(timer)
}
