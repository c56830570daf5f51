// Limits of showing HTML. What reaches one is cut there; the reader is told.

export interface HtmlLimits {
  characters: number // of one HTML text that are looked at
  nodes: number // elements and texts of the tree
  depth: number // of elements inside elements
  attributes: number // of one element that are looked at
  attribute: number // characters of one attribute's value, addresses of pictures excepted
  address: number // characters of a link or of a remote picture's address
  style: number // characters of one style attribute
  sheets: number // characters of all style sheets together
  rules: number // of all style sheets together
  tokens: number // of one declaration or one list of selectors
  span: number // columns or rows of one cell
}

export const htmlLimits: HtmlLimits = {
  characters: 200 << 10,
  nodes: 20_000,
  depth: 200,
  attributes: 64,
  attribute: 1_000,
  address: 2_800,
  style: 8_000,
  sheets: 128 << 10,
  rules: 3_000,
  tokens: 500,
  span: 100,
}
