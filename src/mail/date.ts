// The Date of a mail as it is written.                                       RFC 5322 §3.3

let lastSecond = NaN
let lastDate = ''

/** `milliseconds` since 1970 as 'Thu, 01 Jan 1970 00:00:00 +0000'. */
export function mailDate(milliseconds: number): string {
  const second = Math.floor(milliseconds / 1_000)
  if (second !== lastSecond) {
    lastSecond = second
    lastDate = new Date(second * 1_000).toUTCString().replace('GMT', '+0000')
  }
  return lastDate
}
