// What the lines of `postern trace` look like.

import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import type { Event } from '../tracking/events.ts'
import { storyLines } from './trace.ts'

test('an event is one line, also when it remembers a folded field', () => {
  const authentication = 'mail.uni.example;\r\n\tspf=none smtp.mailfrom=x.example;\r\n\tdkim=none'
  const event = { at: 0, kind: 'received', mail: '1d0v7rkq2m003fz4', details: { authentication, size: 3, reverse: '' } }
  const line = storyLines([event as unknown as Event])
  equal(
    line.slice(line.indexOf('1d0v')),
    '1d0v7rkq2m003fz4  received  <>  authentication=mail.uni.example; spf=none smtp.mailfrom=x.example; dkim=none  size=3',
  )
})
