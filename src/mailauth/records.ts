// The DNS records a domain should publish for this server. Pure.
//
// MX RFC 5321 §5, SPF RFC 7208, DKIM RFC 6376, DMARC RFC 9989, MTA-STS RFC 8461, TLS-RPT RFC 8460,
// SRV RFC 6186 and RFC 8314 §5.1, reverse names RFC 8601 Appendix D.

import { reverseName } from '../dns/names.ts'
import type { RecordType } from '../dns/resolver.ts'
import { type KeyRow, keyRecord } from './keys.ts'

export interface Words {
  en: string
  zh: string
}

export type Subject =
  | 'address'
  | 'reverse'
  | 'mx'
  | 'spf'
  | 'helo-spf'
  | 'dkim'
  | 'dmarc'
  | 'mta-sts'
  | 'tls-rpt'
  | 'srv'

/** What the records are made from. */
export interface DnsSetup {
  hostname: string // ours, as in the MX
  addresses: string[] // public IPv4 and IPv6 addresses mail leaves from; empty: those of the host name
  reportsTo?: string // address for DMARC and TLS reports; default postmaster@<domain>
  ports?: { submissions?: number; submission?: number; imaps?: number; imap?: number; pop3s?: number }
  mtaStsId?: string // of the policy served by HTTPS; without one MTA-STS is not asked for
}

export interface WantedRecord {
  what: Subject
  name: string // without the last dot
  type: RecordType
  value: string // as in a zone file; the text of a TXT without quotes
  isNeeded: boolean // false: good to have
  why: Words
}

/** All records of a domain, in the order they matter. `keys` are those of the domain. */
export function dnsRecords(domain: string, setup: DnsSetup, keys: KeyRow[]): WantedRecord[] {
  const reports = setup.reportsTo ?? `postmaster@${domain}`
  return [
    ...hostRecords(setup),
    { what: 'mx', name: domain, type: 'MX', value: `10 ${setup.hostname}.`, isNeeded: true, why: reasons.mx },
    text('spf', domain, 'v=spf1 mx -all', true),
    ...keys.filter(({ state }) => state !== 'retired').map(dkimRecord),
    text('dmarc', `_dmarc.${domain}`, `v=DMARC1; p=quarantine; rua=mailto:${reports}`, true),
    text('tls-rpt', `_smtp._tls.${domain}`, `v=TLSRPTv1; rua=mailto:${reports}`, false),
    ...(setup.mtaStsId ? [text('mta-sts', `_mta-sts.${domain}`, `v=STSv1; id=${setup.mtaStsId}`, false)] : []),
    ...serviceRecords(domain, setup),
  ]
}

function hostRecords({ hostname, addresses }: DnsSetup): WantedRecord[] {
  const records: WantedRecord[] = addresses.map((address) => ({
    what: 'address',
    name: hostname,
    type: address.includes(':') ? 'AAAA' : 'A',
    value: address,
    isNeeded: true,
    why: reasons.address,
  }))
  for (const address of addresses) {
    const name = reverseName(address)!
    records.push({ what: 'reverse', name, type: 'PTR', value: `${hostname}.`, isNeeded: true, why: reasons.reverse })
  }
  return [...records, text('helo-spf', hostname, 'v=spf1 a -all', false)]
}

function dkimRecord(key: KeyRow): WantedRecord {
  const record = keyRecord(key)
  return { what: 'dkim', name: record.name, type: 'TXT', value: record.text, isNeeded: true, why: reasons.dkim }
}

function serviceRecords(domain: string, { hostname, ports = {} }: DnsSetup): WantedRecord[] {
  const services = Object.entries(ports).filter(([, port]) => port !== undefined)
  return services.map(([service, port]) => ({
    what: 'srv',
    name: `_${service}._tcp.${domain}`,
    type: 'SRV',
    // Encrypted from the first octet before STARTTLS (RFC 8314 §5.1).
    value: `${service.endsWith('s') ? 0 : 10} 1 ${port} ${hostname}.`,
    isNeeded: false,
    why: reasons.srv,
  }))
}

function text(what: Subject, name: string, value: string, isNeeded: boolean): WantedRecord {
  return { what, name, type: 'TXT', value, isNeeded, why: reasons[what] }
}

/** The records as lines of a zone file; long texts cut into strings of 255 octets. RFC 1035 §3.3.14. */
export function zoneLines(records: WantedRecord[]): string {
  return records.map(({ name, type, value }) => `${name}. ${type} ${type === 'TXT' ? quoted(value) : value}\n`).join('')
}

function quoted(value: string): string {
  const pieces = value.match(/.{1,255}/g) ?? ['']
  return pieces.map((piece) => `"${piece.replace(/["\\]/g, '\\$&')}"`).join(' ')
}

const reasons: Record<Subject, Words> = {
  address: {
    en: 'The host name must lead to the server, else no mail arrives.',
    zh: '主機名稱必須指向本伺服器,否則收不到信。',
  },
  reverse: {
    en: 'Many servers refuse mail from addresses without a matching reverse name; the owner of the address range sets it.',
    zh: '許多伺服器拒收沒有對應反解名稱的來源位址;反解由位址的管理單位設定。',
  },
  mx: { en: 'Tells the world which server takes the mail of the domain.', zh: '告訴外界由哪部伺服器收這個網域的信。' },
  spf: {
    en: 'Tells which servers send for the domain; without it mail is often taken for spam.',
    zh: '宣告哪些伺服器可代表本網域寄信;沒有它,寄出的信常被當成垃圾信。',
  },
  'helo-spf': {
    en: 'Covers bounces, which have no sender domain but the host name.',
    zh: '涵蓋退信:退信沒有寄件網域,只看主機名稱。',
  },
  dkim: {
    en: 'The key by which others check the signatures of the domain.',
    zh: '外界用這把金鑰驗證本網域的簽章。',
  },
  dmarc: {
    en: 'Says what to do with mail that falsely bears the name of the domain, and where to report it.',
    zh: '說明冒用本網域名義的信該如何處理,以及向何處回報。',
  },
  'mta-sts': {
    en: 'Lets others insist on encryption when they send to the domain.',
    zh: '讓外界寄信到本網域時堅持加密。',
  },
  'tls-rpt': {
    en: 'Asks others to report when encryption to the domain fails.',
    zh: '請外界在加密連線失敗時回報。',
  },
  srv: { en: 'Lets mail programs find the server by themselves.', zh: '讓郵件軟體自動找到伺服器設定。' },
}
