// Writes delivery status notifications: what became of a mail, for its sender and for programs.
//                                                     RFC 3461 §6, RFC 3462, RFC 3464, RFC 6533
//
// Three parts: words in Traditional Chinese and English; message/delivery-status; the mail or its header.
// Invariant: nothing a remote host or a stranger's address says can end a line of ours.

import { randomBytes } from 'node:crypto'
import { quotedPrintable, writeHeader } from '../mime/write.ts'
import { mailDate } from './date.ts'

export type Action = 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded' // RFC 3464 §2.3.3

export interface ReportedRecipient {
  address: string
  originalRecipient?: string // ORCPT, xtext decoded: 'rfc822;x@y'
  action: Action
  status: string // '5.1.1', RFC 3463
  cause?: string // the status of the last attempt, where `status` only says that time ran out
  remoteHost?: string
  words?: string // the reply of the remote host: '550 5.1.1 No such user'
  lastAttempt?: number
  retryUntil?: number
}

export interface Report {
  hostname: string // who reports
  from: string // address the report is from, for people to see
  to: string // the sender of the mail
  id: string // of the mail in the history
  messageId: string // without angle brackets, of this report
  at: number
  arrivedAt: number
  envid?: string
  subject: string // of the mail
  recipients: ReportedRecipient[] // all with one action
  returned: { whole: boolean; bytes: Buffer } // the mail, or its header block
}

/** The report as a whole mail, CRLF line ends. 8 bit when what it returns is. */
export function writeReport(report: Report): Buffer {
  const { returned } = report
  const global = report.recipients.some(({ address }) => !isAscii(address)) || !isAscii(report.to)
  const eightBit = global || returned.bytes.some((byte) => byte > 127)
  const boundary = `=_${randomBytes(18).toString('hex')}`
  const words = wordsOf(report)
  const kind = global ? 'global-delivery-status' : 'delivery-status'
  const parts = [
    writeHeader('Date', mailDate(report.at)),
    `From: "Mail Delivery System" <${oneLine(report.from)}>\r\n`,
    `To: <${oneLine(report.to)}>\r\n`,
    writeHeader('Subject', subjectOf(report)),
    `Message-ID: <${oneLine(report.messageId)}>\r\n`,
    'Auto-Submitted: auto-replied\r\n', // RFC 3834 §5
    'MIME-Version: 1.0\r\n',
    `Content-Type: multipart/report; report-type=${kind};\r\n\tboundary="${boundary}"\r\n`,
    eightBit ? 'Content-Transfer-Encoding: 8bit\r\n' : '',
    '\r\n',
    `--${boundary}\r\nContent-Type: text/plain; charset=utf-8\r\n`,
    'Content-Transfer-Encoding: quoted-printable\r\n\r\n',
    quotedPrintable(words),
    `\r\n--${boundary}\r\nContent-Type: message/${kind}\r\n`,
    global ? 'Content-Transfer-Encoding: 8bit\r\n' : '',
    '\r\n',
    statusOf(report, global),
    `\r\n--${boundary}\r\nContent-Type: ${returnedType(returned.whole, global)}\r\n`,
    eightBit ? 'Content-Transfer-Encoding: 8bit\r\n' : '',
    '\r\n',
  ]
  return Buffer.concat([Buffer.from(parts.join('')), returned.bytes, Buffer.from(`\r\n--${boundary}--\r\n`)])
}

function returnedType(whole: boolean, global: boolean): string {
  if (global) return whole ? 'message/global' : 'message/global-headers' // RFC 6533 §5
  return whole ? 'message/rfc822' : 'text/rfc822-headers'
}

/** The fields for programs. RFC 3464 §2.2, §2.3 */
function statusOf(report: Report, global: boolean): string {
  const type = (address: string) => (global && !isAscii(address) ? 'utf-8' : 'rfc822')
  const lines = [
    ...(report.envid === undefined ? [] : [`Original-Envelope-Id: ${oneLine(report.envid)}`]),
    `Reporting-MTA: dns; ${report.hostname}`,
    `Arrival-Date: ${mailDate(report.arrivedAt)}`,
    '',
  ]
  for (const to of report.recipients) {
    if (to.originalRecipient !== undefined) lines.push(`Original-Recipient: ${oneLine(to.originalRecipient)}`)
    lines.push(`Final-Recipient: ${type(to.address)}; ${oneLine(to.address)}`)
    lines.push(`Action: ${to.action}`, `Status: ${to.status}`)
    if (to.remoteHost !== undefined) lines.push(`Remote-MTA: dns; ${oneLine(to.remoteHost)}`)
    if (to.words !== undefined) lines.push(...folded(`Diagnostic-Code: smtp; ${plain(oneLine(to.words), global)}`))
    if (to.lastAttempt !== undefined) lines.push(`Last-Attempt-Date: ${mailDate(to.lastAttempt)}`)
    if (to.retryUntil !== undefined) lines.push(`Will-Retry-Until: ${mailDate(to.retryUntil)}`)
    lines.push('')
  }
  return lines.join('\r\n')
}

function folded(line: string): string[] {
  const lines: string[] = []
  let rest = line.slice(0, 2_000)
  while (rest.length > 78) {
    const space = rest.lastIndexOf(' ', 78)
    const cut = space > 20 ? space : 78
    lines.push(rest.slice(0, cut))
    rest = ' ' + rest.slice(cut).trimStart()
  }
  return [...lines, rest]
}

function plain(text: string, global: boolean): string {
  return global ? text : text.replace(/[^\x20-\x7e]/gu, '?')
}

function oneLine(text: string): string {
  return text.replace(/[\x00-\x1f\x7f]+/g, ' ').trim()
}

function isAscii(text: string): boolean {
  return !/[^\x00-\x7f]/.test(text)
}

