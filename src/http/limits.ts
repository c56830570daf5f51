// Limits of the web door. What reaches one costs the one who does.

export interface HttpLimits {
  headerBytes: number // of one request
  headers: number // lines of one request
  urlBytes: number
  bodyBytes: number // of a call under /api, unless the call says otherwise
  headerMilliseconds: number // until a request's header is whole
  bodyMilliseconds: number // until a request's body is whole; uploads go by their own pace
  idleMilliseconds: number // between two requests of one connection
  stallMilliseconds: number // a peer that neither sends nor takes a byte for so long, in the middle, is dropped
  quietMilliseconds: number // a push says something at least so often: a peer that is gone is noticed
  requestsPerSocket: number // then the connection is closed, politely
  streams: number // requests at once on one HTTP/2 connection
  rates: number // sources and accounts that rates are kept of
  lookMilliseconds: number // between two looks whether the web was built anew
  assetBytes: number // one file of the web build that is kept in memory
  assetsBytes: number // all of them
  viewBytes: number // of a letter that are shown at first
  viewBytesFull: number // and when all of it is asked for
  runWaitMilliseconds: number // that an answer waits for a run of fetching
  viewNodes: number // elements and texts of a letter; five times as many when all of it is asked for
}

export const httpDefaults: HttpLimits = {
  headerBytes: 16 << 10,
  headers: 100,
  urlBytes: 4096,
  bodyBytes: 256 << 10,
  headerMilliseconds: 15_000,
  bodyMilliseconds: 60_000,
  idleMilliseconds: 75_000,
  stallMilliseconds: 120_000,
  quietMilliseconds: 240_000,
  requestsPerSocket: 10_000,
  streams: 100,
  rates: 50_000,
  lookMilliseconds: 5_000,
  assetBytes: 4 << 20,
  assetsBytes: 32 << 20,
  viewBytes: 200 << 10,
  viewBytesFull: 1 << 20,
  runWaitMilliseconds: 20_000,
  viewNodes: 20_000,
}

/** Pictures on the web, fetched for readers. */
export interface PictureLimits {
  bytes: number // of one picture
  milliseconds: number // until it is whole, redirects and all
  redirects: number
  atOnce: number // fetches of all
  atOnceEach: number // fetches of one person
  waiting: number // that wait for their turn
  cacheBytes: number // of pictures kept in memory
  cacheMilliseconds: number
}

export const pictureDefaults: PictureLimits = {
  bytes: 5 << 20,
  milliseconds: 10_000,
  redirects: 3,
  atOnce: 64,
  atOnceEach: 8,
  waiting: 1_000,
  cacheBytes: 32 << 20,
  cacheMilliseconds: 3_600_000,
}
