import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import PostalMime from 'postal-mime'
import { fileName, hasAttachment } from './attachments.ts'
import { checkTree, corpus, octets } from './mime.fuzz.ts'
import type { Part, Tree } from './mime.ts'
import { packTree, unpackStructure, unpackTop, unpackTree } from './pack.ts'
import { MimeReader, readMail } from './reader.ts'
import { findPart, sectionRange } from './section.ts'
import { decodeTransfer } from './transfer.ts'
import { base64Lines, quotedPrintable } from './write.ts'

const mail = (...lines: string[]): Buffer => octets(lines.join('\r\n'))

/** type/subtype of a part and of what is in it. */
function shape(part: Part): unknown {
  const own = `${part.type}/${part.subtype}`
  if (part.message) return [own, shape(part.message.part)]
  return part.type === 'multipart' ? [own, ...part.parts.map(shape)] : own
}

function bodyOf(bytes: Buffer, part: Part): string {
  return bytes.toString('latin1', part.body, part.end)
}

const nested = mail(
  'Subject: outer',
  'Content-Type: multipart/mixed; boundary="b"',
  '',
  'preamble',
  '--b',
  '',
  'one',
  '',
  '--b  ',
  'Content-Type: message/rfc822',
  '',
  'Subject: inner',
  'Content-Type: multipart/alternative; boundary="b2"',
  '',
  '--b2',
  '',
  'plain',
  '--b2',
  'Content-Type: text/html',
  '',
  '<p>html</p>',
  '--b2--',
  '--b--',
  'epilogue',
  '',
)

test('a tree with its offsets', () => {
  const tree = readMail(nested)
  deepEqual(shape(tree.part), [
    'multipart/mixed',
    'text/plain',
    ['message/rfc822', ['multipart/alternative', 'text/plain', 'text/html']],
  ])
  deepEqual(tree.flaws, [])
  equal(bodyOf(nested, tree.part.parts[0]!), 'one\r\n')
  equal(tree.part.parts[0]!.lines, 1)
  equal(tree.part.parts[1]!.message!.headers.subject, 'inner')
  equal(bodyOf(nested, findPart(tree, [2, 2])!), '<p>html</p>')
  checkTree(tree, nested.length)
})

test('section numbers as RFC 9051 §6.4.5 counts them', () => {
  const tree = readMail(nested)
  const text = (path: number[], what?: 'all' | 'header' | 'text' | 'mime'): string | undefined => {
    const range = sectionRange(tree, path, what)
    return range && nested.toString('latin1', range.start, range.end)
  }
  equal(text([]), nested.toString('latin1'))
  equal(text([], 'header')?.endsWith('"b"\r\n\r\n'), true)
  equal(text([], 'text')?.startsWith('preamble'), true)
  equal(text([1]), 'one\r\n')
  equal(text([1], 'mime'), '\r\n')
  equal(text([1], 'header'), undefined)
  equal(text([2], 'header')?.startsWith('Subject: inner'), true)
  equal(text([2], 'text')?.startsWith('--b2'), true)
  equal(text([2, 1]), 'plain')
  equal(text([2, 2], 'mime'), 'Content-Type: text/html\r\n\r\n')
  equal(text([2, 3]), undefined)
  equal(text([1, 1]), undefined)
  equal(text([3]), undefined)
  equal(text([0]), undefined)
  const single = readMail(mail('Subject: x', '', 'body'))
  deepEqual(sectionRange(single, [1]), { start: 14, end: 18 })
  equal(findPart(single, [1, 1]), undefined)
  equal(findPart(single, [2]), undefined)
})

test('a message in a message without multipart is numbered 1', () => {
  const bytes = mail('Content-Type: message/rfc822', '', 'Subject: in', '', 'text')
  const tree = readMail(bytes)
  const at = (path: number[]): string | undefined => {
    const range = sectionRange(tree, path)
    return range && bytes.toString('latin1', range.start, range.end)
  }
  equal(at([1]), 'Subject: in\r\n\r\ntext')
  equal(at([1, 1]), 'text')
  equal(at([1, 2]), undefined)
})

