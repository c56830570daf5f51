// SETACL, DELETEACL, GETACL, LISTRIGHTS, MYRIGHTS           RFC 4314
//
// Identifiers are addresses of accounts, and "anyone": all accounts of this house.
// Who may administer another's mailbox may not hand that right on: a delegate grants nothing further.

import { allRights, anyone, grant, grantsOf, normalRights } from '../../store/rights.ts'
import { noteGrant } from '../acts.ts'
import { bad, done, no } from '../answers.ts'
import { afterLogin, type Command } from '../command.ts'
import { placeOf, printName, type Place } from '../places.ts'
import { astring } from '../say.ts'
import type { Scanner } from '../scanner.ts'
import { personOf, type Session } from '../session.ts'
import { readMailbox } from '../words.ts'
import { Trouble } from '../../wire/troubles.ts'

interface SetAclOrder {
  path: string[]
  identifier: string
  mode: 'set' | 'add' | 'remove'
  rights: string
}

export const setAcl: Command<SetAclOrder> = {
  verb: 'SETACL',
  allowedIn: afterLogin,

  read(scan) {
    const { path, identifier } = readWho(scan)
    scan.space()
    const text = scan.astring('rights')
    const mode = text.startsWith('+') ? 'add' : text.startsWith('-') ? 'remove' : 'set'
    return { path, identifier, mode, rights: readRights(mode === 'set' ? text : text.slice(1)) }
  },

  async run(session, { path, identifier, mode, rights }) {
    const place = await placeOf(session, path, 'a')
    if (!place.own && mode !== 'remove' && rights.includes('a')) throw new Trouble('not-permitted')
    await grant(
      session.store,
      place.mailbox.id,
      await accountOf(session, place, identifier),
      mode,
      rights,
      personOf(session).id,
    )
    await noteGrant(session, place, { delegate: identifier, mode, rights })
    return done('Granted')
  },
}

interface WhoOrder {
  path: string[]
  identifier: string
}

export const deleteAcl: Command<WhoOrder> = {
  verb: 'DELETEACL',
  allowedIn: afterLogin,
  read: readWho,

  async run(session, { path, identifier }) {
    const place = await placeOf(session, path, 'a')
    await grant(
      session.store,
      place.mailbox.id,
      await accountOf(session, place, identifier),
      'set',
      '',
      personOf(session).id,
    )
    await noteGrant(session, place, { delegate: identifier, mode: 'set', rights: '' })
    return done('Taken away')
  },
}

export const getAcl: Command<string[]> = {
  verb: 'GETACL',
  allowedIn: afterLogin,

  read(scan) {
    scan.space()
    return readMailbox(scan)
  },

  async *run(session, path) {
    const { mailbox, name } = await placeOf(session, path, 'a')
    const owner = await session.host.addressOf(mailbox.accountId)
    let text = `* ACL ${printName(session, name)} ${astring(owner ?? '', true)} ${allRights}`
    for (const { accountId, rights } of await grantsOf(session.store.db, mailbox.id)) {
      const identifier = accountId === anyone ? 'anyone' : await session.host.addressOf(accountId)
      if (identifier !== undefined) text += ` ${astring(identifier, true)} ${rights}`
    }
    yield `${text}\r\n`
    return done('Those are the rights')
  },
}

export const listRights: Command<WhoOrder> = {
  verb: 'LISTRIGHTS',
  allowedIn: afterLogin,
  read: readWho,

  async *run(session, { path, identifier }) {
    const place = await placeOf(session, path, 'a')
    const id = await accountOf(session, place, identifier)
    // The owner has all, always; for others each right stands for itself.
    const rights = id === place.mailbox.accountId ? allRights : `"" ${allRights.split('').join(' ')}`
    yield `* LISTRIGHTS ${printName(session, place.name)} ${astring(identifier, true)} ${rights}\r\n`
    return done('Those can be granted')
  },
}

export const myRights: Command<string[]> = {
  verb: 'MYRIGHTS',
  allowedIn: afterLogin,

  read(scan) {
    scan.space()
    return readMailbox(scan)
  },

  async *run(session, path) {
    const { name, rights } = await placeOf(session, path)
    yield `* MYRIGHTS ${printName(session, name)} ${rights}\r\n`
    return done('Those are your rights')
  },
}

function readWho(scan: Scanner): WhoOrder {
  scan.space()
  const path = readMailbox(scan)
  scan.space()
  return { path, identifier: scan.unicode('an identifier') }
}

function readRights(text: string): string {
  try {
    return normalRights(text)
  } catch {
    throw bad('There is no such right')
  }
}

async function accountOf(session: Session, { mailbox }: Place, identifier: string): Promise<number> {
  if (identifier === 'anyone') return anyone
  if (identifier.startsWith('-')) throw no('Negative rights are not kept here', 'CANNOT')
  if (identifier === 'owner') return mailbox.accountId
  const person = personOf(session)
  if (identifier === person.address) return person.id
  const account = await session.host.accountOf(identifier)
  if (!account) throw no('There is no such account', 'CANNOT')
  return account.id
}
