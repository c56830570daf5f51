// MDN/send                                                                       RFC 9007 §2.1
//
// Invariants:
//   it goes to who asked for it (Disposition-Notification-To) and to nobody else, with a null sender (RFC 8098 §3)
//   a mail is answered once: with $mdnsent it is refused

import { randomUUID } from 'node:crypto'
import { ownsAddress } from '../../directory/senders.ts'
import { mailDate } from '../../mail/date.ts'
import { composeNotification, type DispositionFields } from '../../mail/disposition.ts'
import { compose } from '../../mime/compose.ts'
import { readAddresses, readFields, type Field } from '../../mime/headers.ts'
import { readerOf } from '../../store/content.ts'
import { emailsOf } from '../../store/emails.ts'
import { treeOf, type MailRow } from '../../store/mails.ts'
import { objectId, objectNumber } from '../../store/objectids.ts'
import { newId } from '../../tracking/ids.ts'
import { invalid, isId, isObject, isReference, readObject, readText, type Arguments } from '../arguments.ts'
import { wrong } from '../emailpatch.ts'
import { identitiesOf } from '../identityobjects.ts'
import { mailScope } from '../mailscope.ts'
import { method, MethodError, setError, type Call, type Response } from '../method.ts'
import { mdnCapability, readNotification, tellFields } from '../notifications.ts'
import { submit } from '../sending.ts'
import { record, resolveId } from '../standard.ts'
import { setErrorOf } from '../troubles.ts'
import { emailSet } from './email-set.ts'

interface Asked {
  identityId: string
  send: [string, Arguments][]
  updateEmail: [string, Arguments][]
}

type Identity = Awaited<ReturnType<typeof identitiesOf>>['list'][number]

