// postern account: the people of the house.

import { eachAccount, findAccount, switchProtocols, type Account } from '../directory/accounts.ts'
import { eachAlias, grantsOf } from '../directory/aliases.ts'
import { delegationsGiven } from '../directory/delegations.ts'
import { listLocks, unlockSignIn } from '../directory/names.ts'
import { protocols, readProtocol, type Protocol } from '../directory/protocols.ts'
import { oneTimePassword } from '../login/passwords.ts'
import { normalDomain } from '../mail/address.ts'
import type { Quota } from '../store/quota.ts'
import { Trouble } from '../wire/troubles.ts'
import { publicForm, quotaText, sizeOf, stateOf, useOf } from './account-form.ts'
import { addStates } from './account-states.ts'
import { operator, type Desk, type Task, type Verb } from './desk.ts'
import { addMember, createSharedMailbox, removeMember } from '../people/delegations.ts'
import { changePassword, changePerson, createPerson, type PasswordRules } from '../people/people.ts'
import { clean, facts, sizeText, table, timeText, type Cell } from './print.ts'
import { readSecret } from './stdin.ts'
import type { Words } from './words.ts'

type Group = Parameters<Verb>[0]

export const accountVerbs: Verb = (program, desk) => {
  const group = desk.group(program, 'account', { en: 'accounts of people and units', zh: '帳號' })
  addCreate(group, desk)
  addMembers(group, desk)
  addList(group, desk)
  addShow(group, desk)
  addSet(group, desk)
  addPassword(group, desk)
  addProtocols(group, desk)
  addStates(group, desk)
}

const stdinOption = { en: 'the password is the first line of standard input', zh: '由標準輸入的第一行讀取密碼' }
const quotaOption = { en: 'as 100GB or 500MB; 0 for no limit', zh: '例如 100GB、500MB;0 表示不限' }
const classOption = { en: 'class of service', zh: '等級' }
const nameOption = { en: 'name of the person or unit', zh: '姓名或單位名稱' }

function addCreate(group: Group, desk: Desk): void {
  desk
    .verb(group, 'create <address>', { en: 'a new account with its mailboxes', zh: '新增帳號與信箱' })
    .option('--password-stdin', desk.say(stdinOption))
    .option('--name <name>', desk.say(nameOption))
    .option('--class <name>', desk.say(classOption))
    .option('--quota <size>', desk.say(quotaOption))
    .option('--admin', desk.say({ en: 'administrator of the house', zh: '設為系統管理者' }))
    .option('--shared', desk.say({ en: 'a mailbox of a unit: nobody signs in to it', zh: '單位共用信箱,不可登入' }))
    .option(
      '--members <addresses>',
      desk.say({ en: 'who uses it, with commas between', zh: '共用信箱的成員,以逗號分隔' }),
    )
    .action(
      desk.change(async (task, address) => {
        if (isShared(task)) return showCreated(task, await createShared(task, address), undefined)
        const { name, class: className, quota, admin, passwordStdin } = task.options
        const given = passwordStdin === true ? await secret(task) : undefined
        const password = given ?? oneTimePassword()
        const account = await createPerson(
          await task.database(),
          {
            address,
            password,
            mustChange: given === undefined,
            name: name as string | undefined,
            className: className as string | undefined,
            quota: sizeOf(quota as string | undefined),
            admin: admin === true,
          },
          rulesOf(task),
        )
        showCreated(task, account, given === undefined ? password : undefined)
      }),
    )
}

/** Whether a shared mailbox is asked for; what does not go with one is refused. */
function isShared({ options }: Task): boolean {
  const { shared, members, admin, passwordStdin } = options
  if (shared !== true && members === undefined) return false
  const odd =
    shared !== true ? '--members' : admin === true ? '--admin' : passwordStdin === true ? '--password-stdin' : ''
  if (odd !== '') throw new Trouble('bad-setting', { key: odd, why: '--shared' })
  return true
}

