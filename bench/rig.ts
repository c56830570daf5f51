// What a benchmark needs of a mail server, whichever it is: doors, a folder, processes.

import type { Door } from './clients.ts'

export interface Rig {
  name: 'postern' | 'postfix+dovecot'
  smtp: Door // receives for uni.example, no login
  submission: Door // sends anywhere, with login
  imap: Door
  pop3: Door
  data: string // folder with everything stored
  roots(): number[] // pids; their children belong to it
  /** Stops and starts; milliseconds from the start to the last of the SMTP and IMAP banners. */
  restart(): Promise<number>
  stop(): Promise<void>
}

export const domain = 'uni.example'
export const password = 'bench-Pass-2026' // of every account on both sides

/** u000@uni.example ... */
export function addresses(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `u${String(index).padStart(3, '0')}@${domain}`)
}
