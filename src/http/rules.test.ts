import { deepEqual, equal, match } from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { jmapPerson } from '../../test/jmapperson.ts'
import { openWorld, password, type WorldHouse } from '../../test/world.ts'

let world: WorldHouse

before(async () => {
  world = await openWorld({ hostname: 'mail.uni.example', people: ['wang@uni.example'] })
})
after(() => world?.close())

test('a script is tried on the last mails, and nothing happens', async () => {
  const { http, put, one } = await jmapPerson(world, 'wang')
  const headers = { origin: http.origin, ...(await http.signIn({ name: 'wang', password })).headers }
  for (let n = 1; n <= 12; n++) {
    const subject = n % 2 === 0 ? '報告' : 'else'
    await put(Buffer.from(`From: =?utf-8?B?5p2O?= <li@else.example>\r\nSubject: ${subject} ${n}\r\n\r\nx\r\n`))
  }
  const attempt = (json: object) => http.ask('POST', '/api/rules/try', { json, headers })
  const script = `require "fileinto";
    if header :contains "subject" "報告" { fileinto "Archive"; }
    redirect "x@far.example";`
  const { status, json } = await attempt({ script, count: 10 })
  equal(status, 200)
  deepEqual([json.problems, json.cut, json.mails.length], [[], false, 10])
  const [last] = json.mails
  deepEqual([last.subject, last.from], ['報告 12', '李'])
  match(last.id, /^M\d+$/)
  deepEqual(last.actions, [
    { do: 'fileinto', mailbox: 'Archive', line: 2 },
    { do: 'redirect', address: 'x@far.example', line: 3 },
  ])
  deepEqual((await one('Email/query', { calculateTotal: true })).total, 12)

  const wrong = await attempt({ script: 'fileinto;' })
  deepEqual([wrong.json.mails, wrong.json.problems[0].line], [[], 1])
  equal((await attempt({ script: 'keep;', count: 101 })).status, 422)
  equal((await http.ask('POST', '/api/rules/try', { json: { script: 'keep;' } })).status, 401)
})
