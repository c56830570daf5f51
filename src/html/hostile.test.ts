// What is left of each letter of test/hostile.ts. The browser's own opinion: test/web/hostile.test.ts.

import { doesNotThrow, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { attacks, leakHost, mark } from '../../test/hostile.ts'
import { cleanHtml } from './clean.ts'
import { checkPage, checkStable, policy } from './html.fuzz.ts'
import { htmlPage } from './page.ts'

test(`of ${attacks.length} hostile letters nothing is left but what may be shown`, () => {
  for (const { what, html, bytes } of attacks) {
    const text = html === '' && bytes ? bytes.toString() : html
    for (const remote of [false, true]) {
      const cleaned = cleanHtml(text, policy(remote, remote))
      doesNotThrow(() => checkPage(htmlPage([cleaned], { language: 'en', cut: 'cut' })), what)
      doesNotThrow(() => checkStable(cleaned), `${what}: read back otherwise`)
      if (remote) continue
      const loads = [...cleaned.body.matchAll(/(?:src|style)="([^"]*)"/g)].map((found) => found[1]).join(' ')
      const sheet = cleaned.sheet.replace(/(?<!url\()"[^"]*"/g, '""') // a string alone loads nothing
      ok(!loads.includes(leakHost) && !sheet.includes(leakHost), `${what}: it calls home`)
      ok(!/<[^>]*MARK/.test(cleaned.body.replace(/"[^"]*"/g, '""')) || !cleaned.body.includes(mark), what)
    }
  }
})
