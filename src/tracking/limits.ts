// Limits of the history: how much is kept, for how long, and how much a stranger can make us write.

export interface TrackingLimits {
  retention: number // milliseconds; older events are deleted
  sweepMilliseconds: number // between sweeps
  sweepRows: number // rows deleted by one statement, so that no delete holds the writer for long
  bufferedEvents: number // events waiting in memory; beyond, the oldest are counted and dropped
  flushEvents: number // so many waiting events are written at once, without waiting for the timer
  flushMilliseconds: number // the longest an event waits in memory
  pageEvents: number // events one question gives at most
  textLength: number // characters of any text a stranger supplied
}

export const trackingDefaults: TrackingLimits = {
  retention: 400 * 86_400_000,
  sweepMilliseconds: 3_600_000,
  sweepRows: 2_000,
  bufferedEvents: 10_000,
  flushEvents: 200,
  flushMilliseconds: 1_000,
  pageEvents: 1_000,
  textLength: 1_000,
}
