// What delivery may be told, with defaults that are safe on the open internet.

export interface DeliverySettings {
  hostname: string // in Received, Authentication-Results and our own addresses
  trustedNetworks: string[] // CIDR blocks whose mail on the public listener is relayed; nobody by default
  mailBytes: number // the largest mail, as it crosses the wire
  headerBytes: number // header block of one mail
  hops: number // Received fields a mail may have                        RFC 5321 §6.3
  connectionsPerAddress: number // at the same time; IPv6 by /64
  connectionsPerMinute: number // new ones from one address
  mailsPerMinute: number // from one login
  recipientsPerHour: number // from one login
  strangerMailsPerMinute: number // from one address that did not sign in
  strangerRecipientsPerHour: number
  watchedAddresses: number // addresses and logins whose counters are kept; the longest silent is forgotten
  unknownRecipients: number // recipients that do not exist, before the session is closed
  overQuota: 'later' | 'refuse' // 452 4.2.2 or 552 5.2.2
  senderDomainMustExist: boolean // of mail from strangers: has an MX or an address
  plusFolders: boolean // user+folder goes into the mailbox of that name, where there is one
  scriptsKept: number // programs of filters held ready, the one unused longest goes first
  longRun: number // steps of a filter's run after which others have a turn
  redirects: number // filters that may send one mail on, one after the other
  redirectsPerHour: number // by one person's filter
  repliesPerHour: number
  notificationsPerHour: number
  reverseNameMilliseconds: number // how long a finished mail waits for the name of its peer
}

export const deliveryDefaults: DeliverySettings = {
  hostname: 'localhost',
  trustedNetworks: [],
  mailBytes: 75_000_000,
  headerBytes: 262_144,
  hops: 50,
  connectionsPerAddress: 50,
  connectionsPerMinute: 120,
  mailsPerMinute: 120,
  recipientsPerHour: 2_000,
  strangerMailsPerMinute: 300,
  strangerRecipientsPerHour: 10_000,
  watchedAddresses: 50_000,
  unknownRecipients: 20,
  overQuota: 'later',
  senderDomainMustExist: false,
  plusFolders: true,
  scriptsKept: 1_000,
  longRun: 100_000,
  redirects: 10,
  redirectsPerHour: 500,
  repliesPerHour: 200,
  notificationsPerHour: 100,
  reverseNameMilliseconds: 2_000,
}
