// Templates: drafts in a mailbox of their own, so that every mail program sees them, in either language of the page.

import type { Jmap } from '../jmap/client.ts'
import type { Mailbox, Query, SetAnswer } from '../jmap/types.ts'
import { offsetAt } from '../../parts/dates.ts'
import { bodyHtml, bodyText, emailOf, type Draft, type Written } from './draft.ts'
import { Refused, type Desk } from './serverdrafts.ts'

export interface Template {
  id: string
  subject: string
  text: string
  html: string
}

const names = ['範本', 'Templates']
const most = 100

function boxOf(mailboxes: readonly Mailbox[]): Mailbox | undefined {
  return mailboxes.find(({ name, parentId, role }) => names.includes(name) && parentId === null && role === null)
}

export async function readTemplates({ jmap, accountId, mailboxes }: Desk): Promise<Template[]> {
  const box = boxOf(mailboxes())
  if (!box) return []
  const found = jmap.call<Query>('Email/query', {
    accountId,
    filter: { inMailbox: box.id },
    sort: [{ property: 'subject', isAscending: true }],
    limit: most,
  })
  const got = jmap.get<Written>('Email', {
    accountId,
    '#ids': found.ref('/ids'),
    properties: ['id', 'subject', 'textBody', 'htmlBody', 'bodyValues'],
    fetchAllBodyValues: true,
    maxBodyValueBytes: 200_000,
  })
  await found
  return (await got).list.map((mail) => ({
    id: mail.id,
    subject: mail.subject ?? '',
    text: bodyText(mail),
    html: bodyHtml(mail),
  }))
}

/** Without recipients and files: those are of one mail. */
export async function saveTemplate(desk: Desk, draft: Draft, name: string): Promise<void> {
  const { jmap, accountId, mailboxes, zone } = desk
  const boxId = boxOf(mailboxes())?.id ?? (await makeBox(jmap, accountId, name))
  const now = Date.now()
  const bare: Draft = {
    ...draft,
    to: [],
    cc: [],
    bcc: [],
    attachments: [],
    inReplyTo: [],
    references: [],
    wantsReceipt: false,
    priority: 'normal',
  }
  const email = emailOf(
    { ...bare, messageId: `${crypto.randomUUID()}@template` },
    { draftsId: boxId, now, zoneMinutes: offsetAt(now, zone) / 60_000 },
  )
  const { created, notCreated } = await jmap.call<SetAnswer>('Email/set', { accountId, create: { template: email } })
  if (!created?.['template']) throw new Refused(notCreated?.['template'] ?? { type: 'serverFail' })
}

async function makeBox(jmap: Jmap, accountId: string, name: string): Promise<string> {
  const create = { box: { name, parentId: null, isSubscribed: true } }
  const { created, notCreated } = await jmap.call<SetAnswer>('Mailbox/set', { accountId, create })
  if (!created?.['box']) throw new Refused(notCreated?.['box'] ?? { type: 'serverFail' })
  return created['box'].id
}
