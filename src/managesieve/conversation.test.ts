import { deepEqual } from 'node:assert/strict'
import { after, test } from 'node:test'
import { freshSqlite } from '../../test/engines.ts'
import { play, type PlayOptions, type Scene } from '../../test/transcript.ts'
import { migrations } from '../directory/migrations.ts'
import { activateScript, putScript } from '../directory/scripts.ts'
import type { SignIn } from '../login/login.ts'
import type { Peer } from '../wire/conversation.ts'
import { Trouble } from '../wire/troubles.ts'
import { manageSieve } from './conversation.ts'
import type { ManageSieveOptions } from './session.ts'

const tls = { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' }
let town: ReturnType<typeof freshSqlite> | undefined
after(async () => (await town)?.drop())
let accounts = 0

interface Case {
  scripts?: [name: string, text: string, active?: boolean][]
  options?: Partial<ManageSieveOptions>
  peer?: Partial<Peer>
  ways?: PlayOptions['ways']
}

/** A scene in which ann has these scripts; her password is 'se cret'. */
function scene(what: string, text: string, { scripts = [], options, peer = { tls }, ways }: Case = {}): void {
  test(what, () =>
    play(
      text,
      async (): Promise<Scene> => {
        const { db } = await (town ??= freshSqlite(migrations))
        const id = ++accounts
        await db.transaction(async (sql) => {
          for (const [name, source, active] of scripts) {
            const made = await putScript(sql, id, name, source)
            if (active) await activateScript(sql, id, made.id)
          }
        })
        const mistakes: unknown[] = []
        const signIn = (async ({ name, password }) => {
          if (name === 'shut') throw new Trouble('protocol-off')
          if (name !== 'ann' || password !== 'se cret') throw new Trouble('wrong-password')
          return { id, address: 'ann@uni.example' }
        }) as SignIn
        const conversation = manageSieve({
          db,
          signIn,
          options: { ...options },
          report: (error) => mistakes.push(error),
        })
        return { conversation, peer, after: () => deepEqual(mistakes, []) }
      },
      ways && { ways },
    ),
  )
}

const plain = (name: string, password: string): string => Buffer.from(`\0${name}\0${password}`).toString('base64')
const hello = 'S: "IMPLEMENTATION" "Postern"\nS*\nS: OK "ManageSieve is ready"\n'
const login = `${hello}C: AUTHENTICATE "PLAIN" "${plain('ann', 'se cret')}"\nS: OK "Signed in"\n`

scene(
  'the greeting tells what there is; a password needs TLS',
  `
S: "IMPLEMENTATION" "Postern"
S: "SASL" ""
S: "SIEVE" "fileinto reject...
S: "STARTTLS"
S: "NOTIFY" "mailto"
S: "MAXREDIRECTS" "4"
S: "LANGUAGE" "en"
S: "UNAUTHENTICATE"
S: "VERSION" "1.0"
S: OK "ManageSieve is ready"
C: AUTHENTICATE "PLAIN" "${plain('ann', 'se cret')}"
S: NO (ENCRYPT-NEEDED)...
C: LISTSCRIPTS
S: NO "Sign in first...
C: STARTTLS
S: OK "Begin TLS"
-- tls
S: "IMPLEMENTATION" "Postern"
S: "SASL" "PLAIN"
S*
S: "VERSION" "1.0"
S: OK "TLS is there"
C: STARTTLS
S: NO "TLS is there already...
C: AUTHENTICATE "plain" "${plain('ann', 'se cret')}"
S: OK "Signed in"
C: CAPABILITY
S: "IMPLEMENTATION" "Postern"
S: "SASL" ""
S*
S: "OWNER" "ann@uni.example"
S: "UNAUTHENTICATE"
S: "VERSION" "1.0"
S: OK...
C: UNAUTHENTICATE
S: OK...
C: GETSCRIPT "a"
S: NO "Sign in first...
C: LOGOUT
S: OK "Goodbye"
-- close`,
  { peer: {} },
)

scene(
  'ways to sign in that fail',
  `${hello}
C: AUTHENTICATE "LOGIN"
S: NO "There is no such mechanism...
C: AUTHENTICATE "PLAIN"
S: ""
C: "${plain('ann', 'wrong')}"
S: NO "The name or the password is wrong...
C: AUTHENTICATE "PLAIN"
S: ""
C: "*"
S: NO "Given up...
C: AUTHENTICATE "PLAIN" "no base64"
S: NO...
C: AUTHENTICATE "PLAIN" {8+}
C: AHNodXQA
S: NO "ManageSieve is switched off...
C: AUTHENTICATE "PLAIN"
S: ""
C: {20+}
C: AGFubgBzZSBjcmV0AAAA
S: NO...
C: AUTHENTICATE "PLAIN"
S: ""
C: {16+}
C: AGFubgBzZSBjcmV0
S: OK "Signed in"
C: AUTHENTICATE "PLAIN"
S: NO...
-- gone`,
)

scene(
  'scripts are stored, listed, made active, renamed and deleted',
  `${login}
C: LISTSCRIPTS
S: OK...
C: HAVESPACE "規則" 100
S: OK...
C: PUTSCRIPT "規則" {28+}
C: require "fileinto";
C: keep;
C: 
S: OK "Stored"
C: putscript "b" "keep;"
S: OK...
C: LISTSCRIPTS
S: "b"
S: "規則"
S: OK...
C: SETACTIVE "規則"
S: OK...
C: LISTSCRIPTS
S: "b"
S: "規則" ACTIVE
S: OK...
C: GETSCRIPT "規則"
S: {28}
S: require "fileinto";
S: keep;
S: 
S: OK...
C: DELETESCRIPT "規則"
S: NO (ACTIVE)...
C: RENAMESCRIPT "b" "規則"
S: NO (ALREADYEXISTS)...
C: RENAMESCRIPT "規則" "c \\"d\\""
S: OK...
C: LISTSCRIPTS
S: "b"
S: "c \\"d\\"" ACTIVE
S: OK...
C: SETACTIVE ""
S: OK...
C: DELETESCRIPT {5+}
C: c "d"
S: OK...
C: GETSCRIPT "c"
S: NO (NONEXISTENT)...
C: SETACTIVE "c"
S: NO (NONEXISTENT)...
C: DELETESCRIPT "c"
S: NO (NONEXISTENT)...
C: RENAMESCRIPT "c" "d"
S: NO (NONEXISTENT)...
C: NOOP
S: OK "Done"
C: NOOP "tag 1"
S: OK (TAG "tag 1") "Done"
C: LOGOUT
S: OK...
-- close`,
)

scene(
  'what is wrong with a script is said with its place',
  `${login}
C: CHECKSCRIPT "fileinto \\"a\\";"
S: NO "line 1, column 1: ...
C: PUTSCRIPT "bad" {16+}
C: keep;
C: discarded
S: NO {...
S: line 2, column 1: ...
S: line 2, column 10: ...
C: LISTSCRIPTS
S: OK...
C: CHECKSCRIPT {42+}
C: require "include";
C: include "not there";
C: 
S: OK (WARNINGS) "line 2, column 1: There is no script...
C: CHECKSCRIPT "keep;"
S: OK...
C: PUTSCRIPT "" "keep;"
S: NO...
C: HAVESPACE "x" 999999999
S: NO (QUOTA/MAXSIZE)...
-- gone`,
)

scene(
  'what cannot be read costs its command alone',
  `${login}
C: FROB
S: NO "There is no such command...
C: PUTSCRIPT "x"
S: NO "Other arguments...
C: GETSCRIPT "x
S: NO "That cannot be read...
C: GETSCRIPT 5
S: NO "Other arguments...
C~ GETSCRIPT "\\xff"\\r\\n
S: NO "That is not UTF-8...
C: PUTSCRIPT "x" {400000+}
C~ ${'CAPABILITY\\r\\n'.repeat(33334).slice(0, 9)}${'x'.repeat(399991)}\\r\\n
S: NO (QUOTA/MAXSIZE) "That is too long...
C: NOOP
S: OK "Done"
C: GETSCRIPT "${'x'.repeat(20000)}"
S: NO (QUOTA/MAXSIZE) "That is too long...
C: NOOP
S: OK "Done"
-- silence
S: BYE...
-- close`,
  { ways: ['by line', 'all at once'] },
)

scene('too many mistakes end it', `${hello}C: X\nS: NO...\nC: Y\nS: BYE "Too many bad...\n-- close`, {
  options: { limits: { badCommands: 1 } },
})
scene('the house closes', `${hello}-- stopping\nS: BYE (TRYLATER)...\n-- close`)
