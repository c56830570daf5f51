// The text of a mail as blocks to be shown: what was written, what is quoted, the signature.     RFC 3676 §4.3, §4.5
//
// Pure and linear. A quote is folded with the line that introduces it ("... wrote:", 「…寫道：」), unless the mail
// begins with it or more was written between its lines.

export type Block =
  | { is: 'text'; text: string }
  | { is: 'quote'; text: string; depth: number; intro: string; isFolded: boolean }
  | { is: 'signature'; text: string }

const quoteMark = /^(?:> ?)+/
const intro = /(?:wrote|writes|schrieb|寫道|写道|寫到|來信提到)\s*[:：]?\s*$/i
const divider = /^-{2,}\s?(?:Original Message|原始郵件|原始信件|Forwarded message|轉寄的郵件)\s?-{2,}\s*$/i

export function blocksOf(body: string): Block[] {
  const lines = body.replace(/\r\n?/g, '\n').replace(/\s+$/, '').split('\n')
  const blocks: Block[] = []
  let text: string[] = []
  const flush = (): void => {
    const joined = text.join('\n').replace(/^\n+|\s+$/g, '')
    if (joined !== '') blocks.push({ is: 'text', text: joined })
    text = []
  }
  for (let at = 0; at < lines.length;) {
    const line = lines[at]!
    if (quoteMark.test(line)) {
      const from = at
      while (
        at < lines.length &&
        (quoteMark.test(lines[at]!) || (lines[at]!.trim() === '' && quoteMark.test(lines[at + 1] ?? '')))
      )
        at++
      const said = takeIntro(text)
      flush()
      const quoted = lines.slice(from, at)
      const depth = Math.min(depthOf(quoted[0]!), 9)
      blocks.push({
        is: 'quote',
        text: quoted.map((one) => one.replace(/^> ?/, '')).join('\n'),
        depth,
        intro: said,
        isFolded: blocks.length > 0,
      })
    } else if (divider.test(line)) {
      flush()
      const rest = lines
        .slice(at + 1)
        .join('\n')
        .trim()
      blocks.push({
        is: 'quote',
        text: rest,
        depth: 1,
        intro: line.replace(/^-+\s?|\s?-+\s*$/g, ''),
        isFolded: blocks.length > 0,
      })
      at = lines.length
    } else if (/^-- ?$/.test(line) && !lines.slice(at + 1).some((one) => quoteMark.test(one))) {
      flush()
      const signature = lines
        .slice(at + 1)
        .join('\n')
        .trim()
      if (signature !== '') blocks.push({ is: 'signature', text: signature })
      at = lines.length
    } else {
      text.push(line)
      at++
    }
  }
  flush()
  return blocks
}

/** The line, or two, that introduce a quote: taken out of what stands before it. */
function takeIntro(text: string[]): string {
  let end = text.length
  while (end > 0 && text[end - 1]!.trim() === '') end--
  const isBegunAbove = /^(?:On|Am|Le|於|在)[\s\d]/.test(text[end - 2] ?? '')
  for (const count of isBegunAbove ? [2, 1] : [1]) {
    const said = text
      .slice(Math.max(end - count, 0), end)
      .join(' ')
      .trim()
    if (intro.test(said) && said.length < 300) {
      text.length = Math.max(end - count, 0)
      return said
    }
  }
  return ''
}

function depthOf(line: string): number {
  return (quoteMark.exec(line)?.[0].match(/>/g) ?? []).length
}
