// postern class: classes of service (等級).

import {
  classByName,
  createClass,
  deleteClass,
  listClasses,
  sendingLimits,
  type ClassChanges,
  type ServiceClass,
} from '../directory/classes.ts'
import { protocols, readProtocol } from '../directory/protocols.ts'
import { readSize } from '../config/kinds.ts'
import type { Database } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'
import { sizeOf } from './account-form.ts'
import type { Desk, Task, Verb } from './desk.ts'
import { changeService } from '../people/people.ts'
import { clean, facts, sizeText, table, type Cell } from './print.ts'
import type { Words } from './words.ts'

type Group = Parameters<Verb>[0]

export const classVerbs: Verb = (program, desk) => {
  const group = desk.group(program, 'class', { en: 'classes of service', zh: '等級' })
  addChanging(
    group,
    desk,
    'create <name>',
    { en: 'a new class; what is not said is taken from "standard"', zh: '新增等級;未指定者同 standard' },
    createClass,
  )
  addChanging(
    group,
    desk,
    'set <name>',
    { en: 'change a class for all its people', zh: '變更等級(所有成員適用)' },
    changeService,
  )
  desk.verb(group, 'list', { en: 'all classes', zh: '列出等級' }).action(
    desk.run(async (task) => {
      const classes = await listClasses(await task.database())
      task.show(classes, () => listing(classes, desk))
    }),
  )
  desk.verb(group, 'show <name>', { en: 'one class', zh: '顯示等級' }).action(
    desk.run(async (task, name) => {
      const found = await classByName(await task.database(), name)
      task.show(found, () => details(found, desk))
    }),
  )
  desk.verb(group, 'delete <name>', { en: 'delete a class nobody has', zh: '刪除無人使用的等級' }).action(
    desk.change(async (task, name) => {
      await deleteClass(await task.database(), name)
      task.show({ class: name, done: true }, () =>
        task.say({ en: `${clean(name)} is gone.`, zh: `${clean(name)} 已刪除。` }),
      )
    }),
  )
}

function addChanging(
  group: Group,
  desk: Desk,
  usage: string,
  words: Words,
  work: (db: Database, name: string, changes: ClassChanges) => Promise<ServiceClass>,
): void {
  desk
    .verb(group, usage, words)
    .option('--quota <size>', desk.say({ en: 'as 100GB or 500MB; 0 for no limit', zh: '例如 100GB、500MB;0 表示不限' }))
    .option(
      '--on <protocols>',
      desk.say({
        en: `doors to open, with commas: ${protocols.join(',')}`,
        zh: `開放的服務,以逗號分隔:${protocols.join(',')}`,
      }),
    )
    .option('--off <protocols>', desk.say({ en: 'doors to close, with commas', zh: '關閉的服務,以逗號分隔' }))
    .option(
      '--forwarding <yes|no>',
      desk.say({ en: 'may mail be forwarded to other houses', zh: '可否自動轉寄到外部' }),
    )
    .option(
      '--limit <name=number...>',
      desk.say({
        en: `sending limits; "name=" for the house’s own: ${sendingLimits.join(', ')}`,
        zh: `寄信限制;「名稱=」表示依系統預設:${sendingLimits.join('、')}`,
      }),
    )
    .action(
      desk.change(async (task, name) => {
        const db = await task.database()
        const standing = await classByName(db, name).catch(() => classByName(db, 'standard'))
        const made = await work(db, name, changesOf(task, standing))
        task.show(made, () => details(made, desk))
      }),
    )
}

function changesOf({ options }: Task, standing: ServiceClass): ClassChanges {
  const { quota, on, off, forwarding, limit } = options
  const changes: ClassChanges = {}
  if (quota !== undefined) changes.quota = sizeOf(quota as string)
  if (on !== undefined || off !== undefined) {
    changes.protocols = { ...standing.protocols }
    for (const word of words(on)) changes.protocols[readProtocol(word)] = true
    for (const word of words(off)) changes.protocols[readProtocol(word)] = false
  }
  if (forwarding !== undefined) {
    if (forwarding !== 'yes' && forwarding !== 'no')
      throw new Trouble('bad-setting', { setting: '--forwarding', allowed: 'yes, no' })
    changes.forwarding = forwarding === 'yes'
  }
  if (limit !== undefined) changes.limits = limitsOf(limit as string[], standing)
  return changes
}

function limitsOf(given: string[], standing: ServiceClass): ServiceClass['limits'] {
  const limits = { ...standing.limits }
  for (const pair of given) {
    const [word = '', value = ''] = pair.split('=', 2)
    const name = sendingLimits.find((limit) => limit === word)
    if (!name) throw new Trouble('bad-setting', { setting: '--limit', value: word, allowed: sendingLimits.join(', ') })
    if (value === '') delete limits[name]
    else limits[name] = name === 'mailSize' ? readSize(value) : Number(value)
  }
  return limits
}

function words(given: unknown): string[] {
  return typeof given === 'string' ? given.split(',').filter((word) => word !== '') : []
}

function listing(classes: ServiceClass[], desk: Desk): string {
  const headings = [
    desk.say({ en: 'CLASS', zh: '等級' }),
    desk.say({ en: 'QUOTA', zh: '容量' }),
    desk.say({ en: 'OFF', zh: '關閉的服務' }),
    desk.say({ en: 'FORWARDING', zh: '轉寄' }),
  ]
  return table(
    headings,
    classes.map((each) => [each.name, quotaText(each, desk), offOf(each), forwardingText(each, desk)]),
  )
}

function details(each: ServiceClass, desk: Desk): string {
  return facts([
    [desk.say({ en: 'Class', zh: '等級' }), each.name],
    [desk.say({ en: 'Quota', zh: '容量' }), quotaText(each, desk)],
    [desk.say({ en: 'Protocols off', zh: '關閉的服務' }), offOf(each) || undefined],
    [desk.say({ en: 'Forwarding', zh: '轉寄' }), forwardingText(each, desk)],
    ...Object.entries(each.limits).map(([name, value]): [string, Cell] => [name, value]),
  ])
}

function offOf(each: ServiceClass): string {
  return protocols.filter((name) => !each.protocols[name]).join(', ')
}

function quotaText(each: ServiceClass, desk: Desk): string {
  return each.quota === 0 ? desk.say({ en: 'no limit', zh: '不限' }) : sizeText(each.quota)
}

function forwardingText(each: ServiceClass, desk: Desk): string {
  return desk.say(each.forwarding ? { en: 'yes', zh: '可' } : { en: 'no', zh: '不可' })
}
