// Getting a picture from the web on somebody's behalf.                                  SECURITY 21; RFC 9110 §15.4
//
// Invariants:
//   the connection goes to an address that was judged after its name was resolved, and is not resolved again; after
//   each redirect all of it happens anew
//   nothing of the reader goes along: no cookie, no referrer, no address, no name of his browser
//   what comes back is a picture by its own bytes, whole and within its limits, or nothing; why there is nothing is
//   not told to who asked

import { request as requestPlain, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as requestSecure } from 'node:https'
import { isIP } from 'node:net'
import type { Networks } from '../delivery/networks.ts'
import type { Resolver } from '../dns/resolver.ts'
import { outsideOf } from '../net/addresses.ts'
import type { PictureLimits } from './limits.ts'
import { pictureType } from './pictures.ts'

export interface WebPicture {
  type: string
  bytes: Buffer
}

export interface Outward {
  /** undefined: there is none to be had. */
  picture(url: string, who: number): Promise<WebPicture | undefined>
}

export interface OutwardWorld {
  resolver: Pick<Resolver, 'a' | 'aaaa'>
  /** Networks that may be asked although they are private, at any port. */
  allowed: Networks
  limits: PictureLimits
  clock: () => number
}

export function openOutward(world: OutwardWorld): Outward {
  const { limits, clock } = world
  const cache = openCache(limits, clock)
  const lane = openLane(limits)
  return {
    async picture(url, who) {
      const known = cache.get(url)
      if (known) return known
      const leave = await lane.enter(who)
      if (!leave) return undefined
      try {
        const picture = await fetchPicture(world, url)
        if (picture) cache.keep(url, picture)
        return picture
      } catch {
        return undefined
      } finally {
        leave()
      }
    },
  }
}

async function fetchPicture(world: OutwardWorld, first: string): Promise<WebPicture | undefined> {
  const { limits } = world
  const ended = AbortSignal.timeout(limits.milliseconds)
  let url = new URL(first)
  for (let hops = 0; hops <= limits.redirects; hops++) {
    const response = await ask(world, url, ended)
    try {
      const { statusCode = 0, headers } = response
      if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined) {
        url = new URL(headers.location, url)
        continue
      }
      return statusCode === 200 ? await readPicture(response, limits) : undefined
    } finally {
      response.destroy()
    }
  }
  return undefined
}

async function ask(world: OutwardWorld, url: URL, signal: AbortSignal): Promise<IncomingMessage> {
  const secure = url.protocol === 'https:'
  if (!secure && url.protocol !== 'http:') throw new Error('not of the web')
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port)
  const [address] = await addressesOf(world, url.hostname.replace(/^\[|\]$/g, ''), port)
  if (address === undefined) throw new Error('no address that may be asked')
  signal.throwIfAborted()
  const options: RequestOptions & { servername?: string } = {
    host: address,
    port,
    path: `${url.pathname}${url.search}`,
    method: 'GET',
    headers: {
      host: url.host,
      accept: 'image/avif,image/webp,image/png,image/jpeg,image/gif',
      'accept-encoding': 'identity',
      'user-agent': 'Mozilla/5.0 (compatible; PosternPictures)',
      connection: 'close',
    },
    agent: false,
    maxHeaderSize: 16 << 10,
    signal,
  }
  if (secure) options.servername = isIP(url.hostname) === 0 ? url.hostname : ''
  return new Promise((resolve, reject) => {
    const asked = (secure ? requestSecure : requestPlain)(options, resolve)
    asked.once('error', reject)
    asked.end()
  })
}

/** The addresses of a host that may be asked at a port; IPv4 first. */
async function addressesOf({ resolver, allowed }: OutwardWorld, host: string, port: number): Promise<string[]> {
  const found = isIP(host) > 0 ? [host] : await resolve(resolver, host)
  const outside = new Set(port === 80 || port === 443 ? outsideOf(found) : [])
  return found.filter((address) => allowed.has(address) || outside.has(address))
}

async function resolve(resolver: OutwardWorld['resolver'], host: string): Promise<string[]> {
  const found = await Promise.allSettled([resolver.a(host), resolver.aaaa(host)])
  return found.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
}

async function readPicture(response: IncomingMessage, limits: PictureLimits): Promise<WebPicture | undefined> {
  if (Number(response.headers['content-length'] ?? 0) > limits.bytes) return undefined
  if (/\S/.test(response.headers['content-encoding'] ?? '')) return undefined
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of response as AsyncIterable<Buffer>) {
    pieces.push(piece)
    size += piece.length
    if (size > limits.bytes) return undefined
  }
  const bytes = Buffer.concat(pieces)
  const type = pictureType(bytes)
  return response.complete && type !== undefined ? { type, bytes } : undefined
}

// -- what was fetched lately

interface Cache {
  get(url: string): WebPicture | undefined
  keep(url: string, picture: WebPicture): void
}

function openCache(limits: PictureLimits, clock: () => number): Cache {
  const kept = new Map<string, WebPicture & { until: number }>()
  let size = 0
  const drop = (url: string): void => {
    size -= kept.get(url)?.bytes.length ?? 0
    kept.delete(url)
  }
  return {
    get(url) {
      const found = kept.get(url)
      if (found && found.until <= clock()) drop(url)
      return kept.get(url)
    },
    keep(url, picture) {
      if (picture.bytes.length > limits.cacheBytes / 8) return
      drop(url)
      kept.set(url, { ...picture, until: clock() + limits.cacheMilliseconds })
      size += picture.bytes.length
      for (const oldest of kept.keys()) {
        if (size <= limits.cacheBytes) break
        drop(oldest)
      }
    },
  }
}

// -- so many at once

interface Lane {
  /** What to call when it is done; undefined: too many wait. */
  enter(who: number): Promise<(() => void) | undefined>
}

/** A few at once for each person, some more for all; the others wait their turn, not too many of them. */
function openLane({ atOnce, atOnceEach, waiting }: PictureLimits): Lane {
  const running = new Map<number, number>()
  let all = 0
  let queue: { who: number; go(): void }[] = []

  const mayRun = (who: number): boolean => all < atOnce && (running.get(who) ?? 0) < atOnceEach
  const begin = (who: number): void => {
    all++
    running.set(who, (running.get(who) ?? 0) + 1)
  }
  const end = (who: number): void => {
    all--
    const left = (running.get(who) ?? 1) - 1
    if (left > 0) running.set(who, left)
    else running.delete(who)
    const next = queue.find((one) => mayRun(one.who))
    if (!next) return
    queue = queue.filter((one) => one !== next)
    begin(next.who)
    next.go()
  }
  return {
    async enter(who) {
      if (mayRun(who)) begin(who)
      else if (queue.length >= waiting) return undefined
      else await new Promise<void>((go) => queue.push({ who, go }))
      return () => end(who)
    },
  }
}
