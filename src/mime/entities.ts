// Character references of HTML: the names of HTML 4 (the ones mailers write), decimal and hexadecimal.
//
// Promises: linear; a reference that names nothing stays as it is.

// U+00A0 to U+00FF, in order.
const latin =
  'nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml'
// U+0391 to U+03A9 and U+03B1 to U+03C9, in order ('-': no letter there, or it has no name).
const greek =
  'Alpha Beta Gamma Delta Epsilon Zeta Eta Theta Iota Kappa Lambda Mu Nu Xi Omicron Pi Rho - Sigma Tau Upsilon Phi Chi Psi Omega'
const greekSmall =
  'alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigmaf sigma tau upsilon phi chi psi omega'
// Name and character in turn.
const others =
  'amp & lt < gt > quot " apos \' OElig Œ oelig œ Scaron Š scaron š Yuml Ÿ fnof ƒ circ ˆ tilde ˜ thetasym ϑ upsih ϒ piv ϖ ndash – mdash — lsquo ‘ rsquo ’ sbquo ‚ ldquo “ rdquo ” bdquo „ dagger † Dagger ‡ bull • hellip … permil ‰ prime ′ Prime ″ lsaquo ‹ rsaquo › oline ‾ frasl ⁄ euro € image ℑ weierp ℘ real ℜ trade ™ alefsym ℵ larr ← uarr ↑ rarr → darr ↓ harr ↔ crarr ↵ lArr ⇐ uArr ⇑ rArr ⇒ dArr ⇓ hArr ⇔ forall ∀ part ∂ exist ∃ empty ∅ nabla ∇ isin ∈ notin ∉ ni ∋ prod ∏ sum ∑ minus − lowast ∗ radic √ prop ∝ infin ∞ ang ∠ and ∧ or ∨ cap ∩ cup ∪ int ∫ there4 ∴ sim ∼ cong ≅ asymp ≈ ne ≠ equiv ≡ le ≤ ge ≥ sub ⊂ sup ⊃ nsub ⊄ sube ⊆ supe ⊇ oplus ⊕ otimes ⊗ perp ⊥ sdot ⋅ lceil ⌈ rceil ⌉ lfloor ⌊ rfloor ⌋ lang 〈 rang 〉 loz ◊ spades ♠ clubs ♣ hearts ♥ diams ♦ comma , period . colon : semi ; excl ! quest ? num # dollar $ percnt % lpar ( rpar ) ast * plus + equals = commat @ lsqb [ rsqb ] lowbar _ grave ` lcub { verbar | rcub } sol / bsol \\ check ✓ star ☆ starf ★ phone ☎'

const invisible: [string, string][] = [
  ['ensp', '\u2002'],
  ['emsp', '\u2003'],
  ['thinsp', '\u2009'],
  ['zwnj', '\u200c'],
  ['zwj', '\u200d'],
  ['lrm', '\u200e'],
  ['rlm', '\u200f'],
  ['Tab', '\t'],
  ['NewLine', '\n'],
]

const named = new Map<string, string>(invisible)
latin.split(' ').forEach((name, i) => named.set(name, String.fromCharCode(0xa0 + i)))
greek.split(' ').forEach((name, i) => named.set(name, String.fromCharCode(0x391 + i)))
greekSmall.split(' ').forEach((name, i) => named.set(name, String.fromCharCode(0x3b1 + i)))
others.split(' ').forEach((name, i, all) => i % 2 === 0 && named.set(name, all[i + 1]!))

// What 128 to 159 mean as numbers: windows-1252 (HTML, "numeric character reference end state").
const windows = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'

/** Replaces the character references in a text. */
export function decodeEntities(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&(?:#[xX]([0-9a-fA-F]{1,8})|#([0-9]{1,8})|([A-Za-z][A-Za-z0-9]{1,9}));?/g, decodeOne)
}

function decodeOne(
  whole: string,
  hex: string | undefined,
  decimal: string | undefined,
  name: string | undefined,
): string {
  if (name !== undefined) {
    const exact = named.get(name)
    if (exact !== undefined) return exact
    // "&ampfoo" without its semicolon: the old names still count.
    const old = /^(?:nbsp|amp|lt|gt|quot|copy|reg)/.exec(name)?.[0]
    return old === undefined || whole.endsWith(';') ? whole : named.get(old)! + name.slice(old.length)
  }
  const code = hex === undefined ? Number(decimal) : parseInt(hex, 16)
  if (code >= 0x80 && code <= 0x9f) return windows[code - 0x80]!
  if (code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return '\ufffd'
  return String.fromCodePoint(code)
}
