// What one mail may cost. Beyond a limit the mail is kept whole, parsed up to the limit, and the
// limit's flaw is noted in the tree.

export interface MimeLimits {
  depth: number // multiparts and messages inside each other; flaw 'too-deep'
  parts: number // parts of one mail; flaw 'too-many-parts'
  headerBlock: number // bytes of one header block that are read; flaw 'header-block-too-long'
  header: number // bytes of one field that are read; flaw 'header-too-long'
  boundary: number // bytes of a boundary, 70 in RFC 2046 §5.1.1; flaw 'boundary-too-long'
  delimiterLine: number // bytes of a line that may be a delimiter, padding included (a line of RFC 5322 §2.1.1)
  parameters: number // parameters of one field, continuations counted; flaw 'too-many-parameters'
  guesses: number // charsets guessed in one mail; later raw bytes are read as the last guess
}

export const mimeLimits: MimeLimits = {
  depth: 100,
  parts: 10_000,
  headerBlock: 256 * 1024,
  header: 64 * 1024,
  boundary: 256,
  delimiterLine: 1000,
  parameters: 1000,
  guesses: 50,
}