const headlines: Record<Action, [zh: string, en: string]> = {
  failed: ['郵件無法送達', 'Undelivered mail'],
  delayed: ['郵件延遲，尚未送達', 'Delayed mail'],
  delivered: ['郵件已送達', 'Mail delivered'],
  relayed: ['郵件已轉交', 'Mail relayed'],
  expanded: ['郵件已分送', 'Mail distributed'],
}

const openings: Record<Action, [zh: string, en: string]> = {
  failed: [
    '您寄出的郵件無法送達下列收件人，系統不會再嘗試。',
    'Your mail could not be delivered to these recipients. We will not try again.',
  ],
  delayed: [
    '您寄出的郵件還沒有送達下列收件人。系統會繼續嘗試，您不需要重寄。',
    'Your mail has not yet reached these recipients. We keep trying; you need not send it again.',
  ],
  delivered: ['您寄出的郵件已放進下列收件人的信箱。', 'Your mail was put into the mailboxes of these recipients.'],
  relayed: [
    '您寄出的郵件已交給對方的郵件主機，該主機不提供送達通知。',
    'Your mail was handed to a mail host that does not report what happens next.',
  ],
  expanded: ['您寄出的郵件已分送給下列地址的所有成員。', 'Your mail was sent on to the members of these addresses.'],
}

function subjectOf({ recipients, subject }: Report): string {
  const [zh, en] = headlines[recipients[0]?.action ?? 'failed']
  return oneLine(`${zh} (${en})${subject === '' ? '' : ': ' + subject}`)
}

function wordsOf(report: Report): string {
  const action = report.recipients[0]?.action ?? 'failed'
  const [zh, en] = openings[action]
  const lines = (language: 0 | 1) =>
    report.recipients.flatMap((to) => [
      `  <${oneLine(to.address)}>`,
      ...(action === 'failed' || action === 'delayed' ? [`    ${reasonOf(to.status)[language]}`] : []),
      ...(to.cause === undefined ? [] : [`    ${reasonOf(to.cause)[language]}`]),
      ...(to.words === undefined
        ? []
        : [
            `    ${language === 0 ? '主機的回覆' : 'The host said'}${to.remoteHost ? ` (${oneLine(to.remoteHost)})` : ''}: ${oneLine(to.words)}`,
          ]),
      ...(to.retryUntil === undefined
        ? []
        : [`    ${language === 0 ? '持續嘗試到' : 'We try until'}: ${mailDate(to.retryUntil)}`]),
    ])
  return [
    `這裡是 ${report.hostname} 的郵件系統。`,
    zh,
    '',
    ...lines(0),
    '',
    `主旨：${oneLine(report.subject)}`,
    `查詢編號：${report.id}`,
    '這是系統自動寄出的通知，請勿回覆。',
    '',
    '----------',
    '',
    `This is the mail system of ${report.hostname}.`,
    en,
    '',
    ...lines(1),
    '',
    `Subject: ${oneLine(report.subject)}`,
    `Reference: ${report.id}`,
    'This notice was written by a program; please do not answer it.',
    '',
  ].join('\r\n')
}

// Status codes in the words of people, the longest match wins. RFC 3463, RFC 7505, RFC 7372
const reasons: [status: string, zh: string, en: string][] = [
  ['1.1', '沒有這個收件人。請檢查地址是否打錯。', 'There is no such mailbox. Please check the address.'],
  ['1.2', '沒有這個網域。請檢查 @ 後面的部分。', 'There is no such domain. Please check what stands after the @.'],
  ['1.3', '地址的寫法不正確。', 'The address is not written correctly.'],
  ['1.10', '這個網域不收信。', 'This domain does not take mail.'],
  ['1', '對方主機不接受這個地址。', 'The address was not accepted.'],
  ['2.1', '收件人的信箱停用中。', 'The mailbox is out of use.'],
  ['2.2', '收件人的信箱已滿。', 'The mailbox is full.'],
  ['2.3', '郵件超過收件人可接受的大小。', 'The mail is larger than the recipient may receive.'],
  ['2', '收件人的信箱目前不能收信。', 'The mailbox cannot take mail.'],
  ['3.4', '郵件太大，對方主機不接受。', 'The mail is too large for the other host.'],
  ['3', '對方的郵件主機有問題。', 'The other mail system has a problem.'],
  ['4.1', '連不上對方的郵件主機。', 'The other mail host does not answer.'],
  ['4.4', '找不到通往這個網域的路。', 'No way to this domain is known.'],
  ['4.6', '郵件在主機間繞圈子。', 'The mail goes in a circle.'],
  ['4.7', '等候時間已到，仍然無法送達。', 'It could not be delivered in time.'],
  ['4', '網路或對方主機暫時有問題。', 'There is a problem with the network or the other host.'],
  ['5', '兩台主機的通訊發生問題。', 'The two mail hosts did not understand each other.'],
  [
    '6.7',
    '對方主機不支援地址或標頭中未編碼的中文。',
    'The other host does not take letters beyond ASCII in addresses and header fields.',
  ],
  ['6', '對方主機無法處理郵件的內容。', 'The other host cannot handle the content of the mail.'],
  ['7', '對方主機依其政策拒收。', 'The other host refused the mail by its policy.'],
]

function reasonOf(status: string): [zh: string, en: string] {
  const detail = status.replace(/^\d\./, '')
  let best: [string, string, string] | undefined
  for (const reason of reasons) {
    const fits = detail === reason[0] || (detail + '.').startsWith(reason[0] + '.')
    if (fits && reason[0].length >= (best?.[0].length ?? 0)) best = reason
  }
  return best ? [best[1], best[2]] : ['郵件無法送達。', 'The mail could not be delivered.']
}
