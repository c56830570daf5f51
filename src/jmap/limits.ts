// The limits of JMAP. Those of RFC 8620 §2 are announced in the session resource and kept.

export interface JmapLimits {
  // announced (RFC 8620 §2)
  maxSizeUpload: number // bytes of one upload
  maxConcurrentUpload: number // of one account
  maxSizeRequest: number // bytes
  maxConcurrentRequests: number // of one account
  maxCallsInRequest: number
  maxObjectsInGet: number
  maxObjectsInSet: number // created, updated and destroyed together
  // kept
  depth: number // of arrays and objects in a request
  pointerTokens: number // of one back-reference
  referenceItems: number // that a back-reference with * may gather
  answerBytes: number // of one request's answers, roughly
  createdIds: number // given with a request
  queryResults: number // ids in one Foo/query
  changes: number // ids in one Foo/changes, when the client does not say
  uploadBytes: number // unused uploads of one account together
  uploads: number // the same, counted
  uploadMilliseconds: number // how long an upload waits to be used
  uploadIdleMilliseconds: number // a body that brings no byte for so long is given up
  blobSources: number // data sources of one Blob/upload object (RFC 9404 §3.1)
  blobBytes: number // of one Blob/upload object or Blob/get answer
  recipients: number // of one submission
  holdMilliseconds: number // how long a submission may wait before it leaves (RFC 4865)
  submissionsKept: number // milliseconds that a submission is remembered after its mail has gone
  subscriptions: number // PushSubscriptions of one account
  connections: number // open pushes (EventSource, WebSocket) of one account
  shares: number // accounts of others that one push hears of
  coalesceMilliseconds: number // changes within it are told together
  pingMilliseconds: number // least time between two pings
  pushQueueBytes: number // said and not taken by the peer; then it is dropped
}

export const jmapDefaults: JmapLimits = {
  maxSizeUpload: 50 << 20,
  maxConcurrentUpload: 8,
  maxSizeRequest: 10 << 20,
  maxConcurrentRequests: 8,
  maxCallsInRequest: 64,
  maxObjectsInGet: 1000,
  maxObjectsInSet: 1000,
  depth: 64,
  pointerTokens: 32,
  referenceItems: 100_000,
  answerBytes: 64 << 20,
  createdIds: 10_000,
  queryResults: 10_000,
  changes: 500,
  uploadBytes: 500 << 20,
  uploads: 1000,
  uploadMilliseconds: 24 * 3_600_000,
  uploadIdleMilliseconds: 60_000,
  blobSources: 64,
  blobBytes: 4 << 20,
  recipients: 1000,
  holdMilliseconds: 30 * 24 * 3_600_000,
  submissionsKept: 30 * 24 * 3_600_000,
  subscriptions: 32,
  connections: 64,
  shares: 500,
  coalesceMilliseconds: 100,
  pingMilliseconds: 5_000,
  pushQueueBytes: 256 << 10,
}
