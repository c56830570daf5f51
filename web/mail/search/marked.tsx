// A snippet of what was found, hits under the highlighter.

import { piecesOf } from './snippet.ts'

export function Marked({ snippet }: { snippet: string }) {
  return piecesOf(snippet).map(({ text, isHit }, i) => (isHit ? <mark key={i}>{text}</mark> : text))
}
