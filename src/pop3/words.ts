// What this door says to people, in the languages of LANG.                                     RFC 6856 §3

export type Language = 'en' | 'zh-Hant'

export const languages: [tag: Language, name: string][] = [
  ['en', 'English'],
  ['zh-Hant', '正體中文'],
]

const texts = {
  ready: ['Postern ready', '郵驛待命'],
  goodbye: ['Goodbye', '再會'],
  'goodbye-deleted': ['Goodbye, the deleted messages are gone', '再會，標記的信件已刪除'],
  'not-removed': ['The deleted messages could not be removed, try again later', '標記的信件未能刪除，請稍後再試'],
  capabilities: ['Capabilities follow', '功能如下'],
  mechanisms: ['Mechanisms follow', '認證方式如下'],
  'password-please': ['Now the password', '請輸入密碼'],
  'logged-in': ['Logged in', '已登入'],
  'begin-tls': ['Begin TLS', '開始加密'],
  'no-tls-again': ['TLS is on already', '連線已加密'],
  'start-tls-first': ['Start TLS first', '請先啟用加密連線'],
  'user-first': ['USER comes first', '請先送出 USER'],
  'no-such-mechanism': ['There is no such mechanism', '不支援此認證方式'],
  'given-up': ['Given up', '已取消'],
  'not-base64': ['That is not base64', '不是 base64 編碼'],
  'bad-response': ['That is no response to this challenge', '認證回應格式不正確'],
  'wrong-password': ['The name or the password is wrong', '帳號或密碼錯誤'],
  'too-many-failures': ['Too many wrong passwords, wait some minutes', '密碼錯誤次數過多，請稍候數分鐘'],
  'account-closed': ['This account is not in use', '此帳號已停用'],
  'protocol-off': ['POP3 is switched off for this account', '此帳號未開放 POP3'],
  'in-use': ['Another session has this mailbox open', '信箱正由另一個連線使用'],
  'try-later': ['Something is out of order here, try again later', '系統暫時無法處理，請稍後再試'],
  'disk-full': ['No room on the disk here, try again later', '系統磁碟空間已滿，請稍後再試'],
  unknown: ['There is no such command', '沒有這個指令'],
  'not-now': ['Not in this state', '目前不能使用這個指令'],
  'too-long': ['The line is too long', '指令過長'],
  'number-expected': ['A message number is expected', '請給信件編號'],
  'argument-unexpected': ['No argument is expected', '這個指令不需要參數'],
  'argument-expected': ['An argument is missing', '缺少參數'],
  'lines-expected': ['A number of lines is expected', '請給行數'],
  'no-such-message': ['There is no such message', '沒有這封信'],
  'is-deleted': ['This message is marked as deleted', '這封信已標記刪除'],
  deleted: ['Marked as deleted', '已標記刪除'],
  restored: ['No message is marked as deleted any more', '已取消所有刪除標記'],
  nothing: ['Nothing done', '完成'],
  list: ['List follows', '清單如下'],
  message: ['Message follows', '信件如下'],
  top: ['Top of the message follows', '信件開頭如下'],
  'utf8-on': ['UTF-8 it is', '使用 UTF-8'],
  languages: ['Languages follow', '語言如下'],
  'language-set': ['Texts are in English now', '已改用正體中文'],
  'no-such-language': ['That language is not spoken here', '不支援此語言'],
  idle: ['Nothing heard for too long', '閒置過久，連線結束'],
  stopping: ['The server is going down, connect again later', '系統停止服務中，請稍後再連線'],
  'too-many-mistakes': ['Too many bad commands', '錯誤的指令過多'],
} as const satisfies Record<string, readonly [en: string, zh: string]>

export type Word = keyof typeof texts

export function text(word: Word, language: Language): string {
  return texts[word][language === 'en' ? 0 : 1]
}
