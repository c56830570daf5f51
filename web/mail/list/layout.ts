// Where rows and headings of a long list lie, counted from an index: nothing is measured.
//
// Pure. Positions count rows from 0; heights and offsets are pixels. A heading stands before the row `at`.

export interface Heading {
  at: number
  key: string
}

export interface Sizes {
  row: number
  heading: number
}

export interface Layout {
  height: number
  top(position: number): number
  /** The row at an offset, between 0 and the last one. */
  rowAt(offset: number): number
  /** Parts of the list under one heading (key undefined: before the first). */
  sections: readonly Section[]
}

export interface Section {
  key: string | undefined
  first: number
  end: number // exclusive
  top: number
  height: number
}

export function layOut(total: number, headings: readonly Heading[], { row, heading }: Sizes): Layout {
  const sections: Section[] = []
  let top = 0
  const open = (key: string | undefined, first: number, end: number): void => {
    const height = (key === undefined ? 0 : heading) + (end - first) * row
    sections.push({ key, first, end, top, height })
    top += height
  }
  const within = headings.filter(({ at }) => at >= 0 && at < total)
  if (total > 0 && within[0]?.at !== 0) open(undefined, 0, within[0]?.at ?? total)
  for (const [i, { at, key }] of within.entries()) open(key, at, within[i + 1]?.at ?? total)

  const headOf = ({ key }: Section): number => (key === undefined ? 0 : heading)
  return {
    height: top,
    sections,
    top(position) {
      const section = sections.find(({ end }) => position < end) ?? sections.at(-1)
      return section ? section.top + headOf(section) + (position - section.first) * row : 0
    },
    rowAt(offset) {
      const section = sections.find((one) => offset < one.top + one.height) ?? sections.at(-1)
      if (!section) return 0
      const within_ = Math.floor((offset - section.top - headOf(section)) / row)
      return Math.min(Math.max(section.first + within_, section.first), section.end - 1)
    },
  }
}
