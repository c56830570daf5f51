// Mails as a campus sees them, made from a seed: the same number always gives the same bytes.
//
// Chinese and English; UTF-8, Big5, quoted-printable, base64, 8 bit; plain, HTML with text, lists,
// invitations, delivery reports; attachments from a few KB to a few MB, some of them sent around
// more than once. Because mail n can be made again from n, a fault harness needs to remember
// numbers only.
//
// Invariants:
//   mailAt(n) is a pure function of (seed, n); every line ends CRLF; no line begins a lone dot problem
//     for the reader (dot-stuffing is the sender's work)
//   the header X-Corpus: n names the number, so bytes read back tell which mail they are
//   the word 鳳梨 stands in the body of every 200th mail and nowhere else, in whatever charset and
//     transfer encoding that mail has; `Quarterly rehearsal` in the subject of every 250th

import { Buffer } from 'node:buffer'

/** A small fast generator (xorshift128) seeded by two numbers. Returns floats in [0, 1). */
export function dice(seed: number, n: number): () => number {
  let a = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) | 1
  let b = Math.imul(n + 0x7f4a7c15, 0xc2b2ae35) ^ a
  let c = Math.imul(a ^ (b >>> 13), 0x27d4eb2f)
  let d = b ^ 0x165667b1
  const roll = () => {
    const t = a ^ (a << 11)
    a = b
    b = c
    c = d
    d = d ^ (d >>> 19) ^ t ^ (t >>> 8)
    return (d >>> 0) / 4294967296
  }
  for (let warm = 0; warm < 8; warm++) roll()
  return roll
}

const english = (
  'the of to and a in is for on that with be by this are at as from will have please your we it not or can meeting ' +
  'course student students department university office report paper schedule room attached file deadline form ' +
  'project review committee seminar lecture exam grade semester registration application scholarship library ' +
  'research proposal budget draft comments agenda minutes conference workshop registration thesis advisor professor ' +
  'laboratory equipment network account password maintenance service announcement reminder information question ' +
  'answer regarding following before after next week month today tomorrow morning afternoon evening thank thanks ' +
  'regards dear all everyone colleague hello would could should need know confirm reply send receive update change ' +
  'version document table figure section chapter data result method model analysis sample survey experiment journal ' +
  'submit accept reject revise publish abstract keyword reference invoice payment travel hotel flight visa insurance ' +
  'dormitory campus building floor parking shuttle bus ticket event club concert volunteer health center vaccine ' +
  'policy rule regulation approval signature contract purchase tender supplier delivery warranty internship career ' +
  'graduate undergraduate doctoral international exchange partner visit guest host speaker topic discussion opinion'
).split(' ')

const chinese = (
  '各位同學大家好 請於期限內完成 選課系統將於 本學期 期中考試 期末報告 煩請協助轉知 敬請踴躍報名參加 相關資訊請參閱附件 ' +
  '如有任何問題請與承辦人聯絡 電子計算機中心 圖書館 教務處 學務處 總務處 研究發展處 國際事務處 人事室 主計室 秘書室 ' +
  '獎學金申請 工讀生 停車證 宿舍 校園網路維護公告 伺服器將暫停服務 造成不便敬請見諒 開會通知 會議紀錄 主席 出席人員 ' +
  '討論事項 決議 臨時動議 散會 校務會議 系務會議 教師評審委員會 採購案 請購單 核銷 經費 計畫主持人 國家科學委員會 ' +
  '論文口試 指導教授 實驗室安全 儀器借用 專題演講 講者 地點 時間 報名網址 名額有限 額滿為止 研討會 工作坊 校慶 運動會 ' +
  '畢業典禮 註冊須知 學雜費繳費單 就學貸款 兵役 健康檢查 疫苗 交換學生 實習機會 徵才說明會 社團活動 志工招募 ' +
  '帳號即將到期 請儘速更改密碼 請勿點擊不明連結 系統管理員 敬上 老師您好 謝謝您的回覆 附件為修改後的版本 請查收 ' +
  '感謝您 祝好 順頌時祺 昨天 今天 明天 下週一 上午 下午 十點 三樓會議室 工程館 管理學院 文學院 理學院 醫學院 ' +
  '資料 分析 結果 方法 模型 樣本 問卷 實驗 期刊 投稿 審查意見 修訂 接受 摘要 關鍵字 參考文獻'
).split(' ')