export const mdnSend = method<Asked>({
  name: 'MDN/send',
  capability: mdnCapability,
  read(args, limits) {
    const send = Object.entries(readObject(args, 'send', {}))
    if (send.length > limits.maxObjectsInSet)
      throw new MethodError('requestTooLarge', `At most ${limits.maxObjectsInSet} objects`)
    if (!send.every((pair): pair is [string, Arguments] => isId(pair[0]) && isObject(pair[1])))
      throw invalid('send', 'objects under creation ids')
    const updateEmail = Object.entries(readObject(args, 'onSuccessUpdateEmail', {}))
    if (!updateEmail.every((pair): pair is [string, Arguments] => isReference(pair[0]) && isObject(pair[1])))
      throw invalid('onSuccessUpdateEmail', 'patches under creation ids')
    return { identityId: readText(args, 'identityId'), send, updateEmail }
  },
  async run(call, { identityId, send, updateEmail }) {
    const number = objectNumber('I', resolveId(call, identityId) ?? '')
    const identity = (await identitiesOf(call)).list.find(({ id }) => id === number)
    if (!identity) throw new MethodError('invalidArguments', 'There is no such identity', { arguments: ['identityId'] })
    const sent = record<Arguments>()
    const notSent = record<Arguments>()
    const emails = new Map<string, string>()
    for (const [creationId, object] of send) {
      try {
        const { told, email } = await sendOne(call, identity, object)
        sent[creationId] = told
        emails.set(creationId, email)
      } catch (error) {
        const reason = setErrorOf(error)
        if (!reason) throw error
        notSent[creationId] = reason
      }
    }
    const some = (one: object): object | null => (Object.keys(one).length > 0 ? one : null)
    const answer = { accountId: call.accountId, sent: some(sent), notSent: some(notSent) }
    const patches = updateEmail.flatMap(([key, patch]) => {
      const email = emails.get(key.replace(/^#/, ''))
      return email === undefined ? [] : [[email, patch] as const]
    })
    if (patches.length === 0) return answer
    return [['MDN/send', answer], await update(call, Object.fromEntries(patches))]
  },
})

async function update(call: Call, patches: Record<string, Arguments>): Promise<Response> {
  const args = emailSet.read({ update: patches }, call.house.limits)
  return ['Email/set', (await emailSet.run(call, args)) as Arguments]
}

async function sendOne(call: Call, identity: Identity, object: Arguments): Promise<{ told: Arguments; email: string }> {
  const wanted = readNotification(object)
  const { house } = call
  const mail = await mailOf(call, wanted.forEmailId)
  const tree = treeOf(mail)
  const block = await readerOf(house.store.blobs, mail)(0, tree.part.body)
  const lines = readFields(block)
  const to = asker(lines)
  const address = wanted.finalRecipient?.replace(/^rfc822;\s*/i, '') ?? identity.address
  if (!(await ownsAddress(house.store.db, call.user.id, address))) throw wrong('finalRecipient', 'It is not yours')
  const messageId = tree.headers.messageId.replace(/^<|>$/g, '')
  const original = lines.find(({ name }) => name.toLowerCase() === 'original-recipient')
  const fields: DispositionFields = {
    finalRecipient: `rfc822;${address}`,
    disposition: wanted.disposition,
    error: [],
    extensions: wanted.extensions,
    ...(wanted.reportingUA !== undefined && { reportingUA: wanted.reportingUA }),
    ...(messageId !== '' && { originalMessageId: messageId }),
    ...(original && { originalRecipient: original.value.toString('latin1').trim().slice(0, 1_000) }),
  }
  const { subject } = tree.headers
  const now = house.store.clock()
  const notification = composeNotification({
    from: { name: identity.name, address: identity.address },
    to,
    subject: wanted.subject ?? `已讀 Read: ${subject}`,
    text: wanted.text ?? wordsFor(subject, address),
    messageId: `${newId(now)}@${house.hostname}`,
    date: mailDate(now),
    references: messageId === '' ? [] : [...tree.headers.references.map((id) => id.replace(/^<|>$/g, '')), messageId],
    fields,
    returned: wanted.includeOriginal ? block.subarray(0, -2) : undefined,
    boundary: `=_${randomUUID()}`,
  })
  const words = { sender: '', smtputf8: false, dsn: {} }
  await submit(call, words, [{ email: to, parameters: { NOTIFY: 'NEVER' } }], compose(notification))
  return { told: unsaid(object, tellFields(fields)), email: objectId('M', mail.id) }
}

/** What the server said that the client did not. */
function unsaid(object: Arguments, told: Arguments): Arguments {
  return Object.fromEntries(Object.entries(told).filter(([name, value]) => value !== null && object[name] !== value))
}

async function mailOf(call: Call, asked: string): Promise<MailRow> {
  const number = objectNumber('M', resolveId(call, asked) ?? '')
  const { store } = call.house
  const email =
    number === undefined ? undefined : (await emailsOf(store.db, await mailScope(call), [number])).get(number)
  const mail = email && (await store.mails.one(email.id))
  if (!email || !mail) throw setError('notFound')
  if (email.keywords.includes('$mdnsent')) throw setError('mdnAlreadySent')
  return mail
}

/** Who asked to be told. RFC 8098 §2.1: several addresses are not answered without being asked about. */
function asker(lines: readonly Field[]): string {
  const field = lines.find(({ name }) => name.toLowerCase() === 'disposition-notification-to')
  const [only, another] = field ? readAddresses(field.value).filter(({ group, host }) => !group && host !== '') : []
  if (!only || another)
    throw setError('forbidden', { description: 'The mail asks for no notification, or for several' })
  return `${only.mailbox}@${only.host}`
}

function wordsFor(subject: string, address: string): string {
  return (
    `您寄給 ${address} 的信件已經顯示。這不保證收件人已閱讀或了解內容。\n信件主旨：${subject}\n\n` +
    `Your mail to ${address} was displayed. That does not say that it was read or understood.\nSubject: ${subject}\n`
  )
}
