// The table of commands.

import type { Command } from './command.ts'
import { deleteAcl, getAcl, listRights, myRights, setAcl } from './commands/acl.ts'
import { append, replace, uidReplace } from './commands/append.ts'
import { capability } from './commands/capability.ts'
import { compress } from './commands/compress.ts'
import { copy, move, uidCopy, uidMove } from './commands/copy.ts'
import { enable } from './commands/enable.ts'
import { expunge, uidExpunge } from './commands/expunge.ts'
import { fetch, uidFetch } from './commands/fetch.ts'
import { id } from './commands/id.ts'
import { idle } from './commands/idle.ts'
import { close, unselect } from './commands/leave.ts'
import { list, lsub } from './commands/list.ts'
import { authenticate, login } from './commands/login.ts'
import { logout } from './commands/logout.ts'
import { create, remove, rename, subscribe, unsubscribe } from './commands/mailboxes.ts'
import { getMetadata, setMetadata } from './commands/metadata.ts'
import { namespace } from './commands/namespace.ts'
import { check, noop } from './commands/noop.ts'
import { getQuota, getQuotaRoot, setQuota } from './commands/quota.ts'
import { search, uidSearch } from './commands/search.ts'
import { examine, select } from './commands/select.ts'
import { sort, thread, uidSort, uidThread } from './commands/sort.ts'
import { starttls } from './commands/starttls.ts'
import { status } from './commands/status.ts'
import { store, uidStore } from './commands/store.ts'

const all: Command[] = [
  ...[capability, noop, logout, id, starttls, authenticate, login],
  ...[enable, namespace, idle, compress],
  ...[select, examine, create, remove, rename, subscribe, unsubscribe, list, lsub, status],
  ...[append, replace, uidReplace],
  ...[getQuota, getQuotaRoot, setQuota],
  ...[setAcl, deleteAcl, getAcl, listRights, myRights],
  ...[getMetadata, setMetadata],
  ...[check, close, unselect, expunge, uidExpunge],
  ...[fetch, uidFetch, store, uidStore, copy, uidCopy, move, uidMove],
  ...[search, uidSearch, sort, uidSort, thread, uidThread],
]

export const commands: ReadonlyMap<string, Command> = new Map(all.map((each) => [each.verb, each]))
