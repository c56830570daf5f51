// Large files behind links: what the calls, the uploads and the public pages share.
//
// Invariants (SECURITY 13):
//   a token is 256 random bits, shown when it is made and kept as its digest
//   a ticket lets one download go on, in ranges, for its time; it is of one link, and worth nothing at another

import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { SignedIn } from '../login/sessions.ts'
import { fileById, fileByToken, type SharedFile } from '../store/files.ts'
import { isEncrypted } from './peers.ts'
import { hostOf } from './safety.ts'
import type { WebHouse } from './house.ts'
import { HttpTrouble } from './problems.ts'

export function newToken(): { token: string; digest: string } {
  const token = randomBytes(32).toString('base64url')
  return { token, digest: digestOf(token) }
}

const digestOf = (token: string): string => createHash('sha256').update(token).digest('hex')

/** The file of a link that can be downloaded now. */
export async function fileOfLink({ store, clock }: WebHouse, token: string): Promise<SharedFile | undefined> {
  if (!/^[A-Za-z0-9_-]{43}$/.test(token)) return undefined
  const digest = digestOf(token)
  const file = await fileByToken(store.db, digest, clock())
  return file && timingSafeEqual(Buffer.from(file.token), Buffer.from(digest)) ? file : undefined
}

export function linkOf(request: FastifyRequest, token: string): string {
  return `${isEncrypted(request) ? 'https' : 'http'}://${hostOf(request)}/file/${token}`
}

/** A file of the person who asks. */
export async function ownFile({ store }: WebHouse, { account }: SignedIn, id: string): Promise<SharedFile> {
  const file = await fileById(store.db, Number(id), account.id)
  if (!file) throw new HttpTrouble('no-such-page')
  return file
}

// -- tickets

export function makeTicket({ viewKey, clock, files }: WebHouse, file: SharedFile): string {
  const until = clock() + files.ticketMilliseconds
  return `${until}.${seal(viewKey, file, until)}`
}

export function isTicket({ viewKey, clock }: WebHouse, file: SharedFile, ticket: unknown): boolean {
  const [, until = '0', mac = ''] = /^(\d{1,15})\.([A-Za-z0-9_-]{43})$/.exec(String(ticket)) ?? []
  const wanted = seal(viewKey, file, Number(until))
  return Number(until) > clock() && timingSafeEqual(Buffer.from(wanted), Buffer.from(mac.padEnd(wanted.length, ' ')))
}

function seal(key: Buffer, { id, token }: SharedFile, until: number): string {
  return createHmac('sha256', key).update(`file ${id} ${token} ${until}`).digest('base64url')
}