const shapes: [what: string, bytes: Buffer, shape: unknown, flaws: string[]][] = [
  ['no header', mail('', 'body'), 'text/plain', []],
  ['no body', mail('Subject: x'), 'text/plain', []],
  ['nothing', mail(), 'text/plain', []],
  ['no empty line', mail('Subject: x', 'this is no field', 'nor this'), 'text/plain', ['bad-header-line']],
  [
    'bare line feeds',
    octets('Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n'),
    ['multipart/mixed', 'text/plain'],
    ['bare-lf'],
  ],
  ['NUL', mail('Subject: x', '', '\0'), 'text/plain', ['nul']],
  [
    'no closing delimiter',
    mail('Content-Type: multipart/mixed; boundary=b', '', '--b', '', 'x'),
    ['multipart/mixed', 'text/plain'],
    ['no-closing-boundary'],
  ],
  [
    'an inner multipart without its end',
    mail(
      'Content-Type: multipart/mixed; boundary=o',
      '',
      '--o',
      'Content-Type: multipart/mixed; boundary=i',
      '',
      '--i',
      '',
      'x',
      '--o',
      '',
      'y',
      '--o--',
    ),
    ['multipart/mixed', ['multipart/mixed', 'text/plain'], 'text/plain'],
    ['no-closing-boundary'],
  ],
  [
    'boundaries that begin alike',
    mail(
      'Content-Type: multipart/mixed; boundary=o',
      '',
      '--o',
      'Content-Type: multipart/mixed; boundary=oo',
      '',
      '--oo',
      '',
      'x',
      '--ooo',
      '--oo--',
      '--o--',
    ),
    ['multipart/mixed', ['multipart/mixed', 'text/plain']],
    [],
  ],
  [
    'the same boundary twice',
    mail(
      'Content-Type: multipart/mixed; boundary=o',
      '',
      '--o',
      'Content-Type: multipart/mixed; boundary=o',
      '',
      '--o',
      '',
      'x',
      '--o--',
      '--o',
      '',
      'y',
      '--o--',
    ),
    ['multipart/mixed', ['multipart/mixed', 'text/plain'], 'text/plain'],
    [],
  ],
  [
    'a boundary that ends in dashes',
    mail('Content-Type: multipart/mixed; boundary="a--"', '', '--a--', '', 'x', '--a----'),
    ['multipart/mixed', 'text/plain'],
    [],
  ],
  ['no boundary', mail('Content-Type: multipart/mixed', '', '--b'), ['multipart/mixed'], ['no-boundary']],
  [
    'no parts',
    mail('Content-Type: multipart/mixed; boundary=b', '', '--b--', '--b', '', 'epilogue'),
    ['multipart/mixed'],
    [],
  ],
  [
    'a digest',
    mail(
      'Content-Type: multipart/digest; boundary=d',
      '',
      '--d',
      '',
      'Subject: x',
      '',
      'y',
      '--d',
      'Content-Type: text/plain',
      '',
      'z',
      '--d--',
    ),
    ['multipart/digest', ['message/rfc822', 'text/plain'], 'text/plain'],
    [],
  ],
  [
    'an encoded message',
    mail('Content-Type: message/rfc822', 'Content-Transfer-Encoding: base64', '', 'U3ViamVjdDogeA=='),
    'message/rfc822',
    [],
  ],
  [
    'an encoded multipart is read all the same',
    mail('Content-Type: multipart/mixed; boundary=b', 'Content-Transfer-Encoding: base64', '', '--b', '', 'x', '--b--'),
    ['multipart/mixed', 'text/plain'],
    ['encoded-multipart'],
  ],
  [
    'two Content-Types',
    mail('Content-Type: text/html', 'Content-Type: text/plain', '', ''),
    'text/html',
    ['duplicate-content-type'],
  ],
  ['two Froms', mail('From: a@b', 'From: c@d', '', ''), 'text/plain', ['duplicate-from']],
  ['a type that is none', mail('Content-Type: text', '', ''), 'text/plain', ['bad-content-type']],
  [
    'a part without empty line',
    mail('Content-Type: multipart/mixed; boundary=b', '', '--b', 'Content-Type: text/html', '--b--'),
    ['multipart/mixed', 'text/html'],
    [],
  ],
  [
    'a delimiter at the very end',
    mail('Content-Type: multipart/mixed; boundary=b', '', '--b', '', 'x', '--b'),
    ['multipart/mixed', 'text/plain', 'text/plain'],
    ['no-closing-boundary'],
  ],
  [
    'an 8 bit boundary',
    mail('Content-Type: multipart/mixed; boundary="\xa4\xa4"', '', '--\xa4\xa4', '', 'x', '--\xa4\xa4--'),
    ['multipart/mixed', 'text/plain'],
    [],
  ],
  [
    'a boundary in RFC 2231 pieces',
    mail('Content-Type: multipart/mixed; boundary*0=a; boundary*1=b', '', '--ab', '', 'x', '--ab--'),
    ['multipart/mixed', 'text/plain'],
    [],
  ],
]
for (const [what, bytes, expected, flaws] of shapes) {
  test(`shape: ${what}`, () => {
    const tree = readMail(bytes)
    deepEqual(typeof expected === 'string' ? shape(tree.part) : shape(tree.part), expected)
    deepEqual(tree.flaws, flaws)
    checkTree(tree, bytes.length)
  })
}

