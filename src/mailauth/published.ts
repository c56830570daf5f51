// Compares what the DNS says of a domain with what it should say: for `postern doctor` and the console.
//
// Invariants: never throws for what the DNS says; what cannot be asked is 'unknown', not 'missing'.

import { isAbsent, type Resolver, type SrvRecord } from '../dns/resolver.ts'
import { type KeyRow, publishedKey } from './keys.ts'
import { dnsRecords, type DnsSetup, type Subject, type WantedRecord, type Words, zoneLines } from './records.ts'
import type { Result } from './results.ts'

export interface Finding {
  what: Subject
  name: string
  state: 'ok' | 'missing' | 'wrong' | 'unknown' // unknown: no server answered
  isNeeded: boolean
  found: string[]
  wanted: string
  advice: Words // what it is for, and what to do
}

/** SPF of an address for a domain, as others will judge it; Mailauth.spf fits. */
export type AskSpf = (address: string, sender: string, helo: string) => Promise<{ result: Result }>

/** Checks every record of dnsRecords. With `spf`, SPF is judged by its outcome, else by its form. */
export async function checkDns(
  domain: string,
  setup: DnsSetup,
  keys: KeyRow[],
  resolver: Resolver,
  spf?: AskSpf,
): Promise<Finding[]> {
  const addresses = setup.addresses.length > 0 ? setup.addresses : await hostAddresses(resolver, setup.hostname)
  const records = dnsRecords(domain, { ...setup, addresses }, keys)
  const findings = await Promise.all(
    records.map((record) => check(record, { domain, setup, addresses, resolver, spf })),
  )
  if (addresses.length === 0) findings.unshift(unreachable(setup.hostname))
  if (!keys.some(({ state }) => state === 'active')) findings.push(unsigned(domain))
  return findings
}

async function hostAddresses(resolver: Resolver, hostname: string): Promise<string[]> {
  const found = await Promise.all([ask(resolver.a(hostname)), ask(resolver.aaaa(hostname))])
  return found.flatMap((addresses) => addresses ?? [])
}

interface Context {
  domain: string
  setup: DnsSetup
  addresses: string[]
  resolver: Resolver
  spf?: AskSpf | undefined
}

async function check(record: WantedRecord, context: Context): Promise<Finding> {
  const found = await lookUp(record, context.resolver)
  let state: Finding['state'] = 'unknown'
  if (found) {
    if (found.length === 0) state = 'missing'
    else state = (await isRight(record, found, context)) ? 'ok' : 'wrong'
  }
  const { what, name, isNeeded, why } = record
  const wanted = zoneLines([record]).trimEnd()
  return { what, name, state, isNeeded, found: found ?? [], wanted, advice: advise(state, why, wanted) }
}

/** The records of the right kind, as text; none when there are none, undefined when nobody could be asked. */
async function lookUp(record: WantedRecord, resolver: Resolver): Promise<string[] | undefined> {
  return ask(readRecords(record, resolver))
}

async function readRecords({ what, name, type, value }: WantedRecord, resolver: Resolver): Promise<string[]> {
  switch (type) {
    case 'MX':
      return (await resolver.mx(name)).map(({ priority, exchange }) => `${priority} ${exchange}.`)
    case 'SRV':
      return (await resolver.srv(name)).map(writeService)
    case 'TXT': {
      const found = await resolver.txt(name)
      // Other texts share the name with SPF; a version tag tells them apart.
      return what === 'dkim' ? found : found.filter((text) => version(text) === version(value))
    }
    case 'PTR':
      return (await resolver.resolve(name, type)).records.map((host) => `${host}.`)
    default:
      return (await resolver.resolve(name, type as 'A' | 'AAAA')).records
  }
}

/** An answer; nothing when there is none; undefined when nobody answers. */
async function ask<T>(question: Promise<T[]>): Promise<T[] | undefined> {
  try {
    return await question
  } catch (error) {
    return isAbsent(error) ? ([] as T[]) : undefined
  }
}

function version(text: string): string {
  return (/^v=\w+/i.exec(text.trim())?.[0] ?? '').toLowerCase()
}

function writeService({ priority, weight, port, target }: SrvRecord): string {
  return `${priority} ${weight} ${port} ${target}.`
}

async function isRight(record: WantedRecord, found: string[], context: Context): Promise<boolean> {
  const { hostname } = context.setup
  switch (record.what) {
    case 'mx':
      // Any priority, and others beside us, are the operator's choice.
      return found.some((text) => text.endsWith(` ${hostname}.`))
    case 'srv':
      return found.some((text) => text.endsWith(record.value.slice(record.value.lastIndexOf(' 1 '))))
    case 'spf':
    case 'helo-spf':
      return found.length === 1 && (await authorises(record, context)) // two records are an error: RFC 7208 §4.5
    case 'dkim':
      return found.length === 1 && publishedKey(found[0]!) === publishedKey(record.value)
    case 'dmarc':
      return found.length === 1 && /;\s*p\s*=\s*(?:none|quarantine|reject)\s*(?:;|$)/i.test(found[0]!)
    case 'mta-sts':
      return found.length === 1 && /;\s*id\s*=\s*[a-z0-9]{1,32}\s*(?:;|$)/i.test(found[0]!)
    case 'tls-rpt':
      return found.length === 1 && /;\s*rua\s*=\s*(?:mailto|https):/i.test(found[0]!)
    default:
      return found.includes(record.value)
  }
}

/** Does SPF pass for every address mail leaves from? Without somebody to ask, the form has to do. */
async function authorises({ what, name }: WantedRecord, context: Context): Promise<boolean> {
  const { addresses, setup, spf } = context
  if (!spf) return true
  const sender = what === 'spf' ? `postmaster@${name}` : ''
  const results = await Promise.all(addresses.map((address) => spf(address, sender, setup.hostname)))
  return results.every(({ result }) => result === 'pass')
}

function advise(state: Finding['state'], why: Words, wanted: string): Words {
  switch (state) {
    case 'ok':
      return why
    case 'missing':
      return { en: `${why.en} Publish: ${wanted}`, zh: `${why.zh}請發布:${wanted}` }
    case 'wrong':
      return { en: `${why.en} Change it to: ${wanted}`, zh: `${why.zh}請改為:${wanted}` }
    case 'unknown':
      return { en: `${why.en} No name server answered: try again.`, zh: `${why.zh}名稱伺服器沒有回應,請稍後再試。` }
  }
}

function unreachable(hostname: string): Finding {
  const en = `${hostname} has no address: publish an A or AAAA record with the public address of this server.`
  const zh = `${hostname} 沒有位址:請發布 A 或 AAAA 記錄,填本伺服器的公開位址。`
  const wanted = `${hostname}. A ...`
  return { what: 'address', name: hostname, state: 'missing', isNeeded: true, found: [], wanted, advice: { en, zh } }
}

function unsigned(domain: string): Finding {
  const en = `No key signs the mail of ${domain}: run "postern dkim rotate ${domain}", publish the records, run it again.`
  const zh = `${domain} 的信沒有簽章:請執行「postern dkim rotate ${domain}」,發布記錄後再執行一次。`
  const wanted = `...._domainkey.${domain}. TXT "v=DKIM1; ..."`
  return { what: 'dkim', name: domain, state: 'missing', isNeeded: true, found: [], wanted, advice: { en, zh } }
}
