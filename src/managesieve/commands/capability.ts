// CAPABILITY, NOOP ["tag"], LOGOUT, UNAUTHENTICATE                                    RFC 5804 §1.7, §2.4, §2.13-§2.15

import { sieveLimits } from '../../sieve/limits.ts'
import { extensions, notifyMethods } from '../../sieve/vocabulary.ts'
import { readNothing, readStrings, type Command } from '../command.ts'
import { ok, written } from '../replies.ts'
import { mayLogin, type Session } from '../session.ts'

/** What the server can do, as it stands now: the greeting, and the answer after STARTTLS. */
export function capabilitiesOf(session: Session): string {
  const { host, peer, account } = session
  const { version } = host.options
  const lines: [name: string, value?: string][] = [
    ['IMPLEMENTATION', `Postern${version === undefined ? '' : ` ${version}`}`],
    ['SASL', mayLogin(session) && !account ? 'PLAIN' : ''],
    ['SIEVE', [...extensions].join(' ')],
    ...(peer.tls ? [] : ([['STARTTLS']] as [string][])),
    ['NOTIFY', notifyMethods.join(' ')],
    ['MAXREDIRECTS', String(sieveLimits.redirects)],
    ['LANGUAGE', 'en'],
    ...(account ? ([['OWNER', account.address]] as [string, string][]) : []),
    ['UNAUTHENTICATE'],
    ['VERSION', '1.0'],
  ]
  return lines.map(([name, value]) => `"${name}"${value === undefined ? '' : ` ${written(value)}`}\r\n`).join('')
}

export const capability: Command<undefined> = {
  verb: 'CAPABILITY',
  allowedIn: ['stranger', 'person'],
  read: readNothing,
  run: (session) => capabilitiesOf(session) + ok('Capabilities told'),
}

export const noop: Command<string | undefined> = {
  verb: 'NOOP',
  allowedIn: ['stranger', 'person'],
  read: (args) => readStrings(args, 0, 1)[0],
  run: (_session, tag) => ok('Done', tag === undefined ? undefined : `TAG ${written(tag)}`),
}

export const logout: Command<undefined> = {
  verb: 'LOGOUT',
  allowedIn: ['stranger', 'person'],
  read: readNothing,

  run(session) {
    session.state = 'ended'
    return ok('Goodbye')
  },
}

export const unauthenticate: Command<undefined> = {
  verb: 'UNAUTHENTICATE',
  allowedIn: ['person'],
  read: readNothing,

  run(session) {
    session.state = 'stranger'
    session.account = undefined
    session.framer.literal = session.limits.literalBeforeLogin
    session.ear.patience(session.limits.idleBeforeLogin)
    return ok('Signed out')
  },
}
