// What a stranger, a user or a tired administrator can make this room do at most.

export const directoryLimits = {
  /** Characters of an address, local part and domain. RFC 5321 §4.5.3.1 allows 64 + 1 + 255. */
  address: 320,
  /** Characters of the local part of an address that is created here. RFC 5321 §4.5.3.1.1. */
  localPart: 64,
  /** Characters of a person's or class's name. */
  name: 200,
  /** Targets of one alias. */
  aliasTargets: 1000,
  /** Aliases that point at aliases: how deep one is followed. */
  aliasDepth: 10,
  /** Destinations and aliases met while one recipient is expanded. */
  expansion: 5000,
  /** Places where user and detail are tried to part: a+b+c has two. */
  detailCuts: 4,
  /** Identities of one account that it made itself. */
  identities: 100,
  /** Addresses in Reply-To or Bcc of an identity. */
  identityAddresses: 50,
  /** Characters of a signature, as text or as HTML. */
  signature: 100_000,
  /** Characters of what is answered while somebody is away. */
  vacation: 200_000,
  /** Characters of the choices somebody made for the web pages. */
  choices: 65_536,
  /** Sieve scripts of one account; octets of a name, of one script and of all together. RFC 5804 §1.6. */
  scripts: 64,
  scriptName: 512,
  scriptBytes: 256 * 1024,
  scriptsBytes: 2 * 1024 * 1024,
  /** What the filters of one account remember: senders answered, keys of mails. */
  memories: 20_000,
  /** Delegations that one account gives, or has. */
  delegations: 500,
  /** Address books of one account, or of the house. */
  addressBooks: 100,
  /** Whom one address book is shared with. */
  addressBookGrants: 500,
  /** Contacts of one address book. */
  contacts: 20_000,
  /** Contacts that went which an address book remembers, for those who ask what changed. */
  contactsGone: 10_000,
  /** Characters of what an address book is called, and of what is said of it. */
  addressBookName: 255,
  addressBookDescription: 2_000,
  /** Characters of the last part of a contact's address (CardDAV). */
  contactPath: 255,
  /** Contacts that are looked at to suggest a few. */
  suggestionRows: 300,
  /** Rows of one page of a listing. */
  page: 1000,
}

export type DirectoryLimits = typeof directoryLimits
