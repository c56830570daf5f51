// CAPA                                                                                         RFC 2449 §5

import { readNothing, type Command } from '../command.ts'
import { ok } from '../replies.ts'
import { mayLogin } from '../session.ts'

export const mechanisms = ['PLAIN', 'LOGIN']

export const capa: Command<undefined> = {
  verb: 'CAPA',
  allowedIn: ['authorization', 'transaction'],
  read: readNothing,

  run(session) {
    const { peer, host, language } = session
    const version = host.options.version
    const capabilities = [
      'TOP',
      'UIDL',
      'RESP-CODES',
      'AUTH-RESP-CODE', // RFC 3206
      'PIPELINING',
      'EXPIRE NEVER',
      'UTF8 USER', // RFC 6856 §2.1
      'LANG', // RFC 6856 §3
      ...(peer.tls ? [] : ['STLS']), // RFC 2595 §4
      ...(mayLogin(session) ? ['USER', `SASL ${mechanisms.join(' ')}`] : []),
      `IMPLEMENTATION Postern${version === undefined ? '' : `-${version}`}`,
    ]
    return `${ok(language, 'capabilities')}${capabilities.join('\r\n')}\r\n.\r\n`
  },
}
