import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { matching, suggest, weigh, type PeopleSource } from './people.ts'

const at = (name: string | null, email: string) => ({ name, email })
const people = weigh(
  [
    { people: [at('林美玲', 'lin@uni.example'), at(null, 'wang@uni.example')], times: 3 },
    { people: [at('Grace Lin', 'grace@other.example')], times: 1 },
    { people: [at(null, 'LIN@uni.example'), at('林志豪', 'hao@uni.example')], times: 1 },
  ],
  new Set(['wang@uni.example']),
)

const cases: [typed: string, emails: string[]][] = [
  ['', []],
  ['林', ['lin@uni.example', 'hao@uni.example']],
  ['美玲', ['lin@uni.example']],
  ['LIN', ['lin@uni.example', 'grace@other.example']],
  ['ｇｒａｃｅ', ['grace@other.example']],
  ['other', ['grace@other.example']],
  ['wang', []],
]

for (const [typed, emails] of cases) {
  test(`"${typed}" means ${emails.length}`, () =>
    deepEqual(
      matching(people, typed).map(({ email }) => email),
      emails,
    ))
}

test('of several sources nobody comes twice, and one that fails says nothing', async () => {
  const source = (...emails: string[]): PeopleSource => {
    return async () => emails.map((email) => ({ name: '', email }))
  }
  const broken: PeopleSource = () => Promise.reject(new Error('down'))
  const found = await suggest([broken, source('a@b', 'c@d'), source('A@b', 'e@f')], 'x', new AbortController().signal)
  deepEqual(
    found.map(({ email }) => email),
    ['a@b', 'c@d', 'e@f'],
  )
})
