// VacationResponse/set                                                           RFC 8621 §8.2

import { setVacation } from '../../directory/vacations.ts'
import { wrong } from '../emailpatch.ts'
import { method, setError, type Call } from '../method.ts'
import { applyPatch, touched, type Patch } from '../patch.ts'
import { checkState, readSet, SetResults, type SetArguments } from '../standard.ts'
import { readVacation, vacationCapability, vacationId, vacationNow, vacationProperties } from '../vacationobjects.ts'

export const vacationResponseSet = method<SetArguments>({
  name: 'VacationResponse/set',
  capability: vacationCapability,
  read: readSet,
  async run(call, asked) {
    const { state } = await vacationNow(call)
    checkState(asked.ifInState, state)
    const results = new SetResults()
    const alone = (): Promise<never> => Promise.reject(setError('singleton'))
    await results.each(call, asked, {
      create: alone,
      update: (id, patch) => update(call, id, patch),
      destroy: (id) => (id === vacationId ? alone() : Promise.reject(setError('notFound'))),
    })
    const after = await vacationNow(call)
    if (after.state !== state) call.house.push.tell(call.account, { VacationResponse: after.state })
    return results.answer(call.accountId, state, after.state)
  },
})

async function update(call: Call, id: string, patch: Patch): Promise<null> {
  if (id !== vacationId) throw setError('notFound')
  const odd = [...touched(patch)].find((name) => !vacationProperties.some((one) => one === name))
  if (odd !== undefined) throw wrong(odd, 'There is no such property')
  const after = applyPatch((await vacationNow(call)).object, patch)
  if (after.id !== vacationId) throw wrong('id', 'It never changes')
  const vacation = readVacation(after)
  await call.house.store.db.transaction((sql) => setVacation(sql, call.account, vacation))
  return null
}
