// Search snippets: text with <mark> around what was found, everything else escaped.       RFC 8621 §5
//
// Pure: becomes pieces to be shown as text; no markup of a mail can pass.

export interface Piece {
  text: string
  isHit: boolean
}

const entities: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" }

export function piecesOf(snippet: string): Piece[] {
  const pieces: Piece[] = []
  let isHit = false
  for (const part of snippet.split(/(<\/?mark>)/)) {
    if (part === '<mark>') isHit = true
    else if (part === '</mark>') isHit = false
    else if (part !== '')
      pieces.push({ text: part.replace(/&(?:amp|lt|gt|quot|#39);/g, (one) => entities[one]!), isHit })
  }
  return pieces
}
