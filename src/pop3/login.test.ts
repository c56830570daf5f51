// The door with the house's own sign-in, store and directory.

import { deepEqual } from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eachEngine } from '../../test/engines.ts'
import { play } from '../../test/transcript.ts'
import { openVolumes } from '../blobs/volumes.ts'
import { createAccount } from '../directory/accounts.ts'
import { createDomain } from '../directory/domains.ts'
import { migrations as directoryMigrations } from '../directory/migrations.ts'
import { openLogin } from '../login/login.ts'
import { hashPassword } from '../login/passwords.ts'
import { createAccountStore, mailboxByRole } from '../store/mailboxes.ts'
import { messagesIn } from '../store/rows.ts'
import { migrations as storeMigrations } from '../store/migrations.ts'
import { openStore } from '../store/store.ts'
import { append } from '../../test/mailstore.ts'
import { pop3 } from './conversation.ts'

eachEngine('signing in, fetching, deleting', [...directoryMigrations, ...storeMigrations], async (t, db) => {
  const folder = await mkdtemp(join(tmpdir(), 'postern-pop3-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  await createDomain(db, { name: 'uni.example' })
  const passwordHash = await hashPassword('correct horse')
  const { id } = await createAccount(db, { address: 'wang@uni.example', passwordHash }, (sql, account) =>
    createAccountStore(sql, account.id, 0),
  )
  const blobs = await openVolumes(folder)
  const store = openStore(db, blobs)
  const inbox = (await mailboxByRole(db, id, 'inbox'))!
  const host = { store, signIn: openLogin(db), options: { hostname: 'pop.uni.example' } }
  const tls = { protocol: 'TLSv1.3', cipher: 'x' }

  await play(
    `S: +OK...
C: USER nobody@uni.example
S: +OK Now the password
C: PASS correct horse
S: -ERR [AUTH] The name or the password is wrong
C: USER wang@uni.example
S: +OK Now the password
C: PASS battery staple
S: -ERR [AUTH] The name or the password is wrong
C: USER wang@uni.example
S: +OK Now the password
C: PASS correct horse
S: +OK Logged in
C: UIDL
S: +OK...
S: /^1 \\d+\\.\\d+$/
S: /^2 \\d+\\.\\d+$/
S: .
C: DELE 1
S: +OK...
C: DELE 2
S: +OK...
C: QUIT
S: +OK Goodbye, the deleted messages are gone
-- close`,
    async () => {
      await append(store, inbox.id)
      await append(store, inbox.id)
      return {
        conversation: pop3(host),
        peer: { listener: 'pop3s', tls },
        after: async () => deepEqual(await messagesIn(db, inbox.id, 1, 1e9, 10), []),
      }
    },
  )
  await store.close()
  await blobs.close()
})
