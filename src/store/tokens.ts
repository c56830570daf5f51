// Words of a text as the search index knows them, and text as searches compare it.
//
// Latin words are folded: NFKC, lower case, without accents. Scripts that are written without spaces
// (Chinese, Japanese, Korean, Thai ...) become overlapping pairs of characters, and the last character of a
// run stands alone, so that any one character is the beginning of some token and any two in a
// row are a token: searches of one and two characters are exact by the index alone.

const ascii = /^[\x00-\x7f]*$/
const accented = /[\u00c0-\u024f\u0370-\u03ff\u1e00-\u1fff][\u0300-\u036f]*|[a-z][\u0300-\u036f]+/g
const special: Record<string, string> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
  ħ: 'h',
  ς: 'σ',
}
const specials = /[ßæœøłđðþıħς]/g

/** Text for comparing: NFKC, lower case, Latin and Greek letters without accents, no NUL, well formed. Idempotent. */
export function fold(text: string): string {
  if (ascii.test(text)) return (text.includes('\0') ? text.replaceAll('\0', ' ') : text).toLowerCase()
  return text
    .toWellFormed()
    .replaceAll('\0', ' ')
    .normalize('NFKC')
    .toLowerCase()
    .replace(accented, (letters) => letters.normalize('NFD').replace(/[\u0300-\u036f]/g, ''))
    .replace(specials, (letter) => special[letter]!)
}