async function createShared(task: Task, address: string): Promise<Account> {
  const { name, class: className, quota, members } = task.options as Record<string, string | undefined>
  const input = { address, name, className, quota: sizeOf(quota) }
  const list = (members ?? '').split(',').filter((word) => word !== '')
  return createSharedMailbox(await task.database(), input, list, { address: operator })
}

function addMembers(group: Group, desk: Desk): void {
  const member = (usage: string, words: Words, work: typeof addMember, after: (who: string, box: string) => Words) =>
    desk.verb(group, usage, words).action(
      desk.change(async (task, box, who) => {
        const { owner, delegate } = await work(await task.database(), box, who, { address: operator })
        task.show({ address: owner, member: delegate, done: true }, () =>
          task.say(after(clean(delegate), clean(owner))),
        )
      }),
    )
  member(
    'add-member <address> <member>',
    { en: 'let somebody use a shared mailbox', zh: '新增共用信箱成員' },
    addMember,
    (who, box) => ({ en: `${who} uses ${box} from now on.`, zh: `${who} 已可使用 ${box}。` }),
  )
  member(
    'remove-member <address> <member>',
    { en: 'somebody no longer uses a shared mailbox', zh: '移除共用信箱成員' },
    removeMember,
    (who, box) => ({ en: `${who} no longer uses ${box}.`, zh: `${who} 不再使用 ${box}。` }),
  )
}

function showCreated(task: Task, account: Account, password: string | undefined): void {
  task.show({ ...publicForm(account), ...(password !== undefined && { password }) }, () => {
    const made = task.say({
      en: `${clean(account.address)} can receive mail.`,
      zh: `${clean(account.address)} 已可收信。`,
    })
    if (password === undefined) return made
    const told = task.say({ en: 'One-time password, shown only now', zh: '一次性密碼,只顯示這一次' })
    return `${made}\n${told}: ${password}`
  })
}

function addList(group: Group, desk: Desk): void {
  desk
    .verb(group, 'list', { en: 'all accounts', zh: '列出帳號' })
    .option('--domain <name>', desk.say({ en: 'of this domain only', zh: '只列此網域' }))
    .option('--class <name>', desk.say({ en: 'of this class only', zh: '只列此等級' }))
    .option('--admin', desk.say({ en: 'administrators only', zh: '只列管理者' }))
    .option('--deleted', desk.say({ en: 'also those that wait to be purged', zh: '包含等待清除者' }))
    .action(
      desk.run(async (task) => {
        const { domain, class: className, admin, deleted } = task.options
        const db = await task.database()
        const found: (Account & { use: Quota | undefined })[] = []
        for await (const account of eachAccount(db, {
          domain: typeof domain === 'string' ? (normalDomain(domain) ?? domain) : undefined,
          className: className as string | undefined,
          admin: admin === true,
          deleted: deleted === true,
        })) {
          found.push({ ...account, use: await useOf(db, account.id) })
        }
        task.show(
          found.map((account) => publicForm(account)),
          () => listing(found, desk),
        )
      }),
    )
}

function listing(accounts: (Account & { use: Quota | undefined })[], desk: Desk): string {
  const headings = [
    desk.say({ en: 'ADDRESS', zh: '位址' }),
    desk.say({ en: 'NAME', zh: '姓名' }),
    desk.say({ en: 'CLASS', zh: '等級' }),
    desk.say({ en: 'STATUS', zh: '狀態' }),
    desk.say({ en: 'USED', zh: '已用' }),
    desk.say({ en: 'QUOTA', zh: '容量' }),
  ]
  const rows = accounts.map((account): Cell[] => [
    account.address,
    account.name,
    account.className,
    stateOf(account, desk),
    account.use && sizeText(account.use.used),
    quotaText(account.quota, desk),
  ])
  return table(headings, rows)
}

