// What a script may ask about the house: mailboxes, annotations, other scripts, what was seen before.

import { findScript, isRemembered } from '../directory/scripts.ts'
import type { SieveWorld } from '../sieve/world.ts'
import type { Store } from '../store/store.ts'
import { readMetadata } from '../store/metadata.ts'
import { mailboxNamed, mailboxWithId, mailboxWithUse, roleOf } from './filterplaces.ts'
import type { FilterRoom } from './filters.ts'

export interface WorldFacts {
  store: Store
  hostname: string
  programOf: FilterRoom['programOf']
  accountId: number
  at: number // milliseconds
  junk: boolean
}

export function worldOf({ store, hostname, programOf, accountId, at, junk }: WorldFacts): SieveWorld {
  const { db } = store
  return {
    now: at,
    zone: (time) => -new Date(time).getTimezoneOffset(),
    environment: (name) => ({ host: hostname, name: 'Postern', location: 'MDA', phase: 'during' })[name],
    mailboxExists: async (name) => (await mailboxNamed(store, accountId, name)) !== undefined,
    mailboxIdExists: async (id) => (await mailboxWithId(store, accountId, id)) !== undefined,
    async specialUseExists(use, name) {
      if (name === undefined) return (await mailboxWithUse(store, accountId, use)) !== undefined
      return (await mailboxNamed(store, accountId, name))?.role === roleOf(use)
    },
    async annotation(name, entry) {
      const mailbox = name === undefined ? undefined : await mailboxNamed(store, accountId, name)
      if (name !== undefined && !mailbox) return undefined
      const all = await readMetadata(db, accountId, mailbox?.id ?? 0)
      return all.find((one) => one.entry === entry.toLowerCase())?.value.toString('utf8')
    },
    async script(location, name) {
      if (location === 'global') return undefined
      const script = await findScript(db, accountId, { name })
      return script && programOf(accountId, script)
    },
    isRemembered: (key) => isRemembered(db, accountId, { kind: 'duplicate', key, now: at }),
    spam: () => (junk ? 100 : undefined),
  }
}
