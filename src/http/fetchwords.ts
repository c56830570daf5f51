// How a run of fetching from an account elsewhere went, and what to do about it, in both languages.

import type { FailureCode } from '../fetching/failure.ts'
import type { Words } from './words.ts'

export const fetchWords: Record<'ok' | 'never' | FailureCode, Words> = {
  ok: { en: 'Fetched.', zh: '已收取。' },
  never: { en: 'Not fetched yet.', zh: '尚未收取。' },
  'no-such-host': {
    en: 'There is no server of that name. Check how it is spelled.',
    zh: '找不到這台伺服器,請檢查主機名稱是否正確。',
  },
  'not-allowed': {
    en: 'That server is in a private network, which we do not connect to. Ask the administrator to allow it.',
    zh: '這台伺服器位於私有網路,本站不會連線;如有需要請洽管理者開放。',
  },
  refused: {
    en: 'The server does not answer at that port. Check the port (POP3: 995 or 110, IMAP: 993 or 143), or turn on POP3/IMAP over there.',
    zh: '伺服器在這個連接埠沒有回應。請檢查連接埠(POP3:995 或 110;IMAP:993 或 143),或到對方網站開啟 POP3/IMAP。',
  },
  timeout: {
    en: 'The server did not answer in time. We try again; if it stays so, check server and port.',
    zh: '伺服器逾時未回應。系統會再試;若持續發生,請檢查主機名稱與連接埠。',
  },
  lost: {
    en: 'The connection was lost in the middle. Nothing is lost; we try again.',
    zh: '連線中斷。信件不會遺失,系統會再試。',
  },
  'no-tls': {
    en: 'The server offers no encryption this way. Choose the other kind of encryption, with its port (TLS: 995, 993; STARTTLS: 110, 143).',
    zh: '伺服器不支援這種加密方式。請改選另一種加密方式與對應的連接埠(TLS:995、993;STARTTLS:110、143)。',
  },
  certificate: {
    en: 'The certificate of the server is not valid for this name, so nothing was sent to it. Use the name that its provider states; if it is right, its administrator has to renew the certificate.',
    zh: '伺服器的憑證與主機名稱不符或已失效,因此未送出任何資料。請使用該服務公布的主機名稱;若名稱無誤,須由對方管理者更新憑證。',
  },
  'wrong-password': {
    en: 'The server does not accept name and password. Type the password again; some providers want an app password, or POP3/IMAP to be turned on. After several refusals we stop trying.',
    zh: '對方不接受帳號或密碼。請重新輸入密碼;有些服務須使用「應用程式密碼」,或先開啟 POP3/IMAP。多次被拒後系統會停止嘗試。',
  },
  'no-login': {
    en: 'The server offers no way to sign in with a password that we know.',
    zh: '伺服器未提供可用密碼登入的方式。',
  },
  busy: {
    en: 'The server asks to come again later, or the mailbox is in use by another program. We try again.',
    zh: '伺服器要求稍後再試,或信箱正由其他程式使用中。系統會再試。',
  },
  nonsense: {
    en: 'What answers there does not speak this protocol. Check whether it is POP3 or IMAP, and the port.',
    zh: '對方回應的不是這種通訊協定。請確認是 POP3 或 IMAP,以及連接埠。',
  },
  'no-names': {
    en: 'The server cannot say which mails are new (no UIDL). Choose to remove mails there after they were fetched, or use IMAP.',
    zh: '伺服器無法分辨哪些信是新的(不支援 UIDL)。請改為收取後刪除,或改用 IMAP。',
  },
  'no-remote-folder': {
    en: 'There is no such folder on that server. INBOX is always there.',
    zh: '對方伺服器沒有這個資料夾;INBOX 一定存在。',
  },
  'too-many': {
    en: 'There are more mails on that server than we look at. Move old ones to another folder there.',
    zh: '對方信箱的信件過多,請先在對方把舊信移到其他資料夾。',
  },
  'no-such-mailbox': {
    en: 'The mailbox that mails were to go into is not there any more. Choose another.',
    zh: '要放入的信匣已不存在,請另選一個。',
  },
  'over-quota': {
    en: 'Your mailbox has no room for the next mail. Delete mail, or ask for more room; what is left stays over there.',
    zh: '您的信箱空間不足,無法收取下一封信。請刪除信件或申請加大容量;其餘信件仍留在對方。',
  },
  'disk-full': { en: 'There is no room on our server now. We try again.', zh: '本站伺服器空間不足,系統會再試。' },
  unavailable: { en: 'That could not be done now. We try again.', zh: '目前無法處理,系統會再試。' },
  'no-secret': {
    en: 'The password cannot be read any more on our side. Type it again.',
    zh: '本站已無法讀取先前儲存的密碼,請重新輸入。',
  },
}
