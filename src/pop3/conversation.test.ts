import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { play, type Scene } from '../../test/transcript.ts'
import type { Peer } from '../wire/conversation.ts'
import type { Pop3Options } from './session.ts'
import { plain, secure, stand, type Stand } from '../../test/poptown.ts'

const first = 'Subject: one\r\n\r\nhello\r\n.dot\r\nlast\r\n'
const second = 'Subject: two\r\n\r\nno line end'

interface Case {
  mails?: (string | Buffer)[]
  options?: Partial<Pop3Options>
  trace?: string
  peer?: Partial<Peer>
  after?: (made: Stand) => unknown
}

/** A scene with fresh people for each way of playing. */
function scene(
  what: string,
  text: string,
  { mails = [first, second], options, trace, peer = secure, after }: Case = {},
): void {
  test(what, () =>
    play(text, async (): Promise<Scene> => {
      const made = await stand(mails, options, trace)
      return {
        conversation: made.conversation,
        peer,
        after: async () => {
          await after?.(made)
          deepEqual(made.mistakes, [])
        },
      }
    }),
  )
}

const hello = 'S: +OK pop.uni.example Postern ready\n'
const login = `${hello}C: USER ann\nS: +OK...\nC: PASS se cret\nS: +OK Logged in\n`

scene(
  'a session from the greeting to the goodbye',
  `${login}
C: STAT
S: +OK 2 62
C: LIST
S: +OK List follows
S: 1 35
S: 2 27
S: .
C: LIST 2
S: +OK 2 27
C: UIDL
S: +OK List follows
S: 1 7.1
S: 2 7.2
S: .
C: UIDL 2
S: +OK 2 7.2
C: RETR 1
S: +OK 35 octets
S: Subject: one
S: 
S: hello
S: ..dot
S: last
S: .
C: RETR 2
S: +OK 27 octets
S: Subject: two
S: 
S: no line end
S: .
C: NOOP
S: +OK...
C: QUIT
S: +OK Goodbye
-- close`,
  { after: async ({ uids }) => deepEqual(await uids(), [1, 2]) },
)

scene(
  'TOP gives the header and as many lines',
  `${login}
C: TOP 1 0
S: +OK...
S: Subject: one
S: 
S: .
C: TOP 1 2
S: +OK...
S: Subject: one
S: 
S: hello
S: ..dot
S: .
C: TOP 1 100
S: +OK...
S: Subject: one
S: 
S: hello
S: ..dot
S: last
S: .
C: TOP 2 1
S: +OK...
S: Subject: two
S: 
S: no line end
S: .
C: TOP 1
S: -ERR...
C: TOP 1 -1
S: -ERR...
C: TOP 3 1
S: -ERR...
C: QUIT
S: +OK...
-- close`,
)

scene(
  'the trace stands before the stored bytes and counts',
  `${login}
C: STAT
S: +OK 1 39
C: RETR 1
S: +OK 39 octets
S: Received: x
S: Subject: x
S: 
S: body
S: last
S: .
C: TOP 1 1
S: +OK...
S: Received: x
S: Subject: x
S: 
S: body
S: .
C: QUIT
S: +OK...
-- close`,
  {
    mails: ['Subject: x\r\n\r\nbody\r\nlast\r\n'],
    trace: 'Received: x\r\n',
  },
)

scene(
  'DELE takes effect at QUIT',
  `${login}
C: DELE 1
S: +OK...
C: DELE 1
S: -ERR...
C: RETR 1
S: -ERR This message is marked as deleted
C: LIST 1
S: -ERR...
C: STAT
S: +OK 1 27
C: LIST
S: +OK...
S: 2 27
S: .
C: UIDL
S: +OK...
S: 2 7.2
S: .
C: QUIT
S: +OK Goodbye, the deleted messages are gone
-- close`,
  { after: async ({ uids }) => deepEqual(await uids(), [2]) },
)

scene(
  'RSET takes the marks back',
  `${login}
C: DELE 1
S: +OK...
C: DELE 2
S: +OK...
C: STAT
S: +OK 0 0
C: RSET
S: +OK...
C: STAT
S: +OK 2 62
C: QUIT
S: +OK Goodbye
-- close`,
  { after: async ({ uids }) => deepEqual(await uids(), [1, 2]) },
)

scene('a connection that drops changes nothing', `${login}\nC: DELE 1\nS: +OK...\n-- gone`, {
  after: async ({ uids }) => deepEqual(await uids(), [1, 2]),
})

scene(
  'silence changes nothing',
  `${login}\nC: DELE 1\nS: +OK...\n-- silence\nS: -ERR Nothing heard for too long\n-- close`,
  {
    after: async ({ uids }) => deepEqual(await uids(), [1, 2]),
  },
)

scene('the house closes', `${login}\nC: DELE 1\nS: +OK...\n-- stopping\nS: -ERR [SYS/TEMP]...\n-- close`, {
  after: async ({ uids }) => deepEqual(await uids(), [1, 2]),
})

