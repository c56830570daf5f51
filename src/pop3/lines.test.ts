import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { finish, newLines, stuff } from './lines.ts'

function sent(pieces: string[]): string {
  const lines = newLines()
  const out: Buffer[] = []
  for (const piece of pieces) stuff(Buffer.from(piece, 'latin1'), lines, out)
  finish(lines, out)
  return Buffer.concat(out).toString('latin1')
}

const cases: [what: string, pieces: string[], sent: string][] = [
  ['nothing', [], '.\r\n'],
  ['a line', ['a\r\n'], 'a\r\n.\r\n'],
  ['no line end', ['a'], 'a\r\n.\r\n'],
  ['a dot first', ['.\r\n'], '..\r\n.\r\n'],
  ['a dot after a line', ['a\r\n.b\r\n..\r\n'], 'a\r\n..b\r\n...\r\n.\r\n'],
  ['a dot in the next piece', ['a\r\n', '.b\r\n'], 'a\r\n..b\r\n.\r\n'],
  ['a line end cut in two', ['a\r', '\n.b\r\n'], 'a\r\n..b\r\n.\r\n'],
  ['bare line feeds', ['a\n.\nb\n'], 'a\r\n..\r\nb\r\n.\r\n'],
  ['a bare line feed first', ['\n', '\n'], '\r\n\r\n.\r\n'],
  ['a carriage return at the end', ['a\r'], 'a\r\r\n.\r\n'],
]
for (const [what, pieces, expected] of cases) test(what, () => equal(sent(pieces), expected))

test('whatever a mail holds and wherever it is cut, a client reads it back line by line', () => {
  const piece = fc.string({ unit: fc.constantFrom('.', '\r', '\n', '\r\n', 'a', '\r\n.') })
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const answer = sent(pieces)
      const end = answer.indexOf('\r\n.\r\n')
      equal(answer === '.\r\n' || end === answer.length - 5, true)
      const read = answer.slice(0, -3).replace(/(^|\r\n)\./g, '$1')
      const mail = pieces.join('').replace(/\r?\n/g, '\r\n')
      equal(read, mail === '' || mail.endsWith('\r\n') ? mail : `${mail}\r\n`)
    }),
  )
})
