// Routes of the settings: which way mail to a domain leaves, where that is not by MX.

export interface RouteSetting {
  domain: string // 'uni.example', '*.edu.tw', '*'
  host: string // name or address; '' by MX, to except a domain from a wider route
  port: number
  tls: 'opportunistic' | 'required' | 'implicit' | 'none'
  verify: boolean // the certificate must match the host
  username: string
  passwordFile: string
}

const tlsModes = ['opportunistic', 'required', 'implicit', 'none'] as const

/** One [[queue.routes]] table. Throws an Error that says what is wanted. */
export function readRoute(row: Record<string, unknown>): RouteSetting {
  const known = new Set(['domain', 'host', 'port', 'tls', 'verify', 'username', 'password_file'])
  const odd = Object.keys(row).find((key) => !known.has(key))
  if (odd !== undefined) throw new Error(`"${odd}" is not a column of a route`)
  const text = (key: string): string => {
    const value = row[key] ?? ''
    if (typeof value !== 'string') throw new Error(`${key} must be a text`)
    return value
  }
  const domain = text('domain')
  if (!/^(\*|(\*\.)?[^*\s@]+)$/.test(domain)) throw new Error('domain must be a name, "*.name" or "*"')
  const [username, passwordFile] = [text('username'), text('password_file')]
  if ((username === '') !== (passwordFile === '')) throw new Error('username and password_file go together')
  const tls = tlsModes.find((mode) => mode === (row['tls'] ?? (username === '' ? 'opportunistic' : 'required')))
  if (!tls) throw new Error(`tls must be one of ${tlsModes.join(', ')}`)
  if (username !== '' && (tls === 'none' || tls === 'opportunistic'))
    throw new Error('a password needs tls = "required"')
  const { port = tls === 'implicit' ? 465 : 25, verify = username !== '' } = row
  if (!(Number.isInteger(port) && Number(port) > 0 && Number(port) < 65_536)) {
    throw new Error('port must be a number from 1 to 65535')
  }
  if (typeof verify !== 'boolean') throw new Error('verify must be true or false')
  return { domain, host: text('host'), port: Number(port), tls, verify, username, passwordFile }
}
