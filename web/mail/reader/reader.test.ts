import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hostBeside, isMisleading, linkPieces } from './links.ts'
import { blocksOf } from './text.ts'
import { trustOf } from './trust.ts'

test('a quote at the end is folded with the line that introduces it', () => {
  deepEqual(blocksOf('謝謝\r\n\r\n王小明 於 2026年3月3日 15:40 寫道：\r\n> 一\r\n>> 二\r\n'), [
    { is: 'text', text: '謝謝' },
    { is: 'quote', text: '一\n> 二', depth: 1, intro: '王小明 於 2026年3月3日 15:40 寫道：', isFolded: true },
  ])
})

test('an introduction over two lines', () => {
  const [, quote] = blocksOf('Yes\n\nOn Monday, Bob <bob@uni.example>\nwrote:\n> x')
  equal(quote?.is === 'quote' && quote.intro, 'On Monday, Bob <bob@uni.example> wrote:')
})

test('what is answered between the lines stays open in its place', () => {
  deepEqual(
    blocksOf('> one\nyes\n> two\nno').map((block) => [block.is, block.text, block.is === 'quote' && block.isFolded]),
    [
      ['quote', 'one', false],
      ['text', 'yes', false],
      ['quote', 'two', true],
      ['text', 'no', false],
    ],
  )
})

test('signatures, and what Outlook puts under an answer', () => {
  deepEqual(blocksOf('text\n-- \nAlice\n'), [
    { is: 'text', text: 'text' },
    { is: 'signature', text: 'Alice' },
  ])
  deepEqual(blocksOf('text\n-----Original Message-----\nFrom: x\n').at(-1), {
    is: 'quote',
    text: 'From: x',
    depth: 1,
    intro: 'Original Message',
    isFolded: true,
  })
})

test('no letter of a text is lost but quote marks and blanks at the ends', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('a', '> b', '>> c', '', '寫道：', 'x wrote:', '>'), { maxLength: 30 }),
      (lines) => {
        const kept = blocksOf(lines.join('\n')).map((one) => (one.is === 'quote' ? one.intro : '') + one.text)
        const letters = (text: string): string => Array.from(text.replace(/[>\s]/g, '')).toSorted().join('')
        equal(letters(kept.join('')), letters(lines.join('')))
      },
    ),
  )
})

const links: [text: string, links: (string | undefined)[][]][] = [
  ['看 https://a.example/x。謝謝', [['https://a.example/x', 'https://a.example/x', undefined]]],
  ['(https://a.example/x)', [['https://a.example/x', 'https://a.example/x', undefined]]],
  ['https://a.example/x_(y).', [['https://a.example/x_(y)', 'https://a.example/x_(y)', undefined]]],
  ['www.a.example', [['www.a.example', 'https://www.a.example', undefined]]],
  ['寫信給 a.b@c.example，謝謝', [['a.b@c.example', 'mailto:a.b@c.example', undefined]]],
  [
    'https://uni.example@evil.example/',
    [['https://uni.example@evil.example/', 'https://uni.example@evil.example/', 'evil.example']],
  ],
  ['https://аpple.example/', [['https://аpple.example/', 'https://аpple.example/', 'xn--pple-43d.example']]],
  ['javascript:alert(1)', []],
  ['http://', []],
]
for (const [text, expected] of links) {
  test(`links in ${text}`, () => {
    const found = linkPieces(text).filter(({ href }) => href !== undefined)
    deepEqual(
      found.map((one) => [one.text, one.href, one.host]),
      expected,
    )
    equal(
      linkPieces(text)
        .map((one) => one.text)
        .join(''),
      text,
    )
  })
}

test('links are found in linear time', () => {
  const started = performance.now()
  linkPieces('a@'.repeat(50_000) + 'http://'.repeat(20_000) + '@a.'.repeat(50_000))
  ok(performance.now() - started < 5000)
})

test('a link that names another house', () => {
  equal(isMisleading('https://bank.example/login', 'https://evil.example/'), true)
  equal(isMisleading('bank.example', 'https://www.bank.example/'), false)
  equal(isMisleading('here', 'https://evil.example/'), false)
  equal(hostBeside('https://a.example/x', 'https://a.example/y'), undefined)
  equal(hostBeside('here', 'https://a.example/y'), 'a.example')
})

const ours = 'mail.uni.example; dmarc=pass header.from=uni.example'
test('only our own word on where a mail comes from counts', () => {
  deepEqual(trustOf([` ${ours}`], 'a@uni.example', 'uni.example'), { isOutside: false, verdict: 'verified' })
  deepEqual(trustOf(['evil.example; dmarc=pass'], 'a@uni.example', 'uni.example'), {
    isOutside: false,
    verdict: 'unknown',
  })
  deepEqual(trustOf(['notuni.example; dmarc=pass'], 'a@b.example', 'uni.example'), {
    isOutside: true,
    verdict: 'unknown',
  })
  deepEqual(trustOf(['mail.uni.example;\r\n dkim=fail;\r\n dmarc=fail (p=none)', ours], 'a@b.example', 'uni.example'), {
    isOutside: true,
    verdict: 'failed',
  })
  deepEqual(trustOf([], 'a@b.example', 'uni.example'), { isOutside: true, verdict: 'unknown' })
  deepEqual(trustOf(['mail.uni.example; spf=none; dmarc=none'], 'a@uni.example', 'uni.example'), {
    isOutside: false,
    verdict: 'failed',
  })
  deepEqual(trustOf([], 'a@uni.example', 'uni.example'), { isOutside: false, verdict: 'unknown' })
})
