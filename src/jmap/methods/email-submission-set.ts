// EmailSubmission/set                                                            RFC 8621 §7.5
//
// Creating one sends. What is to be done with the emails after that (moved to Sent, no draft any more) is an Email/set
// of its own, answered beside.

import { cancelSubmission, destroySubmission, submissionsOf, submissionState } from '../../queue/submissions.ts'
import { emailsOf } from '../../store/emails.ts'
import { objectId, objectNumber } from '../../store/objectids.ts'
import { Trouble } from '../../wire/troubles.ts'
import { invalid, isObject, isReference, readObject, readTexts, type Arguments } from '../arguments.ts'
import { readEnvelope } from '../envelopes.ts'
import { wrong } from '../emailpatch.ts'
import { identitiesOf, submissionCapability } from '../identityobjects.ts'
import { mailScope } from '../mailscope.ts'
import { method, MethodError, setError, type Call, type Response } from '../method.ts'
import { applyPatch, touched, type Patch } from '../patch.ts'
import { mayWriteAs, sendEmail } from '../sending.ts'
import { checkState, readSet, resolveId, SetResults, type SetArguments } from '../standard.ts'
import { openStates, type States } from '../states.ts'
import { submissionProperties, tellSubmission } from '../submissionobjects.ts'
import { emailSet } from './email-set.ts'

interface Asked extends SetArguments {
  updateEmail: [submission: string, patch: Arguments][]
  destroyEmail: string[]
}

export const emailSubmissionSet = method<Asked>({
  name: 'EmailSubmission/set',
  capability: submissionCapability,
  read(args, limits) {
    const updateEmail = Object.entries(readObject(args, 'onSuccessUpdateEmail', {}))
    if (!updateEmail.every((pair): pair is [string, Arguments] => isReference(pair[0]) && isObject(pair[1]))) {
      throw invalid('onSuccessUpdateEmail', 'patches under ids of submissions')
    }
    const destroyEmail = readTexts(args, 'onSuccessDestroyEmail', [])
    if (!destroyEmail.every(isReference)) throw invalid('onSuccessDestroyEmail', 'a list of ids of submissions')
    return { ...readSet(args, limits), updateEmail, destroyEmail }
  },
  async run(call, asked) {
    const { house, account, accountId } = call
    const { modseq } = await submissionState(house.store.db, account)
    checkState(asked.ifInState, String(modseq))
    const states = openStates(modseq)
    const results = new SetResults()
    const emails = new Map<string, string>() // of the submissions that succeeded, by their ids
    await results.each(call, asked, {
      create: (object) => create(call, object, states, emails),
      update: (id, patch) => update(call, id, patch, states, emails),
      destroy: (id) => destroy(call, id, states, emails),
    })
    if (states.new !== states.old) house.push.tell(account, { EmailSubmission: states.new })
    const answer = results.answer(accountId, states.old, states.new)
    const after = await onSuccess(call, asked, emails)
    return after ? [['EmailSubmission/set', answer], after] : answer
  },
})

const settable = ['identityId', 'emailId', 'envelope']

async function create(
  call: Call,
  object: Arguments,
  states: States,
  emails: Map<string, string>,
): Promise<Record<string, unknown>> {
  const odd = Object.keys(object).filter((name) => !settable.includes(name))
  if (odd.length > 0) throw setError('invalidProperties', { properties: odd, description: 'Not set by clients' })
  const identity = await identityOf(call, object['identityId'])
  const mail = await mailOf(call, object['emailId'])
  const envelope = object['envelope'] == null ? undefined : readEnvelope(object['envelope'])
  const submission = await sendEmail(call, { mail, identity, envelope })
  states.stepped(submission.modseq - 1, submission.modseq)
  const told = tellSubmission(submission)
  emails.set(String(told.id), String(told.emailId))
  return Object.fromEntries(Object.entries(told).filter(([name]) => name !== 'identityId' && name !== 'emailId'))
}

