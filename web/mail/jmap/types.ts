// What JMAP objects look like on the wire, as far as the pages use them.       RFC 8620 §2, RFC 8621

export interface Session {
  capabilities: Record<string, object> & {
    'urn:ietf:params:jmap:core': {
      maxSizeUpload: number
      maxCallsInRequest: number
      maxObjectsInGet: number
      maxObjectsInSet: number
    }
  }
  accounts: Record<string, { name: string; isPersonal: boolean; isReadOnly: boolean }>
  primaryAccounts: Record<string, string>
  username: string
  apiUrl: string
  downloadUrl: string
  uploadUrl: string
  eventSourceUrl: string
  state: string
}

/** Type name -> state. */
export type States = Record<string, string>

export interface Get<Item> {
  accountId: string
  state: string
  list: Item[]
  notFound: string[]
}

export interface Changes {
  oldState: string
  newState: string
  hasMoreChanges: boolean
  created: string[]
  updated: string[]
  destroyed: string[]
}

export interface Query {
  queryState: string
  canCalculateChanges: boolean
  position: number
  ids: string[]
  total?: number
}

export interface SetError {
  type: string
  description?: string
  properties?: string[]
}

export interface SetAnswer {
  oldState: string | null
  newState: string
  created?: Record<string, { id: string } & Record<string, unknown>> | null
  updated?: Record<string, unknown> | null
  destroyed?: string[] | null
  notCreated?: Record<string, SetError> | null
  notUpdated?: Record<string, SetError> | null
  notDestroyed?: Record<string, SetError> | null
}

export type Role = 'inbox' | 'archive' | 'drafts' | 'sent' | 'trash' | 'junk' | 'important' | 'all' | 'flagged'

export interface Mailbox {
  id: string
  name: string
  parentId: string | null
  role: Role | null
  sortOrder: number
  totalEmails: number
  unreadEmails: number
  totalThreads: number
  unreadThreads: number
  isSubscribed: boolean
  myRights: {
    mayReadItems: boolean
    mayAddItems: boolean
    mayRemoveItems: boolean
    maySetSeen: boolean
    maySetKeywords: boolean
    mayCreateChild: boolean
    mayRename: boolean
    mayDelete: boolean
    maySubmit: boolean
  }
}

export interface Address {
  name: string | null
  email: string
}

export interface Part {
  partId: string | null
  blobId: string | null
  size: number
  name: string | null
  type: string
  charset: string | null
  disposition: string | null
  cid: string | null
  subParts?: Part[]
}

export interface BodyValue {
  value: string
  isEncodingProblem: boolean
  isTruncated: boolean
}

/** What a row of a list shows. */
export interface Listed {
  id: string
  threadId: string
  mailboxIds: Record<string, true>
  keywords: Record<string, true>
  from: Address[] | null
  to: Address[] | null
  subject: string | null
  receivedAt: string
  size: number
  preview: string
  hasAttachment: boolean
}

/** What the reader shows besides. */
export interface Opened extends Listed {
  blobId: string
  messageId: string[] | null
  inReplyTo: string[] | null
  references: string[] | null
  sender: Address[] | null
  cc: Address[] | null
  bcc: Address[] | null
  replyTo: Address[] | null
  sentAt: string | null
  textBody: Part[]
  htmlBody: Part[]
  attachments: Part[]
  bodyValues: Record<string, BodyValue>
}

export interface Thread {
  id: string
  emailIds: string[]
}
