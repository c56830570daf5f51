// Fuzz target: replies and notifications about strangers' mails.
//
// Properties: never throws; what is written is one mail whose header has the fields we write, each once, in lines of at
// most 998 octets of ASCII; its sender and recipient are those we meant.

import { deepEqual, equal, ok } from 'node:assert/strict'
import { readFields } from '../mime/headers.ts'
import { readMail } from '../mime/reader.ts'
import { sieveMail } from './sievemail.ts'
import { addressedAs, mayNotify, whySilent, writeAutoReply, writeNotification } from './autoreply.ts'

export const autoreply = {
  name: 'automatic replies',
  corpus: [
    'From: Ada <ada@math.example>\r\nTo: bob@house.example\r\nSubject: =?utf-8?q?h=C3=A9?=\r\nMessage-ID: <1@m>\r\nReferences: <0@m>\r\n\r\nx',
    'Sender: "x\r\n y" <ada@math.example>\r\nSubject: \xa4\xa4\r\nMessage-ID: no id\r\nIn-Reply-To: <a b@c>\r\n\r\n',
    'Auto-Submitted: no\r\nPrecedence: bulk\r\nX-Auto-Response-Suppress: OOF, x\r\nList-Id: <a>\r\n\r\n',
    'Content-Type: text/html\r\nFrom: x@y.example\r\n\r\n<b>a mime entity</b>',
  ],

  async run(input: Buffer): Promise<void> {
    const tree = readMail(input)
    const source = {
      tree,
      headerBlock: input.subarray(0, tree.part.body),
      size: input.length,
      read: async (start: number, end: number) => input.subarray(start, end),
    }
    const { root } = await sieveMail(source, {}, new Set())
    const text = input.toString('utf8').slice(0, 2000)
    const own = ['bob@house.example']
    const answered = { fields: root.fields, sender: 'ada@math.example', own }
    whySilent(answered)
    whySilent({ ...answered, sender: text })
    addressedAs(root.fields, own)
    mayNotify(root.fields)
    const from = 'Bob <bob@house.example>'
    const common = { from, messageId: 'r@house.example', at: 0 }
    for (const mime of [true, false]) {
      for (const subject of [undefined, text]) {
        const bytes = writeAutoReply(answered, { ...common, text, mime, ...(subject !== undefined && { subject }) })
        written(bytes, ['date', 'from', 'to', 'subject', 'message-id', 'auto-submitted'])
        equal(readMail(bytes).headers.to[0]?.host, 'math.example')
      }
    }
    const to = ['me@phone.example']
    const headers: [string, string][] = [['X-A', text], [text, text]] // prettier-ignore
    const notice = { ...common, owner: text, to, cc: [], headers, body: text, message: text, importance: 2 as const }
    written(writeNotification(root.fields, notice), ['date', 'from', 'to', 'subject', 'auto-submitted', 'mime-version'])
  },
}

function written(bytes: Buffer, names: string[]): void {
  const block = bytes.subarray(0, bytes.indexOf('\r\n\r\n') + 2)
  const lines = block.toString('latin1').split('\r\n')
  for (const line of lines) ok(line.length <= 998 && !/[^\t\x20-\x7e]/.test(line), JSON.stringify(line))
  const found = readFields(block).map(({ name }) => name.toLowerCase())
  deepEqual(
    names.map((name) => found.filter((each) => each === name).length),
    names.map(() => 1),
  )
  equal(readMail(bytes).headers.from[0]?.mailbox, 'bob')
}
