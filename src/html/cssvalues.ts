// Declarations of CSS that may stay: what a letter needs to look like itself, and nothing that moves over what is
// not its own, loads what it is not allowed to, or runs.
//
// Invariants:
//   a property or function that is not named here does not exist; a value with anything unknown in it goes whole
//   an address is written only as `picture` gives it

import { cssString, cssTokens, writeCss, type CssToken } from './csstokens.ts'
import type { HtmlLimits } from './limits.ts'

const sides = ['', '-top', '-right', '-bottom', '-left', '-inline', '-inline-start', '-inline-end', '-block']
const plain =
  'background background-clip background-color background-image background-origin background-position background-position-x background-position-y background-repeat background-size ' +
  'border-collapse border-spacing border-radius border-top-left-radius border-top-right-radius border-bottom-left-radius border-bottom-right-radius ' +
  'box-shadow box-sizing caption-side clear color column-count column-gap column-width columns direction display empty-cells float ' +
  'flex flex-basis flex-direction flex-flow flex-grow flex-shrink flex-wrap gap row-gap align-content align-items align-self justify-content justify-items justify-self order ' +
  'font font-family font-size font-stretch font-style font-variant font-weight height width min-height min-width max-height max-width aspect-ratio object-fit ' +
  'hyphens letter-spacing line-break line-height list-style list-style-image list-style-position list-style-type opacity ' +
  'outline outline-color outline-style outline-width overflow overflow-wrap overflow-x overflow-y quotes ' +
  'page-break-after page-break-before page-break-inside break-after break-before break-inside tab-size table-layout ' +
  'text-align text-align-last text-decoration text-decoration-color text-decoration-line text-decoration-style text-decoration-thickness ' +
  'text-indent text-overflow text-shadow text-transform text-underline-offset vertical-align visibility white-space word-break word-spacing word-wrap writing-mode ' +
  '-webkit-text-size-adjust text-size-adjust'
const properties = new Set([
  ...plain.split(' '),
  ...sides.flatMap((side) => [`margin${side}`, `padding${side}`, `border${side}`]),
  ...sides.flatMap((side) => ['color', 'style', 'width'].map((what) => `border${side}-${what}`)),
])

const withPictures = new Set(['background', 'background-image', 'list-style', 'list-style-image'])
const notNegative = /^(?:margin|text-indent|letter-spacing|word-spacing)/
const functions = new Set(
  'rgb rgba hsl hsla hwb lab lch oklab oklch calc min max clamp linear-gradient radial-gradient conic-gradient repeating-linear-gradient repeating-radial-gradient'.split(
    ' ',
  ),
)
// Heights of the frame (vh and its kin) are not the reader's: they would grow with it.
const units = new Set('px pt pc in cm mm q em rem ex ch ic lh rlh vw deg grad rad turn fr'.split(' '))
const never = new Set(['expression', 'behavior', 'javascript', 'vbscript', '-moz-element', 'attr', 'env', 'var'])
const largest = 20_000

/** The address that a picture is shown from, or undefined when it is not. */
export type Picture = (address: string) => string | undefined

export interface CssPolicy {
  limits: HtmlLimits
  /** undefined: no addresses at all here. */
  picture: Picture | undefined
}

/** The declarations of a style attribute that may stay, as text; '' for none. */
export function cleanStyle(text: string, policy: CssPolicy): string {
  if (text.length > policy.limits.style) return ''
  return cleanDeclarations(cssTokens(text), policy)
}

/** The same of tokens: the content of a block. Blocks inside are left out. */
export function cleanDeclarations(tokens: readonly CssToken[], policy: CssPolicy): string {
  const kept: string[] = []
  let from = 0
  let depth = 0
  for (let at = 0; at <= tokens.length; at++) {
    const token = tokens[at]
    if (token && (token.kind === 'function' || isOpening(token))) depth++
    else if (token && isClosing(token)) depth--
    if (token && (depth > 0 || token.kind !== 'delim' || token.text !== ';')) continue
    const one = cleanDeclaration(tokens.slice(from, at), policy)
    if (one !== undefined) kept.push(one)
    from = at + 1
    depth = 0
  }
  return kept.join(';')
}

