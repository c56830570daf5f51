// A finger draws a row aside: far enough, and it is archived. Held still, the row is selected. Both have a button and
// a key too.

import { useRef, type PointerEvent } from 'react'

const far = 104 // pixels: the width of what appears behind the row
const holdMilliseconds = 500

interface Handlers {
  onPointerDown(event: PointerEvent<HTMLElement>): void
  onPointerMove(event: PointerEvent<HTMLElement>): void
  onPointerUp(event: PointerEvent<HTMLElement>): void
  onPointerCancel(event: PointerEvent<HTMLElement>): void
}

interface Touch {
  x: number
  y: number
  isAside: boolean
  timer: number
}

export function useSwipe(swiped: () => void, held: () => void): Handlers {
  const touch = useRef<Touch | undefined>(undefined)
  const draw = (row: HTMLElement, by: number): void => {
    if (by > 0) row.style.setProperty('--aside', `${by}px`)
    else row.style.removeProperty('--aside')
    row.toggleAttribute('data-aside', by > 0)
  }
  // What follows is no press on the row.
  const noClick = (row: HTMLElement): void => {
    const stop = (click: Event): void => click.stopPropagation()
    row.addEventListener('click', stop, { capture: true, once: true })
    setTimeout(() => row.removeEventListener('click', stop, { capture: true }), 400)
  }
  function end(event: PointerEvent<HTMLElement>, isDone: boolean): void {
    const from = touch.current
    touch.current = undefined
    if (!from) return
    clearTimeout(from.timer)
    draw(event.currentTarget, 0)
    if (!from.isAside) return
    noClick(event.currentTarget)
    if (isDone && event.clientX - from.x >= far) swiped()
  }
  return {
    onPointerDown(event) {
      if (event.pointerType !== 'touch') return
      const row = event.currentTarget
      const timer = window.setTimeout(() => {
        touch.current = undefined
        noClick(row)
        held()
      }, holdMilliseconds)
      touch.current = { x: event.clientX, y: event.clientY, isAside: false, timer }
    },
    onPointerMove(event) {
      const from = touch.current
      if (!from) return
      const by = event.clientX - from.x
      if (Math.abs(by) > 8 || Math.abs(event.clientY - from.y) > 8) clearTimeout(from.timer)
      if (!from.isAside && Math.abs(event.clientY - from.y) > 12) touch.current = undefined
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
