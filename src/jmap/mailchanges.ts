// Foo/changes of the three types of mail.                                        RFC 8620 §5.2

import type { ChangedIds, Since } from '../store/emailchanges.ts'
import type { Scope } from '../store/emails.ts'
import { objectId, type ObjectKind } from '../store/objectids.ts'
import { mailCapability, mailScope, readSince, stateText, tooOld } from './mailscope.ts'
import { method, type Call, type Method } from './method.ts'
import { readChanges, type ChangesArguments } from './standard.ts'

type Changes = (ChangedIds & { more?: Record<string, unknown> }) | undefined

/** A method that tells what `changes` gives; undefined there means that it is too long ago. */
export function changesMethod(
  name: string,
  kind: ObjectKind,
  changes: (call: Call, scope: Scope, since: Since, most: number) => Promise<Changes>,
): Method {
  return method<ChangesArguments>({
    name,
    capability: mailCapability,
    read: readChanges,
    async run(call, { sinceState, maxChanges }) {
      const since = readSince(sinceState)
      const told = await changes(call, await mailScope(call), since, maxChanges)
      if (!told) throw tooOld()
      const ids = (numbers: readonly number[]): string[] => numbers.map((id) => objectId(kind, id))
      return {
        accountId: call.accountId,
        oldState: sinceState,
        newState: stateText(told.newState),
        hasMoreChanges: told.hasMore,
        created: ids(told.created),
        updated: ids(told.updated),
        destroyed: ids(told.destroyed),
        ...told.more,
      }
    },
  })
}
