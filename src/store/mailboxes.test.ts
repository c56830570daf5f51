import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import {
  createMailbox,
  deleteAccountStore,
  deleteMailbox,
  listMailboxes,
  mailboxById,
  mailboxByPath,
  mailboxByRole,
  renameMailbox,
  setRole,
  subscribe,
} from './mailboxes.ts'
import { messagesIn } from './messages.ts'
import { quotaOf } from './quota.ts'
import type { Store } from './store.ts'
import { append, eachStore } from '../../test/mailstore.ts'

async function tree(store: Store): Promise<string[]> {
  const roles = new Set(['drafts', 'sent', 'junk', 'trash', 'archive'])
  return (await listMailboxes(store.db, 1))
    .filter(({ role }) => !role || !roles.has(role))
    .map(({ path, selectable }) => path.join('/') + (selectable ? '' : ' -'))
}

const badNames: [string, string[]][] = [
  ['no levels', []],
  ['an empty level', ['a', '']],
  ['a separator', ['a/b']],
  ['a control character', ['a\nb']],
  ['a NUL', ['a\0']],
  ['256 bytes', ['x'.repeat(256)]],
  ['86 Chinese characters', ['會'.repeat(86)]],
  ['half a character', ['\ud800']],
  ['21 levels', Array.from({ length: 21 }, () => 'a')],
]

eachStore('names are names', async ({ store }) => {
  for (const [what, path] of badNames)
    await rejects(createMailbox(store, 1, { path }), { code: 'bad-mailbox-name' }, what)
  const dots = await createMailbox(store, 1, { path: ['..', '.', '%*&', 'Ünïcode e\u0301'] })
  deepEqual(dots.path, ['..', '.', '%*&', 'Ünïcode \u00e9'])
  equal((await mailboxByPath(store.db, 1, ['..', '.', '%*&', 'Ünïcode \u00e9']))!.id, dots.id)
  await rejects(createMailbox(store, 1, { path: ['inBox'] }), { code: 'mailbox-exists' })
  await rejects(createMailbox(store, 99, { path: ['x'] }), { code: 'no-such-account' })
  equal((await mailboxByPath(store.db, 1, ['InBoX']))!.role, 'inbox')
  equal(await mailboxByPath(store.db, 1, ['drafts']), undefined)
  equal(await mailboxByPath(store.db, 2, ['..']), undefined)
  equal((await createMailbox(store, 1, { path: ['inbox', 'inbox'] })).path.join('/'), 'INBOX/inbox')
})

eachStore('a rename moves children, makes parents and keeps ids', async ({ store }) => {
  const b = await createMailbox(store, 1, { path: ['a', 'b'] })
  const c = await createMailbox(store, 1, { path: ['a', 'b', 'c'] })
  await append(store, c.id)
  const moved = await renameMailbox(store, b.id, ['x', 'y', 'z'])
  deepEqual(moved.path, ['x', 'y', 'z'])
  deepEqual((await mailboxById(store.db, c.id))!.path, ['x', 'y', 'z', 'c'])
  equal((await mailboxById(store.db, c.id))!.uidValidity, c.uidValidity)
  deepEqual(await tree(store), ['INBOX', 'a', 'x', 'x/y', 'x/y/z', 'x/y/z/c'])
  await rejects(renameMailbox(store, b.id, ['x', 'y', 'z', 'c', 'd']), { code: 'bad-mailbox-name' })
  await rejects(renameMailbox(store, b.id, ['a']), { code: 'mailbox-exists' })
  await rejects(renameMailbox(store, b.id, ['x', 'y', 'z']), { code: 'mailbox-exists' })
  await rejects(renameMailbox(store, b.id, ['INBOX']), { code: 'mailbox-exists' })
  await rejects(
    renameMailbox(
      store,
      b.id,
      Array.from({ length: 20 }, () => 'd'),
    ),
    { code: 'bad-mailbox-name' },
  )
  await rejects(renameMailbox(store, 999, ['q']), { code: 'no-such-mailbox' })
  deepEqual(await tree(store), ['INBOX', 'a', 'x', 'x/y', 'x/y/z', 'x/y/z/c'])
})