const surnames = Array.from('陳林黃張李王吳劉蔡楊許鄭謝洪郭邱曾廖賴徐周葉蘇莊呂江何蕭羅高')
const given = Array.from('怡君雅婷志明家豪俊宏淑芬美玲宗翰冠宇承恩品妤子涵建國文華佳穎詩涵柏翰彥廷心怡')
const subjectsEn = ['Meeting minutes', 'Course schedule', 'Re: thesis draft', 'Call for papers', 'Reminder: deadline']
const subjectsZh = [
  '開會通知',
  '【公告】校園網路維護',
  '選課相關事宜',
  'Re: 論文修改',
  '［轉知］獎學金申請',
  '系務會議紀錄',
]

export const rareWord = '鳳梨' // in every 200th mail
export const rareSubject = 'Quarterly rehearsal' // in every 250th

/** Zipf-like: early words far more often. */
function pick<T>(roll: () => number, list: readonly T[]): T {
  return list[Math.floor(list.length * roll() ** 2)]!
}

function even<T>(roll: () => number, list: readonly T[]): T {
  return list[Math.floor(list.length * roll())]!
}

function englishText(roll: () => number, bytes: number): string {
  let text = ''
  let line = ''
  while (text.length + line.length < bytes) {
    line += (line ? ' ' : '') + pick(roll, english)
    if (roll() < 0.04) line += ` ${Math.floor(roll() * 10000)}`
    if (line.length > 66) {
      text += line + (roll() < 0.15 ? '.\n\n' : '\n')
      line = ''
    }
  }
  return `${text}${line}.\n`
}

function chineseText(roll: () => number, characters: number): string {
  let text = ''
  let line = ''
  while (text.length + line.length < characters) {
    line += even(roll, chinese) + (roll() < 0.3 ? '，' : '')
    if (roll() < 0.1) line += even(roll, surnames) + even(roll, given) + even(roll, given)
    if (roll() < 0.1) line += String(Math.floor(roll() * 1000))
    if (line.length > 34) {
      text += line + (roll() < 0.2 ? '。\n\n' : '\n')
      line = ''
    }
  }
  return `${text}${line}。\n`
}

// Node reads Big5 but does not write it; the common plane (0xA440-0xC67E, and punctuation) read
// backwards is a writer for everything this corpus says.
let big5Table: Map<string, number> | undefined
function big5(text: string): Buffer {
  if (!big5Table) {
    big5Table = new Map()
    const decoder = new TextDecoder('big5')
    for (let lead = 0xa1; lead <= 0xf9; lead++) {
      for (let trail = 0x40; trail <= 0xfe; trail++) {
        if (trail > 0x7e && trail < 0xa1) continue
        const read = decoder.decode(Buffer.from([lead, trail]))
        if (read.length === 1 && read !== '\ufffd' && !big5Table.has(read)) big5Table.set(read, (lead << 8) | trail)
      }
    }
  }
  const bytes: number[] = []
  for (const character of text) {
    const code = character.charCodeAt(0)
    const pair = code < 128 ? undefined : big5Table.get(character)
    if (code < 128) bytes.push(code)
    else if (pair === undefined) bytes.push(0x3f)
    else bytes.push(pair >> 8, pair & 255)
  }
  return Buffer.from(bytes)
}

const toCrlf = (text: string) => text.replace(/\r?\n/g, '\r\n')

function base64Lines(bytes: Buffer): string {
  const text = bytes.toString('base64')
  let lines = ''
  for (let at = 0; at < text.length; at += 76) lines += `${text.slice(at, at + 76)}\r\n`
  return lines
}