const isOpening = ({ kind, text }: CssToken): boolean => kind === 'delim' && /^[([{]$/.test(text)
const isClosing = ({ kind, text }: CssToken): boolean => kind === 'delim' && /^[)\]}]$/.test(text)

function cleanDeclaration(tokens: CssToken[], policy: CssPolicy): string | undefined {
  if (tokens.length > policy.limits.tokens) return undefined
  const meant = tokens.filter(({ kind }, i) => kind !== 'space' || i > 0)
  while (meant[0]?.kind === 'space') meant.shift()
  const property = meant[0]?.kind === 'ident' ? meant[0].text.toLowerCase() : ''
  if (!properties.has(property)) return undefined
  const colon = meant.findIndex(({ kind }) => kind !== 'space' && kind !== 'ident')
  if (meant[colon]?.text !== ':' || meant.slice(1, colon).some(({ kind }) => kind !== 'space')) return undefined
  const { rest, important } = withoutImportant(meant.slice(colon + 1))
  const value = cleanValue(rest, property, policy)
  return value === undefined || value === '' ? undefined : `${property}:${value}${important ? '!important' : ''}`
}

function withoutImportant(tokens: CssToken[]): { rest: CssToken[]; important: boolean } {
  const mark = tokens.findLastIndex(({ kind, text }) => kind === 'delim' && text === '!')
  if (mark < 0) return { rest: tokens, important: false }
  const after = tokens.slice(mark + 1).filter(({ kind }) => kind !== 'space')
  const important = after.length === 1 && after[0]?.kind === 'ident' && after[0].text.toLowerCase() === 'important'
  return important ? { rest: tokens.slice(0, mark), important } : { rest: tokens, important: false }
}

/** A value with nothing in it but what is known; undefined for any other. */
function cleanValue(tokens: readonly CssToken[], property: string, policy: CssPolicy): string | undefined {
  const out: string[] = []
  let depth = 0
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at] as CssToken
    const { kind, text } = token
    const lower = text.toLowerCase()
    if (kind === 'url' || (kind === 'function' && lower === 'url')) {
      const address = kind === 'url' ? text : quotedAddress(tokens, at)
      if (kind === 'function') at = closingAfter(tokens, at)
      if (address === undefined || !withPictures.has(property)) return undefined
      const shown = policy.picture?.(address)
      out.push(shown === undefined ? ' none ' : `url(${cssString(shown)})`) // the colours beside it stay
      continue
    }
    if (kind === 'function') {
      if (!functions.has(lower)) return undefined
      depth++
    } else if (kind === 'delim' && text === '(') {
      // Brackets of a sum, no others: behind a name they would call it.
      if (depth++ === 0 || before(tokens, at)?.kind === 'ident') return undefined
    } else if (kind === 'delim' && text === ')' && --depth < 0) return undefined
    else if (kind === 'delim' && text === ':') return undefined
    else if (kind === 'ident' && never.has(lower)) return undefined
    else if (kind === 'dimension' && !units.has(token.unit)) return undefined
    if (isNumber(token) && (Math.abs(token.value) > largest || !Number.isFinite(token.value))) return undefined
    if (isNumber(token) && token.value < 0 && notNegative.test(property)) return undefined
    const written = writeCss(token)
    if (written === undefined) return undefined
    out.push(written)
  }
  return depth === 0 ? out.join('').trim() : undefined
}

const before = (tokens: readonly CssToken[], at: number): CssToken | undefined =>
  tokens[at - 1]?.kind === 'space' ? tokens[at - 2] : tokens[at - 1]

const isNumber = ({ kind }: CssToken): boolean => kind === 'number' || kind === 'percentage' || kind === 'dimension'

/** The string of url("...") whose function token is at `at`. */
function quotedAddress(tokens: readonly CssToken[], at: number): string | undefined {
  const inside = tokens.slice(at + 1, closingAfter(tokens, at)).filter(({ kind }) => kind !== 'space')
  return inside.length === 1 && inside[0]?.kind === 'string' ? inside[0].text : undefined
}

function closingAfter(tokens: readonly CssToken[], at: number): number {
  const end = tokens.findIndex(({ kind, text }, i) => i > at && kind === 'delim' && text === ')')
  return end < 0 ? tokens.length : end
}
