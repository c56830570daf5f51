// Fuzz targets of this room.
//
// Properties: reading never throws (a Card's shape: BadCard); what comes of a vCard is a Card; what is written of a Card
// is one vCard, read again it says the same, and written again it is the same; a table that was written is read as the
// same cells; no cell that is written is computed by a spreadsheet.

import { deepEqual, equal, ok } from 'node:assert/strict'
import { BadCard, readCard, type Card } from './card.ts'
import { meaningOf } from './columns.ts'
import { readCards } from './contentlines.ts'
import { readTable, writeTable } from './csv.ts'
import { fromVCard } from './fromvcard.ts'
import { cardOfRow, rowOfCard } from './rows.ts'
import { searchable } from './searchable.ts'
import { writeVCard, type VCardVersion } from './tovcard.ts'

const decode = (bytes: Buffer): string => bytes.toString('utf8')
const uid = (): string => 'made'

const vcards = [
  'BEGIN:VCARD\r\nVERSION:4.0\r\nUID:urn:uuid:1\r\nFN:王大明\r\nN;SORT-AS="a,b":王;大明;;教授;\r\nEMAIL;TYPE=work;PREF=1:a@b.example\r\nTEL;VALUE=uri;TYPE="cell,home":tel:+1\r\nEND:VCARD\r\n',
  'BEGIN:VCARD\r\nVERSION:3.0\r\nUID:g\r\nFN:g\r\nX-ADDRESSBOOKSERVER-KIND:group\r\nX-ADDRESSBOOKSERVER-MEMBER:urn:uuid:1\r\nitem1.URL:x\r\nitem1.X-ABLabel:_$!<HomePage>!$_\r\nPHOTO;ENCODING=b;TYPE=JPEG:AAAA\r\n BBBB\r\nEND:VCARD\r\n',
  'BEGIN:VCARD\r\nVERSION:2.1\r\nFN;CHARSET=BIG5;ENCODING=QUOTED-PRINTABLE:=A4=FD=\r\n=A9=FA\r\nTEL;CELL;VOICE:1\r\nADR;HOME:;;a\\,b;c;;d;e\r\nBDAY:--0415\r\nREV:20260102T030405Z\r\nNOTE:a\\nb\\;c\r\nX-A;B="^n^\'":c\r\nEND:VCARD\r\n',
]

export const vcard = {
  name: 'vCard',
  corpus: vcards,

  run(input: Buffer): void {
    for (const lines of readCards(input.toString('utf8'), decode)) {
      const card = fromVCard(lines, uid)
      try {
        readCard(card)
      } catch (error) {
        // Too many of something, or too long: the only reasons.
        ok(error instanceof BadCard, String(error))
        continue
      }
      searchable(card)
      for (const version of ['3.0', '4.0'] as const) stays(card, version)
    }
  },
}

function stays(card: Card, version: VCardVersion): void {
  const once = writeVCard(card, version)
  for (const line of once.split('\r\n')) ok(Buffer.byteLength(line) <= 75, 'a long line')
  const cards = readCards(once, decode)
  equal(cards.length, 1)
  const again = fromVCard(cards[0] ?? [], uid)
  equal(again.uid, card.uid)
  // What 3.0 cannot say is lost the first time, and nothing the second.
  equal(
    writeVCard(again, version),
    writeVCard(fromVCard(readCards(writeVCard(again, version), decode)[0] ?? [], uid), version),
  )
}

export const jscontact = {
  name: 'JSContact',
  corpus: [
    JSON.stringify(fromVCard(readCards(vcards[0] as string, decode)[0] ?? [], uid)),
    '{"uid":"a","name":{"components":[{"kind":"given","value":"x"}]},"emails":{"1":{"address":"a","contexts":{"work":true},"pref":1}},"vCardProps":[["x-a",{"type":["b"]},"text","c"]]}',
    '{"uid":"a","kind":"group","members":{"b":true},"media":{"1":{"kind":"photo","uri":"data:image/png;base64,AA"}},"anniversaries":{"1":{"kind":"birth","date":{"year":1}}}}',
  ],

  run(input: Buffer): void {
    let card: Card
    try {
      card = readCard(JSON.parse(input.toString('utf8')))
    } catch (error) {
      ok(error instanceof BadCard || error instanceof SyntaxError, String(error))
      return
    }
    searchable(card)
    rowOfCard(card)
    for (const version of ['3.0', '4.0'] as const) equal(readCards(writeVCard(card, version), decode).length, 1)
  },
}

export const table = {
  name: 'table of contacts',
  corpus: [
    '姓名,電子郵件,單位\r\n王大明,a@b.example,"x, ""y"""\r\n',
    'sep=;\r\nFirst Name;Last Name;E-mail 1 - Label;E-mail 1 - Value\n=a;+b;* Work;a@b.example ::: c@d.example',
    '1\t王\ta@b.example\t0912-345-678\r"x\ry"\t\t',
  ],

  run(input: Buffer): void {
    const { rows } = readTable(input.toString('utf8'))
    const { mapping, hasHeading } = meaningOf(rows)
    for (const row of rows.slice(hasHeading ? 1 : 0)) {
      const card = cardOfRow(row, mapping, uid)
      if (card) readCard(card)
    }
    const text = writeTable(rows)
    const back = readTable(text.slice(1), ',').rows
    // Blank rows are no rows; the mark before a formula stays.
    const plain = (cells: string[][]): string[][] =>
      cells.map((row) => row.map((cell) => cell.replace(/^'(?=\s*[=+\-@|%\t\r\n])/, '')))
    if (!text.startsWith('\ufeffsep=')) deepEqual(plain(back), plain(rows.map((row) => [...row])))
    for (const row of back) for (const cell of row) ok(!/^[=@|%]/.test(cell), `a formula: ${cell}`)
  },
}