function quotedPrintable(bytes: Buffer): string {
  let out = ''
  let column = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!
    if (byte === 10) {
      out += '\r\n'
      column = 0
      continue
    }
    const plain = byte >= 32 && byte < 127 && byte !== 61 && !(byte === 32 && bytes[at + 1] === 10)
    const said = plain ? String.fromCharCode(byte) : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`
    if (column + said.length > 75) {
      out += '=\r\n'
      column = 0
    }
    out += said
    column += said.length
  }
  return out
}

function word(text: string, charset: 'utf-8' | 'big5'): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text
  // Encoded words may not break a character: short pieces, one each (RFC 2047 §2).
  const pieces: string[] = []
  for (let at = 0; at < text.length; at += 12) pieces.push(text.slice(at, at + 12))
  const encode = (piece: string) => (charset === 'big5' ? big5(piece) : Buffer.from(piece)).toString('base64')
  return pieces.map((piece) => `=?${charset}?B?${encode(piece)}?=`).join('\r\n ')
}

type Charset = 'us-ascii' | 'utf-8' | 'big5'

interface TextPart {
  headers: string
  body: Buffer
}

function textPart(roll: () => number, text: string, subtype: 'plain' | 'html', charset: Charset): TextPart {
  const bytes = charset === 'big5' ? big5(text) : Buffer.from(text)
  const type = `Content-Type: text/${subtype}; charset=${charset === 'utf-8' ? 'UTF-8' : charset}\r\n`
  const encoding = charset === 'us-ascii' ? '7bit' : even(roll, ['8bit', 'base64', 'quoted-printable'])
  const headers = `${type}Content-Transfer-Encoding: ${encoding}\r\n`
  if (encoding === 'base64') return { headers, body: Buffer.from(base64Lines(bytes), 'latin1') }
  if (encoding === 'quoted-printable') return { headers, body: Buffer.from(quotedPrintable(bytes), 'latin1') }
  return { headers, body: Buffer.from(toCrlf(bytes.toString('latin1')), 'latin1') }
}

function htmlOf(text: string): string {
  const paragraphs = text.split('\n').filter((line) => line.length > 0)
  const style = 'font-family:Arial,"微軟正黑體",sans-serif;font-size:14px;line-height:1.6;color:#333333'
  const rows = paragraphs.map(
    (line) => `<tr><td style='${style};padding:4px 12px'><p class="MsoNormal">${line}</p></td></tr>`,
  )
  return (
    '<html><head><meta http-equiv="Content-Type" content="text/html"><style>p.MsoNormal{margin:0cm}</style></head>\n' +
    `<body bgcolor="#ffffff"><table width="600" cellpadding="0" cellspacing="0">\n${rows.join('\n')}\n</table></body></html>\n`
  )
}

/** Bytes that no compressor makes smaller, as inside PDF, DOCX and JPEG files. */
function noise(roll: () => number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(Math.ceil(length / 4) * 4)
  for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32LE(Math.floor(roll() * 4294967296), at)
  return bytes.subarray(0, length)
}

const fileKinds = [
  { type: 'application/pdf', ending: 'pdf', magic: '%PDF-1.7\n' },
  {
    type: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    ending: 'docx',
    magic: 'PK\x03\x04',
  },
  { type: 'image/jpeg', ending: 'jpg', magic: '\xff\xd8\xff\xe0' },
  { type: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', ending: 'xlsx', magic: 'PK\x03\x04' },
  { type: 'application/zip', ending: 'zip', magic: 'PK\x03\x04' },
]

interface Traits {
  seed: number
  /** 1 in how many attachments is one of 20 files that go around (0: never). */
  shared: number
  /** Largest attachment in bytes. */
  largest: number
}

function attachment(roll: () => number, traits: Traits): TextPart {
  const isShared = traits.shared > 0 && roll() < 1 / traits.shared
  const from = isShared ? dice(traits.seed ^ 0x5a5a, Math.floor(roll() * 20)) : roll
  const kind = even(from, fileKinds)
  // Pareto: most are tens of KB, few are MBs.
  const size = Math.min(traits.largest, Math.floor(15_000 / (1 - from() * 0.998) ** 0.9))
  const bytes = Buffer.concat([Buffer.from(kind.magic, 'latin1'), noise(from, size)])
  const name = `${even(from, chinese)}-${Math.floor(from() * 1000)}.${kind.ending}`
  const headers =
    `Content-Type: ${kind.type};\r\n name="${word(name, 'utf-8')}"\r\n` +
    `Content-Disposition: attachment;\r\n filename*=UTF-8''${encodeURIComponent(name)}\r\n` +
    'Content-Transfer-Encoding: base64\r\n'
  return { headers, body: Buffer.from(base64Lines(bytes), 'latin1') }
}

function multipart(subtype: string, boundary: string, parts: TextPart[]): TextPart {
  const pieces: Buffer[] = []
  for (const part of parts)
    pieces.push(Buffer.from(`--${boundary}\r\n${part.headers}\r\n`), part.body, Buffer.from('\r\n'))
  pieces.push(Buffer.from(`--${boundary}--\r\n`))
  return { headers: `Content-Type: multipart/${subtype}; boundary="${boundary}"\r\n`, body: Buffer.concat(pieces) }
}

const start = Date.UTC(2026, 1, 1, 0, 0, 0)
const pad = (value: number) => String(value).padStart(2, '0')

function dateOf(n: number): string {
  const at = new Date(start + n * 97_000)
  const day = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][at.getUTCDay()]
  const month = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'][at.getUTCMonth()]
  const clock = `${pad(at.getUTCHours())}:${pad(at.getUTCMinutes())}:${pad(at.getUTCSeconds())}`
  return `${day}, ${at.getUTCDate()} ${month} ${at.getUTCFullYear()} ${clock} +0800`
}

export interface CorpusOptions {
  seed?: number
  shared?: number
  largest?: number
  /** How many in 100 mails carry an attachment. */
  attached?: number
}

/** Mail number n as received bytes. */
export function mailAt(n: number, options: CorpusOptions = {}): Buffer {
  const { seed = 2026, shared = 8, largest = 4_000_000, attached = 22 } = options
  const roll = dice(seed, n)
  const isChinese = roll() < 0.65
  const charset: Charset = isChinese ? (roll() < 0.25 ? 'big5' : 'utf-8') : 'us-ascii'
  const encoded = charset === 'us-ascii' ? 'utf-8' : charset
  const name = even(roll, surnames) + even(roll, given) + even(roll, given)
  const sender = `u${Math.floor(roll() * 5000)}@${even(roll, ['uni.example', 'mail.example', 'lab.example'])}`
  const thread = roll() < 0.35 ? Math.max(0, n - 1 - Math.floor(roll() * 40)) : undefined

  let subject = isChinese ? `${even(roll, subjectsZh)} ${even(roll, chinese)}` : `${even(roll, subjectsEn)} ${n % 97}`
  if (n % 250 === 11) subject = `${rareSubject} ${n}`
  const length = Math.min(40_000, Math.floor(600 * Math.exp(roll() * 2.4 + roll() * 1.2)))
  let text = isChinese ? chineseText(roll, length / 2.5) : englishText(roll, length)
  if (n % 200 === 7)
    text = `${text.slice(0, 20)}\n${isChinese ? '請看' : 'About '}${rareWord}${isChinese ? '一案' : ''}\n${text.slice(20)}`
  const bodyCharset: Charset = !isChinese && n % 200 === 7 ? 'utf-8' : charset

  const boundary = `=_corpus_${n}_${Math.floor(roll() * 1e9).toString(36)}`
  const plain = textPart(roll, text, 'plain', bodyCharset)
  const shape = roll()
  let body = plain
  if (shape < 0.55) {
    const html = textPart(roll, htmlOf(text), 'html', bodyCharset)
    body = shape < 0.45 ? multipart('alternative', `${boundary}a`, [plain, html]) : html
  }
  if (roll() * 100 < attached) {
    const files = [attachment(roll, { seed, shared, largest })]
    if (roll() < 0.2) files.push(attachment(roll, { seed, shared, largest }))
    body = multipart('mixed', `${boundary}m`, [body, ...files])
  }

  const hop = (index: number) =>
    `Received: from mx${index}.${even(roll, ['relay', 'out', 'mta'])}.example (mx${index}.example [192.0.2.${Math.floor(roll() * 254)}])\r\n` +
    `\tby mx.uni.example (Postfix) with ESMTPS id ${Math.floor(roll() * 1e12)
      .toString(36)
      .toUpperCase()}\r\n` +
    `\tfor <someone@uni.example>; ${dateOf(n)}\r\n`
  const signature = `DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=mail.example; s=s1;\r\n\tbh=${noise(roll, 32).toString('base64')};\r\n\th=From:To:Subject:Date;\r\n\tb=${noise(roll, 64).toString('base64')}\r\n\t ${noise(roll, 64).toString('base64')}\r\n`
  const headers =
    hop(1) +
    (roll() < 0.7 ? hop(2) : '') +
    (roll() < 0.6 ? signature : '') +
    `Message-ID: <corpus.${seed}.${n}@mail.example>\r\n` +
    (thread === undefined
      ? ''
      : `In-Reply-To: <corpus.${seed}.${thread}@mail.example>\r\nReferences: <corpus.${seed}.${thread}@mail.example>\r\n`) +
    `Date: ${dateOf(n)}\r\n` +
    `From: ${isChinese ? word(name, encoded) : `"Sender ${n % 501}"`} <${sender}>\r\n` +
    `To: ${word(isChinese ? '全校師生' : 'all staff', encoded)} <someone@uni.example>\r\n` +
    `Subject: ${word(subject, encoded)}\r\n` +
    (roll() < 0.15
      ? `List-Id: <staff.lists.uni.example>\r\nList-Unsubscribe: <https://lists.uni.example/u/${n}>\r\n`
      : '') +
    `X-Corpus: ${n}\r\nMIME-Version: 1.0\r\n${body.headers}\r\n`
  return Buffer.concat([Buffer.from(headers), body.body])
}

