// A house that fetches from an account elsewhere as fast as it can, to be killed. Says a dot for each mail that came.
//   node fetching.child.ts DATA PROTOCOL PORT AUTHORITY

import { externalsOf } from '../../src/directory/externals.ts'
import { client } from '../webclient.ts'
import { openWorld, password } from '../world.ts'

const [data, protocol, port, authority] = process.argv.slice(2) as [string, string, string, string]
const house = await openWorld({
  hostname: 'mail.uni.example',
  people: ['wang@uni.example'],
  data,
  zone: 'mail.other.example. A 127.0.0.1\n',
  fetching: { lookMilliseconds: 20, mailsPerRun: 7 },
  config: { 'fetching.networks': ['127.0.0.0/8'], 'fetching.authorities': [authority] },
})
const { id } = (await house.db.one<{ id: number }>('select id from account where address = $1', ['wang@uni.example']))!
house.store.changes.watch({ accountId: id }, ({ kind }) => void (kind === 'arrived' && process.stdout.write('.')))
if ((await externalsOf(house.db, id, Date.now())).length === 0) {
  const http = client(house, 'http')
  const { headers } = await http.signIn({ name: 'wang', password })
  const json = {
    protocol,
    port: Number(port),
    host: 'mail.other.example',
    username: 'ann@other.example',
    password,
    keep: false,
  }
  const ours = { ...headers, origin: http.origin, 'sec-fetch-site': 'same-origin' }
  const { status, text } = await http.ask('POST', '/api/external-accounts', { json, headers: ours })
  if (status !== 201) throw new Error(text)
}
// A maildrop that the killed one still holds is tried again at once.
setInterval(() => void house.db.run("update external_account set next_at = 0 where claim = ''"), 50)
