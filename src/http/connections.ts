// How programs reach the house: host, port and encryption of each listener, as the settings page shows them and as mail
// programs ask for them.
//
// Pure. Invariant: only what listens is told, and nothing without encryption but what begins with STARTTLS.

export interface Listeners {
  [name: string]: { host: string; port: number } | undefined
}

export interface Connection {
  protocol: 'imap' | 'pop3' | 'smtp' | 'managesieve' | 'https'
  host: string
  port: number
  security: 'tls' | 'starttls'
}

const programs: [listener: string, protocol: Connection['protocol'], security: Connection['security']][] = [
  ['imaps', 'imap', 'tls'],
  ['imap', 'imap', 'starttls'],
  ['pop3s', 'pop3', 'tls'],
  ['pop3', 'pop3', 'starttls'],
  ['submissions', 'smtp', 'tls'],
  ['submission', 'smtp', 'starttls'],
  ['managesieve', 'managesieve', 'starttls'],
  ['https', 'https', 'tls'],
]

/** The best way of each protocol first (RFC 8314 §3: TLS before STARTTLS). */
export function connectionsOf(hostname: string, listeners: Listeners): Connection[] {
  return programs.flatMap(([name, protocol, security]) => {
    const there = listeners[name]
    return there ? [{ protocol, host: hostname, port: there.port, security }] : []
  })
}

/** Characters of XML text; what XML cannot hold is left out. */
export function xmlText(text: string): string {
  const clean = text.replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd]/g, '')
  return clean.replace(/[&<>"']/g, (one) => `&#${one.codePointAt(0)};`)
}

const mailOnly = (all: readonly Connection[]): Connection[] =>
  all.filter(({ protocol }) => protocol === 'imap' || protocol === 'pop3' || protocol === 'smtp')

/** The configuration that Thunderbird and others ask for (Mozilla autoconfig, config-v1.1.xml). */
export function autoconfigXml(domain: string, connections: readonly Connection[]): string {
  const servers = mailOnly(connections).map(({ protocol, host, port, security }) => {
    const kind = protocol === 'smtp' ? 'outgoingServer' : 'incomingServer'
    return (
      `    <${kind} type="${protocol}">\n` +
      `      <hostname>${xmlText(host)}</hostname>\n      <port>${port}</port>\n` +
      `      <socketType>${security === 'tls' ? 'SSL' : 'STARTTLS'}</socketType>\n` +
      `      <authentication>password-cleartext</authentication>\n` +
      `      <username>%EMAILADDRESS%</username>\n    </${kind}>\n`
    )
  })
  const name = xmlText(domain)
  return (
    `<?xml version="1.0" encoding="UTF-8"?>\n<clientConfig version="1.1">\n  <emailProvider id="${name}">\n` +
    `    <domain>${name}</domain>\n    <displayName>${name}</displayName>\n` +
    `    <displayShortName>${name}</displayShortName>\n${servers.join('')}  </emailProvider>\n</clientConfig>\n`
  )
}

const outlook = 'http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a'
const responses = 'http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006'

/** What Outlook is answered (autodiscover, the schema of POX). */
export function autodiscoverXml(address: string, connections: readonly Connection[]): string {
  const protocols = mailOnly(connections).map(
    ({ protocol, host, port, security }) =>
      `      <Protocol>\n        <Type>${protocol.toUpperCase()}</Type>\n        <Server>${xmlText(host)}</Server>\n` +
      `        <Port>${port}</Port>\n        <LoginName>${xmlText(address)}</LoginName>\n` +
      `        <DomainRequired>off</DomainRequired>\n        <SPA>off</SPA>\n` +
      (security === 'tls'
        ? '        <SSL>on</SSL>\n        <Encryption>SSL</Encryption>\n'
        : '        <SSL>off</SSL>\n        <Encryption>TLS</Encryption>\n') +
      `        <AuthRequired>on</AuthRequired>\n      </Protocol>\n`,
  )
  return (
    `<?xml version="1.0" encoding="utf-8"?>\n<Autodiscover xmlns="${responses}">\n  <Response xmlns="${outlook}">\n` +
    `    <Account>\n      <AccountType>email</AccountType>\n      <Action>settings</Action>\n${protocols.join('')}` +
    `    </Account>\n  </Response>\n</Autodiscover>\n`
  )
}

/** A refusal in the words of autodiscover: 600 what was asked is not understood. */
export function autodiscoverError(): string {
  return (
    `<?xml version="1.0" encoding="utf-8"?>\n<Autodiscover xmlns="${responses}">\n  <Response>\n` +
    `    <Error><ErrorCode>600</ErrorCode><Message>Invalid Request</Message><DebugData /></Error>\n` +
    `  </Response>\n</Autodiscover>\n`
  )
}

/** A profile for Apple's systems: IMAP and SMTP of one person. `ids`: of the profile and of its one part (UUIDs). */
export function mobileconfig(
  person: { address: string; name: string },
  connections: readonly Connection[],
  ids: [string, string],
): string | undefined {
  const incoming = connections.find(({ protocol }) => protocol === 'imap')
  const outgoing = connections.find(({ protocol }) => protocol === 'smtp')
  if (!incoming || !outgoing) return undefined
  const address = person.address
  const domain = address.slice(address.lastIndexOf('@') + 1)
  const server = (way: 'Incoming' | 'Outgoing', { host, port }: Connection): string =>
    text(`${way}MailServerHostName`, host) +
    `<key>${way}MailServerPortNumber</key><integer>${port}</integer>` +
    `<key>${way}MailServerUseSSL</key><true/>` +
    text(`${way}MailServerUsername`, address) +
    text(`${way}MailServerAuthentication`, 'EmailAuthPassword')
  const account =
    text('PayloadType', 'com.apple.mail.managed') +
    common(`${domain}.mail`, ids[1], domain) +
    text('EmailAccountType', 'EmailTypeIMAP') +
    text('EmailAccountDescription', domain) +
    text('EmailAccountName', person.name || address) +
    text('EmailAddress', address) +
    server('Incoming', incoming) +
    server('Outgoing', outgoing) +
    '<key>OutgoingPasswordSameAsIncomingPassword</key><true/>'
  const profile = text('PayloadType', 'Configuration') + common(`${domain}.profile`, ids[0], domain)
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">\n' +
    `<plist version="1.0"><dict>${profile}<key>PayloadContent</key><array><dict>${account}</dict></array></dict></plist>\n`
  )
}

function common(identifier: string, uuid: string, name: string): string {
  return (
    text('PayloadIdentifier', identifier) +
    text('PayloadUUID', uuid) +
    text('PayloadDisplayName', name) +
    '<key>PayloadVersion</key><integer>1</integer>'
  )
}

const text = (key: string, value: string): string => `<key>${key}</key><string>${xmlText(value)}</string>`
