// The base subject, by which threads and SORT compare.                                   RFC 5256 §2.1
//
// Promises: never throws; linear (each step only ever moves inward).
// Beside the RFC's re, fw and fwd, the ones mailers here write: 回覆, 回复, 答复, 转发, 轉寄, Aw, Sv, Antw.

const reply = /(?:re|fwd?|aw|sv|vs|antw|wg|tr|rv|回覆|回复|答复|答覆|回信|轉寄|转发|轉發|轉寄信件)/
const blob = /\[[^[\]]*\][ \t]*/
const leaderBefore = new RegExp(`(?:${blob.source})*${reply.source}[ \\t]*(?:${blob.source})?[:：]`, 'iy')
const leadingBlob = new RegExp(blob.source, 'y')
const trailer = '(fwd)'
const forwardHead = '[fwd:'

/** The subject (decoded) without what replies and forwards put around it, in lower case for comparing. */
export function baseSubject(subject: string): string {
  let text = subject.replace(/\s+/g, ' ')
  let from = 0
  let to = text.length
  for (;;) {
    ;[from, to] = trimEnds(text, from, to)
    // Step 2: trailers.
    while (to - from >= trailer.length && text.slice(to - trailer.length, to).toLowerCase() === trailer) {
      ;[from, to] = trimEnds(text, from, to - trailer.length)
    }
    from = withoutLeaders(text, from, to)
    // Step 6: "[fwd: ... ]" around all of it.
    const isForward = text[to - 1] === ']' && text.slice(from, from + forwardHead.length).toLowerCase() === forwardHead
    if (!isForward) break
    from += forwardHead.length
    to--
  }
  text = text.slice(from, Math.max(from, to))
  return text.trim().toLowerCase()
}

function trimEnds(text: string, from: number, to: number): [number, number] {
  while (from < to && text[from] === ' ') from++
  while (to > from && text[to - 1] === ' ') to--
  return [from, to]
}

/** Steps 3 to 5: "re:" with blobs before it, then blobs alone unless nothing would be left. */
function withoutLeaders(text: string, start: number, to: number): number {
  let from = start
  for (;;) {
    while (from < to && text[from] === ' ') from++
    // Blobs are read once and kept, so a row of a thousand of them is not read a thousand times.
    let after = from
    while (blobEnd(text, after, to) > after) after = blobEnd(text, after, to)
    leaderBefore.lastIndex = after
    const leader = leaderBefore.exec(text)
    if (leader && leaderBefore.lastIndex <= to) {
      from = leaderBefore.lastIndex
      continue
    }
    // Blobs that no leader follows: all go, but the last stays when nothing else is there.
    while (from < after) {
      const next = blobEnd(text, from, to)
      if (next >= to) return from
      from = next
    }
    return from
  }
}

function blobEnd(text: string, from: number, to: number): number {
  leadingBlob.lastIndex = from
  if (text[from] !== '[' || !leadingBlob.test(text) || leadingBlob.lastIndex > to) return from
  // "[fwd:" begins the wrapper of step 6, not a blob.
  return text.slice(from, from + forwardHead.length).toLowerCase() === forwardHead ? from : leadingBlob.lastIndex
}