test('limits: parsed up to them, whole all the same, flagged', () => {
  const parts = octets(`Content-Type: multipart/mixed; boundary=b\n\n${'--b\n\nx\n'.repeat(50)}--b--\n`)
  const tree = readMail(parts, { parts: 10 })
  equal(tree.part.parts.length, 9)
  deepEqual(tree.flaws, ['bare-lf', 'too-many-parts'])
  checkTree(tree, parts.length)

  const deep = octets(
    Array.from({ length: 300 }, (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`).join(''),
  )
  const deepTree = readMail(deep)
  let depth = 1
  for (let part = deepTree.part; part.parts[0]; part = part.parts[0]) depth++
  equal(depth, 100)
  ok(deepTree.flaws.includes('too-deep'))
  ok(readMail(octets('Content-Type: message/rfc822\r\n\r\n'.repeat(300))).flaws.includes('too-deep'))

  const field = readMail(octets(`Subject: ${'x'.repeat(100_000)}\r\nFrom: a@b\r\n\r\nbody`))
  deepEqual(
    [field.headers.subject.length < 65_536, field.headers.from.length, field.flaws],
    [true, 1, ['header-too-long']],
  )

  const block = readMail(octets(`Subject: x\r\n${'X: y\r\n'.repeat(60_000)}From: a@b\r\n\r\nbody`))
  deepEqual([block.headers.subject, block.headers.from, block.flaws], ['x', [], ['header-block-too-long']])
  equal(block.part.end - block.part.body, 4)

  const boundary = 'b'.repeat(300)
  deepEqual(readMail(mail(`Content-Type: multipart/mixed; boundary=${boundary}`, '', `--${boundary}--`)).flaws, [
    'boundary-too-long',
  ])
})

test('in pieces of every size, a mail reads as it does whole', () => {
  for (const text of [...corpus, nested.toString('latin1')]) {
    const bytes = octets(text)
    const whole = readMail(bytes)
    for (const size of [1, 2, 3, 5, 17, 64]) {
      const reader = new MimeReader()
      for (let at = 0; at < bytes.length; at += size) {
        const piece = Buffer.from(bytes.subarray(at, at + size))
        reader.push(piece)
        piece.fill(0x2d) // the caller may reuse its buffer
      }
      deepEqual(reader.end(), whole)
    }
    deepEqual(unpackTree(packTree(whole)), whole)
    deepEqual(unpackTop(packTree(whole)), whole.headers)
    deepEqual(unpackStructure(packTree(whole)), whole.part)
  }
})

test('time grows with the bytes, not with their square', () => {
  const hostile: [string, string, string][] = [
    ['Subject: ', '=?utf-8?q?', ''],
    ['Subject: ', '=?u?b?5?= ', ''],
    ['Subject: x', '\r\n y', ''],
    ['To: ', '(', ''],
    ['To: ', '<"', ''],
    ['To: ', 'a <b@c> ', ''],
    ['To: ', '  ', 'x'],
    ['', 'To: a\r\n', ''],
    ['Date: ', '(', ''],
    ['References: ', '<', ''],
    ['Content-Type: text/plain;', ' a(="', ''],
    ['Content-Type: multipart/mixed; boundary=b\r\n\r\n', '--b\r\n\r\n', ''],
    ['Content-Type: multipart/mixed; boundary=b\r\n\r\n', '\r\n--', ''],
    ['', 'x\r\n', ''],
  ]
  for (const [head, unit, tail] of hostile) {
    const bytes = octets(head + unit.repeat(1_000_000 / unit.length) + tail)
    const tree = readMail(bytes)
    checkTree(tree, bytes.length)
  }
})

// Differential: random mails, read by postal-mime and by us.

interface Made {
  bytes: Buffer
  leaves: { name: string; type: string; content: Buffer }[]
}

function seeded(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

function makeMail(seed: number): Made {
  const random = seeded(seed)
  const pick = <T>(list: T[]): T => list[random(list.length)]!
  const leaves: Made['leaves'] = []
  const makeLeaf = (): string => {
    const name = `${pick(['附件', 'plan', 'Übersicht', '報告 書'])}${leaves.length}.${pick(['bin', 'dat'])}`
    const text = Array.from({ length: random(40) }, () =>
      pick(['測試', 'line', '\r\n', '--b0', ' ', '=', 'From ', '.', '\r\n--', 'é']),
    ).join('')
    const type = pick(['application/octet-stream', 'image/png', 'application/x-data'])
    const asBase64 = random(2) === 0
    const content = Buffer.from(text)
    leaves.push({ name, type, content: asBase64 ? content : Buffer.from(text.replace(/\r\n|\r|\n/g, '\r\n')) })
    const word = `=?utf-8?B?${Buffer.from(name).toString('base64')}?=`
    const star = `filename*=utf-8''${encodeURIComponent(name)}`
    return [
      `Content-Type: ${type}`,
      `Content-Transfer-Encoding: ${asBase64 ? 'base64' : 'quoted-printable'}`,
      `Content-Disposition: attachment; ${pick([`filename="${word}"`, star])}`,
      '',
      (asBase64 ? base64Lines(content) : quotedPrintable(text)) + '\r\n',
    ].join('\r\n')
  }
  const makePart = (depth: number): string => {
    if (depth > 4 || random(3) > 0) return makeLeaf()
    const boundary = `b${depth}-${random(1000)}`
    const parts = Array.from({ length: 1 + random(3) }, () => makePart(depth + 1))
    return `Content-Type: multipart/mixed; boundary="${boundary}"\r\n\r\npreamble${parts.map((part) => `\r\n--${boundary}\r\n${part}`).join('')}\r\n--${boundary}--\r\n`
  }
  const head = [
    `From: ${pick(['"Doe, John" <j@x.example>', '=?big5?B?pKSk5Q==?= <z@x.example>', 'a@b.example'])}`,
    `To: ${pick(['a@b.example, c@d.example', 'team: x@y.example, z@w.example;', '"=?utf-8?Q?=C3=A9?=" <e@f.example>'])}`,
    `Subject: ${pick(['hello', '=?utf-8?Q?=E6=B8=AC?= =?utf-8?Q?=E8=A9=A6?=', 'a =?iso-8859-1?Q?b=E9?= c', 'long\r\n folded'])}`,
    `Message-ID: <${seed}@x.example>`,
    'Date: Mon, 5 Jan 2026 10:00:00 +0800',
    '',
  ].join('\r\n')
  return { bytes: Buffer.from(head + makePart(0)), leaves }
}

function leavesOf(tree: Tree): Part[] {
  const walk = (part: Part): Part[] => (part.type === 'multipart' ? part.parts.flatMap(walk) : [part])
  return walk(tree.part)
}

test('postal-mime reads the same', async () => {
  for (let seed = 1; seed <= 200; seed++) {
    const { bytes, leaves } = makeMail(seed)
    const ours = readMail(bytes)
    const theirs = await PostalMime.parse(bytes)
    checkTree(ours, bytes.length)
    equal(ours.headers.subject, theirs.subject)
    equal(ours.headers.messageId, theirs.messageId)
    equal(new Date(ours.headers.date!).toISOString(), theirs.date)
    equal(ours.headers.from[0]!.name, theirs.from!.name)
    const flat = (theirs.to ?? []).flatMap((to) => to.group ?? [to])
    deepEqual(
      ours.headers.to.filter(({ group }) => !group).map(({ name, mailbox, host }) => [name, `${mailbox}@${host}`]),
      flat.map(({ name, address }) => [name, address]),
    )
    const found = leavesOf(ours).map((part) => ({
      name: fileName(part),
      type: `${part.type}/${part.subtype}`,
      content: decodeTransfer(bytes.subarray(part.body, part.end), part.encoding)!,
    }))
    deepEqual(
      found.map(({ name, type }) => [name, type]),
      theirs.attachments.map(({ filename, mimeType }) => [filename, mimeType]),
    )
    // The line end we put behind each body is ours to drop: base64 and quoted-printable bring it along as text.
    found.forEach(({ content }, i) => {
      const expected = leaves[i]!.content.toString()
      equal(content.toString().slice(0, expected.length), expected, `seed ${seed}, leaf ${i}`)
      const other = Buffer.from(theirs.attachments[i]!.content as ArrayBuffer).toString()
      // postal-mime turns the line ends of quoted-printable into LF.
      const bare = expected.replace(/\r\n/g, '\n')
      equal(other.replace(/\r\n/g, '\n').slice(0, bare.length), bare, `theirs, seed ${seed}, leaf ${i}`)
    })
    equal(hasAttachment(ours), true)
  }
})
