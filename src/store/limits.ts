// Limits of the store, each with a name. What reaches one costs the asker, never the others.

export interface StoreLimits {
  mailboxNameBytes: number // one level of a mailbox name, UTF-8 in NFC
  mailboxDepth: number // levels
  mailboxesPerAccount: number
  subscriptionsKept: number // names of one account that it is subscribed to and no mailbox has
  keywordBytes: number // one keyword
  keywordsPerMailbox: number // different keywords ever used in one mailbox
  keywordsPerMessage: number
  targetsPerMail: number // mailboxes one mail is placed in by one transaction
  mailboxesPerEmail: number // that one email is put into, or added to, by one order
  appendsAtOnce: number // messages of one MULTIAPPEND
  expungedKept: number // vanished uids remembered for each mailbox (RFC 7162 §3.2.7)
  headerTextBytes: number // characters of one address list kept for search and sort
  cachedViews: number // mailboxes whose uid list is kept in memory
  cachedUids: number // uids of all those lists
  cachedCounts: number // mailboxes and accounts whose counts of emails and threads are kept in memory
  cachedLists: number // ids of all lists of emails kept in memory
  listedBoxes: number // mailboxes whose lists are merged; of more, all that matches is sorted
  listedMatches: number // fewer matches are sorted; more are met on the way along the mailbox
  listedLikely: number // fewer emails that may match are sorted, then looked at in their order
  listJump: number // a page so far behind what is known of a list is fetched alone
  countsFollowed: number // messages that came, changed or went; of more, a mailbox is counted anew
  cachedMails: number // characters of mail rows kept in memory
  pageRows: number // rows read in one go before others get a turn
  indexedText: number // characters of one mail that are indexed
  indexedWords: number // different words of one mail
  indexBatch: number // mails indexed in one transaction
  indexDelay: number // milliseconds the indexer waits for that many to come together (SQLite)
  indexMemory: number // MiB of heap of the thread that indexes (SQLite)
  indexedAccounts: number // accounts named in the index of one mail; beyond, the mail is everyone's
  searchReads: number // mails without words that a search reads at once; for more it waits
  searchWait: number // milliseconds a search waits for the index to catch up
  searchTime: number // milliseconds one search of texts may take (SQLite)
  searchThreads: number // searches of texts at once (SQLite)
  searchMemory: number // MiB of heap of a thread that searches (SQLite)
  searchesWaiting: number // searches of texts that may wait for a thread (SQLite)
  threadIdle: number // milliseconds after which a thread with nothing to do is ended (SQLite)
  searchTerms: number // criteria of one search
  searchDepth: number // nesting of a search
  searchTextBytes: number // length of one searched string
  searchPieces: number // words that one piece of a word may stand for; beyond, only those that begin with it
  metadataValueBytes: number // RFC 5464 §4.2.1 MAXSIZE
  metadataEntries: number // of one mailbox, or of the account
  grantsPerMailbox: number
  shareNotices: number // kept for one account
  warnAtPercent: number[] // of the quota, ascending
  lookEvery: number // milliseconds between looks for what a process that died did not tell (PostgreSQL)
  sweepGrace: number // milliseconds between losing the last holder and being deleted
  sweepEvery: number // milliseconds between sweeps
  sweepBatch: number // mails looked at in one go
  fileWait: number // milliseconds that a file waits for more of its bytes
  filePieces: number // in which one file may come
  reclaimEvery: number // milliseconds between looks for groups of blobs that are mostly dead
  reclaimDead: number // percent of a group that is dead, then the rest is copied
  reclaimBytes: number // living bytes after which a look ends; sixteen times as many when space is short
  reclaimGrace: number // milliseconds from the last copy until a group goes
  reclaimRoom: number // percent of the free space that copies take until the old groups go
  reclaimReserve: number // bytes of the disk that copying leaves free
  spaceShort: number // percent of the disk: with less free, space is short
  reclaimDeadShort: number // as above, when space is short
  reclaimGraceShort: number
}

export const storeLimits: StoreLimits = {
  mailboxNameBytes: 255,
  mailboxDepth: 20,
  mailboxesPerAccount: 10_000,
  subscriptionsKept: 1_000,
  keywordBytes: 100,
  keywordsPerMailbox: 200,
  keywordsPerMessage: 50,
  targetsPerMail: 20_000,
  mailboxesPerEmail: 100,
  appendsAtOnce: 1_000,
  expungedKept: 100_000,
  headerTextBytes: 8_192,
  cachedViews: 2_000,
  cachedUids: 20_000_000,
  cachedCounts: 100_000,
  cachedLists: 500_000,
  listedBoxes: 64,
  listedMatches: 2_000,
  listedLikely: 10_000,
  listJump: 5_000,
  countsFollowed: 1_000,
  cachedMails: 24 << 20,
  pageRows: 5_000,
  indexedText: 1 << 20,
  indexedWords: 50_000,
  indexBatch: 256,
  indexDelay: 2_000,
  indexMemory: 128,
  indexedAccounts: 500,
  searchReads: 10_000,
  searchWait: 3_000,
  searchTime: 120_000,
  searchThreads: 2,
  searchMemory: 256,
  searchesWaiting: 500,
  threadIdle: 10_000,
  searchTerms: 1_000,
  searchDepth: 50,
  searchTextBytes: 2_048,
  searchPieces: 2_000,
  metadataValueBytes: 65_536,
  metadataEntries: 200,
  grantsPerMailbox: 200,
  shareNotices: 200,
  warnAtPercent: [80, 95],
  lookEvery: 300_000,
  sweepGrace: 600_000,
  sweepEvery: 60_000,
  sweepBatch: 2_000,
  fileWait: 24 * 3_600_000,
  filePieces: 10_000,
  reclaimEvery: 600_000,
  reclaimDead: 50,
  reclaimBytes: 512 << 20,
  reclaimGrace: 6 * 3_600_000,
  reclaimRoom: 25,
  reclaimReserve: 256 << 20,
  spaceShort: 10,
  reclaimDeadShort: 20,
  reclaimGraceShort: 3_600_000,
}
