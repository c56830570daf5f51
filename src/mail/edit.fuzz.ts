// Fuzz target: whatever a mail is, what a script leaves alone stays, and what comes out can be read again.

import { equal, ok } from 'node:assert/strict'
import { readFields } from '../mime/headers.ts'
import { readMail } from '../mime/reader.ts'
import type { NewBody } from '../sieve/actions.ts'
import { editedMail, type Editing, type Piece } from './edit.ts'

export const target = {
  name: 'mail/edit',
  corpus: [
    'From: a@x.example\r\nSubject: s\r\n\r\nbody\r\n',
    'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nx\r\n--b--\r\n',
    '\r\nno header',
    'Subject: no body\r\n',
    'Content-Type: text/plain\r\nbroken line\r\n folded\r\n\r\n',
  ],

  run(input: Buffer): void {
    const tree = readMail(input)
    const head = input.subarray(0, tree.part.body)
    const hasBody = head.subarray(-4).equals(Buffer.from('\r\n\r\n')) || head.equals(Buffer.from('\r\n'))
    const headerBlock = hasBody ? head.subarray(0, -2) : head
    const edited = (editing: Partial<Editing>): Buffer =>
      join(editedMail({ tree, headerBlock, size: input.length }, { at: 0, from: 'me@uni.example', ...editing }), input)
    ok(edited({}).equals(input))
    const body = (part: number[]): NewBody => ({ replaced: [{ part, content: 'new', mime: false }], enclosed: [] })
    const fields = readFields(headerBlock)
    const marked = edited({ header: [{ name: 'X-Mark', value: 'a\r\nb: c' }, ...fields.keys()] })
    equal(readFields(marked.subarray(0, 40))[0]?.name, 'X-Mark')
    const rest = input.subarray(headerBlock.length)
    ok(marked.subarray(marked.length - rest.length).equals(rest))
    for (const path of [[], [0], [1], [1, 0], [0, 0, 5]]) readMail(edited({ body: body(path) }))
    const enclosed = [{ content: 'c', subject: 's', headers: ['From', 'Subject'] }]
    const outer = readMail(edited({ body: { replaced: [], enclosed } }))
    equal(outer.headers.subject, 's')
    equal(outer.part.parts[0]?.type, 'text')
  },
}

function join(pieces: Piece[], mail: Buffer): Buffer {
  return Buffer.concat(pieces.map((piece) => (Buffer.isBuffer(piece) ? piece : mail.subarray(piece.from, piece.to))))
}
