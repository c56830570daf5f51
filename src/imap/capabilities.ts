// What this server says it can, before and after TLS and login. RFC 9051 §6.1.1, §7.2.2.

import type { Session } from './session.ts'

const always = ['IMAP4rev2', 'IMAP4rev1', 'LITERAL+', 'ID', 'ENABLE', 'SASL-IR']

// Before login only what matters there: the rest would tell a stranger about us for nothing.
const extensions = [
  'IDLE',
  'UIDPLUS',
  'MOVE',
  'UNSELECT',
  'NAMESPACE',
  'CHILDREN',
  'SPECIAL-USE',
  'CREATE-SPECIAL-USE',
  'LIST-EXTENDED',
  'LIST-STATUS',
  'STATUS=SIZE',
  'CONDSTORE',
  'QRESYNC',
  'ESEARCH',
  'SEARCHRES',
  'PARTIAL',
  'WITHIN',
  'SAVEDATE',
  'SORT',
  'SORT=DISPLAY',
  'THREAD=ORDEREDSUBJECT',
  'THREAD=REFERENCES',
  'BINARY',
  'PREVIEW',
  'OBJECTID',
  'MULTIAPPEND',
  'REPLACE',
  'UTF8=ACCEPT',
  'QUOTA',
  'QUOTA=RES-STORAGE',
  'ACL',
  'RIGHTS=texk',
  'METADATA',
]

/** May a password be sent on this connection? */
export function mayLogin(session: Session): boolean {
  return session.peer.tls !== undefined || session.host.options.plainLogin === true
}

export function capabilities(session: Session): string {
  if (session.state === 'greeted') {
    const tls = session.peer.tls ? [] : ['STARTTLS']
    const login = mayLogin(session) ? ['AUTH=PLAIN', 'AUTH=LOGIN'] : ['LOGINDISABLED']
    return [...always, ...tls, ...login].join(' ')
  }
  // TLS compresses nothing any more (RFC 8446), so COMPRESS is offered under it too.
  const compress = session.compressed ? [] : ['COMPRESS=DEFLATE']
  return [...always, ...extensions, `APPENDLIMIT=${session.limits.append}`, ...compress].join(' ')
}