/** The number a corpus or sized mail carries, read from the bytes as a server gave them back. */
export function numberOf(mail: Buffer): number | undefined {
  const at = mail.indexOf('X-Corpus: ')
  if (at === -1) return undefined
  const value = Number.parseInt(mail.toString('latin1', at + 10, at + 24), 10)
  return Number.isNaN(value) ? undefined : value
}

/**
 * Makes mails of exactly `bytes` bytes that differ in their number, their Message-ID and the first
 * bytes of their attachment (so that no store may keep two of them as one). Each call of the result
 * is two small copies; the long middle is shared.
 */
export function sized(bytes: number, seed = 7): (n: number) => Buffer[] {
  const roll = dice(seed, bytes)
  const digits = (n: number) => String(n).padStart(12, '0')
  const opening = (n: number) =>
    `Message-ID: <sized.${bytes}.${digits(n)}@mail.example>\r\nDate: ${dateOf(1)}\r\nFrom: "Sender" <sender@mail.example>\r\n` +
    `To: <someone@uni.example>\r\nSubject: =?utf-8?B?6ZaL5pyD6YCa55+l?= ${digits(n)}\r\nX-Corpus: ${digits(n)}\r\nMIME-Version: 1.0\r\n`
  const closing = '\r\n--=_sized--\r\n'
  const text = toCrlf(chineseText(roll, 400) + englishText(roll, 900))
  const plain = 'Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n'
  const file =
    '\r\n--=_sized\r\nContent-Type: application/pdf; name="report.pdf"\r\nContent-Disposition: attachment; filename="report.pdf"\r\n' +
    'Content-Transfer-Encoding: base64\r\n\r\n'

  // 4 KiB has no attachment: text to the end.
  if (bytes < 16_384) {
    const room = bytes - Buffer.byteLength(opening(0) + plain)
    const long = Buffer.from(toCrlf(chineseText(roll, 400) + englishText(roll, bytes)))
    const tail = Buffer.concat([Buffer.from(plain), cutAtCharacter(long, room - 2), Buffer.from('\r\n')])
    return (n) => [Buffer.from(opening(n)), tail]
  }
  const type = 'Content-Type: multipart/mixed; boundary="=_sized"\r\n\r\n--=_sized\r\n'
  const before = type + plain + text + file
  const room = bytes - Buffer.byteLength(opening(0) + before + closing)
  const first = (n: number) => Buffer.from(`%PDF-1.7 ${digits(n)}`.padEnd(57)).toString('base64') + '\r\n' // one line of 76
  const rest = base64Lines(noise(roll, bytes)).slice(0, room - 78)
  const body = Buffer.from(evenBase64(rest) + closing)
  return (n) => [Buffer.from(opening(n) + before + first(n)), body]
}

// Cuts to a length without splitting a UTF-8 character, filled up with spaces.
function cutAtCharacter(bytes: Buffer, length: number): Buffer {
  let end = length
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--
  if (bytes[end - 1] === 13) end--
  return Buffer.concat([bytes.subarray(0, end), Buffer.alloc(length - end, 0x20)])
}

// Base64 cut anywhere is made whole again at the same length: the last line gets '=' or blank lines.
function evenBase64(text: string): string {
  const lastLine = text.lastIndexOf('\r\n') + 2
  const tail = text.slice(lastLine).replace(/\r$/, '')
  const whole = tail.slice(0, tail.length - (tail.length % 4))
  const missing = text.length - lastLine - whole.length
  if (missing === 0) return text
  const head = text.slice(0, lastLine)
  if (missing === 1 && whole.length > 0) return `${head}${whole.slice(0, -4)}\r\n${' '.repeat(3)}`.slice(0, text.length)
  return head + whole + ' '.repeat(missing)
}
