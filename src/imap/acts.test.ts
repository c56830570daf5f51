import { deepEqual, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { grant } from '../store/rights.ts'
import { endless, putShare } from '../store/shares.ts'
import { stand } from '../../test/imaptown.ts'

test('what is done in a mailbox of another is told, and by whom; in one’s own it is not', async () => {
  const { client, put, store, mailboxId, acts, bob } = await stand()
  await put('INBOX')
  await put('INBOX')
  await grant(store, await mailboxId('INBOX'), bob.id, 'set', 'lrswite')
  await grant(store, await mailboxId('Trash'), bob.id, 'set', 'lrik')
  const ann = await client('ann')
  await ann.say('a SELECT INBOX')
  await ann.say('a STORE 1 +FLAGS (\\Flagged)')
  deepEqual(acts.length, 0)
  await ann.say('a SETACL Archive bob@uni.example l')
  const his = await client('bob')
  for (const line of [
    'SELECT "Other Users/ann@uni.example/INBOX"',
    'FETCH 1 BODY[]',
    'STORE 1 +FLAGS (\\Answered)',
    'MOVE 1 "Other Users/ann@uni.example/Trash"',
    'STORE 1 +FLAGS (\\Deleted)',
    'EXPUNGE',
    'CREATE "Other Users/ann@uni.example/Trash/Old"',
  ]) {
    ok(/^b OK/m.test(await his.say(`b ${line}`)), line)
  }
  deepEqual(
    acts.map(({ act, by, owner, details }) => [act, by.address, owner, details?.['uids'] ?? details?.['rights']]),
    [
      ['rights', 'ann@uni.example', 'ann@uni.example', 'l'],
      ['open', 'bob@uni.example', 'ann@uni.example', undefined],
      ['read', 'bob@uni.example', 'ann@uni.example', '1'],
      ['flags', 'bob@uni.example', 'ann@uni.example', '1'],
      ['move', 'bob@uni.example', 'ann@uni.example', '1'],
      ['add', 'bob@uni.example', 'ann@uni.example', '1'],
      ['flags', 'bob@uni.example', 'ann@uni.example', '2'],
      ['delete', 'bob@uni.example', 'ann@uni.example', '2'],
      ['folder', 'bob@uni.example', 'ann@uni.example', undefined],
    ],
  )
})

test('a share that ended, or was narrowed, counts for the next command in a mailbox that is open', async () => {
  const { client, put, store, bob, ann } = await stand()
  await put('INBOX')
  const now = Date.now()
  const share = { id: ann.id, accountId: ann.id, toId: bob.id, rights: 'lrswte', fromAt: now - 1000, untilAt: endless }
  const put1 = (more: object) => store.db.transaction((sql) => putShare(sql, { ...share, ...more }, now))
  await put1({})
  const his = await client('bob')
  await his.say('b SELECT "Other Users/ann@uni.example/INBOX"')
  await put1({ rights: 'lr' }) // nobody is told: another process did it
  ok(/^b NO/m.test(await his.say('b STORE 1 +FLAGS (\\Deleted)')))
  await put1({ untilAt: now - 1 })
  his.send('b FETCH 1 BODY[]\r\n')
  ok((await his.until(/^\* BYE .*\r\n/m)).startsWith('* BYE'))
  await his.ended
})