function addShow(group: Group, desk: Desk): void {
  desk.verb(group, 'show <address>', { en: 'one account', zh: '顯示帳號' }).action(
    desk.run(async (task, address) => {
      const db = await task.database()
      const account = await findAccount(db, address)
      const aliases = (await Array.fromAsync(eachAlias(db, { accountId: account.id }))).map((alias) => alias.address)
      const maySendAs = await grantsOf(db, account.id)
      const members = account.shared
        ? (await delegationsGiven(db, account.id)).map(({ delegate }) => delegate)
        : undefined
      const locks = await listLocks(db, Date.now(), account.address)
      const use = await useOf(db, account.id)
      task.show({ ...publicForm(account, use), aliases, maySendAs, locks, ...(members && { members }) }, () =>
        facts([
          ...accountFacts(account, use, desk),
          [desk.say({ en: 'Members', zh: '成員' }), members?.join(', ')],
          [desk.say({ en: 'Other addresses', zh: '其他位址' }), aliases.join(', ') || undefined],
          [desk.say({ en: 'May send as', zh: '可代表寄信' }), maySendAs.join(', ') || undefined],
          ...locks.map((lock): [string, Cell] => [
            desk.say({ en: 'Locked until', zh: '鎖定到' }),
            `${timeText(lock.until)} (${lock.source || desk.say({ en: 'everywhere', zh: '所有來源' })})`,
          ]),
        ]),
      )
    }),
  )
}

function accountFacts(account: Account, use: Quota | undefined, desk: Desk): [string, Cell][] {
  const off = protocols.filter((name) => !account.protocols[name])
  return [
    [desk.say({ en: 'Address', zh: '位址' }), account.address],
    [desk.say({ en: 'Name', zh: '姓名' }), account.name],
    [desk.say({ en: 'Class', zh: '等級' }), account.className],
    [desk.say({ en: 'Status', zh: '狀態' }), stateOf(account, desk) + (account.reason && `: ${account.reason}`)],
    [desk.say({ en: 'Administrator', zh: '管理者' }), desk.say(account.admin ? yes : no)],
    [desk.say({ en: 'Quota', zh: '容量' }), quotaText(account.quota, desk)],
    [desk.say({ en: 'Used', zh: '已用' }), use && sizeText(use.used)],
    [desk.say({ en: 'Messages', zh: '郵件數' }), use?.messages],
    [desk.say({ en: 'Protocols off', zh: '關閉的服務' }), off.join(', ') || undefined],
    [desk.say({ en: 'Switches locked', zh: '鎖定的開關' }), account.protocolsLocked.join(', ') || undefined],
    [desk.say({ en: 'Created', zh: '建立時間' }), timeText(account.createdAt)],
  ]
}

function addSet(group: Group, desk: Desk): void {
  desk
    .verb(group, 'set <address>', { en: 'change an account', zh: '變更帳號' })
    .option('--name <name>', desk.say(nameOption))
    .option('--class <name>', desk.say(classOption))
    .option('--admin', desk.say({ en: 'make administrator', zh: '設為管理者' }))
    .option('--no-admin', desk.say({ en: 'no longer administrator', zh: '取消管理者' }))
    .action(
      desk.change(async (task, address) => {
        const { name, class: className, admin } = task.options
        const account = await changePerson(await task.database(), address, {
          name: name as string | undefined,
          className: className as string | undefined,
          admin: admin as boolean | undefined,
        })
        task.show(publicForm(account), () => facts(accountFacts(account, undefined, desk)))
      }),
    )
  desk
    .verb(group, 'quota <address> <size>', {
      en: 'how much it may keep; "class" for its class’s quota',
      zh: '設定容量;"class" 表示依等級',
    })
    .action(
      desk.change(async (task, address, size) => {
        const quota = size === 'class' ? null : (sizeOf(size) ?? null)
        const account = await changePerson(await task.database(), address, { quota })
        task.show(publicForm(account), () => `${clean(account.address)}: ${quotaText(account.quota, desk)}`)
      }),
    )
}

