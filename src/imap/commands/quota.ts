// GETQUOTA root, GETQUOTAROOT mailbox, SETQUOTA root (...)  RFC 9208
//
// An account is one quota root, named by its address; STORAGE counts 1024 octets. Setting it is the
// administration's, not this door's.

import { quotaOf } from '../../store/quota.ts'
import { Trouble } from '../../wire/troubles.ts'
import { done, no } from '../answers.ts'
import { afterLogin, type Command } from '../command.ts'
import { placeOf, printName } from '../places.ts'
import { astring } from '../say.ts'
import { personOf, type Session } from '../session.ts'
import { readMailbox } from '../words.ts'

export const getQuota: Command<string> = {
  verb: 'GETQUOTA',
  allowedIn: afterLogin,

  read(scan) {
    scan.space()
    return scan.unicode('a quota root')
  },

  async *run(session, root) {
    const { id, address } = personOf(session)
    if (root !== address) throw no('There is no such quota root', 'NONEXISTENT')
    yield await quotaLine(session, id, address)
    return done('That is the quota')
  },
}

export const getQuotaRoot: Command<string[]> = {
  verb: 'GETQUOTAROOT',
  allowedIn: afterLogin,

  read(scan) {
    scan.space()
    return readMailbox(scan)
  },

  async *run(session, path) {
    const { mailbox, name } = await placeOf(session, path, 'r')
    const root = await session.host.addressOf(mailbox.accountId)
    if (root === undefined) throw new Trouble('no-such-mailbox')
    yield `* QUOTAROOT ${printName(session, name)} ${astring(root, true)}\r\n`
    yield await quotaLine(session, mailbox.accountId, root)
    return done('That is the quota')
  },
}

export const setQuota: Command<undefined> = {
  verb: 'SETQUOTA',
  allowedIn: afterLogin,

  read(scan) {
    scan.space()
    scan.astring('a quota root')
    scan.space()
    scan.list(() => {
      scan.atom('a resource')
      scan.space()
      scan.number('a limit')
    }, true)
    return undefined
  },

  async run() {
    throw no('Quotas are set by the administration', 'NOPERM')
  },
}

async function quotaLine(session: Session, accountId: number, root: string): Promise<string> {
  const { used, quota } = await quotaOf(session.store.db, accountId)
  const storage = quota > 0 ? `STORAGE ${Math.ceil(used / 1024)} ${Math.floor(quota / 1024)}` : ''
  return `* QUOTA ${astring(root, true)} (${storage})\r\n`
}
