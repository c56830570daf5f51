// Mail programs that set themselves up: Thunderbird's autoconfig, Outlook's autodiscover.
//
// Invariants: whoever asks learns what listens and nothing of who is here; what was sent is read without DOCTYPE and
// entities (SECURITY 17), and is bounded.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { defaultDomain, isLocalDomain } from '../directory/domains.ts'
import { sourceOf } from '../login/source.ts'
import { splitAddress } from '../mail/address.ts'
import { autoconfigXml, autodiscoverError, autodiscoverXml, connectionsOf } from './connections.ts'
import { BadXml, readXml, type Element } from './dav/xml.ts'
import type { WebHouse } from './house.ts'
import { peerOf } from './peers.ts'
import { HttpTrouble } from './problems.ts'
import { openRates } from './rates.ts'
import { hostNameOf } from './safety.ts'

const bodyBytes = 16 << 10
const xmlLimits = { depth: 10, elements: 50 }
const rate = { count: 120, seconds: 60, per: 'source' } as const

export async function openAutoconfig(app: FastifyInstance, house: WebHouse): Promise<void> {
  const rates = openRates(house.limits.rates)
  const ways = () => connectionsOf(house.hostname, house.listeners())

  function take(request: FastifyRequest): void {
    const seconds = rates.take('autoconfig', sourceOf(peerOf(request).address), rate, house.clock())
    if (seconds > 0) throw new HttpTrouble('too-many-requests', { seconds }, { 'retry-after': String(seconds) })
  }
  const sendXml = (reply: FastifyReply, xml: string): FastifyReply =>
    reply.header('cache-control', 'no-store').type('text/xml; charset=utf-8').send(xml)

  for (const url of ['/mail/config-v1.1.xml', '/.well-known/autoconfig/mail/config-v1.1.xml']) {
    app.get(url, async (request, reply) => {
      take(request)
      const { emailaddress } = request.query as Record<string, unknown>
      return sendXml(reply, autoconfigXml(await domainOf(house, request, emailaddress), ways()))
    })
  }
  for (const folder of ['/autodiscover', '/Autodiscover', '/AutoDiscover']) {
    const asJson = async (request: FastifyRequest, reply: FastifyReply) => {
      take(request)
      return tellVersion(house, request, reply)
    }
    app.get(`${folder}/autodiscover.json`, asJson)
    app.get(`${folder}/autodiscover.json/v1.0/:address`, asJson)
    await app.register(async (scope) => {
      scope.removeAllContentTypeParsers()
      scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: bodyBytes }, (_request, body, done) =>
        done(null, body),
      )
      for (const file of ['autodiscover.xml', 'Autodiscover.xml']) {
        scope.post(`${folder}/${file}`, async (request, reply) => {
          take(request)
          const address = await addressIn(request.body as Buffer | undefined)
          if (address === undefined) return sendXml(reply, autodiscoverError())
          return sendXml(reply, autodiscoverXml(address, ways()))
        })
      }
    })
  }
}

/** Of the address, of the name that was asked (autoconfig.uni.example), or the house's own; always one of ours. */
async function domainOf({ store, hostname }: WebHouse, request: FastifyRequest, address: unknown): Promise<string> {
  const named = typeof address === 'string' && address.length <= 320 ? splitAddress(address)?.domain : undefined
  const asked = hostNameOf(request).replace(/^autoconfig\./, '')
  for (const domain of [named, asked]) {
    if (domain !== undefined && (await isLocalDomain(store.db, domain))) return domain
  }
  return (await defaultDomain(store.db)) ?? hostname
}

/** The address in the request of Outlook; undefined where it is no such request. */
async function addressIn(body: Buffer | undefined): Promise<string | undefined> {
  let root: Element | undefined
  try {
    root = body && (await readXml(body, xmlLimits))
  } catch (error) {
    if (error instanceof BadXml) return undefined
    throw error
  }
  const request = root?.children.find(({ name }) => name === 'Request')
  const address = request?.children.find(({ name }) => name === 'EMailAddress')?.text.trim()
  return address !== undefined && address.length <= 320 && splitAddress(address) ? address : undefined
}

/** Autodiscover version 2: which file is asked, by which protocol. */
function tellVersion(house: WebHouse, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.header('cache-control', 'no-store').type('application/json; charset=utf-8')
  const query = request.query as Record<string, unknown>
  const found = Object.entries(query).find(([name]) => name.toLowerCase() === 'protocol')?.[1]
  if (typeof found !== 'string' || found.toLowerCase() !== 'autodiscoverv1') {
    const ErrorMessage = 'Only AutodiscoverV1 is spoken here.'
    return reply.code(400).send(JSON.stringify({ ErrorCode: 'InvalidProtocol', ErrorMessage }))
  }
  const port = house.httpsPort()
  const host = house.hostname + (port === undefined || port === 443 ? '' : `:${port}`)
  return reply.send(
    JSON.stringify({ Protocol: 'AutodiscoverV1', Url: `https://${host}/autodiscover/autodiscover.xml` }),
  )
}
