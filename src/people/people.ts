// People as the whole house knows them: the directory's account and the store's mailboxes, made and
// changed in one transaction. The keepers do not know each other; this file knows both.

import {
  changeAccount,
  createAccount,
  deleteAccount,
  eachAccount,
  findAccount,
  giveFirstPassword,
  insertAccount,
  purgeAccount,
  restoreAccount,
  setPassword,
  type Account,
  type AccountChanges,
  type NewAccount,
} from '../directory/accounts.ts'
import { changeClass, type ClassChanges, type ServiceClass } from '../directory/classes.ts'
import { insertDomain } from '../directory/domains.ts'
import { normalDomain } from '../mail/address.ts'
import { checkNewPassword, hashPassword, oneTimePassword } from '../login/passwords.ts'
import type { LoginLimits } from '../login/limits.ts'
import type { Database, Writer } from '../sql/sql.ts'
import { eraseAccountStore } from '../store/erase.ts'
import { createAccountStore } from '../store/mailboxes.ts'
import { setQuota } from '../store/quota.ts'
import { Trouble } from '../wire/troubles.ts'

/** How long a new password must be; the rest of the rules is fixed. */
export type PasswordRules = Pick<Partial<LoginLimits>, 'passwordMinimum'>

export interface NewPerson extends Omit<NewAccount, 'passwordHash'> {
  password?: string // absent: nobody can sign in with a password
}

/** A new account with its mailboxes. Throws weak-password, and as directory's createAccount. */
export async function createPerson(
  db: Database,
  { password, ...input }: NewPerson,
  rules: PasswordRules = {},
): Promise<Account> {
  if (password !== undefined) checkNewPassword(password, input.address, rules)
  const passwordHash = password === undefined ? undefined : await hashPassword(password)
  return createAccount(db, { ...input, passwordHash }, giveMailboxes)
}

const giveMailboxes = (sql: Writer, account: Account) => createAccountStore(sql, account.id, account.quota)

/** Changes an account; a quota that changes by it changes in the store too. Throws no-such-account ... */
export async function changePerson(db: Database, address: string, changes: AccountChanges): Promise<Account> {
  const { id } = await findAccount(db, address)
  return db.transaction(async (sql) => {
    const account = await changeAccount(sql, id, changes)
    if (changes.quota !== undefined || changes.className !== undefined) await setQuota(sql, id, account.quota)
    return account
  })
}

/** A new password. Throws no-such-account, weak-password. */
export async function changePassword(
  db: Database,
  address: string,
  password: string,
  { mustChange, ...rules }: { mustChange?: boolean } & PasswordRules = {},
): Promise<Account> {
  const account = await findAccount(db, address)
  checkNewPassword(password, account.address, rules)
  const hash = await hashPassword(password)
  await db.transaction((sql) => setPassword(sql, account.id, hash, { mustChange }))
  return account
}

/** First step of deleting: closed, hidden, kept. Throws no-such-account. */
export async function deletePerson(db: Database, address: string): Promise<Account> {
  const account = await findAccount(db, address)
  if (account.deletedAt === undefined) await db.transaction((sql) => deleteAccount(sql, account.id))
  return account
}

/** Undoes deletePerson. Throws no-such-account. */
export async function restorePerson(db: Database, address: string): Promise<Account> {
  const account = await findAccount(db, address)
  await db.transaction((sql) => restoreAccount(sql, account.id))
  return account
}

/** Second step: account, addresses and mail are gone for good. Throws no-such-account; in-use while it is not deleted. */
export async function purgePerson(db: Database, address: string): Promise<Account> {
  const account = await findAccount(db, address)
  await db.transaction(async (sql) => {
    await purgeAccount(sql, account.id)
    await eraseAccountStore(sql, account.id)
  })
  return account
}

/** Changes a class, and the quota of everybody who has the class's. Throws no-such-class, bad-setting. */
export function changeService(db: Database, name: string, changes: ClassChanges): Promise<ServiceClass> {
  return db.transaction(async (sql) => {
    const made = await changeClass(sql, name, changes)
    if (changes.quota === undefined) return made
    for await (const account of eachAccount(sql, { className: name, deleted: true })) {
      if (account.ownQuota === undefined) await setQuota(sql, account.id, made.quota)
    }
    return made
  })
}

/**
 * Makes the first domain, from the server's name, and its administrator, who cannot sign in until
 * welcomeAdministrator; does nothing where there is a domain already. Two servers that start at once make one.
 */
export async function firstStart(db: Database, hostname: string): Promise<void> {
  if (await hasDomain(db)) return
  const domain = firstDomain(hostname)
  try {
    await db.transaction(async (sql) => {
      if (await hasDomain(sql)) return
      await insertDomain(sql, { name: domain })
      const account = await insertAccount(sql, { address: `admin@${domain}`, admin: true, mustChange: true })
      await giveMailboxes(sql, account)
    })
  } catch (error) {
    if (!(error instanceof Trouble && error.code === 'already-exists')) throw error
  }
}

/** Shown once, kept nowhere but as a hash. */
export interface FirstAdministrator {
  address: string
  password: string
}

// A password that must be changed and is not there yet: only firstStart leaves an account so.
const unwelcomed = `select id, address from account where admin = 1 and must_change = 1 and password is null order by id`

/**
 * Gives the administrator of the first start a one-time password, where nobody gave one yet. `tell` hears it
 * before it is kept: whoever ends in between tells another one at the next start, and no password is lost.
 */
export async function welcomeAdministrator(db: Database, tell: (first: FirstAdministrator) => void): Promise<void> {
  if (!(await db.one(unwelcomed))) return
  const password = oneTimePassword()
  const hash = await hashPassword(password)
  await db.transaction(async (sql) => {
    const account = await sql.one<{ id: number; address: string }>(unwelcomed)
    if (!account || !(await giveFirstPassword(sql, account.id, hash))) return
    tell({ address: account.address, password })
  })
}

async function hasDomain(db: Pick<Database, 'one'>): Promise<boolean> {
  return (await db.one('select id from domain limit 1')) !== undefined
}

/** mail.uni.example serves uni.example; a name that is no domain gives 'localhost.localdomain'. */
export function firstDomain(hostname: string): string {
  const name = normalDomain(hostname)
  if (name === undefined || /(^|\.)\d+$/.test(name)) return 'localhost.localdomain'
  const [first = '', ...rest] = name.split('.')
  const namesServer = /^(mail|mx|smtp|imap|pop|pop3|webmail|mta|postern|post)\d*$/.test(first)
  if (rest.length === 0) return name === 'localhost' ? 'localhost.localdomain' : name
  return namesServer && rest.length >= 2 ? rest.join('.') : name
}
