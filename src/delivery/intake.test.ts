import { deepEqual, equal, match } from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { play, testPeer } from '../../test/transcript.ts'
import { smallHouse, type SmallHouse, type SmallHouseOptions } from '../../test/smallhouse.ts'
import { smtpServer } from '../smtp/conversation.ts'
import { mailboxByRole } from '../store/mailboxes.ts'
import { fetchPage, messagesIn } from '../store/messages.ts'
import { findEvents } from '../tracking/events.ts'
import type { SmtpRole } from '../smtp/intake.ts'

export async function house(t: TestContext, options: SmallHouseOptions = {}): Promise<SmallHouse> {
  const made = await smallHouse(options)
  t.after(() => made.close())
  return made
}

/** What lies in INBOX (or another) of an account: trace and bytes as text. */
async function inbox(made: SmallHouse, accountId: number, role: 'inbox' | 'junk' = 'inbox'): Promise<string[]> {
  const box = await mailboxByRole(made.db, accountId, role)
  const rows = await messagesIn(made.db, box!.id, 1, 1e9, 100)
  const pages = await fetchPage(
    made.store,
    box!.id,
    rows.map(({ uid }) => uid),
    { mail: true },
  )
  return Promise.all(
    pages.map(async ({ mail }) => mail!.trace + (await made.store.blobs.read(mail!.blobRef)).toString()),
  )
}

function speak(made: SmallHouse, text: string, role: SmtpRole = 'mx', peer = {}): Promise<void> {
  return play(
    text,
    () => smtpServer(made.delivery.intake, { role, hostname: 'mx.uni.example', authOffered: role !== 'lmtp' }),
    { peer: testPeer({ listener: role === 'mx' ? 'smtp' : role, ...peer }), ways: ['by line'] },
  )
}

test('a mail for one of us lies in the mailbox, with its trace, when it is acknowledged', async (t) => {
  const made = await house(t)
  const wang = await made.person('wang@uni.example')
  await speak(
    made,
    `S* 
     S: 220 mx.uni.example ESMTP...
     C: EHLO mx.else.example
     S*
     S: /^250 /
     C: MAIL FROM:<li@else.example>
     S: 250...
     C: RCPT TO:<Wang@uni.example>
     S: 250...
     C: DATA
     S: 354...
     C: Subject: hello
     C: Return-Path: <forged@else.example>
     C: Authentication-Results: mx.uni.example; dkim=pass
     C:
     C: Good day
     C: .
     S: /^250 2\\.0\\.0 .*[0-9a-z]{16}/
     C: QUIT
     S: 221...
     -- close`,
  )
  const [mail, ...others] = await inbox(made, wang.id)
  equal(others.length, 0)
  match(
    mail!,
    /^Return-Path: <li@else\.example>\r\nDelivered-To: wang@uni\.example\r\nReceived: from mx\.else\.example \(\[127\.0\.0\.1\]\)\r\n\tby mx\.uni\.example with ESMTP id [0-9a-z]{16}\r\n\tfor <Wang@uni\.example>;\r\n\tThu, 15 Jan 2026 04:00:00 \+0000\r\nAuthentication-Results: mx.uni.example; spf=none\r\nSubject: hello\r\n\r\nGood day\r\n$/,
  )
  const id = / id ([0-9a-z]{16})/.exec(mail!)![1]!
  const events = await findEvents(made.db, { mail: id })
  deepEqual(
    events.map(({ kind, address, account }) => [kind, address, account]),
    [
      ['received', 'li@else.example', undefined],
      ['placed', 'wang@uni.example', wang.id],
    ],
  )
})
