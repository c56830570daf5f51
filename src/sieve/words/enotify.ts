// notify, valid_notify_method, notify_method_capability.                                     RFC 5435, RFC 5436
//
// The one method is mailto; the notification itself is written and sent by delivery.

import { readMailto, type Mailto } from '../mailto.ts'
import { matchTags, readMatch } from '../matching.ts'
import type { ActionWord, Given, TestWord } from '../word.ts'
import { fccTags, readFcc, readFrom } from './vacation.ts'

const most = 32 // addresses and fields of one URI

const option = /^([A-Za-z0-9][A-Za-z0-9._-]*)=([^\r\n\0]*)$/

function checkOptions(given: Given): void {
  const bad = given.constants(':options').find((text) => !option.test(text))
  if (bad !== undefined) given.problem('bad-option', { text: bad }, ':options')
}

export const notify: ActionWord = {
  name: 'notify',
  needs: 'enotify',
  tags: [
    { name: 'from', takes: 'string' },
    { name: 'importance', takes: 'string' },
    { name: 'options', takes: 'list' },
    { name: 'message', takes: 'string' },
    ...fccTags,
  ],
  takes: [['method', 'string']],

  read(given) {
    checkOptions(given)
    const constant = given.constant('method')
    if (constant !== undefined && !readMailto(constant, most)) {
      given.problem('bad-method', { method: constant }, 'method')
    }
    const level = given.constant(':importance')
    if (level !== undefined && !/^[123]$/.test(level)) given.problem('bad-importance', { text: level }, ':importance')
    const from = readFrom(given)
    const fcc = readFcc(given)
    const method = given.text('method') ?? ''
    const importance = given.text(':importance') ?? '2'
    const options = given.list(':options')
    const message = given.text(':message')
    return (session) => {
      const uri = session.text(method)
      const mailto: Mailto | undefined = readMailto(uri, most)
      if (!mailto) return session.fail('bad-method', { method: uri })
      const said = session.text(importance)
      session.result.add({
        do: 'notify',
        method: uri,
        ...mailto,
        importance: said === '1' ? 1 : said === '3' ? 3 : 2,
        options: session.list(options).flatMap((text) => {
          const found = option.exec(text)
          return found ? [[found[1]!, found[2]!] as [string, string]] : []
        }),
        ...from(session),
        ...(message !== undefined && { message: session.text(message) }),
        ...fcc(session),
      })
    }
  },
}

export const validNotifyMethod: TestWord = {
  name: 'valid_notify_method',
  needs: 'enotify',
  takes: [['methods', 'list']],

  read(given) {
    const methods = given.list('methods')
    return (session) => session.list(methods).every((uri) => readMailto(uri, most) !== undefined)
  },
}

export const notifyMethodCapability: TestWord = {
  name: 'notify_method_capability',
  needs: 'enotify',
  tags: matchTags,
  takes: [
    ['method', 'string'],
    ['capability', 'string'],
    ['keys', 'list'],
  ],

  read(given) {
    const match = readMatch(given)
    const method = given.text('method') ?? ''
    const capability = given.text('capability') ?? ''
    return (session) => {
      const known = readMailto(session.text(method), most) && session.text(capability).toLowerCase() === 'online'
      // Nobody can tell whether a mail will be read at once. RFC 5436 §2.2.
      return known ? match(session, ['maybe']) : false
    }
  },
}