function addPassword(group: Group, desk: Desk): void {
  desk
    .verb(group, 'password <address>', {
      en: 'give a new password; without options a one-time one is made',
      zh: '設定新密碼;不加選項則產生一次性密碼',
    })
    .option('--password-stdin', desk.say(stdinOption))
    .action(
      desk.change(async (task, address) => {
        const given = task.options['passwordStdin'] === true ? await secret(task) : undefined
        const password = given ?? oneTimePassword()
        const db = await task.database()
        const account = await changePassword(db, address, password, {
          mustChange: given === undefined,
          ...rulesOf(task),
        })
        task.show({ address: account.address, ...(given === undefined && { password }) }, () =>
          given === undefined
            ? `${task.say({ en: 'One-time password, shown only now', zh: '一次性密碼,只顯示這一次' })}: ${password}`
            : task.say({ en: 'The password is changed.', zh: '密碼已變更。' }),
        )
      }),
    )
  desk
    .verb(group, 'unlock <address>', { en: 'let it sign in again after too many failures', zh: '解除登入失敗的鎖定' })
    .action(
      desk.change(async (task, address) => {
        const db = await task.database()
        const account = await findAccount(db, address)
        const locks = await unlockSignIn(db, account.address)
        task.show({ address: account.address, locks }, () =>
          locks > 0
            ? task.say({ en: `${clean(account.address)} may try again.`, zh: `${clean(account.address)} 可以再登入。` })
            : task.say({ en: `${clean(account.address)} was not locked.`, zh: `${clean(account.address)} 並未鎖定。` }),
        )
      }),
    )
}

function addProtocols(group: Group, desk: Desk): void {
  const verb = desk.verb(group, 'protocols <address>', {
    en: 'open or close doors of one account',
    zh: '開關帳號的服務',
  })
  for (const name of protocols)
    verb.option(`--${name} <on|off>`, desk.say({ en: `${name} on or off`, zh: `${name} 開或關` }))
  verb
    .option('--lock', desk.say({ en: 'only administrators may turn these switches', zh: '這些開關只有管理者能改' }))
    .option('--unlock', desk.say({ en: 'the owner may turn them again', zh: '本人可再自行開關' }))
    .action(
      desk.change(async (task, address) => {
        const db = await task.database()
        let account = await findAccount(db, address)
        const { lock, unlock } = task.options
        const locking = lock === true ? true : unlock === true ? false : undefined
        for (const [on, names] of wanted(task)) {
          account = await switchProtocols(db, account.id, { protocols: names, on, lock: locking, by: 'administrator' })
        }
        task.show(publicForm(account), () => switchTable(account, desk))
      }),
    )
}

function wanted({ options }: Task): [on: boolean, names: Protocol[]][] {
  const named = { on: [] as Protocol[], off: [] as Protocol[] }
  for (const name of protocols) {
    const value = options[name]
    if (value === undefined) continue
    if (value !== 'on' && value !== 'off')
      throw new Trouble('bad-setting', { setting: `--${name}`, allowed: 'on, off' })
    named[value].push(readProtocol(name))
  }
  const both: [boolean, Protocol[]][] = [
    [true, named.on],
    [false, named.off],
  ]
  return both.filter(([, names]) => names.length > 0)
}

function switchTable(account: Account, desk: Desk): string {
  const rows = protocols.map((name): Cell[] => [
    name,
    account.protocols[name] ? 'on' : 'off',
    account.protocolsLocked.includes(name) ? desk.say({ en: 'locked', zh: '鎖定' }) : '',
  ])
  return table([desk.say({ en: 'PROTOCOL', zh: '服務' }), desk.say({ en: 'SWITCH', zh: '開關' }), ''], rows)
}

const yes = { en: 'yes', zh: '是' }
const no = { en: 'no', zh: '否' }

function secret(task: Task): Promise<string> {
  return readSecret(task.say({ en: 'Password: ', zh: '密碼:' }))
}

function rulesOf({ config }: Task): PasswordRules {
  return { passwordMinimum: config['login.password_minimum'] }
}
