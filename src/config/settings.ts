// Every setting of the house, once: type, default, unit, a sentence in both languages. The loader, the
// manual and `postern config` come from here.
//
// A key is its place in postern.toml ([smtp] max_size = "50MB") and, in capitals with _ for . and the
// prefix POSTERN_, its name in the environment (POSTERN_SMTP_MAX_SIZE).

import { choice, count, list, span, tables, text } from './kinds.ts'
import { readListener } from './listeners.ts'

export const settings = {
  // -- the house
  hostname: text('', {
    en: 'The name this server calls itself, as in its MX record; empty: the name of the machine.',
    zh: '本伺服器自稱的主機名稱(與 MX 記錄相同);留空則用機器的名稱。',
  }),
  data: text('./data', {
    en: 'The folder that holds everything: database, mail, keys, certificates. Back it up.',
    zh: '存放一切資料(資料庫、郵件、金鑰、憑證)的資料夾;請備份它。',
  }),
  database: text('', {
    en: 'postgres://... when the built-in database in the data folder is outgrown; empty: built in.',
    zh: '內建資料庫不敷使用時填 postgres://...;留空則用資料夾內的內建資料庫。',
  }),
  grace: span('30s', {
    en: 'How long a stop waits for what is in hand.',
    zh: '停止服務時,等待處理中工作完成的時間。',
  }),
  log: choice(['debug', 'info', 'warn', 'error', 'silent'], 'info', {
    en: 'The least level of the log lines on standard error.',
    zh: '寫到標準錯誤的記錄的最低等級。',
  }),

  // -- where it listens
  ports: choice(['standard', 'unprivileged', 'free'], 'unprivileged', {
    en: 'standard: 25, 587, 143 ...; unprivileged: 2525, 2587, 2143 ...; free: any free loopback ports (tests).',
    zh: 'standard:25、587、143 等;unprivileged:2525、2587、2143 等;free:本機任一可用埠(測試用)。',
  }),
  listener: tables(readListener, {
    en: 'One table for each listener that differs: name, host, port, off, proxies, hostname.',
    zh: '與預設不同的每個監聽埠一個表:name、host、port、off、proxies、hostname。',
  }),
  'net.connections': count(10_000, {
    en: 'Open connections on one listener, at most.',
    zh: '單一監聽埠同時連線數上限。',
  }),
  'net.connections_per_address': count(500, {
    en: 'Open connections of one address on one listener, at most; this machine itself is not counted.',
    zh: '單一來源位址在單一監聽埠的同時連線數上限;本機不計。',
  }),

  // -- certificates
  'tls.certificates': list([], {
    en: 'Certificate chains in PEM, each with its key as "chain.pem:key.pem"; empty: a self-signed one is made.',
    zh: 'PEM 憑證鏈,各附金鑰,寫成 "chain.pem:key.pem";留空則自製自簽憑證。',
  }),
  'tls.oldest': choice(['TLSv1.2', 'TLSv1.3'], 'TLSv1.2', {
    en: 'The oldest TLS version spoken.',
    zh: '允許的最舊 TLS 版本。',
  }),

  // -- names (dns/)

  // -- signing in (login/)

  // -- receiving (smtp/, delivery/)

  // -- reading mail (imap/, pop3/)

  // -- authentication of mail (mailauth/)

  // -- sending (queue/)

  // -- history (tracking/)
}

export type Settings = typeof settings
export type Config = { readonly [Key in keyof Settings]: Settings[Key]['value'] }

