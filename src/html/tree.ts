// HTML as a browser would read it, of allowed elements only.                                   HTML Standard §13.2
//
// The tags that are not shown never reach the tree: what is built is the tree of a text that never had them, and
// that is what reading the written text again gives.
//
// Invariants: iterative, bounded by the limits; everything in the tree is an element of allowed.ts, a text, or the
// document; style sheets are handed over as text.

import { defaultTreeAdapter, html, Parser, Token, Tokenizer, TokenizerMode, type DefaultTreeAdapterTypes } from 'parse5'
import { rawText, shown, unseen } from './allowed.ts'
import type { HtmlLimits } from './limits.ts'

export type Element = DefaultTreeAdapterTypes.Element
export type Text = DefaultTreeAdapterTypes.TextNode

export interface Parsed {
  body: Element
  sheets: string
  declaresDark: boolean // <meta name="color-scheme" content="light dark">
  cut: boolean // a limit was reached; what came after it is missing
}

class LimitReached extends Error {}

export function parseHtml(text: string, limits: HtmlLimits): Parsed {
  let nodes = 0
  let depth = 0
  const count = <N>(node: N): N => {
    if (++nodes > limits.nodes) throw new LimitReached()
    return node
  }
  const parser = new Parser({
    scriptingEnabled: false,
    treeAdapter: {
      ...defaultTreeAdapter,
      createElement: (...of) => count(defaultTreeAdapter.createElement(...of)),
      createTextNode: (value) => count(defaultTreeAdapter.createTextNode(value)),
      onItemPush: () => void depth++,
      onItemPop: () => void depth--,
    },
  })
  const parsed: Omit<Parsed, 'body'> = { sheets: '', declaresDark: false, cut: text.length > limits.characters }
  let skipping = '' // the element that goes with its content
  let inside = 0 // how many of that name are open in it

  const ignore = (): void => undefined
  const tokenizer = new Tokenizer(
    { sourceCodeLocationInfo: false },
    {
      onComment: ignore,
      onDoctype: ignore,
      onCharacter(token) {
        if (skipping === '') parser.onCharacter(token)
        else if (skipping === 'style' && parsed.sheets.length < limits.sheets) parsed.sheets += token.chars
      },
      onWhitespaceCharacter(token) {
        if (skipping === '') parser.onWhitespaceCharacter(token)
        else if (skipping === 'style' && parsed.sheets.length < limits.sheets) parsed.sheets += token.chars
      },
      onNullCharacter: ignore,
      onEof(token) {
        parser.onEof(token)
      },
      onStartTag(token) {
        const name = token.tagName
        if (skipping !== '') {
          if (name === skipping) inside++
          return
        }
        if (unseen.has(name)) {
          if (token.selfClosing && (name === 'svg' || name === 'math')) return
          skipping = name
          inside = 1
          if (rawText.has(name)) tokenizer.state = TokenizerMode.RAWTEXT
          return
        }
        if (name === 'meta') parsed.declaresDark ||= declaresDark(token)
        if (name === 'image') [token.tagName, token.tagID] = ['img', html.TAG_ID.IMG]
        if (!shown.has(token.tagName)) return
        if (depth >= limits.depth) return
        if (token.attrs.length > limits.attributes) token.attrs.length = limits.attributes
        parser.onStartTag(token)
      },
      onEndTag(token) {
        const name = token.tagName
        if (skipping !== '') {
          if (name !== skipping || --inside > 0) return
          if (skipping === 'style') parsed.sheets += '\n'
          skipping = ''
          return
        }
        if (shown.has(name)) parser.onEndTag(token)
      },
    },
  )
  try {
    parser.onDoctype(standards())
    tokenizer.write(text.slice(0, limits.characters), true)
  } catch (error) {
    if (!(error instanceof LimitReached)) throw error
    parsed.cut = true
  }
  return { ...parsed, body: bodyOf(parser.document) }
}

/** Shown as the page it becomes is: by the standard, whatever the letter's own doctype. */
function standards(): Token.DoctypeToken {
  return {
    type: Token.TokenType.DOCTYPE,
    name: 'html',
    forceQuirks: false,
    publicId: null,
    systemId: null,
    location: null,
  }
}

function declaresDark({ attrs }: Token.TagToken): boolean {
  const value = (name: string): string => attrs.find((one) => one.name === name)?.value.toLowerCase() ?? ''
  return /^(?:supported-)?color-schemes?$/.test(value('name')) && /\bdark\b/.test(value('content').slice(0, 100))
}

function bodyOf(document: DefaultTreeAdapterTypes.Document): Element {
  const inner = (of: { childNodes: unknown[] } | undefined, name: string): Element | undefined =>
    (of?.childNodes as Element[] | undefined)?.find((node) => node.nodeName === name)
  return inner(inner(document, 'html'), 'body') ?? defaultTreeAdapter.createElement('body', html.NS.HTML, [])
}
