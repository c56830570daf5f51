// setflag, addflag, removeflag, hasflag and :flags.                                                     RFC 5232
//
// Flags are kept in the internal variable or, with the extension variables, in one named; each once, without regard
// to case. What cannot be a flag of IMAP is left out (RFC 5232 §2).

import { matchTags, readMatch } from '../matching.ts'
import type { Session } from '../session.ts'
import { isVariableName, type Text } from '../text.ts'
import type { ActionWord, Given, Tag, TestWord } from '../word.ts'

export const flagsTag: Tag = { name: 'flags', takes: 'list', needs: 'imap4flags' }

const systemFlags = new Set(['\\answered', '\\flagged', '\\deleted', '\\seen', '\\draft'])

/** Lists of flags separated by blanks become single flags. */
function flagsIn(session: Session, texts: string[]): string[] {
  const { flags: limit } = session.limits
  const found = new Map<string, string>()
  for (const text of texts) {
    session.spend(1 + (text.length >> 2))
    for (const flag of text.split(/[ \t\r\n]+/)) {
      if (found.size >= limit) return [...found.values()]
      if (isFlag(flag) && !found.has(flag.toLowerCase())) found.set(flag.toLowerCase(), flag)
    }
  }
  return [...found.values()]
}

function isFlag(flag: string): boolean {
  if (flag.startsWith('\\')) return systemFlags.has(flag.toLowerCase())
  return flag !== '' && flag.length <= 200 && !/[^\x21-\x7e]|[(){%*"\\\]]/.test(flag)
}

/** A key that is constant, cut into flags. */
function singleFlags(text: Text): Text[] {
  return typeof text === 'string' ? text.split(/[ \t\r\n]+/).filter((flag) => flag !== '') : [text]
}

/** The flags a stored mail gets: those of :flags, else those of the internal variable. */
export function readFlags(given: Given): (session: Session) => { flags?: string[] } {
  if (!given.has(':flags')) return ({ flags }) => (flags ? { flags } : {})
  const texts = given.list(':flags')
  return (session) => ({ flags: flagsIn(session, session.list(texts)) })
}

function flagsOf(session: Session, variable: string | undefined): string[] {
  if (variable === undefined) return session.flags ?? []
  return flagsIn(session, [session.variable(variable)])
}

function setFlags(session: Session, variable: string | undefined, flags: string[]): void {
  if (variable === undefined) session.flags = flags
  else session.setVariable(variable, flags.join(' '))
}

/** The variable an action works on, when one is named; that takes the extension variables. */
function readVariable(given: Given, name: string): string | undefined {
  if (!given.has('variable')) return undefined
  const variable = given.fixed('variable')
  if (variable === undefined) return undefined
  if (!given.requires('variables')) given.problem('needs-variables', { name }, 'variable')
  else if (!isVariableName(variable, given.limits)) given.problem('bad-variable', { name: variable }, 'variable')
  else given.assigns(variable)
  return variable
}

function flagAction(
  name: string,
  change: (before: string[], flags: string[], session: Session) => string[],
): ActionWord {
  return {
    name,
    needs: 'imap4flags',
    takes: [
      ['variable', 'string'],
      ['flags', 'list'],
    ],
    optional: 'first',

    read(given) {
      const variable = readVariable(given, name)
      const texts = given.list('flags')
      return (session) => {
        const flags = flagsIn(session, session.list(texts))
        setFlags(session, variable, change(flagsOf(session, variable), flags, session))
      }
    },
  }
}

export const setflag = flagAction('setflag', (_, flags) => flags)
export const addflag = flagAction('addflag', (before, flags, session) => flagsIn(session, [...before, ...flags]))
export const removeflag = flagAction('removeflag', (before, flags) => {
  const gone = new Set(flags.map((flag) => flag.toLowerCase()))
  return before.filter((flag) => !gone.has(flag.toLowerCase()))
})

export const hasflag: TestWord = {
  name: 'hasflag',
  needs: 'imap4flags',
  tags: matchTags,
  takes: [
    ['variables', 'list'],
    ['keys', 'list'],
  ],
  optional: 'first',

  read(given) {
    if (given.has('variables') && !given.requires('variables')) {
      given.problem('needs-variables', { name: 'hasflag' }, 'variables')
    }
    const variables: Text[] | undefined = given.has('variables') ? given.list('variables') : undefined
    // A key of several flags is several keys.
    const match = readMatch(given, 'keys', given.list('keys').flatMap(singleFlags))
    return (session) => {
      const names = variables && session.list(variables)
      const flags = names ? names.flatMap((name) => flagsOf(session, name)) : (session.flags ?? [])
      return match(session, flags)
    }
  },
}
