// Where one is on the mail page, in the part of the address behind "#".
//
//   #/inbox            #/F12/M3            #/starred
//   #/A7/F9/M2         a mailbox of another account
//   #/search?q=WORDS   #/search/M3?q=WORDS
//   ...?show=unread    the list filtered
//   ...?compose=reply&email=M3&account=A1     the composer over it; compose=mailto&to=MAILTO_URL
//
// Pure. What cannot be read is the inbox.

export type Filtered = 'unread' | 'outside' | 'attachment' | 'starred'
export type ComposeKind = 'new' | 'reply' | 'replyAll' | 'forward' | 'draft' | 'mailto'

export interface Compose {
  kind: ComposeKind
  emailId?: string
  accountId?: string
  mailto?: string
}

export interface Route {
  accountId: string | undefined // undefined: one's own
  place: string // a role, 'starred', 'outbox', 'search', 'settings', or a mailbox's id
  emailId: string | undefined
  words: string // of a search
  show: Filtered | undefined
  compose: Compose | undefined
}

const filters = new Set(['unread', 'outside', 'attachment', 'starred'])
const kinds = new Set(['new', 'reply', 'replyAll', 'forward', 'draft', 'mailto'])

export function readRoute(hash: string): Route {
  const [path, query] = split(hash.replace(/^#\/?/, ''))
  const steps = path.split('/').filter((step) => /^[A-Za-z0-9_-]{1,64}$/.test(step))
  const accountId = /^A\d+$/.test(steps[0] ?? '') ? steps.shift() : undefined
  const asked = new URLSearchParams(query)
  const show = asked.get('show') ?? ''
  if (steps[0] === 'compose') steps[0] = 'inbox'
  return {
    accountId,
    place: steps[0] ?? 'inbox',
    emailId: steps[1],
    words: asked.get('q') ?? '',
    show: filters.has(show) ? (show as Filtered) : undefined,
    compose: readCompose(asked, /^compose\b/.test(path)),
  }
}

function readCompose(asked: URLSearchParams, isNamed: boolean): Compose | undefined {
  const kind = asked.get('compose') ?? (isNamed ? (asked.has('to') ? 'mailto' : 'new') : '')
  if (!kinds.has(kind)) return undefined
  const compose: Compose = { kind: kind as ComposeKind }
  const emailId = asked.get('email')
  const accountId = asked.get('account')
  const mailto = asked.get('to')
  if (emailId) compose.emailId = emailId
  if (accountId) compose.accountId = accountId
  if (mailto) compose.mailto = mailto
  return compose
}

export function writeRoute({ accountId, place, emailId, words, show, compose }: Route): string {
  const path = [accountId, place, emailId].filter((step) => step !== undefined).join('/')
  const asked = new URLSearchParams()
  if (place === 'search') asked.set('q', words)
  if (show) asked.set('show', show)
  if (compose) {
    asked.set('compose', compose.kind)
    if (compose.emailId) asked.set('email', compose.emailId)
    if (compose.accountId) asked.set('account', compose.accountId)
    if (compose.mailto) asked.set('to', compose.mailto)
  }
  const query = asked.toString()
  return `#/${path}${query === '' ? '' : `?${query}`}`
}

function split(text: string): [string, string] {
  const at = text.indexOf('?')
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}
