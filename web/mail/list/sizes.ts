// How high rows and headings are: the style sheet knows (density, touch, phone), a probe in the list tells.

import { useEffect, useState, type RefObject } from 'react'
import type { Sizes } from './layout.ts'

export function useSizes(probe: RefObject<HTMLElement | null>): Sizes {
  const [sizes, setSizes] = useState<Sizes>({ row: 48, heading: 24 })
  useEffect(() => {
    const box = probe.current!
    const read = (): void => {
      const { height, borderTopWidth } = getComputedStyle(box)
      const row = parseFloat(height) || 48
      const heading = parseFloat(borderTopWidth) || 24
      setSizes((before) => (before.row === row && before.heading === heading ? before : { row, heading }))
    }
    const watch = new ResizeObserver(read)
    watch.observe(box)
    read()
    return () => watch.disconnect()
  }, [probe])
  return sizes
}
