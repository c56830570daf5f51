// Tests that ask the house: environment (RFC 5183), mailboxexists (RFC 5490 §3.1), mailboxidexists (RFC 9042 §4),
// metadata and servermetadata (RFC 5490 §3.3-§4), specialuse_exists (RFC 8579 §3), valid_ext_list (RFC 6134 §2.7),
// spamtest and virustest (RFC 5235), duplicate (RFC 7352).

import { createHash } from 'node:crypto'
import { isMailboxName } from '../addresses.ts'
import { matchTags, readMatch } from '../matching.ts'
import type { Session } from '../session.ts'
import type { Given, Holds, Tag, TestWord } from '../word.ts'
import { isSpecialUse } from './deliver.ts'

export const environment: TestWord = {
  name: 'environment',
  needs: 'environment',
  tags: matchTags,
  takes: [
    ['item', 'string'],
    ['keys', 'list'],
  ],

  read(given) {
    const match = readMatch(given)
    const item = given.text('item') ?? ''
    return (session) => {
      const value = session.world.environment?.(session.text(item).toLowerCase())
      // RFC 5183 §4: an item that is not known fails the test, :count too.
      return value === undefined ? false : match(session, [value])
    }
  },
}

/** Whether all strings of a list are so. */
function all(
  argument: string,
  given: Given,
  is: (session: Session, text: string) => boolean | Promise<boolean>,
): Holds {
  const texts = given.list(argument)
  return async (session) => {
    for (const text of session.list(texts)) {
      session.spend(1)
      if (!(await is(session, text))) return false
    }
    return true
  }
}

/** A name no mailbox can have is the name of none; the owner hears of it. */
function canBeMailbox(session: Session, name: string): boolean {
  if (isMailboxName(name)) return true
  session.warn('bad-mailbox', { name: name })
  return false
}

export const mailboxexists: TestWord = {
  name: 'mailboxexists',
  needs: 'mailbox',
  takes: [['mailboxes', 'list']],

  read: (given) =>
    all(
      'mailboxes',
      given,
      (session, name) => canBeMailbox(session, name) && (session.world.mailboxExists?.(name) ?? false),
    ),
}

export const mailboxidexists: TestWord = {
  name: 'mailboxidexists',
  needs: 'mailboxid',
  takes: [['mailbox ids', 'list']],

  read: (given) => all('mailbox ids', given, ({ world }, id) => world.mailboxIdExists?.(id) ?? false),
}

export const specialuseExists: TestWord = {
  name: 'specialuse_exists',
  needs: 'special-use',
  takes: [
    ['mailbox', 'string'],
    ['uses', 'list'],
  ],
  optional: 'first',

  read(given) {
    const mailbox = given.text('mailbox')
    const bad = given.constants('uses').find((use) => !isSpecialUse(use))
    if (bad !== undefined) given.problem('bad-special-use', { name: bad }, 'uses')
    return all('uses', given, (session, use) => {
      const name = mailbox === undefined ? undefined : session.text(mailbox)
      if (name !== undefined && !canBeMailbox(session, name)) return false
      return session.world.specialUseExists?.(use, name) ?? false
    })
  },
}

/** RFC 5464 §4.1: annotations lie under these two. */
function isAnnotation(name: string): boolean {
  return /^\/(private|shared)\/[^*%\x00-\x1f\x7f]+$/i.test(name) && !name.includes('//') && !name.endsWith('/')
}

async function annotation(session: Session, mailbox: string | undefined, name: string): Promise<string | undefined> {
  if (mailbox !== undefined && !canBeMailbox(session, mailbox)) return undefined
  return isAnnotation(name) ? session.world.annotation?.(mailbox, name) : undefined
}

const mailboxArgument = ['mailbox', 'string'] as const