eachStore(
  'a rename of INBOX moves its messages and leaves an empty INBOX with its children',
  async ({ store, inbox }) => {
    await append(store, inbox.id)
    await createMailbox(store, 1, { path: ['INBOX', 'child'] })
    const old = await renameMailbox(store, inbox.id, ['Old', 'Mail'])
    equal((await messagesIn(store.db, old.id, 1, 9, 9)).length, 1)
    const fresh = (await mailboxByPath(store.db, 1, ['INBOX']))!
    deepEqual([fresh.total, fresh.role, old.role], [0, 'inbox', null])
    ok(fresh.uidValidity > inbox.uidValidity)
    deepEqual(await tree(store), ['INBOX', 'INBOX/child', 'Old', 'Old/Mail'])
    await append(store, fresh.id)
    equal((await mailboxByRole(store.db, 1, 'inbox'))!.total, 1)
  },
)

eachStore('deleting a mailbox with children leaves a node', async ({ store, inbox }) => {
  const a = await createMailbox(store, 1, { path: ['a'] })
  const b = await createMailbox(store, 1, { path: ['a', 'b'] })
  await append(store, a.id)
  await append(store, b.id)
  await deleteMailbox(store, a.id)
  deepEqual(await tree(store), ['INBOX', 'a -', 'a/b'])
  equal((await quotaOf(store.db, 1)).messages, 1)
  const node = (await mailboxByPath(store.db, 1, ['a']))!
  await rejects(append(store, node.id), { code: 'no-such-mailbox' })
  await rejects(deleteMailbox(store, node.id), { code: 'mailbox-has-children' })
  const again = await createMailbox(store, 1, { path: ['a'] })
  ok(again.uidValidity > a.uidValidity)
  deepEqual([again.total, again.selectable], [0, true])
  await append(store, again.id)
  await deleteMailbox(store, again.id, true)
  deepEqual(await tree(store), ['INBOX'])
  equal((await quotaOf(store.db, 1)).messages, 0)
  await rejects(deleteMailbox(store, inbox.id), { code: 'not-permitted' })
})

eachStore('one mailbox for each role', async ({ store, inbox }) => {
  const work = await createMailbox(store, 1, { path: ['Work'], role: 'flagged' })
  await rejects(createMailbox(store, 1, { path: ['More'], role: 'sent' }), { code: 'already-exists' })
  await rejects(setRole(store, work.id, 'sent'), { code: 'already-exists' })
  await rejects(setRole(store, inbox.id, null), { code: 'not-permitted' })
  await setRole(store, work.id, 'all')
  await subscribe(store, work.id, true)
  const after = (await mailboxByRole(store.db, 1, 'all'))!
  deepEqual([after.id, after.subscribed], [work.id, true])
  await setRole(store, work.id, null)
  equal(await mailboxByRole(store.db, 1, 'all'), undefined)
})

eachStore(
  'mailboxes are counted',
  async ({ store }) => {
    await createMailbox(store, 1, { path: ['7'] })
    await rejects(createMailbox(store, 1, { path: ['8', '9'] }), { code: 'too-many-mailboxes' })
    await createMailbox(store, 1, { path: ['8'] })
    await rejects(createMailbox(store, 1, { path: ['9'] }), { code: 'too-many-mailboxes' })
  },
  { limits: { mailboxesPerAccount: 8 } },
)

eachStore('news of mailboxes reach those who watch', async ({ store }) => {
  const heard: string[] = []
  const end = store.changes.watch({ accountId: 1 }, ({ kind, mailboxId }) => heard.push(`${kind} ${mailboxId}`))
  const a = await createMailbox(store, 1, { path: ['a'] })
  await append(store, a.id)
  await createMailbox(store, 2, { path: ['a'] })
  end()
  await deleteMailbox(store, a.id)
  deepEqual(heard, [`mailbox ${a.id}`, `arrived ${a.id}`])
})

eachStore('an account goes with all it has', async ({ store }) => {
  await append(store, (await mailboxByRole(store.db, 1, 'inbox'))!.id)
  await deleteAccountStore(store, 1)
  deepEqual(await listMailboxes(store.db, 1), [])
  await rejects(quotaOf(store.db, 1), { code: 'no-such-account' })
  equal((await listMailboxes(store.db, 2)).length, 6)
})
