// The script that the rules are: read from the server and kept there.                                  RFC 9661
//
// Invariants:
//   a script that was not made by the page is never written over
//   what was changed elsewhere meanwhile is not written over: it is read again and said

import { readRules, writeRules, type Rule } from '../../../src/wire/rules.ts'
import { ownHeaders, problemOf, reach } from '../../parts/api.ts'
import { MethodError, type Jmap } from '../jmap/client.ts'
import type { SetAnswer } from '../jmap/types.ts'

interface Script {
  id: string
  name: string
  blobId: string
  isActive: boolean
}

export interface Kept {
  state: string
  rules: readonly Rule[]
  id: string | undefined // of the script of the rules; undefined: there is none yet
  foreign: { name: string; text: string } | undefined // the active script, where it is not of the page
}

export class ChangedElsewhere extends Error {}

export async function readKept(jmap: Jmap): Promise<Kept> {
  const { list, state } = await jmap.get<Script>('SieveScript', { accountId: jmap.account, ids: null })
  const active = list.find(({ isActive }) => isActive)
  let foreign: Kept['foreign']
  for (const script of active ? [active, ...list.filter((one) => one !== active)] : list) {
    const text = await textOf(jmap, script)
    const rules = readRules(text)
    if (rules) return { state, rules, id: script.id, foreign }
    if (script === active) foreign = { name: script.name, text }
  }
  return { state, rules: [], id: undefined, foreign }
}

async function textOf(jmap: Jmap, { blobId }: Script): Promise<string> {
  const url = jmap.downloadUrl(jmap.account, blobId, 'rules.sieve', 'application/sieve')
  const answer = await reach(url, { headers: ownHeaders(), credentials: 'same-origin' })
  if (!answer.ok) throw await problemOf(answer)
  return answer.text()
}

/** Keeps the rules and turns their script on. Throws ChangedElsewhere, or what the server says. */
export async function keepRules(jmap: Jmap, { state, id }: Kept, rules: readonly Rule[]): Promise<Kept> {
  const accountId = jmap.account
  const { blobId } = await jmap.upload(accountId, new Blob([writeRules(rules)], { type: 'application/sieve' }))
  const change =
    id === undefined
      ? { create: { rules: { blobId } }, onSuccessActivateScript: '#rules' }
      : { update: { [id]: { blobId } }, onSuccessActivateScript: id }
  const answer = await jmap
    .call<SetAnswer>('SieveScript/set', { accountId, ifInState: state, ...change })
    .catch((error: unknown) => {
      if (error instanceof MethodError && error.type === 'stateMismatch') throw new ChangedElsewhere()
      throw error
    })
  const refused = answer.notCreated?.['rules'] ?? (id === undefined ? undefined : answer.notUpdated?.[id])
  if (refused) throw new Error(refused.description ?? refused.type)
  return { state: answer.newState, rules, id: id ?? answer.created?.['rules']?.id, foreign: undefined }
}
