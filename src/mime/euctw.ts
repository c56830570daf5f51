// EUC-TW: CNS 11643 planes 1 and 2 (what Big5 has too), by way of Big5.
//
// Both standards list the same characters in nearly the same order, so a table of runs is enough: number in
// the plane, distance to the number in Big5, length. Planes 3 and up become U+FFFD.
// Promises: never throws; linear.

import { TextDecoder } from '@exodus/bytes/encoding.js'

const big5 = new TextDecoder('big5')

// prettier-ignore
const planes: [number, number, number][][] = [
  [
    [0, 0, 5], [6, 0, 15], [21, 2, 2], [24, -2, 1], [29, 0, 44], [73, 1, 1], [74, -1, 1], [75, 0, 22], [98, 0, 1],
    [100, 0, 27], [127, 1, 1], [128, -1, 1], [129, 0, 19], [148, 1, 1], [149, -1, 1], [150, 0, 4], [155, -134, 1],
    [156, 2, 2], [158, 0, 61], [219, 13749, 4], [223, 13744, 1], [224, 13727, 3], [227, 0, 7], [282, -48, 29],
    [312, -48, 1], [314, -48, 142], [470, 5402, 30], [571, 5334, 1], [578, 5330, 1], [583, 5326, 1],
    [3290, -2819, 1412], [4702, -2818, 424], [5126, -3243, 1], [5127, -2819, 1876], [7003, -2432, 1],
    [7004, -2820, 387], [7391, -2819, 525], [7916, -2630, 1], [7917, -2820, 105], [8023, -2820, 83],
    [8106, -2819, 84], [8190, -2673, 1], [8191, -2820, 54], [8245, -2819, 1], [8246, -2821, 1], [8247, -2820, 90],
    [8337, -2819, 354],
  ],
  [
    [0, 6280, 10], [10, 6281, 33], [43, 6329, 1], [44, 6280, 48], [92, 6281, 46], [138, 6448, 1], [139, 6280, 167],
    [306, 6281, 1840], [2146, 6928, 1], [2147, 6281, 108], [2255, 6282, 537], [2792, 5635, 1], [2793, 6282, 100],
    [2893, 5643, 1], [2894, 6281, 399], [3293, 6282, 1637], [4930, 6831, 1], [4931, 6281, 146], [5077, 6822, 1],
    [5078, 6280, 287], [5365, 7143, 1], [5366, 6279, 116], [5482, 6280, 137], [5619, 6281, 104], [5723, 6702, 1],
    [5724, 6280, 222], [5946, 6281, 198], [6144, 6282, 82], [6226, 6283, 86], [6312, 5914, 1], [6313, 6282, 8],
    [6321, 6283, 153], [6474, 6284, 56], [6530, 6584, 1], [6531, 6283, 113], [6644, 5959, 1], [6645, 6282, 142],
    [6787, 5970, 1], [6788, 6281, 45], [6833, 6282, 71], [6904, 6476, 1], [6905, 6281, 194], [7099, 6282, 490],
    [7589, 6325, 1], [7590, 6281, 43], [7633, 6282, 1], [7634, 6283, 11], [7645, 6271, 1], [7646, 6282, 4],
  ],
]

const missing = 0xffff // 0xff is no byte of Big5, so it decodes to U+FFFD
const trails = 157 // of one Big5 lead byte: 0x40-0x7e, 0xa1-0xfe
const columns = 94

let codes: Uint16Array[] | undefined

/** Per plane, the Big5 code of each character by number. Made at first use. */
function big5Codes(): Uint16Array[] {
  codes ??= planes.map((runs) => {
    const table = new Uint16Array(columns * columns).fill(missing)
    for (const [start, distance, length] of runs) {
      for (let i = start; i < start + length; i++) {
        const trail = (i + distance) % trails
        const lead = 0xa1 + (i + distance - trail) / trails
        table[i] = (lead << 8) | (trail < 63 ? 0x40 + trail : 0xa1 + trail - 63)
      }
    }
    return table
  })
  return codes
}

/** Two bytes are of plane 1; 0x8e, 0xa0 + plane and two bytes of any. */
export function decodeEucTw(bytes: Buffer): string {
  const out = Buffer.allocUnsafe(bytes.length)
  let length = 0
  let at = 0
  while (at < bytes.length) {
    const first = bytes[at]!
    if (first < 0x80) {
      out[length++] = first
      at++
      continue
    }
    const named = first === 0x8e && at + 3 < bytes.length
    const plane = named ? bytes[at + 1]! - 0xa1 : 0
    const lead = named ? bytes[at + 2]! : first
    const trail = bytes[named ? at + 3 : at + 1] ?? 0
    if (lead < 0xa1 || lead > 0xfe || trail < 0xa1 || trail > 0xfe) {
      out[length++] = 0xff
      at++
      continue
    }
    const code = big5Codes()[plane]?.[(lead - 0xa1) * columns + trail - 0xa1] ?? missing
    if (code !== missing) out[length++] = code >> 8
    out[length++] = code & 0xff
    at += named ? 4 : 2
  }
  return big5.decode(out.subarray(0, length))
}
