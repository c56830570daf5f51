import { test } from 'node:test'
import { scene, signedIn } from '../../test/imaptown.ts'

test('a session from greeting to logout', () =>
  scene(`
    S: * OK [CAPABILITY IMAP4rev2 IMAP4rev1 LITERAL+ ID ENABLE SASL-IR STARTTLS AUTH=PLAIN AUTH=LOGIN] mail.uni.example Postern ready
    C: a CAPABILITY
    S: * CAPABILITY IMAP4rev2 IMAP4rev1 LITERAL+ ID ENABLE SASL-IR STARTTLS AUTH=PLAIN AUTH=LOGIN
    S: a OK That is what I can
    C: b LOGIN ann secret
    S: /^b OK \\[CAPABILITY IMAP4rev2 .* IDLE .* APPENDLIMIT=52428800 COMPRESS=DEFLATE\\] Logged in$/
    C: c NOOP
    S: c OK Nothing done
    C: d LOGOUT
    S: * BYE See you
    S: d OK Logged out
    -- close
  `))

test('select and fetch', () =>
  scene(
    `${signedIn}
    C: a SELECT INBOX
    S: * 2 EXISTS
    S: * 0 RECENT
    S: * FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Forwarded $MDNSent $Junk $NotJunk $Phishing $SubmitPending $Submitted $Important)
    S: * OK [PERMANENTFLAGS (\\Answered \\Flagged \\Draft \\Deleted \\Seen $Forwarded $MDNSent $Junk $NotJunk $Phishing $SubmitPending $Submitted $Important \\*)] What can be kept
    S: /^\\* OK \\[UIDVALIDITY \\d+\\] UIDs are valid$/
    S: * OK [UIDNEXT 3] Next UID
    S: /^\\* OK \\[HIGHESTMODSEQ \\d+\\] Highest$/
    S: /^\\* OK \\[MAILBOXID \\(F\\d+\\)\\] Id$/
    S: a OK [READ-WRITE] Opened
    C: b FETCH 1:* (FLAGS INTERNALDATE)
    S: * 1 FETCH (FLAGS (\\Seen) INTERNALDATE " 5-Jan-2026 08:00:00 +0000")
    S: * 2 FETCH (FLAGS (\\Flagged $Forwarded) INTERNALDATE " 5-Jan-2026 08:00:00 +0000")
    S: b OK Fetched
    C: c UID FETCH 1 (BODY.PEEK[HEADER.FIELDS (Subject)] ENVELOPE BODYSTRUCTURE)
    S: * 1 FETCH (UID 1 ENVELOPE ("Mon, 5 Jan 2026 10:00:00 +0800" "One" (("Ann" NIL "ann" "uni.example")) (("Ann" NIL "ann" "uni.example")) (("Ann" NIL "ann" "uni.example")) (("Bob" NIL "bob" "uni.example")) NIL NIL NIL "<one@uni.example>") BODYSTRUCTURE ("text" "plain" NIL NIL NIL "7bit" 7 1 NIL NIL NIL NIL) BODY[HEADER.FIELDS (Subject)] {16}
    S: Subject: One
    S:
    S: )
    S: c OK Fetched
    C: d FETCH 2 BODY[TEXT]
    S: * 2 FETCH (FLAGS (\\Flagged \\Seen $Forwarded) BODY[TEXT] {7}
    S: Hello
    S: )
    S: d OK Fetched
    `,
    async ({ put }) => {
      await put('INBOX', { subject: 'One', id: '<one@uni.example>', body: 'Hello\r\n' }, { flags: 1 })
      await put('INBOX', { subject: 'Two', body: 'Hello\r\n' }, { flags: 4, keywords: ['$Forwarded'] })
    },
  ))

test('before TLS no password is taken', () =>
  scene(
    `
    S: * OK [CAPABILITY IMAP4rev2 IMAP4rev1 LITERAL+ ID ENABLE SASL-IR STARTTLS LOGINDISABLED] mail.uni.example Postern ready
    C: a LOGIN ann secret
    S: a NO [PRIVACYREQUIRED] Start TLS first
    C: b AUTHENTICATE PLAIN
    S: b NO [PRIVACYREQUIRED] Start TLS first
    C: c AUTHENTICATE PLAIN AGFubgBzZWNyZXQ=
    S: c NO [PRIVACYREQUIRED] Start TLS first
    C: d STARTTLS
    S: d OK Begin TLS
    -- tls
    C: e CAPABILITY
    S: * CAPABILITY IMAP4rev2 IMAP4rev1 LITERAL+ ID ENABLE SASL-IR AUTH=PLAIN AUTH=LOGIN
    S: e OK That is what I can
    C: f STARTTLS
    S: f BAD TLS is on already
    C: g LOGIN ann secret
    S: g OK [CAPABILITY ...
  `,
    undefined,
    { plainLogin: false },
  ))

test('what was sent before the handshake is never read after it', () =>
  scene(
    `
    S: * OK ...
    C~ a STARTTLS\\r\\nb LOGIN ann secret\\r\\n
    S: a OK Begin TLS
    -- tls
    C: c SELECT INBOX
    S: c NO Log in first
  `,
    undefined,
    { plainLogin: false, ways: ['all at once'] },
  ))

