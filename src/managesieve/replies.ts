// Replies, and the table from the house's troubles to this door's words.                         RFC 5804 §1.2, §1.3

import { Trouble, type TroubleCode } from '../wire/troubles.ts'

const texts = {
  'bad-syntax': 'That cannot be read 無法解讀這個指令',
  'not-utf8': 'That is not UTF-8 不是 UTF-8',
  'bad-arguments': 'Other arguments are expected 參數不符',
  'too-long': 'That is too long 內容過長',
  unknown: 'There is no such command 沒有這個指令',
  'not-now': 'Not in this state 目前不能使用這個指令',
  'sign-in-first': 'Sign in first 請先登入',
  'start-tls-first': 'Begin TLS first: no password is looked at without it 請先啟用 TLS',
  'tls-already': 'TLS is there already 已經啟用 TLS',
  'no-such-mechanism': 'There is no such mechanism 不支援此認證方式',
  'given-up': 'Given up 已取消',
  'bad-response': 'That is no response to this challenge 認證回應格式不正確',
  'wrong-password': 'The name or the password is wrong 帳號或密碼錯誤',
  'too-many-failures': 'Too many wrong passwords, wait some minutes 密碼錯誤次數過多，請稍候數分鐘',
  'account-closed': 'This account is not in use 此帳號已停用',
  'protocol-off': 'ManageSieve is switched off for this account 此帳號未開放 ManageSieve',
  'no-such-script': 'There is no such script 沒有這份規則',
  'bad-script-name': 'A script cannot have that name 規則不能使用這個名稱',
  'script-active': 'The active script cannot be deleted 使用中的規則不能刪除',
  'already-exists': 'There is a script of that name 已有同名的規則',
  'too-large': 'The script is too long 規則過長',
  'too-many-scripts': 'There are too many scripts 規則數量已達上限',
  'over-quota': 'The scripts are too long together 規則的總長度已達上限',
  'try-later': 'Something is out of order here, try again later 系統暫時無法處理，請稍後再試',
  idle: 'Nothing heard for too long 閒置過久，連線結束',
  stopping: 'The server is going down, connect again later 系統停止服務中，請稍後再連線',
  'too-many-mistakes': 'Too many bad commands 錯誤的指令過多',
} as const

export type Word = keyof typeof texts

/** RFC 5804 §1.3. */
export type Code =
  | 'AUTH-TOO-WEAK'
  | 'ENCRYPT-NEEDED'
  | 'QUOTA'
  | 'QUOTA/MAXSCRIPTS'
  | 'QUOTA/MAXSIZE'
  | 'NONEXISTENT'
  | 'ACTIVE'
  | 'ALREADYEXISTS'
  | 'TRYLATER'
  | 'WARNINGS'

/** A command that is turned down; `told` in place of the words of `word`. `ends`: the session too. */
export class Refusal extends Error {
  word: Word
  code: Code | undefined
  ends: boolean
  told: string | undefined

  constructor(word: Word, { code, ends = false, told }: { code?: Code; ends?: boolean; told?: string } = {}) {
    super(word)
    this.word = word
    this.code = code
    this.ends = ends
    this.told = told
  }
}

/** A string as this protocol writes it: quoted where that can be, else a literal. RFC 5804 §4 */
export function written(text: string): string {
  const octets = Buffer.byteLength(text)
  if (octets <= 1024 && !/[\r\n\0]/.test(text)) return `"${text.replace(/["\\]/g, '\\$&')}"`
  return `{${octets}}\r\n${text}`
}

export function ok(text: string, code?: string): string {
  return `OK ${code === undefined ? '' : `(${code}) `}${written(text)}\r\n`
}

export function turnedDown({ word, code, ends, told }: Refusal): string {
  return `${ends ? 'BYE' : 'NO'} ${code === undefined ? '' : `(${code}) `}${written(told ?? texts[word])}\r\n`
}

const troubles: Partial<Record<TroubleCode, [Word, Code?]>> = {
  // One answer for an unknown name and a wrong password.
  'wrong-password': ['wrong-password'],
  'no-such-account': ['wrong-password'],
  'too-many-failures': ['too-many-failures', 'TRYLATER'],
  'account-closed': ['account-closed'],
  'protocol-off': ['protocol-off'],
  'tls-required': ['start-tls-first', 'ENCRYPT-NEEDED'],
  'no-such-script': ['no-such-script', 'NONEXISTENT'],
  'bad-script-name': ['bad-script-name'],
  'script-active': ['script-active', 'ACTIVE'],
  'already-exists': ['already-exists', 'ALREADYEXISTS'],
  'too-large': ['too-large', 'QUOTA/MAXSIZE'],
  'too-many-scripts': ['too-many-scripts', 'QUOTA/MAXSCRIPTS'],
  'over-quota': ['over-quota', 'QUOTA'],
}

/** The refusal for something thrown; undefined for our own mistakes. */
export function refusalFor(thrown: unknown): Refusal | undefined {
  if (thrown instanceof Refusal) return thrown
  if (!(thrown instanceof Trouble)) return undefined
  const [word, code] = troubles[thrown.code] ?? ['try-later', 'TRYLATER']
  return new Refusal(word, { code })
}
