// ENABLE capability ...                                     RFC 9051 §6.3.1, RFC 5161
//
// Only what was asked for and is known is switched on, and said.

import { done } from '../answers.ts'
import { afterLogin, type Command } from '../command.ts'
import { whereItStands } from '../news.ts'
import type { Session } from '../session.ts'

export const enable: Command<string[]> = {
  verb: 'ENABLE',
  allowedIn: afterLogin,

  read(scan) {
    const asked: string[] = []
    do {
      scan.space()
      asked.push(scan.atom('a capability').toUpperCase())
    } while (!scan.atEnd())
    return asked
  },

  async *run(session, asked) {
    const { condstore } = session.enabled
    const enabled = asked.filter((capability) => switchOn(session, capability))
    if (session.enabled.rev2 && session.selected) session.selected.recent = []
    yield `* ENABLED${enabled.map((capability) => ` ${capability}`).join('')}\r\n`
    if (session.enabled.condstore && !condstore) yield whereItStands(session)
    return done('Enabled')
  },
}

// What each capability switches on; QRESYNC implies CONDSTORE (RFC 7162 §3.2.3).
const switches: Record<string, (keyof Session['enabled'])[]> = {
  CONDSTORE: ['condstore'],
  QRESYNC: ['condstore', 'qresync'],
  IMAP4REV2: ['rev2'],
  'UTF8=ACCEPT': ['utf8'],
}

/** True when that changed something: what is on already is not said again. */
function switchOn({ enabled }: Session, capability: string): boolean {
  const off = Object.hasOwn(switches, capability) ? switches[capability]!.filter((what) => !enabled[what]) : []
  for (const what of off) enabled[what] = true
  return off.length > 0
}
