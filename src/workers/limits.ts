// What work in threads may cost, each with a name. A room that opens a pool sets its own where it must.

export interface WorkerLimits {
  count: number // threads at most; the first starts with the first job
  memory: number // MiB of JavaScript heap per thread
  jobsEach: number // jobs one thread has at once; more than 1 only for work that mostly waits
  waiting: number // jobs that may wait for a thread; more are refused at once
  time: number // milliseconds one job may take, waiting for a thread not counted
  answerTime: number // milliseconds a thread may be deaf before it counts as stuck
  questions: number // questions one job may ask the main thread
  idle: number // milliseconds without a job after which the last thread is ended
  idleOthers: number // and every other
}

export const workerLimits: WorkerLimits = {
  count: 2,
  memory: 256,
  jobsEach: 1,
  waiting: 1000,
  time: 30_000,
  answerTime: 2000,
  questions: 200,
  idle: 120_000,
  idleOthers: 5_000,
}
