// The keyboard of the mail page, in one table.                                       design/ui.md section 7
//
// Pure. A key is what `key` says; where an input method or a full-width layout hides it ("Process", "ㄅ", "ｊ"),
// what `code` says. Keys without Ctrl do nothing while a field has the focus, and can be switched off.

export const commands = [
  'search',
  'palette',
  'help',
  'goInbox',
  'goSent',
  'goDrafts',
  'goArchive',
  'goSelf',
  'goAdmin',
  'escape',
  'next',
  'previous',
  'open',
  'back',
  'select',
  'archive',
  'trash',
  'junk',
  'star',
  'markRead',
  'markUnread',
  'move',
  'reply',
  'replyAll',
  'forward',
  'compose',
  'undo',
  'nextInThread',
  'previousInThread',
  'fold',
] as const
export type Command = (typeof commands)[number]

export interface Binding {
  keys: string // as shown: "g i", "Ctrl+K", "Shift+I"
  command: Command
  where?: 'reader' // only with the focus there
}

export const bindings: readonly Binding[] = [
  { keys: '/', command: 'search' },
  { keys: 'Ctrl+K', command: 'palette' },
  { keys: '?', command: 'help' },
  { keys: 'g i', command: 'goInbox' },
  { keys: 'g s', command: 'goSent' },
  { keys: 'g d', command: 'goDrafts' },
  { keys: 'g a', command: 'goArchive' },
  { keys: 'g p', command: 'goSelf' },
  { keys: 'g m', command: 'goAdmin' },
  { keys: 'Escape', command: 'escape' },
  { keys: 'n', command: 'nextInThread', where: 'reader' },
  { keys: 'p', command: 'previousInThread', where: 'reader' },
  { keys: 'o', command: 'fold', where: 'reader' },
  { keys: 'j', command: 'next' },
  { keys: 'k', command: 'previous' },
  { keys: 'o', command: 'open' },
  { keys: 'Enter', command: 'open' },
  { keys: 'u', command: 'back' },
  { keys: 'x', command: 'select' },
  { keys: 'e', command: 'archive' },
  { keys: '#', command: 'trash' },
  { keys: 'Delete', command: 'trash' },
  { keys: '!', command: 'junk' },
  { keys: 's', command: 'star' },
  { keys: 'Shift+I', command: 'markRead' },
  { keys: 'Shift+U', command: 'markUnread' },
  { keys: 'v', command: 'move' },
  { keys: 'l', command: 'move' },
  { keys: 'r', command: 'reply' },
  { keys: 'a', command: 'replyAll' },
  { keys: 'f', command: 'forward' },
  { keys: 'c', command: 'compose' },
  { keys: 'z', command: 'undo' },
]

export interface Pressed {
  key: string
  code: string
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
  shiftKey: boolean
}

const shifted: Record<string, string> = { Digit1: '!', Digit3: '#', Slash: '?' }
const plain: Record<string, string> = { Slash: '/' }

/** The key's name: a letter or mark of ASCII, or the name of a key that is none. */
export function keyName({ key, code, shiftKey }: Pressed): string {
  if (/^[\x21-\x7e]$/.test(key)) return key.length === 1 && /[A-Z]/.test(key) ? key.toLowerCase() : key
  if (/^[A-Z][a-z]+[A-Za-z]*$/.test(key) && !/^(?:Process|Unidentified|Dead|Compose)$/.test(key)) return key
  const letter = /^Key([A-Z])$/.exec(code)?.[1]
  if (letter !== undefined) return letter.toLowerCase()
  return (shiftKey ? shifted : plain)[code] ?? ''
}

/** Finds commands; remembers the first key of two for a while. `now` in milliseconds. */
export function openKeymap(
  patience = 1500,
): (pressed: Pressed, now: number, where: 'reader' | 'list') => Command | undefined {
  let pending: { key: string; until: number } | undefined
  return (pressed, now, where) => {
    const name = keyName(pressed)
    if (name === '' || name === 'Shift' || name === 'Control' || name === 'Alt' || name === 'Meta') return undefined
    const before = pending && now < pending.until ? pending.key : undefined
    pending = undefined
    if (pressed.altKey) return undefined
    const isMark = name.length === 1 && !/[a-z]/.test(name)
    const full =
      pressed.ctrlKey || pressed.metaKey
        ? `Ctrl+${name.toUpperCase()}`
        : pressed.shiftKey && !isMark
          ? `Shift+${name.length === 1 ? name.toUpperCase() : name}`
          : name
    const keys = before === undefined ? full : `${before} ${full}`
    const found = bindings.find((one) => one.keys === keys && (one.where === undefined || one.where === where))
    if (found) return found.command
    if (before === undefined && bindings.some((one) => one.keys.startsWith(`${full} `))) {
      pending = { key: full, until: now + patience }
    }
    return undefined
  }
}
