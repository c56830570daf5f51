import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { openKeymap, type Pressed } from './map.ts'

const press = (key: string, more: Partial<Pressed> = {}): Pressed => ({
  key,
  code: /^[a-z]$/i.test(key) ? `Key${key.toUpperCase()}` : '',
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...more,
})

const cases: [what: string, pressed: Pressed, command: string | undefined][] = [
  ['j', press('j'), 'next'],
  ['J with caps lock', press('J'), 'next'],
  ['a full-width j', press('ｊ', { code: 'KeyJ' }), 'next'],
  ['what an input method keeps', press('Process', { code: 'KeyE' }), 'archive'],
  ['bopomofo', press('ㄍ', { code: 'KeyE' }), 'archive'],
  ['# on its key', press('#', { code: 'Digit3', shiftKey: true }), 'trash'],
  ['# under an input method', press('Process', { code: 'Digit3', shiftKey: true }), 'trash'],
  ['3 is nothing', press('3', { code: 'Digit3' }), undefined],
  ['? is shifted', press('?', { code: 'Slash', shiftKey: true }), 'help'],
  ['Ctrl+K', press('k', { ctrlKey: true }), 'palette'],
  ['Cmd+K', press('k', { metaKey: true }), 'palette'],
  ['Ctrl+J is the browser’s', press('j', { ctrlKey: true }), undefined],
  ['Ctrl+C copies', press('c', { ctrlKey: true }), undefined],
  ['Alt+J is the menu’s', press('j', { altKey: true }), undefined],
  ['Shift+I', press('I', { shiftKey: true }), 'markRead'],
  ['i is nothing', press('i'), undefined],
  ['Delete', press('Delete'), 'trash'],
  ['Escape', press('Escape'), 'escape'],
  ['Tab', press('Tab'), undefined],
]
for (const [what, pressed, command] of cases) test(what, () => equal(openKeymap()(pressed, 0, 'list'), command))

test('two keys one after the other', () => {
  const find = openKeymap()
  equal(find(press('g'), 0, 'list'), undefined)
  equal(find(press('i'), 500, 'list'), 'goInbox')
  equal(find(press('i'), 600, 'list'), undefined)
})

test('the first of two is forgotten', () => {
  const find = openKeymap()
  equal(find(press('g'), 0, 'list'), undefined)
  equal(find(press('s'), 2000, 'list'), 'star')
})

test('some keys mean another thing in the reader', () => {
  equal(openKeymap()(press('o'), 0, 'list'), 'open')
  equal(openKeymap()(press('o'), 0, 'reader'), 'fold')
  equal(openKeymap()(press('n'), 0, 'list'), undefined)
  equal(openKeymap()(press('n'), 0, 'reader'), 'nextInThread')
})
