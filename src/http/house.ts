// What the web door has in hand.

import type { Fetching } from '../fetching/fetching.ts'
import type { Visibility } from '../directory/suggestions.ts'
import type { JmapHouse } from '../jmap/method.ts'
import type { SignIn } from '../login/login.ts'
import type { Sessions } from '../login/sessions.ts'
import type { Store } from '../store/store.ts'
import type { Letter, LetterPage } from './letters.ts'
import type { FileLimits } from './filelimits.ts'
import type { Listeners } from './connections.ts'
import type { HttpLimits } from './limits.ts'
import type { Outward } from './outward.ts'

export interface WebHouse {
  hostname: string
  version: string
  store: Store // with db and clock
  sessions: Sessions
  signIn: SignIn
  jmap: JmapHouse
  /** Rules for contacts: whether groups are imported and exported; who is found in the directory of people. */
  contacts: { groupsOpen: boolean; visibility: Visibility }
  limits: HttpLimits
  clock: () => number
  /** Signs what a letter's frame may load. */
  viewKey: Buffer
  /** Cleans a letter, in a thread. Throws Trouble unavailable. */
  writeLetter(letter: Letter): Promise<LetterPage>
  /** Pictures on the web that letters show. */
  outward: Outward
  /** Accounts elsewhere; undefined: switched off. */
  fetching: Fetching | undefined
  /** Large files behind links. */
  files: FileLimits
  /** Where the built web pages lie. */
  webFolder: string
  /** Whether others than this machine are served over plain HTTP. */
  allowPlain: boolean
  httpsPort(): number | undefined
  /** What listens where. */
  listeners(): Listeners
  /** Our mistakes. */
  report(error: unknown, about: Record<string, unknown>): void
}