test('ways to sign in', () =>
  scene(`
    S: * OK ...
    C: a LOGIN ann wrong
    S: a NO [AUTHENTICATIONFAILED] User name or password is wrong
    C: b LOGIN nobody secret
    S: b NO [AUTHENTICATIONFAILED] User name or password is wrong
    C: c AUTHENTICATE PLAIN
    S: + 
    C: *
    S: c BAD Given up
    C: d AUTHENTICATE CRAM-MD5
    S: d NO [CANNOT] There is no such mechanism
    C: e AUTHENTICATE PLAIN
    S: + 
    C: !!!
    S: e BAD That is not base64
    C: f AUTHENTICATE LOGIN
    S: + VXNlciBOYW1l
    C: YW5u
    S: + UGFzc3dvcmQ=
    C: c2VjcmV0
    S: f OK [CAPABILITY ...
    C: g LOGIN ann secret
    S: g BAD You are logged in already
  `))

test('SASL-IR, and a name in a literal', () =>
  scene(`
    S: * OK ...
    C: a AUTHENTICATE PLAIN AGFubgBzZWNyZXQ=
    S: a OK [CAPABILITY ...
    C: b UNSELECT
    S: b BAD [CLIENTBUG] Select a mailbox first
  `))

test('a login by literals', () =>
  scene(`
    S: * OK ...
    C: a LOGIN {3}
    S: + Go on
    C: ann {6+}
    C: secret
    S: a OK [CAPABILITY ...
  `))

test('too many failed logins end the session', () =>
  scene(
    `
    S: * OK ...
    C: a LOGIN ann 1
    S: a NO ...
    C: b LOGIN ann 2
    S: * BYE [AUTHENTICATIONFAILED] User name or password is wrong
    -- close
  `,
    undefined,
    { limits: { failedLogins: 2 } },
  ))

test('bad commands cost the command, and too many the session', () =>
  scene(
    `
    S: * OK ...
    C: a FROBNICATE
    S: a BAD There is no such command
    C: 
    S: * BAD Expected a tag at the end
    C: c LOGIN ann
    S: c BAD Expected a space at the end
    C: d NOOP now
    S: d BAD Expected the end of the command at " now"
    C: e UID
    S: * BYE Too many bad commands
    -- close
  `,
    undefined,
    { limits: { badCommands: 4 } },
  ))

test('a non-synchronizing literal that is too long is read past', () =>
  scene(
    `
    S: * OK ...
    C: a LOGIN {100+}
    C: 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789 x
    S: a BAD [TOOBIG] The command is too long
    C: b NOOP
    S: b OK Nothing done
    C: c LOGIN {100000000000+}
    S: * BYE [TOOBIG] The literal is too long
    -- close
  `,
    undefined,
    { limits: { commandBeforeLogin: 80 } },
  ))

test('a line that is too long is read past', () =>
  scene(
    `
    S: * OK ...
    C: a LOGIN 01234567890123456789012345678901234567890123456789012345678901234567890123456789
    S: a BAD [TOOBIG] The command is too long
    C: b NOOP
    S: b OK Nothing done
  `,
    undefined,
    { limits: { commandBeforeLogin: 60 } },
  ))

test('silence and the end of the house', async () => {
  await scene(`
    S: * OK ...
    -- silence
    S: * BYE Nothing heard for too long
    -- close
  `)
  await scene(`${signedIn}
    C: a IDLE
    S: + Waiting for news
    -- stopping
    S: * BYE The server is going down, connect again
    -- close
  `)
})

test('ID, ENABLE, NAMESPACE, COMPRESS', () =>
  scene(`
    S: * OK ...
    C: a ID ("name" "imapflow" "version" NIL)
    S: * ID ("name" "Postern")
    S: a OK Pleased to meet you
    C: l LOGIN ann secret
    S: l OK ...
    C: b ID NIL
    S: * ID ("name" "Postern" "version" "0")
    S: b OK Pleased to meet you
    C: c ENABLE QRESYNC X-NOTHING
    S: * ENABLED QRESYNC
    S: c OK Enabled
    C: d ENABLE CONDSTORE UTF8=ACCEPT
    S: * ENABLED UTF8=ACCEPT
    S: d OK Enabled
    C: e NAMESPACE
    S: * NAMESPACE (("" "/")) (("Other Users/" "/")) NIL
    S: e OK Those are the namespaces
    C: f COMPRESS DEFLATE
    S: f OK Compression on
    -- compress
    C: g COMPRESS DEFLATE
    S: g NO [COMPRESSIONACTIVE] Compression is on already
  `))

// RFC 2971 §3.3: 30 fields, names of 30 octets, values of 1,024.
const longestId = (quote: (text: string) => string) =>
  Array.from({ length: 30 }, () => `${quote('n'.repeat(30))} ${quote('v'.repeat(1024))}`).join(' ')

for (const [how, quote] of [
  ['quoted', (text: string) => `"${text}"`],
  ['in literals', (text: string) => `{${text.length}+}\\r\\n${text}`],
] as const)
  test(`the longest ID there may be is taken before login (${how})`, () =>
    scene(`
    S: * OK [CAPABILITY ...
    C~ a ID (${longestId(quote)})\\r\\n
    S: * ID ("name" "Postern")
    S: a OK Pleased to meet you
    C~ b LOGIN ann {40000+}\\r\\n${'x'.repeat(40000)}\\r\\n
    S: b BAD [TOOBIG] The command is too long
  `))
