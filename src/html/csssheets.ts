// Style sheets of a letter: rules whose selectors and declarations may stay, alone or under @media.
//
// Invariants:
//   every at-rule but @media goes, with its block (no @import, no @font-face, no animation)
//   no selector asks for an attribute but class: what our own addresses hold cannot be guessed at
//   under @media and for what the pointer is over no picture is loaded: nobody learns what the reader's screen is
//   classes of ours (postern-...) cannot be named

import { cssString, cssTokens, writeCss, type CssToken } from './csstokens.ts'
import { cleanDeclarations, type CssPolicy } from './cssvalues.ts'

export interface SheetPolicy extends CssPolicy {
  /** Whether the letter is shown dark: what prefers-color-scheme asks. */
  dark: boolean
}

/** How ids and names of a letter are written: none can be one of ours. */
export const idPrefix = 'm-'
export const ownClass = 'postern-'

/** The rules that may stay, as text without '<'. */
export function cleanSheet(text: string, policy: SheetPolicy): string {
  const { sheets, rules } = policy.limits
  return cleanRules(cssTokens(text.slice(0, sheets)), policy, { rules }, false)
}

function cleanRules(
  tokens: readonly CssToken[],
  policy: SheetPolicy,
  budget: { rules: number },
  inMedia: boolean,
): string {
  const { limits } = policy
  const out: string[] = []
  let at = 0
  while (at < tokens.length && budget.rules > 0) {
    const open = preludeEnd(tokens, at)
    const prelude = meantOf(tokens.slice(at, open))
    if (tokens[open]?.text !== '{') {
      at = open + 1 // "@import ...;", or the end
      continue
    }
    const close = blockEnd(tokens, open)
    const block = tokens.slice(open + 1, close)
    at = close + 1
    budget.rules--
    const first = prelude[0]
    if (first?.kind === 'at') {
      if (first.text.toLowerCase() !== 'media' || inMedia) continue
      const query = prelude.length > limits.tokens ? undefined : cleanMedia(prelude.slice(1), policy.dark)
      const rules = query === undefined ? '' : cleanRules(block, { ...policy, picture: undefined }, budget, true)
      if (rules !== '') out.push(`@media ${query}{${rules}}`)
      continue
    }
    const selectors = cleanSelectors(prelude, policy)
    if (selectors === '') continue
    const asksPointer = /:(?:hover|active|focus)/.test(selectors)
    const kept = cleanDeclarations(block, asksPointer ? { ...policy, picture: undefined } : policy)
    if (kept !== '') out.push(`${selectors}{${kept}}`)
  }
  return out.join('\n')
}

/** Where a rule's block begins, or its ';' where an at-rule has none. */
function preludeEnd(tokens: readonly CssToken[], from: number): number {
  let at = from
  while (tokens[at]?.kind === 'space') at++
  const isAt = tokens[at]?.kind === 'at'
  for (; at < tokens.length; at++) {
    const { kind, text } = tokens[at] as CssToken
    if (kind === 'delim' && (text === '{' || (isAt && text === ';'))) return at
  }
  return at
}

function blockEnd(tokens: readonly CssToken[], open: number): number {
  let depth = 0
  for (let at = open; at < tokens.length; at++) {
    const { kind, text } = tokens[at] as CssToken
    if (kind !== 'delim') continue
    if (text === '{') depth++
    else if (text === '}' && --depth === 0) return at
  }
  return tokens.length
}

/** Without <!-- and -->, and without space at its ends. */
function meantOf(tokens: CssToken[]): CssToken[] {
  let from = 0
  while (tokens[from]?.kind === 'space' || /^(?:[<!>]|--)$/.test(tokens[from]?.text ?? '')) from++
  let to = tokens.length
  while (to > from && tokens[to - 1]?.kind === 'space') to--
  return tokens.slice(from, to)
}

// -- @media

const mediaWords = new Set(['all', 'screen', 'print', 'only', 'and', 'not', 'or', 'portrait', 'landscape'])
const mediaFeatures = new Set(
  'width min-width max-width device-width min-device-width max-device-width orientation prefers-color-scheme'.split(
    ' ',
  ),
)

/** A media query with the colour scheme answered; undefined: not to be used. */
function cleanMedia(tokens: readonly CssToken[], dark: boolean): string | undefined {
  let out = ''
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at] as CssToken
    const lower = token.text.toLowerCase()
    if (token.kind === 'ident') {
      const next = tokens.slice(at + 1).find(({ kind }) => kind !== 'space')
      if (next?.text === ':') {
        if (!mediaFeatures.has(lower)) return undefined
        if (lower === 'prefers-color-scheme') {
          const end = tokens.findIndex(({ text }, i) => i > at && text === ')')
          const wanted = tokens
            .slice(at, end)
            .findLast(({ kind }) => kind === 'ident')
            ?.text.toLowerCase()
          out += (wanted === 'dark') === dark ? 'min-width:0px' : 'max-width:0px'
          at = end < 0 ? tokens.length : end - 1
          continue
        }
      } else if (!mediaWords.has(lower)) return undefined
      out += lower
    } else if (token.kind === 'delim' && !/^[(),:]$/.test(token.text)) return undefined
    else if (
      token.kind === 'delim' ||
      token.kind === 'space' ||
      token.kind === 'number' ||
      token.kind === 'dimension'
    ) {
      if (token.kind === 'dimension' && !/^(?:px|em|rem)$/.test(token.unit)) return undefined
      out += writeCss(token) ?? ''
    } else return undefined
  }
  return isBalanced(out) ? out.trim() : undefined
}

