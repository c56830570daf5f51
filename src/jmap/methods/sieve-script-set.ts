// SieveScript/set                                                                RFC 9661 §2.4
//
// Which script is active is no property that is set: it changes when everything else was done.

import { directoryLimits } from '../../directory/limits.ts'
import {
  activateScript,
  changeScriptText,
  deleteScript,
  findScript,
  putScript,
  renameScript,
  scriptName,
  type Script,
} from '../../directory/scripts.ts'
import type { Writer } from '../../sql/sql.ts'
import { objectId, objectNumber } from '../../store/objectids.ts'
import { Trouble } from '../../wire/troubles.ts'
import { readFlag, readText, type Arguments } from '../arguments.ts'
import { wrong } from '../emailpatch.ts'
import { method, setError, type Call } from '../method.ts'
import { applyPatch, touched, type Patch } from '../patch.ts'
import { readScript, scriptProperties, scriptsOf, sieveCapability, tellScript } from '../scriptobjects.ts'
import { checkState, readSet, resolveId, SetResults, type SetArguments } from '../standard.ts'

interface ScriptSet extends SetArguments {
  activate: string | null
  deactivate: boolean
}

export const sieveScriptSet = method<ScriptSet>({
  name: 'SieveScript/set',
  capability: sieveCapability,

  read: (args, limits) => ({
    ...readSet(args, limits),
    activate: readText(args, 'onSuccessActivateScript', null),
    deactivate: readFlag(args, 'onSuccessDeactivateScript', false),
  }),

  async run(call, asked) {
    const before = await scriptsOf(call)
    checkState(asked.ifInState, before.state)
    const results = new SetResults()
    await results.each(call, asked, {
      create: (object) => create(call, object),
      update: (id, patch) => update(call, id, patch),
      destroy: (id) => destroy(call, id),
    })
    const failures = [results.notCreated, results.notUpdated, results.notDestroyed]
    if (failures.every((one) => Object.keys(one).length === 0)) await turn(call, asked, results)
    const after = await scriptsOf(call)
    if (after.state !== before.state) call.house.push.tell(call.account, { SieveScript: after.state })
    return results.answer(call.accountId, before.state, after.state)
  },
})

/** Turns the active script off, another on, and tells of both. */
async function turn(call: Call, { activate, deactivate }: ScriptSet, results: SetResults): Promise<void> {
  if (activate === null && !deactivate) return
  const before = (await scriptsOf(call)).list
  const wanted = activate === null ? undefined : objectNumber('R', resolveId(call, activate) ?? '')
  const next = before.find(({ id }) => id === wanted)
  if (!next && !deactivate) return // an id that is not known changes nothing
  await change(call, (sql) => activateScript(sql, call.account, next?.id))
  for (const { id, active } of before) {
    const isActive = id === next?.id
    if (active === isActive) continue
    const told = objectId('R', id)
    const made = Object.values(results.created).find((one) => one['id'] === told)
    if (made) made['isActive'] = isActive
    else results.updated[told] = { ...results.updated[told], isActive }
  }
}

function change<T>({ house }: Call, deed: (sql: Writer) => Promise<T>): Promise<T> {
  return house.store.db.transaction(deed)
}

async function create(call: Call, object: Arguments): Promise<Arguments> {
  const odd = Object.keys(object).filter((name) => name !== 'name' && name !== 'blobId')
  if (odd.length > 0) throw setError('invalidProperties', { properties: odd, description: 'Not set by clients' })
  const text = await readScript(call, object['blobId'], directoryLimits.scriptBytes)
  const name = object['name'] == null ? await freeName(call) : readName(object['name'])
  const made = await change(call, async (sql) => {
    const other = await findScript(sql, call.account, { name })
    if (other) throw taken(other)
    return refusing(() => putScript(sql, call.account, name, text))
  })
  return Object.fromEntries(Object.entries(tellScript(made)).filter(([key, value]) => object[key] !== value))
}

async function update(call: Call, id: string, patch: Patch): Promise<Arguments | null> {
  const number = objectNumber('R', id)
  const script = (await scriptsOf(call)).list.find((one) => one.id === number)
  if (!script) throw setError('notFound')
  const before = tellScript(script)
  for (const name of touched(patch)) {
    if (!scriptProperties.some((one) => one === name)) throw wrong(name, 'There is no such property')
  }
  const after = applyPatch(before, patch)
  if (after.id !== before.id) throw wrong('id', 'It never changes')
  if (after.isActive !== before.isActive) throw wrong('isActive', 'onSuccessActivateScript turns it')
  const text =
    after.blobId === before.blobId ? undefined : await readScript(call, after.blobId, directoryLimits.scriptBytes)
  const name = readName(after.name)
  await change(call, async (sql) => {
    const other = await findScript(sql, call.account, { name })
    if (other && other.id !== script.id) throw taken(other)
    if (name !== script.name) await refusing(() => renameScript(sql, call.account, script.id, name))
    if (text !== undefined) await refusing(() => changeScriptText(sql, call.account, script.id, text))
  })
  const now = text === undefined ? undefined : await findScript(call.house.store.db, call.account, { id: script.id })
  return now ? { blobId: tellScript(now).blobId } : null
}

async function destroy(call: Call, id: string): Promise<void> {
  const number = objectNumber('R', id)
  if (number === undefined) throw setError('notFound')
  await change(call, (sql) => refusing(() => deleteScript(sql, call.account, number)))
}

function readName(name: unknown): string {
  if (typeof name !== 'string') throw wrong('name', 'A text')
  try {
    return scriptName(name)
  } catch (error) {
    throw error instanceof Trouble ? wrong('name', 'A script cannot have that name') : error
  }
}

async function freeName(call: Call): Promise<string> {
  const names = new Set((await scriptsOf(call)).list.map(({ name }) => name))
  let n = 1
  while (names.has(`script ${n}`)) n++
  return `script ${n}`
}

function taken({ id }: Script): Error {
  return setError('alreadyExists', { existingId: objectId('R', id) })
}

/** The troubles of a script as reasons of its own. */
async function refusing<T>(deed: () => Promise<T>): Promise<T> {
  try {
    return await deed()
  } catch (error) {
    if (!(error instanceof Trouble)) throw error
    if (error.code === 'no-such-script') throw setError('notFound')
    if (error.code === 'script-active') throw setError('sieveIsActive', { description: 'Turn it off first' })
    if (error.code === 'too-many-scripts') throw setError('overQuota', { description: 'There are too many scripts' })
    throw error
  }
}
