// LANG [language], UTF8                                                                        RFC 6856
//
// Mails are sent as they are stored with and without UTF8: what was never asked for in other mode than bytes
// is what old clients expect too.

import { readNothing, type Command } from '../command.ts'
import { ok, Refusal } from '../replies.ts'
import { languages, text, type Language } from '../words.ts'

export const lang: Command<string> = {
  verb: 'LANG',
  allowedIn: ['authorization', 'transaction'],
  read: (argument) => (argument ?? '').trim(),

  run(session, wanted) {
    if (wanted === '') {
      const list = languages.map(([tag, name]) => `${tag} ${name}\r\n`).join('')
      return `${ok(session.language, 'languages')}${list}.\r\n`
    }
    session.language = wanted === '*' ? 'en' : spoken(wanted)
    return `+OK ${session.language} ${text('language-set', session.language)}\r\n`
  },
}

/** Matching as in RFC 4647 §3.4: "zh-Hant-TW" finds "zh-Hant"; Taiwan, Hong Kong and Macao write it too. */
function spoken(wanted: string): Language {
  const tag = wanted.toLowerCase()
  if (tag === 'en' || tag.startsWith('en-')) return 'en'
  if (/^zh-(?:hant|tw|hk|mo)(?:-|$)/.test(tag) || tag === 'zh') return 'zh-Hant'
  throw new Refusal('no-such-language')
}

export const utf8: Command<undefined> = {
  verb: 'UTF8',
  allowedIn: ['authorization'],
  read: readNothing,
  run: (session) => ok(session.language, 'utf8-on'),
}
