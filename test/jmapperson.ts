// Somebody of a house under test who speaks JMAP, by HTTP.

import { equal } from 'node:assert/strict'
import { capabilities } from '../src/jmap/capabilities.ts'
import { listMailboxes } from '../src/store/mailboxes.ts'
import { append } from './mailstore.ts'
import { client, type Client } from './webclient.ts'
import { password, type WorldHouse } from './world.ts'

export interface JmapPerson {
  account: string // 'A1'
  number: number
  headers: Record<string, string>
  http: Client
  /** The id of the mailbox with a role, or with a name. */
  box(role: string): string
  /** Calls in one request; their answers. */
  call(...calls: [name: string, args: object][]): Promise<[string, any][]>
  /** One call's answer; of an error its type. */
  one(name: string, args?: object): Promise<any>
  /** Puts a mail into the INBOX, past all doors; its id. */
  put(mail?: Parameters<typeof append>[2], more?: Parameters<typeof append>[3] & { mailbox?: string }): Promise<string>
  upload(bytes: Buffer | string, type?: string): Promise<string>
}

/** `owner`: whose account is meant, where it is not his own. */
export async function jmapPerson(
  world: WorldHouse,
  name: string,
  owner = name,
  domain = 'uni.example',
): Promise<JmapPerson> {
  const http = client(world, 'http')
  const find = 'select id from account where address = $1'
  const { id: number } = (await world.db.one<{ id: number }>(find, [`${owner}@${domain}`]))!
  const headers = { authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` }
  const mailboxes = await listMailboxes(world.db, number)
  const using = capabilities.map(({ uri }) => uri)
  const account = `A${number}`
  const self: JmapPerson = {
    account,
    number,
    headers,
    http,
    box(role) {
      const found = mailboxes.find((one) => one.role === role || one.name === role)
      if (!found) throw new Error(`There is no mailbox ${role}`)
      return `F${found.id}`
    },
    async call(...calls) {
      const methodCalls = calls.map(([method, args], i) => [method, { accountId: account, ...args }, `c${i}`])
      const { status, json, text } = await http.ask('POST', '/jmap/api', { json: { using, methodCalls }, headers })
      equal(status, 200, text)
      return json.methodResponses
    },
    async one(method, args = {}) {
      const [[said, answer]] = (await self.call([method, args])) as [[string, any]]
      return said === 'error' ? answer.type : answer
    },
    async put(mail, { mailbox = self.box('inbox'), ...more } = {}) {
      const placed = await append(world.store, Number(mailbox.slice(1)), mail, more)
      const text = 'select mail_id as id from message where mailbox_id = $1 and uid = $2'
      const row = await world.db.one<{ id: number }>(text, [placed.mailboxId, placed.uid])
      return `M${row!.id}`
    },
    async upload(body, type = 'application/octet-stream') {
      const answer = await http.ask('POST', `/jmap/upload/${account}/`, {
        body,
        headers: { ...headers, 'content-type': type },
      })
      equal(answer.status, 201, answer.text)
      return answer.json.blobId
    },
  }
  return self
}
