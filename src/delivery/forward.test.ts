// Forwarding with real keys: what leaves carries an ARC set that the next host can check.

import { equal, match } from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { send, smallHouse } from '../../test/smallhouse.ts'
import { createAlias } from '../directory/aliases.ts'
import { zoneResolver } from '../dns/zone.ts'
import { addKey, advanceKeys, keyRecord } from '../mailauth/keys.ts'
import { openKeyring } from '../mailauth/keyring.ts'
import { openMailauth } from '../mailauth/mailauth.ts'
import { findEntries, readQueueMails } from '../queue/entries.ts'
import { contentOf } from '../queue/content.ts'
import type { QueueHouse } from '../queue/port.ts'

const names = `
else.example.     MX  10 mx.else.example.
else.example.     TXT "v=spf1 ip4:192.0.2.25 -all"
_dmarc.else.example. TXT "v=DMARC1; p=reject"
mx.else.example.  A   192.0.2.25
25.2.0.192.in-addr.arpa. PTR mx.else.example.
`

test('a forward is sealed; whom SPF does not know is neither taken nor told', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'postern-forward-'))
  const made = await smallHouse({ zone: names })
  const { db, store, house } = made
  const keys = { db, folder }
  const key = await addKey(keys, 'uni.example', 'rsa')
  const record = keyRecord(key)
  const published = zoneResolver(
    `${names}\n${record.name}. TXT ${record.text
      .match(/.{1,200}/g)!
      .map((piece) => `"${piece}"`)
      .join(' ')}`,
  )
  await advanceKeys(keys, published)
  const settings = { hostname: 'mx.uni.example', dmarc: 'honour' as const, arcSealers: [], now: () => made.clock.now }
  const mailauth = openMailauth(published, settings, openKeyring(db, folder))
  house.mailauth = mailauth
  t.after(async () => {
    await mailauth.close()
    await made.close()
    await rm(folder, { recursive: true })
  })

  await createAlias(db, 'out@uni.example', ['li@far.example'])
  const text = 'From: chen@else.example\nTo: out@uni.example\nSubject: hello\n\nGood day\n'
  const mail = { from: 'chen@else.example', to: ['out@uni.example'], text }
  await send(made, { ...mail, peer: { address: '192.0.2.25' } })

  const [entry] = await findEntries(db, {})
  const queued = (await readQueueMails(db, [entry!.queueMail])).get(entry!.queueMail)!
  equal(queued.report, true)
  const content = await contentOf({ store, mailauth } as QueueHouse, queued)
  const pieces: Buffer[] = []
  for await (const piece of content!.content()) pieces.push(piece)
  const bytes = Buffer.concat(pieces)
  equal(bytes.length, content!.size)
  match(
    bytes.toString(),
    /^ARC-Seal: i=1; [^]*\r\nDelivered-To: out@uni\.example\r\nReceived: from client\.example \(mx\.else\.example \[192\.0\.2\.25\]\)/,
  )
  match(bytes.toString(), /ARC-Authentication-Results: i=1; mx\.uni\.example;[^]*spf=pass/)

  const results = await mailauth.verify({
    address: '192.0.2.1',
    helo: 'mx.uni.example',
    sender: queued.sender,
    headerBlock: bytes.subarray(0, bytes.indexOf('\r\n\r\n') + 2),
    async *stream() {
      yield bytes
    },
  })
  equal(results.arc.result, 'pass')
  equal(results.arc.sets[0]!.sealer, 'uni.example')
  equal(results.arc.sets[0]!.dmarc, 'pass')

  await send(made, { ...mail, peer: { address: '192.0.2.26' } }).then(
    () => Promise.reject(new Error('DMARC says reject')),
    (error: Error) => match(error.message, /^550 5\.7\.1 .*DMARC/),
  )
})
