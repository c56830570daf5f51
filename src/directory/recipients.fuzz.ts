// Any text as a recipient, a sender or a login name: answered, never thrown at, never somebody else's.

import { DatabaseSync } from 'node:sqlite'
import { normalAddress, splitAddress } from '../mail/address.ts'
import { spell } from '../sql/dialect.ts'
import type { Reader, Value } from '../sql/sql.ts'
import { accountByAddress } from './accounts.ts'
import { migrations } from './migrations.ts'
import { normalLogin } from './names.ts'
import { resolveRecipient } from './recipients.ts'
import { ownsAddress } from './senders.ts'

export const target = {
  name: 'directory/recipients',
  corpus: [
    'wang@uni.example',
    'wang+news@old.example',
    'c++@uni.example',
    '"wang+x"@uni.example',
    'staff@uni.example',
    'round@uni.example',
    'postmaster',
    'Abuse@UNI.example.',
    'anybody@xn--pssu7c.example',
    '測試@大學.example',
    'user%uni.example@[192.0.2.1]',
    '@a,@b:wang@uni.example',
    'far@away.example',
  ],
  async run(input: Buffer): Promise<void> {
    const address = input.toString('utf8')
    const found = await resolveRecipient(db, address)
    const domain = splitAddress(address)?.domain ?? ''
    if (found.known && address.toLowerCase() !== 'postmaster' && !ours.has(domain)) throw new Error('not our domain')
    if (found.known && found.destinations.length === 0) throw new Error('known, but nowhere')

    const account = await accountByAddress(db, address)
    const isWangs = await ownsAddress(db, 1, address)
    if (account && isWangs !== (account.id === 1)) throw new Error('the address of another')
    if (isWangs && !ours.has(domain)) throw new Error('owns what is not ours')

    const login = await normalLogin(db, address, 'mail.uni.example')
    if ((await normalLogin(db, login)) !== login) throw new Error('a login name that changes again')
    if (normalAddress(normalAddress(address)) !== normalAddress(address))
      throw new Error('an address that changes again')
  },
}

const ours = new Set(['uni.example', 'old.example', 'xn--pssu7c.example'])

const people = `
  insert into domain (id, name, is_default, created_at) values (1, 'uni.example', 1, 0);
  insert into domain (id, name, alias_of, created_at) values (2, 'old.example', 1, 0);
  insert into domain (id, name, catch_all, created_at) values (3, 'xn--pssu7c.example', 'li@uni.example', 0);
  insert into account (id, address, domain_id, class, admin, created_at) values (1, 'wang@uni.example', 1, 'standard', 0, 0);
  insert into account (id, address, domain_id, class, admin, created_at) values (2, 'li@uni.example', 1, 'standard', 1, 0);
  insert into address values ('wang@uni.example', 1, 1, 0), ('li@uni.example', 1, 2, 0), ('c++@uni.example', 1, 2, 0),
    ('staff@uni.example', 1, null, 0), ('round@uni.example', 1, null, 0);
  insert into alias_target values ('staff@uni.example', 'wang@uni.example'), ('staff@uni.example', 'far@away.example'),
    ('round@uni.example', 'round@uni.example'), ('round@uni.example', 'staff@uni.example');`

const db = memory()

/** The tables in memory: no file, no thread, so that it may be asked hundreds of thousands of times. */
function memory(): Reader {
  const sqlite = new DatabaseSync(':memory:')
  for (const step of migrations) sqlite.exec(spell(step.text, 'sqlite'))
  sqlite.exec(people)
  const prepare = (text: string) => sqlite.prepare(text.replace(/\$(\d)/g, '?$1'))
  const all = <Row>(text: string, values: Value[] = []) => prepare(text).all(...values) as Row[]
  return {
    all: async (text, values) => all(text, values),
    one: async (text, values) => all<never>(text, values)[0],
    arrays: async (text, values) => all<Record<string, Value>>(text, values).map((row) => Object.values(row)),
  }
}
