// What a file of contacts can make this room do at most.

export const contactLimits = {
  /** Bytes of one vCard, its picture included. */
  cardBytes: 512 << 10,
  /** Characters of a JSContact Card as JSON. */
  cardCharacters: 512 << 10,
  /** Lines of one vCard, unfolded. */
  cardLines: 5_000,
  /** Parameters of one line. */
  parameters: 50,
  /** Entries of one property of a Card: addresses, telephones, members. */
  entries: 2_000,
  /** Nested objects of a Card. */
  depth: 16,
  /** Bytes of a file that is imported. */
  fileBytes: 8 << 20,
  /** Cards or rows of a file that is imported. */
  fileCards: 20_000,
  /** Columns of a table. */
  columns: 300,
  /** Characters of one cell. */
  cell: 100_000,
  /** Characters of what a card is found by. */
  words: 500,
}

export type ContactLimits = typeof contactLimits