function annotationTest(name: string, needs: string, ofMailbox: boolean): TestWord {
  return {
    name,
    needs,
    tags: matchTags,
    takes: [...(ofMailbox ? [mailboxArgument] : []), ['annotation', 'string'], ['keys', 'list']],

    read(given) {
      const match = readMatch(given)
      const mailbox = ofMailbox ? (given.text('mailbox') ?? '') : undefined
      const item = given.text('annotation') ?? ''
      return async (session) => {
        const where = mailbox === undefined ? undefined : session.text(mailbox)
        const value = await annotation(session, where, session.text(item))
        return value === undefined ? false : match(session, [value])
      }
    },
  }
}

function annotationExists(name: string, needs: string, ofMailbox: boolean): TestWord {
  return {
    name,
    needs,
    takes: [...(ofMailbox ? [mailboxArgument] : []), ['annotations', 'list']],

    read(given) {
      const mailbox = ofMailbox ? (given.text('mailbox') ?? '') : undefined
      return all('annotations', given, async (session, item) => {
        const where = mailbox === undefined ? undefined : session.text(mailbox)
        return (await annotation(session, where, item)) !== undefined
      })
    },
  }
}

export const metadata = annotationTest('metadata', 'mboxmetadata', true)
export const metadataexists = annotationExists('metadataexists', 'mboxmetadata', true)
export const servermetadata = annotationTest('servermetadata', 'servermetadata', false)
export const servermetadataexists = annotationExists('servermetadataexists', 'servermetadata', false)

export const validExtList: TestWord = {
  name: 'valid_ext_list',
  needs: 'extlists',
  takes: [['lists', 'list']],

  read: (given) => all('lists', given, ({ world }, list) => world.listExists?.(list) ?? false),
}

const percent: Tag = { name: 'percent', needs: 'spamtestplus' }

export const spamtest: TestWord = {
  name: 'spamtest',
  needs: ['spamtest', 'spamtestplus'],
  tags: [...matchTags, percent],
  takes: [['keys', 'string']],

  read(given) {
    const match = readMatch(given, 'keys', [given.text('keys') ?? ''])
    const inPercent = given.has(':percent')
    return async (session) => {
      const value = await session.world.spam?.()
      if (value === undefined) return match(session, ['0'])
      const bounded = Math.min(100, Math.max(0, value))
      // RFC 5235 §3.2: 1 is surely no spam, 10 surely is; 0 was not tested.
      return match(session, [String(inPercent ? Math.round(bounded) : Math.floor(1 + (bounded * 9) / 100))])
    }
  },
}

export const virustest: TestWord = {
  name: 'virustest',
  needs: 'virustest',
  tags: matchTags,
  takes: [['keys', 'string']],

  read(given) {
    const match = readMatch(given, 'keys', [given.text('keys') ?? ''])
    return async (session) => match(session, [String((await session.world.virus?.()) ?? 0)])
  },
}

export const duplicate: TestWord = {
  name: 'duplicate',
  needs: 'duplicate',
  tags: [
    { name: 'handle', takes: 'string' },
    { name: 'header', takes: 'string', group: 'id' },
    { name: 'uniqueid', takes: 'string', group: 'id' },
    { name: 'seconds', takes: 'number' },
    { name: 'last' },
  ],

  read(given) {
    const handle = given.text(':handle') ?? ''
    const header = given.text(':header') ?? 'message-id'
    const unique = given.text(':uniqueid')
    const { duplicateSeconds, duplicateMaximum } = given.limits
    const seconds = Math.min(given.number(':seconds') ?? duplicateSeconds, duplicateMaximum)
    const last = given.has(':last')
    return async (session) => {
      const id = unique === undefined ? firstValue(session, session.text(header)) : session.text(unique)
      // A mail without an id is never a duplicate. RFC 7352 §3.
      if (id === undefined || id === '') return false
      const key = createHash('sha256')
        .update(`${session.text(handle)}\0${id}`)
        .digest('base64url')
      const is = (await session.world.isRemembered?.(key)) ?? false
      const known = session.result.remember.some((other) => other.key === key)
      // :last counts from the last time the id was seen, else from the first.
      if ((!is || last) && !known) session.result.rememberKey({ key, seconds })
      return is
    }
  },
}

function firstValue(session: Session, name: string): string | undefined {
  return session.fields.find((field) => field.name.toLowerCase() === name.toLowerCase())?.text
}