scene(
  'without TLS there is no login',
  `${hello}
C: CAPA
S: +OK Capabilities follow
S: TOP
S: UIDL
S: RESP-CODES
S: AUTH-RESP-CODE
S: PIPELINING
S: EXPIRE NEVER
S: UTF8 USER
S: LANG
S: STLS
S: IMPLEMENTATION Postern
S: .
C: USER ann
S: -ERR Start TLS first
C: PASS se cret
S: -ERR Start TLS first
C: AUTH PLAIN AGFubgBzZSBjcmV0
S: -ERR Start TLS first
C: STLS
S: +OK Begin TLS
-- tls
C: STLS
S: -ERR...
C: CAPA
S: +OK...
S: TOP
S: UIDL
S: RESP-CODES
S: AUTH-RESP-CODE
S: PIPELINING
S: EXPIRE NEVER
S: UTF8 USER
S: LANG
S: USER
S: SASL PLAIN LOGIN
S: IMPLEMENTATION Postern
S: .
C: USER ann
S: +OK...
C: PASS se cret
S: +OK Logged in
C: QUIT
S: +OK...
-- close`,
  { peer: plain },
)

scene('the operator may allow passwords in clear', `${login}\nC: QUIT\nS: +OK...\n-- close`, {
  peer: plain,
  options: { plainLogin: true },
})

scene(
  'AUTH PLAIN and LOGIN',
  `${hello}
C: AUTH
S: +OK...
S: PLAIN
S: LOGIN
S: .
C: AUTH CRAM-MD5
S: -ERR There is no such mechanism
C: AUTH PLAIN
S: + 
C: *
S: -ERR Given up
C: AUTH PLAIN ??
S: -ERR That is not base64
C: AUTH PLAIN AAAA
S: -ERR...
C: AUTH PLAIN Ym9iAGFubgBzZSBjcmV0
S: -ERR [AUTH] The name or the password is wrong
C: AUTH LOGIN
S: + VXNlciBOYW1l
C: 5a6J
S: + UGFzc3dvcmQ=
C: c2UgY3JldA==
S: +OK Logged in
C: AUTH PLAIN
S: -ERR Not in this state
C: QUIT
S: +OK...
-- close`,
)

scene(
  'AUTH PLAIN with its response at once',
  `${hello}C: AUTH PLAIN AGFubgBzZSBjcmV0\nS: +OK Logged in\nC: QUIT\nS: +OK...\n-- close`,
)
scene(
  'AUTH PLAIN with a challenge',
  `${hello}C: auth plain\nS: + \nC: AGFubgBzZSBjcmV0\nS: +OK Logged in\nC: QUIT\nS: +OK...\n-- close`,
)

scene(
  'refusals of the house, in this door’s words',
  `${hello}
C: PASS se cret
S: -ERR USER comes first
C: USER nobody
S: +OK...
C: PASS se cret
S: -ERR [AUTH] The name or the password is wrong
C: PASS se cret
S: -ERR USER comes first
C: USER ann
S: +OK...
C: PASS secret
S: -ERR [AUTH] The name or the password is wrong
C: USER shut
S: +OK...
C: PASS x
S: -ERR [SYS/PERM] POP3 is switched off for this account
C: USER locked
S: +OK...
C: PASS x
S: -ERR [SYS/TEMP] Too many wrong passwords, wait some minutes
C: USER down
S: +OK...
C: PASS x
S: -ERR [SYS/TEMP] Something is out of order here, try again later
-- close`,
)

scene(
  'languages',
  `${hello}
C: LANG
S: +OK Languages follow
S: en English
S: zh-Hant 正體中文
S: .
C: LANG zh-TW
S: +OK zh-Hant 已改用正體中文
C: FOO
S: -ERR 沒有這個指令
C: LANG fr
S: -ERR 不支援此語言
C: LANG *
S: +OK en Texts are in English now
C: UTF8
S: +OK...
C: UTF8 x
S: -ERR...
C: USER 安
S: +OK...
C: PASS se cret
S: +OK...
C: LANG zh-Hant
S: +OK zh-Hant...
C: QUIT
S: +OK 再會
-- close`,
)

scene(
  'what is no command costs the client that line',
  `${hello}
C: STAT
S: -ERR Not in this state
C: 
S: -ERR There is no such command
C~ \\x00\\xff\\r\\n
S: -ERR There is no such command
C: USER
S: -ERR An argument is missing
C: QUIT now
S: -ERR No argument is expected
C: user ann
S: +OK...
C: pass se cret
S: +OK...
C: USER ann
S: -ERR Not in this state
C: RETR
S: -ERR A message number is expected
C: RETR x
S: -ERR A message number is expected
C: RETR 0
S: -ERR There is no such message
C: RETR 3
S: -ERR There is no such message
C: RETR 99999999999999999999
S: -ERR A message number is expected
C: DELE 4294967297
S: -ERR There is no such message
C: LIST 1 2
S: -ERR...
C~ NOOP\\n
S: +OK...
C: quit
S: +OK...
-- close`,
)

scene(
  'a line that is too long',
  `${hello}C: ${'x'.repeat(5000)}\nS: -ERR The line is too long\nC: QUIT\nS: +OK...\n-- close`,
)

scene('a line that never ends', `${hello}C~ ${'x'.repeat(21)}\nS: -ERR The line is too long\n-- close`, {
  options: { limits: { line: 10, swallow: 20 } },
})

scene(
  'too many commands that are none',
  `${hello}${'C: FOO\nS: -ERR There is no such command\n'.repeat(3)}C: FOO\nS: -ERR Too many bad commands\n-- close`,
  {
    options: { limits: { badCommands: 3 } },
  },
)

scene(
  'bare line feeds are sent as line ends, so nothing in a mail ends the answer',
  `${login}
C: RETR 1
S: +OK 30 octets
S: Subject: x
S: 
S: a
S: ..
S: +OK forged
S: ...
S: .
C: QUIT
S: +OK...
-- close`,
  { mails: ['Subject: x\n\na\n.\n+OK forged\n..\n'] },
)
