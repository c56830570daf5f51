// What a SEARCH or SORT answers: the options of RETURN and the printed result. RFC 9051 §6.4.4, §7.3.4;
// RFC 4731 (ESEARCH), RFC 5182 (SAVE), RFC 9394 (PARTIAL).

import { placesOf, readPartial, type Partial } from './aims.ts'
import { bad } from './answers.ts'
import { astring } from './say.ts'
import type { Scanner } from './scanner.ts'
import { printSet, rangesOf, type Ranges } from './sequences.ts'

export interface Returns {
  min: boolean
  max: boolean
  all: boolean
  count: boolean
  save: boolean
  partial: Partial | undefined
}

// search-return-opts = SP "RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")"
export function readReturns(scan: Scanner): Returns {
  const returns: Returns = { min: false, max: false, all: false, count: false, save: false, partial: undefined }
  scan.list(() => {
    const word = scan.word(['MIN', 'MAX', 'ALL', 'COUNT', 'SAVE', 'PARTIAL'], 'MIN, MAX, ALL, COUNT, SAVE or PARTIAL')
    if (word === 'PARTIAL') {
      scan.space()
      returns.partial = readPartial(scan)
    } else {
      returns[word.toLowerCase() as 'min' | 'max' | 'all' | 'count' | 'save'] = true
    }
  }, true)
  if (returns.all && returns.partial) throw bad('ALL and PARTIAL exclude each other') // RFC 9394 §3.1
  const { min, max, count, save, partial } = returns
  if (!min && !max && !count && !save && !partial) returns.all = true
  return returns
}

/** Numbers or uids found, ascending, and the highest modseq among them if it is wanted. */
export interface Result {
  numbers: number[]
  byUid: boolean
  modseq: number | undefined
}

/** esearch-response */
export function printEsearch(tag: string, returns: Returns, { numbers, byUid, modseq }: Result): string {
  let text = `* ESEARCH (TAG ${astring(tag)})`
  if (byUid) text += ' UID'
  if (numbers.length > 0) {
    if (returns.min) text += ` MIN ${numbers[0]}`
    if (returns.max) text += ` MAX ${numbers.at(-1)}`
    if (returns.all) text += ` ALL ${printSet(numbers)}`
  }
  if (returns.partial) text += ` PARTIAL ${printPartial(returns.partial, numbers)}`
  if (returns.count) text += ` COUNT ${numbers.length}`
  if (modseq !== undefined && numbers.length > 0) text += ` MODSEQ ${modseq}`
  return `${text}\r\n`
}

function printPartial(partial: Partial, numbers: number[]): string {
  const found = numbers.slice(...placesOf(partial, numbers.length))
  return `(${partial.text} ${found.length === 0 ? 'NIL' : printSet(found)})`
}

/** What "$" remembers of a result (RFC 5182 §2.1). */
export function savedOf(returns: Returns, uids: number[]): Ranges {
  return rangesOf(toldOf(returns, uids))
}

/** What a result is about, and whose modseqs it tells (RFC 4731 §3.2): all of it, or just what MIN and MAX name. */
export function toldOf(returns: Returns, uids: number[]): number[] {
  if (returns.all || returns.count || returns.partial || (!returns.min && !returns.max)) return uids
  const kept: number[] = []
  if (returns.min && uids.length > 0) kept.push(uids[0]!)
  if (returns.max && uids.length > 1) kept.push(uids.at(-1)!)
  if (returns.max && !returns.min && uids.length === 1) kept.push(uids[0]!)
  return kept
}
