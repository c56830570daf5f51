// What is printed for people and for programs.
//
// Invariant: nothing that came from data can move the cursor, colour the screen, forge a line or turn
// the direction of writing (escape sequences, C0 and C1 controls, bidirectional overrides).

/** Text from data, on one line of a terminal: what controls is shown as an escape. */
export function clean(text: string): string {
  return text.replace(
    /[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** JSON on several lines; JSON.stringify leaves C1 and direction controls as they are. */
export function json(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(
    /[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

export type Cell = string | number | boolean | undefined

/** Rows under headings, in columns as wide as they must be. */
export function table(headings: string[], rows: Cell[][]): string {
  const lines = [headings, ...rows.map((row) => row.map((cell) => clean(cell === undefined ? '' : String(cell))))]
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => width(line[column] ?? ''))))
  const line = (cells: string[]) =>
    cells
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - width(cell)))
      .join('  ')
      .trimEnd()
  return lines.map(line).join('\n')
}

/** Names and values, one a line. */
export function facts(pairs: [name: string, value: Cell][]): string {
  const widest = Math.max(...pairs.map(([name]) => width(name)))
  return pairs
    .map(
      ([name, value]) =>
        `${name}${' '.repeat(widest - width(name))}  ${clean(value === undefined ? '-' : String(value))}`,
    )
    .join('\n')
}

/** Columns of a terminal that text takes: East Asian wide letters take two, combining marks none. */
export function width(text: string): number {
  let columns = 0
  for (const letter of text) {
    if (/\p{M}/u.test(letter)) continue
    columns += wide.test(letter) ? 2 : 1
  }
  return columns
}

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u

/** 107374182400 -> '100 GB'. 0 is no limit. */
export function sizeText(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${Number(value.toFixed(value < 10 ? 1 : 0))} ${units[unit]}`
}

/** Milliseconds as local time to the second, with the zone. */
export function timeText(milliseconds: number | undefined): string {
  if (milliseconds === undefined) return '-'
  const time = new Date(milliseconds)
  const local = new Date(milliseconds - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 19).replace('T', ' ')
  const minutes = -time.getTimezoneOffset()
  const two = (number: number) => String(Math.trunc(Math.abs(number))).padStart(2, '0')
  return `${local} ${minutes < 0 ? '-' : '+'}${two(minutes / 60)}${two(minutes % 60)}`
}
