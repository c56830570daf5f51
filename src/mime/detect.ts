// Which charset are these bytes in? For text that does not say, or says wrong.
//
// The five multi-byte charsets of East Asia are judged here, since a file name of three characters must do:
// each character of a decoding counts by how ordinary it is. chardet judges the rest, and long text.
// Promises: never throws; looks at no more than a sample, so the cost of a guess is bounded.
// Between equals the order of `eastAsian` decides, and Big5 stands first: this is a house of Taiwan.

import { isAscii } from 'node:buffer'
import { analyse } from 'chardet'

export type Decode = (bytes: Buffer, name: string) => string

const sampleSize = 2048 // bytes

const eastAsian = ['big5', 'gb18030', 'shift_jis', 'euc-jp', 'euc-kr']

const chardetNames: Record<string, string> = {
  Big5: 'big5',
  GB18030: 'gb18030',
  Shift_JIS: 'shift_jis',
  'EUC-JP': 'euc-jp',
  'EUC-KR': 'euc-kr',
  'ISO-8859-1': 'windows-1252',
  'ISO-8859-9': 'windows-1254',
}

/** The name of the likeliest charset, as decodeAs takes it. The bytes are known not to be UTF-8. */
export function guessCharset(bytes: Buffer, decode: Decode): string {
  const escape = byEscape(bytes)
  if (escape !== undefined) return escape
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'

  const sample = firstSpeaking(bytes)
  let best = ''
  let bestScore = 0
  for (const name of eastAsian) {
    const score = ordinariness(sample, decode(sample, name), name)
    if (score > bestScore) [best, bestScore] = [name, score]
  }
  if (bestScore >= 1.2) return best
  for (const { name, confidence } of analyse(sample)) {
    const ours = chardetNames[name] ?? name.toLowerCase()
    if (confidence < 15) break
    if (ours.startsWith('utf-') || ours.startsWith('iso-2022') || ours === 'ascii') continue
    if (eastAsian.includes(ours) && ordinariness(sample, decode(sample, ours), ours) <= 0) continue
    return ours
  }
  return best === '' ? 'windows-1252' : best
}

/** ISO 2022 says itself what it is. RFC 1468, 1557, 1922. */
function byEscape(bytes: Buffer): string | undefined {
  const at = bytes.indexOf(0x1b)
  if (at === -1) return isAscii(bytes) ? 'utf-8' : undefined
  const sequence = bytes.toString('latin1', at, at + 4)
  if (sequence.startsWith('\x1b$)C')) return 'iso-2022-kr'
  if (/^\x1b\$[)*+]/.test(sequence)) return 'iso-2022-cn'
  if (/^\x1b(?:\$[@B(]|\([JI])/.test(sequence)) return 'iso-2022-jp'
  return isAscii(bytes) ? 'utf-8' : undefined
}

/** A piece that holds bytes above 127, from the first page that has any. */
function firstSpeaking(bytes: Buffer): Buffer {
  for (let from = 0; from < bytes.length; from += sampleSize) {
    const page = bytes.subarray(from, from + sampleSize)
    if (!isAscii(page)) return page
  }
  return bytes.subarray(0, sampleSize)
}

// The most used characters of each script: half of any text is made of them.
const usualHan = new Set(
  '的一是不了在人有我他這个個们們中来來上大为為和国國地到以说說时時要就出会會可也你对對生能而子那得于於着著下自之年过過发發后後作里裡用道行所然家种種事成方多经經么麼去法学學如都同现現当當没沒动動面起看定天分还還进進好小部其些主样樣理心她本前开開但因只从從想实實日军者意无無力它与與长長把机機十民第公此已工使情明性知全三又关關点點正业業外将將两兩高间間由问問很最重并物手应應战戰向头頭文体體政美相见見被利什二等产產或新己制身果加西斯月话話合回特代内內信表化老给給世位次度门門任常先海通教儿兒原东東声聲提立及比员員解水名真论論处處走义義各入几幾口认認条條平系气氣题題活尔爾更别別打女变變四神总總何电電数數安少报報才结結反受目太量再感建务務做接必场場件计計管期市直德资資命山金指克许許统統区區保至队隊形社便空决決治展马馬科司五基眼书書非则則听聽白却卻界达達光放强強即像难難且权權思王象完设設式色路记記南品住告类類求据據程北边邊死张張该該交规規万萬取拉格望觉覺术術领領共确確传傳师師观觀清今切院让讓识識候带帶导導争爭运運您請请謝谢函敬測测試试附檔档案通知會議议課课系所室處处臺台湾灣週周星期時间報告申請公告轉转寄主旨人事校園园',
)
const usualHangul = new Set(
  '이다는의가에을하고한로지도사기어를서은자리그나대시스아인정해보요안일부으원장회전제있니습과수주상여전',
)
const usualMarks = /[，。、：；！？「」『』（）【】《》　・ー…]/

/** Mean over the characters outside ASCII; above 1 is text that reads well, below 0 rubbish. */
function ordinariness(sample: Buffer, text: string, name: string): number {
  let score = 0
  let count = 0
  for (const c of text) {
    const code = c.codePointAt(0)!
    if (code < 0x80) continue
    count++
    score += weigh(c, code, name)
  }
  if (count === 0) return 0
  // A character cut at the end of the sample is no fault of the charset.
  if (text.endsWith('\ufffd') && sample.length === sampleSize) score += 8
  return (score + rank(sample, name)) / count
}

function weigh(c: string, code: number, name: string): number {
  if (code === 0xfffd) return -8
  if (code >= 0xe000 && code <= 0xf8ff) return -4
  if (code >= 0x4e00 && code <= 0x9fff) return usualHan.has(c) ? 2 : 0.5
  if (code >= 0x3041 && code <= 0x30fe) return name === 'shift_jis' || name === 'euc-jp' ? 2 : -0.5
  if (code >= 0xac00 && code <= 0xd7a3) return usualHangul.has(c) ? 2 : 0.8
  if (usualMarks.test(c)) return 1.5
  if (code >= 0xff01 && code <= 0xff5e) return 0.5
  if (code >= 0xff61 && code <= 0xff9f) return -1 // half-width katakana: what other charsets look like in Shift_JIS
  return -1
}

/** The first plane of each standard holds the characters in use; what lies outside speaks against it. */
function rank(sample: Buffer, name: string): number {
  let score = 0
  for (let i = 0; i < sample.length; i++) {
    const lead = sample[i]!
    if (lead < 0x81) continue
    if (name === 'shift_jis' && lead >= 0xa1 && lead <= 0xdf) continue
    i++
    const trail = sample[i] ?? 0
    if (name === 'big5') score += lead >= 0xa4 && lead <= 0xc6 ? 0.8 : lead < 0xa1 || lead > 0xf9 ? -1.5 : -0.3
    else if (name === 'shift_jis') score += lead >= 0x88 && lead <= 0x97 ? 0.5 : lead >= 0xe0 ? -0.5 : 0
    else if (trail < 0xa1) score -= 1.5
    else if (name === 'gb18030') score += lead >= 0xb0 && lead <= 0xd7 ? 0.8 : lead > 0xf7 ? -1.5 : -0.3
    else if (name === 'euc-jp') score += lead >= 0xb0 && lead <= 0xcf ? 0.5 : -0.3
    else score += lead >= 0xb0 && lead <= 0xc8 ? 0.5 : -0.5
  }
  return score
}
