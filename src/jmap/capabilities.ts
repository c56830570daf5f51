// What this server can do in JMAP, as the session resource says it. RFC 8620 §2, §9.4.
//
// A capability that is not in this list is answered unknownCapability.

import { directoryLimits } from '../directory/limits.ts'
import { objectId } from '../store/objectids.ts'
import { sieveLimits } from '../sieve/limits.ts'
import { extensions, notifyMethods } from '../sieve/vocabulary.ts'
import { contactsCapability } from './contactobjects.ts'
import { sortOptions } from './emailfilter.ts'
import { mailShareCapability } from './mailboxshares.ts'
import { mailCapability } from './mailscope.ts'
import type { JmapHouse } from './method.ts'
import { lookupTypes } from './methods/blob-lookup.ts'
import { digests } from './methods/blob-get.ts'
import { paths } from './paths.ts'
import { ownerCapability, principalsCapability } from './principalobjects.ts'
import { mdnCapability } from './notifications.ts'
import { submissionCapability } from './identityobjects.ts'
import { submissionExtensions } from './envelopes.ts'
import { sieveCapability } from './scriptobjects.ts'
import { vacationCapability } from './vacationobjects.ts'

export interface Whose {
  account: number
  user: number
  own: boolean // the account is the user's own
}

export interface Capability {
  uri: string
  /** For the session, at an origin ('https://mail.uni.example'). */
  session(house: JmapHouse, origin: string): object
  /** For one account; undefined: the account does not have it. */
  account(house: JmapHouse, whose: Whose): object | undefined
}

const core: Capability = {
  uri: 'urn:ietf:params:jmap:core',
  session: ({ limits }) => ({
    maxSizeUpload: limits.maxSizeUpload,
    maxConcurrentUpload: limits.maxConcurrentUpload,
    maxSizeRequest: limits.maxSizeRequest,
    maxConcurrentRequests: limits.maxConcurrentRequests,
    maxCallsInRequest: limits.maxCallsInRequest,
    maxObjectsInGet: limits.maxObjectsInGet,
    maxObjectsInSet: limits.maxObjectsInSet,
    collationAlgorithms: ['i;ascii-casemap', 'i;octet', 'i;unicode-casemap'],
  }),
  account: () => ({}),
}

// RFC 8887 §3.1
const websocket: Capability = {
  uri: 'urn:ietf:params:jmap:websocket',
  session: (_house, origin) => ({ url: `${origin.replace(/^http/, 'ws')}${paths.socket}`, supportsPush: true }),
  account: () => undefined,
}

// RFC 9749 §3
const webPush: Capability = {
  uri: 'urn:ietf:params:jmap:webpush-vapid',
  session: ({ vapid }) => ({ applicationServerKey: vapid.publicKey }),
  account: () => undefined,
}

// RFC 9404 §3.1
const blob: Capability = {
  uri: 'urn:ietf:params:jmap:blob',
  session: () => ({}),
  account: ({ limits }) => ({
    maxSizeBlobSet: limits.blobBytes,
    maxDataSources: limits.blobSources,
    supportedTypeNames: lookupTypes,
    supportedDigestAlgorithms: Object.keys(digests),
  }),
}

// RFC 9425 §3
const quota: Capability = {
  uri: 'urn:ietf:params:jmap:quota',
  session: () => ({}),
  account: (_house, { own }) => (own ? {} : undefined),
}

// RFC 9610 §1.4.1
const contacts: Capability = {
  uri: contactsCapability,
  session: () => ({}),
  account: (_house, { own }) => ({ maxAddressBooksPerCard: 1, mayCreateAddressBook: own }),
}

// RFC 8621 §1.3.1
const mail: Capability = {
  uri: mailCapability,
  session: () => ({}),
  account: ({ limits, store }, { own }) => ({
    maxMailboxesPerEmail: store.limits.mailboxesPerEmail,
    maxMailboxDepth: store.limits.mailboxDepth,
    maxSizeMailboxName: store.limits.mailboxNameBytes,
    // In base64, with its line ends, they are 37 % longer.
    maxSizeAttachmentsPerEmail: Math.floor(limits.maxSizeUpload * 0.72),
    emailQuerySortOptions: sortOptions,
    mayCreateTopLevelMailbox: own,
  }),
}

// draft-ietf-jmap-mail-sharing
const mailShare: Capability = {
  uri: mailShareCapability,
  session: () => ({}),
  account: () => ({}),
}

// RFC 9670 §1.5.1
const principals: Capability = {
  uri: principalsCapability,
  session: () => ({}),
  account: (_house, { account, own }) => (own ? { currentUserPrincipalId: objectId('A', account) } : undefined),
}

// RFC 9670 §1.5.2: whose account it is. Principals are asked for in one's own account, where all of them are found.
const owner: Capability = {
  uri: ownerCapability,
  session: () => ({}),
  account: (_house, { account, user }) => ({
    accountIdForPrincipal: objectId('A', user),
    principalId: objectId('A', account),
  }),
}

// RFC 8621 §1.3.2
const submission: Capability = {
  uri: submissionCapability,
  session: () => ({}),
  account: ({ limits }, { own }) =>
    own
      ? {
          maxDelayedSend: Math.floor(limits.holdMilliseconds / 1_000),
          submissionExtensions: submissionExtensions(limits),
        }
      : undefined,
}

// RFC 9007 §1.3
const mdn: Capability = {
  uri: mdnCapability,
  session: () => ({}),
  account: (_house, { own }) => (own ? {} : undefined),
}

// RFC 8621 §1.3.3
const vacation: Capability = {
  uri: vacationCapability,
  session: () => ({}),
  account: (_house, { own }) => (own ? {} : undefined),
}

// RFC 9661 §1.3
const sieve: Capability = {
  uri: sieveCapability,
  session: () => ({ implementation: 'Postern' }),
  account: (_house, { own }) =>
    own
      ? {
          maxSizeScriptName: directoryLimits.scriptName,
          maxSizeScript: directoryLimits.scriptBytes,
          maxNumberScripts: directoryLimits.scripts,
          maxNumberRedirects: sieveLimits.redirects,
          sieveExtensions: [...extensions],
          notificationMethods: notifyMethods,
          externalLists: null,
        }
      : undefined,
}

export const capabilities: readonly Capability[] = [
  core,
  websocket,
  webPush,
  blob,
  quota,
  mail,
  mailShare,
  principals,
  owner,
  contacts,
  submission,
  mdn,
  vacation,
  sieve,
]

export const knownCapabilities: ReadonlySet<string> = new Set(capabilities.map(({ uri }) => uri))
