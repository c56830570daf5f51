import { deepEqual, equal, match } from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { client, type Client } from '../../test/webclient.ts'
import { openWorld, password, type WorldHouse } from '../../test/world.ts'

let world: WorldHouse
let http: Client

before(async () => {
  world = await openWorld({ hostname: 'mail.uni.example', people: ['wang@uni.example', 'li@uni.example'] })
  http = client(world, 'http')
})
after(() => world.close())

async function signIn(name: string): Promise<Record<string, string>> {
  return { origin: http.origin, ...(await http.signIn({ name, password })).headers }
}

test('choices are kept for the one who made them', async () => {
  const wang = await signIn('wang')
  const li = await signIn('li')
  const show = async (headers: Record<string, string>) => (await http.ask('GET', '/api/preferences', { headers })).json
  const change = (json: object, headers = wang) => http.ask('PATCH', '/api/preferences', { json, headers })
  deepEqual(await show(wang), {})
  const made = {
    language: 'zh-Hant',
    zone: 'Asia/Taipei',
    undoSeconds: 20,
    shortcuts: false,
    pictureSenders: ['news@uni.example', '@uni.example'],
  }
  deepEqual((await change(made)).json, made)
  const { zone: _zone, ...rest } = made
  deepEqual((await change({ zone: null, undoSeconds: 0 })).json, { ...rest, undoSeconds: 0 })
  equal((await show(wang)).undoSeconds, 0)
  deepEqual(await show(li), {})
})

test('what is no choice is refused, and nothing of it is kept', async () => {
  const headers = await signIn('li')
  const cases: [object, RegExp][] = [
    [{ colour: 'red' }, /colour/],
    [{ language: 'tlh' }, /language/],
    [{ zone: 'Asia/Atlantis' }, /zone/],
    [{ undoSeconds: 31 }, /undoSeconds/],
    [{ undoSeconds: 1.5 }, /undoSeconds/],
    [{ pictureSenders: ['a b@c'] }, /pictureSenders/],
    [{ pictureSenders: Array(501).fill('a@b.example') }, /pictureSenders/],
    [{ identity: 'I1; drop' }, /identity/],
    [{ language: 'en', theme: 'pink' }, /theme/],
  ]
  for (const [json, where] of cases) {
    const { status, text } = await http.ask('PATCH', '/api/preferences', { json, headers })
    equal(status, 422, text)
    match(text, where)
  }
  deepEqual((await http.ask('GET', '/api/preferences', { headers })).json, {})
  equal(
    (await http.ask('PATCH', '/api/preferences', { json: {}, headers: { cookie: headers['cookie']! } })).status,
    403,
  )
  equal((await http.ask('GET', '/api/preferences')).status, 401)
})