function isBalanced(text: string): boolean {
  let depth = 0
  for (const c of text) {
    if (c === '(') depth++
    else if (c === ')' && --depth < 0) return false
  }
  return depth === 0
}

// -- selectors

const pseudoClasses = new Set(
  'hover link root first-child last-child only-child first-of-type last-of-type empty'.split(' '),
)
const counting = new Set(['nth-child', 'nth-last-child', 'nth-of-type', 'nth-last-of-type'])

/** Of a list of selectors those that may stay; '' for none. */
function cleanSelectors(tokens: readonly CssToken[], { limits }: SheetPolicy): string {
  if (tokens.length > limits.tokens) return ''
  const kept: string[] = []
  let from = 0
  let depth = 0
  for (let at = 0; at <= tokens.length; at++) {
    const token = tokens[at]
    if (token?.kind === 'function' || token?.text === '[') depth++
    else if (token?.text === ')' || token?.text === ']') depth--
    if (token && (depth > 0 || token.text !== ',')) continue
    const one = cleanSelector(tokens.slice(from, at))
    if (one !== undefined) kept.push(one)
    from = at + 1
  }
  return kept.join(',')
}

function cleanSelector(tokens: readonly CssToken[]): string | undefined {
  let out = ''
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at] as CssToken
    const next = tokens[at + 1]
    if (token.kind === 'space') out += ' '
    else if (token.kind === 'ident') {
      if (!/^[a-z][a-z0-9]{0,20}$/i.test(token.text)) return undefined
      out += token.text
    } else if (token.kind === 'hash') {
      if (!isNameOfTheirs(token.text)) return undefined
      out += `#${idPrefix}${token.text}`
    } else if (token.kind !== 'delim') return undefined
    else if (token.text === '.') {
      if (next?.kind !== 'ident' || !isNameOfTheirs(next.text)) return undefined
      out += `.${next.text}`
      at++
    } else if (token.text === ':') {
      const pseudo = cleanPseudo(tokens, at + 1)
      if (!pseudo) return undefined
      out += pseudo.text
      at = pseudo.end
    } else if (token.text === '[') {
      const asked = cleanAttribute(tokens, at)
      if (!asked) return undefined
      out += asked.text
      at = asked.end
    } else if (/^[*>+~]$/.test(token.text)) out += token.text
    else return undefined
  }
  const clean = out.trim()
  return clean === '' || /[>+~]\s*[>+~]|^[>+~]|[>+~]$/.test(clean) ? undefined : clean
}

const isNameOfTheirs = (text: string): boolean =>
  /^[-\w\u0080-\uffff]{1,100}$/.test(text) && !/^(?:-?\d|-$)/.test(text) && !text.toLowerCase().startsWith(ownClass)

interface Taken {
  text: string
  end: number // the last token taken
}

function cleanPseudo(tokens: readonly CssToken[], at: number): Taken | undefined {
  const token = tokens[at]
  const lower = token?.text.toLowerCase() ?? ''
  if (token?.kind === 'ident') return pseudoClasses.has(lower) ? { text: `:${lower}`, end: at } : undefined
  if (token?.kind !== 'function' || !counting.has(lower)) return undefined
  const end = tokens.findIndex(({ text }, i) => i > at && text === ')')
  const inside =
    end < 0
      ? ''
      : tokens
          .slice(at + 1, end)
          .map(({ text, unit }) => text + unit)
          .join('')
          .trim()
          .toLowerCase()
  return /^(?:odd|even|[+-]?\d{1,4}|[+-]?\d{0,4}n(?: ?[+-] ?\d{1,4})?)$/.test(inside)
    ? { text: `:${lower}(${inside})`, end }
    : undefined
}

/** [class], [class~="x"] and its kin; no other attribute. */
function cleanAttribute(tokens: readonly CssToken[], at: number): Taken | undefined {
  const end = tokens.findIndex(({ text }, i) => i > at && text === ']')
  if (end < 0) return undefined
  const [name, ...rest] = tokens.slice(at + 1, end).filter(({ kind }) => kind !== 'space')
  if (name?.kind !== 'ident' || name.text.toLowerCase() !== 'class') return undefined
  if (rest.length === 0) return { text: '[class]', end }
  const value = rest.at(-1) as CssToken
  const operator = rest
    .slice(0, -1)
    .map(({ kind, text }) => (kind === 'delim' ? text : '?'))
    .join('')
  if (!/^[~|^$*]?=$/.test(operator) || (value.kind !== 'ident' && value.kind !== 'string')) return undefined
  // A part of one of ours would do to hide it.
  if (value.text === '' || `${ownClass}host`.includes(value.text.toLowerCase())) return undefined
  return { text: `[class${operator}${cssString(value.text)}]`, end }
}
