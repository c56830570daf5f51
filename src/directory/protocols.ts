// The switches of the doors (SMTP, IMAP, POP3, ...). A class of service says which doors its people
// have; a person may close one for himself; an administrator may lock a person's switch.
//
// Pure. Invariant: a door is open when neither the class nor the account has closed it.

import { Trouble } from '../wire/troubles.ts'

export const protocols = ['smtp', 'imap', 'pop3', 'managesieve', 'ftp', 'web', 'jmap'] as const
export type Protocol = (typeof protocols)[number]

export type Switches = Record<Protocol, boolean>

/** The doors that are on, from stored lists of those that are off. */
export function switchesFrom(...off: string[]): Switches {
  const closed = new Set(off.join(' ').split(' '))
  return Object.fromEntries(protocols.map((name) => [name, !closed.has(name)])) as Switches
}

/** The stored list: what is off, in one order. */
export function offList(switches: Switches): string {
  return protocols.filter((name) => !switches[name]).join(' ')
}

/** A stored list of words as protocols; unknown words are left out. */
export function protocolList(text: string): Protocol[] {
  const words = text.split(' ')
  return protocols.filter((name) => words.includes(name))
}

/** The list with `names` put in or taken out. */
export function changeList(text: string, names: Protocol[], present: boolean): string {
  const kept = new Set<string>(protocolList(text))
  for (const name of names) {
    if (present) kept.add(name)
    else kept.delete(name)
  }
  return protocols.filter((name) => kept.has(name)).join(' ')
}

/** A word as a protocol. Throws bad-setting. */
export function readProtocol(word: string): Protocol {
  const found = protocols.find((name) => name === word.toLowerCase())
  if (!found) throw new Trouble('bad-setting', { setting: 'protocol', value: word, allowed: protocols.join(', ') })
  return found
}
