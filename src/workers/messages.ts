// What a pool and its threads say to each other.

/** To a thread. */
export type ToWorker =
  | { is: 'job'; id: number; input: unknown; hasBody: boolean }
  | { is: 'piece'; id: number; bytes: Uint8Array }
  | { is: 'end'; id: number } // of the body
  | { is: 'abandon'; id: number } // the job is given up: stop reading, answer nothing
  | { is: 'answer'; id: number; question: number; answer: unknown }
  | { is: 'failure'; id: number; question: number; code: string; message: string }
  | { is: 'ping' }

/** From a thread. */
export type FromWorker =
  | { is: 'more'; id: number } // a piece of the body was used up
  | { is: 'ask'; id: number; question: number; what: unknown }
  | { is: 'done'; id: number; result: unknown }
  | { is: 'failed'; id: number; message: string }
  | { is: 'pong' }

/** Pieces of a body that may be on their way to a thread, not yet used up. */
export const piecesAhead = 4
