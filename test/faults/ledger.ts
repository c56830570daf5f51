// What was sent and what was answered, held against what is there afterwards.
//
// A mail whose acknowledgement was heard must be there, once, byte for byte, with the flags, copies and
// places that were acknowledged. One whose answer never came may be there or not, but whole, once, and
// for all its recipients or none. One that was refused must not be there.

import { openImap, type Imap } from '../../bench/clients.ts'
import { mailAt, numberOf, sized } from '../../bench/corpus.ts'
import type { Door } from '../../bench/clients.ts'

/** One mailbox of one account. */
export interface Place {
  account: string
  mailbox: string
}

const key = ({ account, mailbox }: Place) => `${account} ${mailbox}`

type Answer = 'open' | 'acknowledged' | 'refused'

interface Entry {
  number: number
  exact: boolean // APPEND: the very bytes; SMTP: trace headers may stand in front
  places: Place[] // where it must be, all of them or (open) none
  answer: Answer
  uid?: number // what APPENDUID said
  flag?: Answer // \Flagged
  moved?: { to: Place; answer: Answer }
  copied?: { to: Place; answer: Answer }
  expunged?: Answer
}

export interface Counts {
  sent: number
  acknowledged: number
  refused: number
  unanswered: number
  unansweredThere: number
  lost: number
  corrupted: number
  twice: number
  partial: number // some recipients of one mail have it, others not
  refusedThere: number
  wrongFlags: number
  wrongUids: number
}

export const losses = (counts: Counts): number =>
  counts.lost +
  counts.corrupted +
  counts.twice +
  counts.partial +
  counts.refusedThere +
  counts.wrongFlags +
  counts.wrongUids

const mixes = [4_096, 65_536, 300_000].map((bytes) => sized(bytes))

/** Mail number n of every harness: mostly corpus mails, some fixed sizes up to 300 KB. */
export function numbered(n: number): Buffer {
  if (n % 50 === 49) return Buffer.concat(mixes[2]!(n))
  if (n % 10 === 9) return Buffer.concat(mixes[1]!(n))
  return n % 2 === 0 ? mailAt(n, { largest: 400_000 }) : Buffer.concat(mixes[0]!(n))
}

export class Ledger {
  entries = new Map<number, Entry>()
  complaints: string[] = []
  #next = 0
  #uids = new Map<string, number>() // place and uid: the number once seen there

  /** A mail about to be sent. */
  open(places: Place[], exact: boolean): Entry {
    const entry: Entry = { number: this.#next++, exact, places, answer: 'open' }
    this.entries.set(entry.number, entry)
    return entry
  }

  /** Reads every mailbox named and holds it against what was answered. Complaints are the first 20, in words. */
  async audit(imap: Door, password: string, places: Place[]): Promise<Counts> {
    const found = new Map<number, Finding[]>()
    let corrupted = 0
    let wrongUids = 0
    for (const place of places) {
      await readMailbox(imap, password, place, (uid, flags, bytes) => {
        const number = numberOf(bytes)
        const entry = number === undefined ? undefined : this.entries.get(number)
        if (number === undefined || !entry) {
          corrupted++
          return this.#complain(`${key(place)} uid ${uid}: not a mail that was sent (${bytes.length} bytes)`)
        }
        if (!isWhole(bytes, entry)) {
          corrupted++
          this.#complain(`${key(place)} uid ${uid}: mail ${number} differs from what was sent`)
        }
        const before = this.#uids.get(`${key(place)} ${uid}`)
        if (before !== undefined && before !== number) {
          wrongUids++
          this.#complain(`${key(place)} uid ${uid} was mail ${before} and is now ${number}`)
        }
        this.#uids.set(`${key(place)} ${uid}`, number)
        const list = found.get(number)
        const finding = { place: key(place), uid, flags }
        if (list) list.push(finding)
        else found.set(number, [finding])
      })
    }
    const counts = this.#compare(found)
    counts.corrupted += corrupted
    counts.wrongUids += wrongUids
    return counts
  }

  #complain(text: string): void {
    if (this.complaints.length < 20) this.complaints.push(text)
  }

