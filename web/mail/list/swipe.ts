// A finger draws a row aside: far enough, and it is archived. The same act has a button and a key.

import { useRef, type PointerEvent } from 'react'

const far = 104 // pixels: the width of what appears behind the row

interface Handlers {
  onPointerDown(event: PointerEvent<HTMLElement>): void
  onPointerMove(event: PointerEvent<HTMLElement>): void
  onPointerUp(event: PointerEvent<HTMLElement>): void
  onPointerCancel(event: PointerEvent<HTMLElement>): void
}

export function useSwipe(done: () => void): Handlers {
  const start = useRef<{ x: number; y: number; isAside: boolean } | undefined>(undefined)
  const draw = (row: HTMLElement, by: number): void => {
    if (by > 0) row.style.setProperty('--aside', `${by}px`)
    else row.style.removeProperty('--aside')
    row.toggleAttribute('data-aside', by > 0)
  }
  function end(event: PointerEvent<HTMLElement>, isDone: boolean): void {
    const by = start.current ? event.clientX - start.current.x : 0
    const wasAside = start.current?.isAside === true
    start.current = undefined
    draw(event.currentTarget, 0)
    if (!wasAside) return
    // What follows is no press on the row.
    event.currentTarget.addEventListener('click', (click) => click.stopPropagation(), { capture: true, once: true })
    if (isDone && by >= far) done()
  }
  return {
    onPointerDown(event) {
      if (event.pointerType === 'touch') start.current = { x: event.clientX, y: event.clientY, isAside: false }
    },
    onPointerMove(event) {
      const from = start.current
      if (!from) return
      const by = event.clientX - from.x
      if (!from.isAside && Math.abs(event.clientY - from.y) > 12) start.current = undefined
      else if (from.isAside || by > 16) {
        if (!from.isAside) event.currentTarget.setPointerCapture(event.pointerId)
        from.isAside = true
        draw(event.currentTarget, Math.min(Math.max(by, 1), far + 24))
      }
    },
    onPointerUp: (event) => end(event, true),
    onPointerCancel: (event) => end(event, false),
  }
}
