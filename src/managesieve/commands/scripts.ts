// HAVESPACE, PUTSCRIPT, CHECKSCRIPT, LISTSCRIPTS, SETACTIVE, GETSCRIPT, DELETESCRIPT, RENAMESCRIPT
//                                                                                        RFC 5804 §2.5-§2.12
//
// Invariant: what is stored was checked: no script that cannot be run is ever active.

import {
  activateScript,
  checkScriptSpace,
  deleteScript,
  findScript,
  listScripts,
  putScript,
  renameScript,
  scriptName,
} from '../../directory/scripts.ts'
import { checkScript } from '../../sieve/checker.ts'
import type { Problem } from '../../sieve/problems.ts'
import { includesOf } from '../../sieve/program.ts'
import type { Writer } from '../../sql/sql.ts'
import { readNothing, readStrings, type Argument, type Command } from '../command.ts'
import { ok, Refusal, written } from '../replies.ts'
import { personOf, type Session } from '../session.ts'

/** Does it in one transaction, and tells who follows. */
async function change<T>(session: Session, deed: (sql: Writer, accountId: number) => Promise<T>): Promise<T> {
  const { id } = personOf(session)
  const done = await session.host.db.transaction((sql) => deed(sql, id))
  session.host.changed?.(id)
  return done
}

async function scriptOf(session: Session, name: string): Promise<{ id: number; text: string }> {
  const script = await findScript(session.host.db, personOf(session).id, { name })
  if (!script) throw new Refusal('no-such-script', { code: 'NONEXISTENT' })
  return script
}

/** Problems as a person reads them, one a line, each with its place. */
function toldProblems(problems: Problem[]): string {
  return problems.map(({ line, column, en, zh }) => `line ${line}, column ${column}: ${en} ${zh}`).join('\r\n')
}

/** Throws the Refusal that says what is wrong with a script; gives what should be looked at all the same. */
async function checked(session: Session, text: string, own: string | undefined): Promise<string | undefined> {
  const { program, problems } = checkScript(text)
  if (problems.length > 0) throw new Refusal('bad-syntax', { told: toldProblems(problems) })
  const missing: string[] = []
  for (const { name, location, optional, place } of includesOf(program)) {
    if (optional || name === own) continue
    const found = location === 'personal' && (await findScript(session.host.db, personOf(session).id, { name }))
    if (!found) {
      const called: string = name
      const words = `There is no script "${called.slice(0, 100)}" to include. 找不到要引入的規則。`
      missing.push(`line ${place.line}, column ${place.column}: ${words.replace(/[\r\n\0]/g, ' ')}`)
    }
  }
  return missing.length > 0 ? missing.join('\r\n') : undefined
}

const withWarnings = (warnings: string | undefined, text: string): string =>
  warnings === undefined ? ok(text) : ok(warnings, 'WARNINGS')

export const havespace: Command<{ name: string; size: number }> = {
  verb: 'HAVESPACE',
  allowedIn: ['person'],

  read(args) {
    const [name, size] = args
    if (args.length !== 2 || !name || !('string' in name) || !size || !('number' in size)) {
      throw new Refusal('bad-arguments')
    }
    return { name: name.string, size: size.number }
  },

  async run(session, { name, size }) {
    await checkScriptSpace(session.host.db, personOf(session).id, scriptName(name), size)
    return ok('There is room')
  },
}

export const putscript: Command<string[]> = {
  verb: 'PUTSCRIPT',
  allowedIn: ['person'],
  read: (args) => readStrings(args, 2),

  async run(session, [name = '', text = '']) {
    const normal = scriptName(name)
    await checkScriptSpace(session.host.db, personOf(session).id, normal, Buffer.byteLength(text))
    const warnings = await checked(session, text, normal)
    await change(session, (sql, accountId) => putScript(sql, accountId, normal, text))
    return withWarnings(warnings, 'Stored')
  },
}

export const checkscript: Command<string[]> = {
  verb: 'CHECKSCRIPT',
  allowedIn: ['person'],
  read: (args) => readStrings(args, 1),
  run: async (session, [text = '']) =>
    withWarnings(await checked(session, text, undefined), 'Nothing is wrong with it'),
}

export const listscripts: Command<undefined> = {
  verb: 'LISTSCRIPTS',
  allowedIn: ['person'],
  read: readNothing,

  async run(session) {
    const all = await listScripts(session.host.db, personOf(session).id)
    return all.map(({ name, active }) => `${written(name)}${active ? ' ACTIVE' : ''}\r\n`).join('') + ok('Listed')
  },
}

export const setactive: Command<string> = {
  verb: 'SETACTIVE',
  allowedIn: ['person'],
  read: (args) => readStrings(args, 1)[0]!,

  async run(session, name) {
    if (name === '') {
      await change(session, (sql, accountId) => activateScript(sql, accountId, undefined))
      return ok('No script is active')
    }
    const { id, text } = await scriptOf(session, name)
    await checked(session, text, name) // another version of the language may have stored it
    await change(session, (sql, accountId) => activateScript(sql, accountId, id))
    return ok('Active')
  },
}

export const getscript: Command<string> = {
  verb: 'GETSCRIPT',
  allowedIn: ['person'],
  read: readOne,

  async run(session, name) {
    const { text } = await scriptOf(session, name)
    return `{${Buffer.byteLength(text)}}\r\n${text}\r\n${ok('That is it')}`
  },
}

export const deletescript: Command<string> = {
  verb: 'DELETESCRIPT',
  allowedIn: ['person'],
  read: readOne,

  async run(session, name) {
    const { id } = await scriptOf(session, name)
    await change(session, (sql, accountId) => deleteScript(sql, accountId, id))
    return ok('Deleted')
  },
}

export const renamescript: Command<string[]> = {
  verb: 'RENAMESCRIPT',
  allowedIn: ['person'],
  read: (args) => readStrings(args, 2),

  async run(session, [from = '', to = '']) {
    const { id } = await scriptOf(session, from)
    await change(session, (sql, accountId) => renameScript(sql, accountId, id, to))
    return ok('Renamed')
  },
}

function readOne(args: Argument[]): string {
  return readStrings(args, 1)[0]!
}
