// postern account suspend, resume, close, delete, restore, purge: the ends of an account, and the ways back.

import type { Account } from '../directory/accounts.ts'
import type { Database } from '../sql/sql.ts'
import { publicForm } from './account-form.ts'
import type { Desk, Verb } from './desk.ts'
import { changePerson, deletePerson, purgePerson, restorePerson } from '../people/people.ts'
import { clean } from './print.ts'
import type { Words } from './words.ts'

type Group = Parameters<Verb>[0]

/** Adds the verbs to `postern account`. */
export function addStates(group: Group, desk: Desk): void {
  const reasonOption = { en: 'told to the owner when signing in', zh: '登入時告知本人的原因' }
  const state = (usage: string, words: Words, status: Account['status'], after: (address: string) => Words) =>
    desk
      .verb(group, usage, words)
      .option('--reason <text>', desk.say(reasonOption))
      .action(
        desk.change(async (task, address) => {
          const reason = (task.options['reason'] as string | undefined) ?? ''
          const account = await changePerson(await task.database(), address, { status, reason })
          task.show(publicForm(account), () => task.say(after(clean(account.address))))
        }),
      )
  state(
    'suspend <address>',
    { en: 'nobody signs in; mail still comes', zh: '停權:不能登入,仍收信' },
    'suspended',
    (address) => ({
      en: `${address} cannot sign in. Its mail still comes in. "postern account resume ${address}" undoes this.`,
      zh: `${address} 已停權,仍會收信;「postern account resume ${address}」可復原。`,
    }),
  )
  state('resume <address>', { en: 'undo suspend or close', zh: '復權' }, 'active', (address) => ({
    en: `${address} can sign in and receive mail.`,
    zh: `${address} 可以登入與收信。`,
  }))
  state(
    'close <address>',
    { en: 'nobody signs in, mail is refused, everything is kept', zh: '關閉:不能登入、退信、資料保留' },
    'closed',
    (address) => ({
      en: `${address} is closed: mail to it is refused, what is there is kept. "postern account resume ${address}" undoes this.`,
      zh: `${address} 已關閉:退回來信,資料保留;「postern account resume ${address}」可復原。`,
    }),
  )
  addSteps(group, desk)
}

function addSteps(group: Group, desk: Desk): void {
  const step = (
    usage: string,
    words: Words,
    work: (db: Database, address: string) => Promise<Account>,
    after: (address: string) => Words,
  ) =>
    desk.verb(group, usage, words).action(
      desk.change(async (task, address) => {
        const account = await work(await task.database(), address)
        task.show({ address: account.address, done: true }, () => task.say(after(clean(account.address))))
      }),
    )
  step(
    'delete <address>',
    { en: 'close and hide; everything is kept until purged', zh: '刪除:關閉並隱藏,清除前資料保留' },
    deletePerson,
    (address) => ({
      en: `${address} is deleted. Mail and addresses are kept: "postern account restore ${address}" undoes this, "postern account purge ${address}" erases them for good.`,
      zh: `${address} 已刪除,郵件與位址仍保留。「postern account restore ${address}」可復原;「postern account purge ${address}」永久清除。`,
    }),
  )
  step('restore <address>', { en: 'undo delete', zh: '復原刪除' }, restorePerson, (address) => ({
    en: `${address} is back.`,
    zh: `${address} 已復原。`,
  }))
  step(
    'purge <address>',
    { en: 'erase a deleted account with its mail for good', zh: '永久清除已刪除的帳號與郵件' },
    purgePerson,
    (address) => ({
      en: `${address} and its mail are gone for good; the disk space comes back within a day.`,
      zh: `${address} 與其郵件已永久清除,磁碟空間一天內釋出。`,
    }),
  )
}
