// Every setting of the house, once: type, default, unit, a sentence in both languages. The loader, the
// manual and `postern config` come from here.
//
// A key is its place in postern.toml ([smtp] max_size = "50MB") and, in capitals with _ for . and the
// prefix POSTERN_, its name in the environment (POSTERN_SMTP_MAX_SIZE).

import { choice, count, flag, list, phrase, size, span, tables, text } from './kinds.ts'
import { readListener } from './listeners.ts'
import { readRoute } from './routes.ts'

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
  'dns.servers': list([], {
    en: 'Name servers to ask, "address" or "address:port"; empty: those of this machine.',
    zh: '查詢用的名稱伺服器,寫成 "位址" 或 "位址:埠";留空則用本機的設定。',
  }),
  'dns.zone_file': text('', {
    en: 'A zone text that answers every name instead of the DNS: for tests and rehearsals only.',
    zh: '以此區域檔回答所有名稱查詢而不問 DNS:僅供測試與演練。',
  }),
  'dns.random_case': flag(false, {
    en: 'Mix capitals into the names asked for, so that forged answers are harder to guess; a few name servers cannot.',
    zh: '查詢的名稱混用大小寫,使偽造的回應更難得逞;少數名稱伺服器不支援。',
  }),

  // -- signing in (login/)
  'login.tls': choice(['required', 'optional'], 'required', {
    en: 'Whether a password is taken without TLS; optional is safe on loopback only.',
    zh: '未加密的連線是否接受密碼;optional 僅適合本機使用。',
  }),
  'login.failures': count(
    10,
    {
      en: 'Different wrong passwords of one account from one source within the window, then that pair is locked.',
      zh: '同一來源對同一帳號在時限內錯幾個不同密碼即鎖定。',
    },
    1,
  ),
  'login.failures_everywhere': count(
    100,
    {
      en: 'The same from all sources together, then the account is locked wherever it has not signed in lately.',
      zh: '各來源合計對同一帳號錯幾個不同密碼,即在該帳號近期未成功登入過的來源全部鎖定。',
    },
    1,
  ),
  'login.prefix4': count(
    32,
    {
      en: 'Bits of an IPv4 address that make one source: 32 for each address, 24 for whole networks (IPv6: always 64).',
      zh: 'IPv4 位址的前幾位元視為同一來源:32 為單一位址,24 為整個網段(IPv6 一律 64)。',
    },
    8,
    32,
    'bits',
  ),
  'login.names_per_source': count(
    30,
    {
      en: 'Different accounts that fail from one source within the window, then the source is locked.',
      zh: '同一來源在時限內有幾個帳號登入失敗即鎖定該來源。',
    },
    1,
  ),
  'login.window': span('15m', {
    en: 'The window in which failed sign-ins are counted.',
    zh: '計算登入失敗次數的時限。',
  }),
  'login.lock': span('15m', {
    en: 'How long a lock lasts.',
    zh: '鎖定持續的時間。',
  }),
  'login.password_minimum': count(
    8,
    {
      en: 'Characters a new password must have at least.',
      zh: '新密碼的最少字元數。',
    },
    1,
  ),

  // -- receiving (smtp/, delivery/)
  'smtp.max_size': size('50MB', {
    en: 'The largest mail, counted as it crosses the wire (attachments grow by a third when encoded).',
    zh: '單封郵件上限,以編碼後傳輸的大小計算(附件編碼後約增為 1.33 倍)。',
  }),
  'smtp.recipients': count(
    1000,
    {
      en: 'Recipients of one mail, at most.',
      zh: '單封郵件收件人數上限。',
    },
    100,
  ),
  'smtp.bare_lines': choice(['refuse', 'repair'], 'refuse', {
    en: 'What becomes of a mail with a CR or LF alone: refused, or repaired before it is accepted.',
    zh: '郵件中出現單獨的 CR 或 LF 時:拒收,或在收下前修正。',
  }),
  'smtp.auth_on_mx': flag(false, {
    en: 'Offer AUTH on the public listener too (port 25), after STARTTLS.',
    zh: '在公開收信埠(25)也提供 STARTTLS 後的登入。',
  }),
  'smtp.banner': phrase(
    '',
    {
      en: 'Words after the host name in the SMTP greeting; empty: protocol and name of the program.',
      zh: 'SMTP 問候行主機名稱之後的文字;留空則為協定與程式名稱。',
    },
    200,
  ),
  'smtp.early_talk_wait': span(
    '0s',
    {
      en: 'Wait before the greeting on the public listener; who speaks meanwhile is turned away (554). 0s: no wait.',
      zh: '公開收信埠問候前的等待時間;此時搶先說話的對方會被拒絕(554)。0s 為不等待。',
    },
    '60s',
  ),
  'smtp.trusted_networks': list([], {
    en: 'Networks (10.0.0.0/8) whose machines may send to the world without signing in; nobody by default.',
    zh: '不需登入即可對外寄信的網段(如 10.0.0.0/8);預設無。',
  }),
  'smtp.connections_per_address': count(
    50,
    {
      en: 'Open connections of one address to the public listener, at most.',
      zh: '單一來源位址在收信埠的同時連線數上限。',
    },
    1,
  ),
  'smtp.connections_per_minute': count(
    120,
    {
      en: 'New connections of one address a minute, at most.',
      zh: '單一來源位址每分鐘新連線數上限。',
    },
    1,
  ),
  'smtp.mails_per_minute': count(
    120,
    {
      en: 'Mails one account may send a minute, unless its class says otherwise.',
      zh: '單一帳號每分鐘可寄的信數(等級另有設定者除外)。',
    },
    1,
  ),
  'smtp.recipients_per_hour': count(
    2000,
    {
      en: 'Recipients one account may send to an hour, unless its class says otherwise.',
      zh: '單一帳號每小時可寄的收件人數(等級另有設定者除外)。',
    },
    1,
  ),
  'smtp.sender_domain_must_exist': flag(false, {
    en: 'Refuse mail from strangers whose sender domain has neither MX nor address; needs working DNS.',
    zh: '寄件網域既無 MX 也無位址時拒收;DNS 必須可用。',
  }),
  'smtp.hops': count(
    50,
    {
      en: 'Servers a mail may have passed before it counts as a loop.',
      zh: '郵件經過多少台主機即視為迴圈。',
    },
    10,
  ),
  'smtp.over_quota': choice(['later', 'refuse'], 'later', {
    en: 'To a full mailbox: "later" asks the sender to try again (452), "refuse" returns the mail (552).',
    zh: '收件人容量已滿時:later 請寄件端稍後再試(452),refuse 退信(552)。',
  }),
  'smtp.plus_folders': flag(true, {
    en: 'Mail to user+folder goes into the mailbox of that name, where there is one.',
    zh: '寄到 user+folder 的信放入同名信匣(若有)。',
  }),

  // -- reading mail (imap/, pop3/)
  'imap.idle': span('30m', {
    en: 'How long an IMAP client may be silent.',
    zh: 'IMAP 用戶端可以多久不出聲。',
  }),
  'pop3.idle': span('10m', {
    en: 'How long a POP3 client may be silent (RFC 1939 asks for ten minutes).',
    zh: 'POP3 用戶端可以多久不出聲(RFC 1939 要求十分鐘)。',
  }),

  // -- contacts
  'contacts.groups': choice(['by-hand', 'open'], 'by-hand', {
    en: 'Whether groups of contacts are imported and exported (open), or made and read by hand only.',
    zh: '聯絡人群組可否匯入匯出(open),或僅能手動編輯(by-hand)。',
  }),
  'contacts.directory': choice(['domain', 'house', 'nobody'], 'domain', {
    en: 'Whom people find while they type a recipient: those of their domain, of the whole house, or contacts only.',
    zh: '輸入收件人時可找到誰:同網域的人、全站的人,或僅限聯絡人。',
  }),

  // -- web pages, JMAP (http/, jmap/)
  'http.allow_plain': flag(false, {
    en: 'Whether others than this machine are served without encryption; only behind a proxy that encrypts.',
    zh: '是否對本機以外的連線提供未加密的網頁:僅限前方另有加密代理時使用。',
  }),
  'http.session_idle': span('7d', {
    en: 'After so long without use a web session ends.',
    zh: '網頁登入閒置多久後結束。',
  }),
  'http.session_life': span('30d', {
    en: 'After so long a web session ends, used or not.',
    zh: '網頁登入最長可持續多久。',
  }),

  'http.picture_networks': list([], {
    en: 'Private networks that pictures in mail may be fetched from, at any port; others never are.',
    zh: '允許代讀者抓取信中圖片的私有網段(不限連接埠);其他私有位址一律不抓。',
  }),

  // -- large files behind links (store/files.ts, http/files.ts)
  'files.max_size': size('2GB', {
    en: 'The largest file that may be handed on by a link.',
    zh: '以連結分享的單一檔案大小上限。',
  }),
  'files.quota': size('10GB', {
    en: 'All such files of one person together.',
    zh: '每人以連結分享的檔案總容量上限。',
  }),
  'files.life': span('90d', {
    en: 'How long such a link may live, at most.',
    zh: '分享連結的最長期限。',
  }),

  // -- accounts elsewhere (fetching/)
  'fetching.on': flag(true, {
    en: 'Whether people may have mail fetched from their accounts elsewhere (POP3, IMAP).',
    zh: '是否允許使用者自動收取其外部帳號(POP3、IMAP)的信件。',
  }),
  'fetching.networks': list([], {
    en: 'Private networks that mail may be fetched from; others that are private never are.',
    zh: '允許收取外部信件的私有網段;其他私有位址一律不連。',
  }),
  'fetching.authorities': list([], {
    en: 'Files with certificates (PEM) of authorities that other mail servers are trusted by, besides the usual ones.',
    zh: '除一般公開憑證機構外,另信任其簽發之郵件伺服器憑證的機構憑證檔(PEM)。',
  }),

  // -- authentication of mail (mailauth/)
  'mailauth.dmarc': choice(['honour', 'mark'], 'honour', {
    en: 'Whether a domain that asks to refuse or set aside mail it did not sign is obeyed, or only noted.',
    zh: '網域要求拒收或隔離未經其簽署的郵件時,照辦或只註記。',
  }),
  'mailauth.trusted_sealers': list([], {
    en: 'Domains whose ARC seal is believed when a forwarder broke the signature.',
    zh: '轉寄破壞簽章時,相信這些網域的 ARC 封緘。',
  }),

  // -- sending (queue/)
  'queue.port': count(25, {
    en: 'The port of other mail hosts.',
    zh: '對方郵件主機的連接埠。',
  }),
  'queue.routes': tables(readRoute, {
    en: 'One table for each domain that goes another way than its MX: domain, host, port, tls, verify, username, password_file.',
    zh: '不依 MX 寄送的網域各一個表:domain、host、port、tls、verify、username、password_file。',
  }),
  'queue.retries': list(['5m', '10m', '20m', '40m', '1h', '2h', '4h'], {
    en: 'Pauses between attempts; the last one repeats.',
    zh: '每次重試之間的間隔;最後一項重複使用。',
  }),
  'queue.expire': span('5d', {
    en: 'After so long a mail that could not be delivered is returned.',
    zh: '無法投遞的郵件,經過多久後退回。',
  }),
  'queue.expire_local': span('3d', {
    en: 'The same for mail to a full mailbox of ours.',
    zh: '收件人為本站已滿的信箱時,經過多久後退回。',
  }),
  'queue.delay_notice': span('4h', {
    en: 'After so long the sender is told that a mail is delayed.',
    zh: '延遲多久後通知寄件人。',
  }),
  'queue.double_bounce': text('', {
    en: 'Who hears of mail that can neither be delivered nor returned; empty: nobody.',
    zh: '既無法投遞也無法退回的郵件通知誰;留空則不通知。',
  }),
  'queue.connections': count(
    200,
    {
      en: 'Outgoing connections, at most.',
      zh: '對外連線數上限。',
    },
    1,
  ),
  'queue.connections_per_destination': count(
    20,
    {
      en: 'Outgoing connections to one destination, at most.',
      zh: '對單一目的地的連線數上限。',
    },
    1,
  ),
  'queue.local_addresses': list([], {
    en: 'Addresses of this machine that outgoing connections come from; empty: the system chooses.',
    zh: '對外連線使用的本機位址;留空則由系統選擇。',
  }),
  'queue.allow_private': flag(false, {
    en: 'Whether DNS may send our mail to private and loopback addresses: for closed networks and tests.',
    zh: '是否允許 DNS 將郵件導向私有或本機位址:僅供封閉網路與測試。',
  }),
  'queue.allow_literals': flag(false, {
    en: 'Whether mail to address literals (user@[192.0.2.1]) is sent.',
    zh: '是否寄送位址形式的收件人(user@[192.0.2.1])。',
  }),

  // -- history (tracking/)
  'tracking.retention': span('400d', {
    en: 'How long the history of mails and logins is kept.',
    zh: '郵件與登入歷程保存多久。',
  }),
}

export type Settings = typeof settings
export type Config = { readonly [Key in keyof Settings]: Settings[Key]['value'] }
