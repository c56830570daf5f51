// The listeners of the house and the ports they have by default (docs/running tells how to change them).

export const listenerNames = [
  'smtp',
  'submission',
  'submissions',
  'lmtp',
  'imap',
  'imaps',
  'pop3',
  'pop3s',
  'managesieve',
  'http',
  'https',
] as const
export type ListenerName = (typeof listenerNames)[number]

export interface ListenerSetting {
  name: ListenerName
  host?: string
  port?: number
  off?: boolean
  proxies: string[] // addresses and ranges whose PROXY header is believed
  hostname?: string // what this listener calls itself
}

export interface ListenerPlan {
  name: ListenerName
  host: string
  port: number // 0: any free one
  proxies: string[]
  hostname?: string
}

const standard: Record<ListenerName, number> = {
  smtp: 25,
  submission: 587,
  submissions: 465,
  lmtp: 24,
  imap: 143,
  imaps: 993,
  pop3: 110,
  pop3s: 995,
  managesieve: 4190,
  http: 80,
  https: 443,
}
const unprivileged: Record<ListenerName, number> = {
  smtp: 2525,
  submission: 2587,
  submissions: 2465,
  lmtp: 2424,
  imap: 2143,
  imaps: 2993,
  pop3: 2110,
  pop3s: 2995,
  managesieve: 24190,
  http: 8080,
  https: 8443,
}

/** One [[listener]] table. Throws an Error that says what is wanted. */
export function readListener(row: Record<string, unknown>): ListenerSetting {
  const known = new Set(['name', 'host', 'port', 'off', 'proxies', 'hostname'])
  const odd = Object.keys(row).find((key) => !known.has(key))
  if (odd !== undefined) throw new Error(`"${odd}" is not a column of a listener`)
  const name = listenerNames.find((one) => one === row['name'])
  if (name === undefined) throw new Error(`name must be one of ${listenerNames.join(', ')}`)
  const { host, port, off, proxies = [], hostname } = row
  if (host !== undefined && typeof host !== 'string') throw new Error('host must be a text')
  if (hostname !== undefined && typeof hostname !== 'string') throw new Error('hostname must be a text')
  if (off !== undefined && typeof off !== 'boolean') throw new Error('off must be true or false')
  if (port !== undefined && !(Number.isInteger(port) && Number(port) >= 0 && Number(port) < 65_536)) {
    throw new Error('port must be a number from 0 to 65535')
  }
  if (!Array.isArray(proxies) || !proxies.every((one) => typeof one === 'string')) {
    throw new Error('proxies must be a list of addresses')
  }
  return { name, host, port: port as number | undefined, off, proxies, hostname }
}

/**
 * Where each listener binds. LMTP speaks to machines of the house only, so it is on loopback unless a table
 * says otherwise.
 */
export function planListeners(ports: 'standard' | 'unprivileged' | 'free', given: ListenerSetting[]): ListenerPlan[] {
  const numbers = ports === 'standard' ? standard : unprivileged
  return listenerNames.flatMap((name) => {
    const own = given.find((one) => one.name === name)
    if (own?.off) return []
    const home = ports === 'free' || name === 'lmtp' ? '127.0.0.1' : '::'
    return [
      {
        name,
        host: own?.host ?? home,
        port: own?.port ?? (ports === 'free' ? 0 : numbers[name]),
        proxies: own?.proxies ?? [],
        hostname: own?.hostname,
      },
    ]
  })
}