async function identityOf(call: Call, id: unknown): ReturnType<typeof find> {
  return find(call, typeof id === 'string' ? resolveId(call, id) : undefined)
}

async function find(call: Call, id: string | undefined) {
  const number = id === undefined ? undefined : objectNumber('I', id)
  const identity = (await identitiesOf(call)).list.find((one) => one.id === number)
  if (!identity || !(await mayWriteAs(call, identity))) throw wrong('identityId', 'There is no such identity')
  return identity
}

async function mailOf(call: Call, asked: unknown) {
  const id = typeof asked === 'string' ? resolveId(call, asked) : undefined
  const number = id === undefined ? undefined : objectNumber('M', id)
  const { store } = call.house
  const email =
    number === undefined ? undefined : (await emailsOf(store.db, await mailScope(call), [number])).get(number)
  const mail = email && (await store.mails.one(email.id))
  if (!mail) throw wrong('emailId', 'There is no such email')
  return mail
}

/** Only one thing changes: what has not left yet is taken back. */
async function update(
  call: Call,
  id: string,
  patch: Patch,
  states: States,
  emails: Map<string, string>,
): Promise<null> {
  const { db, clock } = call.house.store
  const number = objectNumber('S', id) ?? -1
  const submission = (await submissionsOf(db, call.account, [number])).get(number)
  if (!submission) throw setError('notFound')
  const before = tellSubmission(submission)
  const after = applyPatch(before, patch)
  const changed = [...touched(patch)].filter((name) => {
    if (!submissionProperties.some((one) => one === name)) throw wrong(name, 'There is no such property')
    return JSON.stringify(before[name as 'id']) !== JSON.stringify(after[name as 'id'])
  })
  const fixed = changed.filter((name) => name !== 'undoStatus')
  if (fixed.length > 0) throw setError('invalidProperties', { properties: fixed, description: 'It never changes' })
  emails.set(id, String(before.emailId))
  if (changed.length === 0) return null
  if (after.undoStatus !== 'canceled') throw wrong('undoStatus', 'It becomes canceled, or stays')
  try {
    const { modseq } = await cancelSubmission(db, call.account, number, clock())
    states.stepped(modseq - 1, modseq)
    return null
  } catch (error) {
    emails.delete(id)
    if (error instanceof Trouble && error.code === 'in-use')
      throw setError('cannotUnsend', { description: 'It has left' })
    if (error instanceof Trouble && error.code === 'no-such-queue-entry') throw setError('notFound')
    throw error
  }
}

async function destroy(call: Call, id: string, states: States, emails: Map<string, string>): Promise<void> {
  const { db } = call.house.store
  const number = objectNumber('S', id) ?? -1
  const submission = (await submissionsOf(db, call.account, [number])).get(number)
  const gone = submission && (await destroySubmission(db, call.account, number))
  if (!submission || !gone) throw setError('notFound')
  states.stepped(gone.modseq - 1, gone.modseq)
  emails.set(id, objectId('M', submission.mailId))
}

/** The Email/set that follows; undefined when nothing is to be done. What fails there is that answer's. */
async function onSuccess(
  call: Call,
  { updateEmail, destroyEmail }: Asked,
  emails: ReadonlyMap<string, string>,
): Promise<Response | undefined> {
  const emailOf = (submission: string): string[] => {
    const email = emails.get(resolveId(call, submission) ?? '')
    return email === undefined ? [] : [email]
  }
  const update = updateEmail.flatMap(([submission, patch]) => emailOf(submission).map((id) => [id, patch] as const))
  const destroy = destroyEmail.flatMap(emailOf)
  if (update.length === 0 && destroy.length === 0) return undefined
  try {
    const args = emailSet.read({ update: Object.fromEntries(update), destroy }, call.house.limits)
    return ['Email/set', (await emailSet.run(call, args)) as Arguments]
  } catch (error) {
    if (!(error instanceof MethodError)) throw error
    return ['error', { type: error.type, ...error.details }]
  }
}
