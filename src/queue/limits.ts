// What the queue may be told, with defaults that suit the open internet.

export interface QueueSettings {
  hostname: string // what we call ourselves to other hosts
  port: number // of other mail hosts
  allowPrivate: boolean // may mail go to private and loopback addresses that DNS names? For tests and closed networks
  allowLiterals: boolean // may mail go to address literals
  localAddresses: string[] // source addresses for outgoing connections; empty: the system chooses
  routes: QueueRoute[] // the first that fits decides
  retries: number[] // milliseconds: pauses between attempts; the last one repeats
  expire: number // milliseconds; after so long a mail is returned
  expireLocal: number // the same for a full mailbox of ours
  delayNotice: number // after so long the sender is told that it takes longer
  doubleBounceTo: string // who hears of mail that can neither be delivered nor returned; '' nobody
  returnedBytes: number // a mail up to this size goes back whole where the sender asked for that
  connections: number // outgoing, together
  connectionsPerDestination: number
  mailsPerConnection: number
  recipientsPerMail: number // in one transaction, where the host does not say (RFC 9422)
  idleMilliseconds: number // an unused connection is kept so long for the next mail
  connectMilliseconds: number // per address
  stopMilliseconds: number // how long a stop waits for the mails that are being sent
  hostsTried: number // of one destination, for one mail
  claimAtOnce: number // entries held in memory
  claimPerDestination: number
  handOverRecipients: number // a new mail for more of them is not sent straight from memory
  freshBytes: number // bytes of new mails kept in memory for that
  leaseMilliseconds: number // an entry that a dead node held is free after this
  pollMilliseconds: number // how soon changes by others are seen
  blocked: number[] // milliseconds: a destination that does not answer is left alone for so long; the last repeats
}

export interface QueueRoute {
  domain: string // 'uni.example', '*.edu.tw', '*'
  host: string // name or address; '' goes by MX as without a route
  port: number
  tls: 'opportunistic' | 'required' | 'implicit' | 'none'
  verify: boolean // the certificate must match the host
  username: string
  passwordFile: string
}

export const routeDefaults: QueueRoute = {
  domain: '*',
  host: '',
  port: 25,
  tls: 'opportunistic',
  verify: false,
  username: '',
  passwordFile: '',
}

export const queueDefaults: QueueSettings = {
  hostname: 'localhost',
  port: 25,
  allowPrivate: false,
  allowLiterals: false,
  localAddresses: [],
  routes: [],
  retries: [5, 10, 20, 40, 60, 120, 240].map((minutes) => minutes * 60_000),
  expire: 120 * 3_600_000,
  expireLocal: 72 * 3_600_000,
  delayNotice: 4 * 3_600_000,
  doubleBounceTo: '',
  returnedBytes: 1_000_000,
  connections: 200,
  connectionsPerDestination: 20,
  mailsPerConnection: 200,
  recipientsPerMail: 100,
  idleMilliseconds: 3_000,
  connectMilliseconds: 30_000,
  stopMilliseconds: 20_000,
  hostsTried: 5,
  claimAtOnce: 1_000,
  claimPerDestination: 200,
  handOverRecipients: 10,
  freshBytes: 16_777_216,
  leaseMilliseconds: 120_000,
  pollMilliseconds: 1_000,
  blocked: [1, 5, 15, 30].map((minutes) => minutes * 60_000),
}