  #compare(found: Map<number, Finding[]>): Counts {
    const counts: Counts = {
      sent: this.entries.size,
      acknowledged: 0,
      refused: 0,
      unanswered: 0,
      unansweredThere: 0,
      lost: 0,
      corrupted: 0,
      twice: 0,
      partial: 0,
      refusedThere: 0,
      wrongFlags: 0,
      wrongUids: 0,
    }
    for (const entry of this.entries.values()) {
      const there = found.get(entry.number) ?? []
      if (entry.answer === 'refused') {
        counts.refused++
        if (there.length === 0) continue
        counts.refusedThere++
        this.#complain(`mail ${entry.number} was refused and is in ${there.map((one) => one.place).join(', ')}`)
      } else if (entry.answer === 'open') {
        counts.unanswered++
        if (there.length === 0) continue
        counts.unansweredThere++
        this.#checkPlaces(entry, there, counts)
      } else {
        counts.acknowledged++
        this.#checkPlaces(entry, there, counts)
      }
    }
    return counts
  }

  // Called for a mail that is acknowledged, or unanswered and there at least once.
  #checkPlaces(entry: Entry, there: Finding[], counts: Counts): void {
    const at = (place: Place) => there.filter((one) => one.place === key(place))
    let missing = 0
    for (const place of entry.places) {
      const here = at(place)
      const left = entry.moved?.answer ?? entry.expunged // it may have gone, or must have
      if (here.length > 1) {
        counts.twice++
        this.#complain(`mail ${entry.number} is ${here.length} times in ${key(place)}`)
      }
      if (left === 'acknowledged' && here.length > 0) {
        counts.wrongFlags++
        this.#complain(`mail ${entry.number} was moved or expunged and is still in ${key(place)}`)
      }
      if (here.length === 0 && (left === undefined || left === 'refused')) {
        missing++
        this.#complain(`mail ${entry.number} (${entry.answer}) is not in ${key(place)}`)
      }
      if (here.length === 1 && entry.uid !== undefined && here[0]!.uid !== entry.uid) {
        counts.wrongUids++
        this.#complain(`mail ${entry.number}: APPENDUID ${entry.uid}, now ${here[0]!.uid}`)
      }
      if (here.length === 1 && entry.flag === 'acknowledged' && !here[0]!.flags.includes('\\Flagged')) {
        counts.wrongFlags++
        this.#complain(`mail ${entry.number}: its flag was acknowledged and is not there`)
      }
    }
    if (missing > 0 && entry.answer === 'acknowledged') counts.lost += missing
    else if (missing > 0) counts.partial++
    this.#checkOther(entry, entry.copied, at, counts)
    this.#checkOther(entry, entry.moved, at, counts)
    // A move that was not answered leaves it in exactly one of the two.
    if (entry.moved && entry.moved.answer !== 'acknowledged' && entry.answer === 'acknowledged') {
      const copies = at(entry.places[0]!).length + at(entry.moved.to).length
      if (copies !== 1) {
        counts[copies === 0 ? 'lost' : 'twice']++
        this.#complain(`mail ${entry.number}: its MOVE was not answered and it is in ${copies} places`)
      }
    }
  }

  #checkOther(entry: Entry, other: Entry['moved'], at: (place: Place) => Finding[], counts: Counts): void {
    if (!other) return
    const copies = at(other.to).length
    if (copies > 1) {
      counts.twice++
      this.#complain(`mail ${entry.number} is ${copies} times in ${key(other.to)}`)
    }
    if (copies === 0 && other.answer === 'acknowledged') {
      counts.lost++
      this.#complain(`mail ${entry.number} was copied or moved to ${key(other.to)} and is not there`)
    }
    if (copies > 0 && other.answer === 'refused') counts.refusedThere++
  }
}

interface Finding {
  place: string
  uid: number
  flags: string
}

function isWhole(bytes: Buffer, entry: Entry): boolean {
  const sent = numbered(entry.number)
  if (entry.exact) return bytes.equals(sent)
  return bytes.length >= sent.length && bytes.subarray(bytes.length - sent.length).equals(sent)
}

async function readMailbox(
  door: Door,
  password: string,
  { account, mailbox }: Place,
  heard: (uid: number, flags: string, bytes: Buffer) => void,
): Promise<void> {
  const imap = await openImap(door, { name: account, password })
  try {
    if (!(await selected(imap, mailbox))) return
    await imap.must('UID FETCH 1:* (UID FLAGS BODY.PEEK[])', (line, literals) => {
      const uid = /\bUID (\d+)/.exec(line)
      if (!uid || literals.length === 0) return
      heard(Number(uid[1]), /FLAGS \(([^)]*)\)/.exec(line)?.[1] ?? '', literals[0]!)
    })
  } finally {
    await imap.logout()
  }
}

// A mailbox that does not exist holds nothing; an INBOX always exists.
async function selected(imap: Imap, mailbox: string): Promise<boolean> {
  const answer = await imap.ask(`EXAMINE ${mailbox}`)
  if (!answer.ok && mailbox === 'INBOX') throw new Error(`EXAMINE INBOX: ${answer.text}`)
  return answer.ok
}
