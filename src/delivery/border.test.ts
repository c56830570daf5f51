import { equal, deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { readFields } from '../mime/headers.ts'
import { crossBorder } from './border.ts'

const cross = (text: string, submitted = false) => {
  const block = Buffer.from(text)
  const crossed = crossBorder(block, readFields(block), { authservId: 'mx.uni.example', submitted })
  return crossed === block ? 'the same' : crossed.toString()
}

const cases: [what: string, block: string, submitted: boolean, crossed: string][] = [
  ['nothing to take out', 'From: a@b\r\nBcc: x@y\r\n', false, 'the same'],
  ['Return-Path', 'return-path: <a@b>\r\nFrom: a@b\r\n', false, 'From: a@b\r\n'],
  ['Bcc of a submission, folded', 'BCC: x@y,\r\n z@y\r\nFrom: a@b\r\n', true, 'From: a@b\r\n'],
  ['results in our name', 'Authentication-Results: mx.uni.example; spf=pass\r\nA: b\r\n', false, 'A: b\r\n'],
  ['results of another', 'Authentication-Results: mx.uni.example.else.example; spf=pass\r\n', false, 'the same'],
  ['everything', 'Return-Path: <>\r\n', false, ''],
  ['lines that are no fields stay', 'Return-Path: <>\r\nno field\r\nA: b\r\n', false, 'no field\r\nA: b\r\n'],
]
for (const [what, block, submitted, crossed] of cases) test(what, () => equal(cross(block, submitted), crossed))

test('what is left is read the same', () => {
  const names = (text: string) => readFields(Buffer.from(text)).map(({ name }) => name)
  deepEqual(names(cross('A: 1\r\nReturn-Path: x\r\n y\r\nB: 2\r\n C: 3\r\n')), ['A', 'B'])
})
