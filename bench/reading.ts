// What a mail client does with mailboxes that are there: look, read, search, mark, copy, empty.

import { numberAfter, openPop3, type Imap } from './clients.ts'
import { dice, rareSubject, rareWord, sized } from './corpus.ts'
import { countIn, fill, median, openAs, perSecond, same, timed, took, type Measure, type Run } from './measures.ts'
import { password } from './rig.ts'

export const readerAccount = 'reader@uni.example'
export const popAccount = 'pop@uni.example'

const tenSize = (run: Run) => (run.quick ? 1_000 : 10_000)
const hundredSize = (run: Run) => (run.quick ? 10_000 : 100_000)

/** A connection of the reader whose mailbox Ten holds 10,000 different mails. */
function tenOf(run: Run): Promise<Imap> {
  return run.once('ten', async () => {
    const imap = await openAs(run.rig, readerAccount)
    await imap.must('CREATE Ten')
    await fill(imap, 'Ten', 0, tenSize(run))
    imap.socket.setTimeout(600_000)
    return imap
  })
}

/** The same reader's mailbox Hundred: 100,000 messages, copied from Ten. */
function hundredOf(run: Run): Promise<Imap> {
  return run.once('hundred', async () => {
    const imap = await tenOf(run)
    await imap.must('CREATE Hundred')
    await imap.must('SELECT Ten')
    for (let copied = 0; copied < hundredSize(run); copied += tenSize(run)) await imap.must('COPY 1:* Hundred')
    await imap.must('UNSELECT')
    return imap
  })
}

/** Times a FETCH and checks that every message answered. */
async function fetchAll(imap: Imap, items: string, count: number): Promise<number> {
  const before = imap.untagged
  const milliseconds = await timed(() => imap.must(`FETCH 1:* ${items}`))
  const answered = imap.untagged - before
  if (answered < count) throw new Error(`FETCH ${items}: ${answered} of ${count} answered`)
  return milliseconds
}

const fetching: Measure = {
  name: 'FETCH of 10,000',
  async run(run) {
    const imap = await tenOf(run)
    const count = tenSize(run)
    await imap.must('SELECT Ten')
    const envelopes = await fetchAll(imap, '(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)', count)
    const flags = await fetchAll(imap, '(UID FLAGS)', count)
    const structures = await fetchAll(imap, '(UID BODYSTRUCTURE)', count)
    const bytesBefore = imap.bytesHeard
    const bodies = await fetchAll(imap, '(UID BODY.PEEK[])', count)
    const megabytes = (imap.bytesHeard - bytesBefore) / 1e6

    const roll = dice(3, run.round)
    const single: number[] = []
    for (let read = 0; read < 200; read++) {
      const number = 1 + Math.floor(roll() * count)
      single.push(await timed(() => imap.must(`FETCH ${number} (UID FLAGS BODY.PEEK[])`)))
    }
    await imap.must('UNSELECT')
    return {
      envelopes: took(envelopes),
      flags: took(flags),
      'body structures': took(structures),
      'all bodies': took(bodies),
      'all bodies, speed': perSecond(megabytes, bodies, 'MB/s'),
      'one random message': took(median(single)),
    }
  },
}

const searching: Measure = {
  name: 'SEARCH in 10,000',
  async run(run) {
    const imap = await tenOf(run)
    await imap.must('SELECT Ten')
    const found = (line: string) => line.split(' ').filter((one) => /^\d+$/.test(one)).length
    let inText = 0
    const word = Buffer.from(rareWord)
    const asked: (string | Buffer)[] = [`UID SEARCH CHARSET UTF-8 TEXT {${word.length}+}\r\n`, word]
    const text = await timed(() => imap.must(asked, (line) => (inText += found(line))))
    let inSubject = 0
    const subject = await timed(() =>
      imap.must(`UID SEARCH SUBJECT "${rareSubject}"`, (line) => (inSubject += found(line))),
    )
    const unseen = await timed(() => imap.must('UID SEARCH UNSEEN'))
    await imap.must('UNSELECT')
    return {
      'TEXT of a two-character Chinese word': took(text),
      'TEXT found': same(inText),
      SUBJECT: took(subject),
      'SUBJECT found': same(inSubject),
      UNSEEN: took(unseen),
    }
  },
}

const changing: Measure = {
  name: 'changing 1,000',
  async run(run) {
    const imap = await tenOf(run)
    const box = `Copies${run.round}`
    await imap.must('SELECT Ten')
    const count = run.quick ? 200 : 1_000
    const sign = run.round % 2 === 0 ? '+' : '-'
    const store = await timed(async () => {
      for (let number = 1; number <= count; number++) await imap.must(`STORE ${number} ${sign}FLAGS (\\Flagged)`)
    })
    const together = await timed(() => imap.must(`STORE 1:${count} ${sign}FLAGS (\\Answered)`))
    await imap.must(`CREATE ${box}`)
    const copy = await timed(() => imap.must(`COPY 1:${count} ${box}`))
    if ((await countIn(imap, box)) !== count) throw new Error('COPY: not all there')
    await imap.must('UNSELECT')
    await imap.must(`SELECT ${box}`)
    await imap.must(`STORE 1:* +FLAGS.SILENT (\\Deleted)`)
    const expunge = await timed(() => imap.must('EXPUNGE'))
    await imap.must('UNSELECT')
    await imap.must(`DELETE ${box}`)
    return {
      'STORE one by one': perSecond(count, store, 'commands/s'),
      'STORE of all in one': took(together),
      'COPY of all in one': took(copy),
      'EXPUNGE of all': took(expunge),
    }
  },
}

const appending: Measure = {
  name: 'APPEND on one connection',
  async run(run) {
    const imap = await openAs(run.rig, readerAccount)
    await imap.ask('CREATE Appended')
    const make = sized(4096, 11 + run.round)
    const count = run.quick ? 100 : 500
    const mails = Array.from({ length: count }, (_, n) => Buffer.concat(make(n)))
    const milliseconds = await timed(async () => {
      for (const mail of mails) {
        const answer = await imap.append('Appended', mail)
        if (!answer.ok) throw new Error(`APPEND: ${answer.text}`)
      }
    })
    await imap.logout()
    return { '4 KiB, one after the other': perSecond(count, milliseconds, 'mails/s') }
  },
}

const large: Measure = {
  name: 'a mailbox of 100,000',
  async run(run) {
    const imap = await hundredOf(run)
    const other = await openAs(run.rig, readerAccount)
    const make = sized(4096, 31 + run.round)
    let validity = 0
    let exists = 0
    let modseq = 0
    const note = (line: string) => {
      validity = numberAfter(line, '[UIDVALIDITY') ?? validity
      modseq = numberAfter(line, '[HIGHESTMODSEQ') ?? modseq
      if (line.endsWith(' EXISTS')) exists = Number(line.split(' ')[1])
    }
    const selects: number[] = []
    for (let time = 0; time < 5; time++) {
      selects.push(await timed(() => imap.must('SELECT Hundred', note)))
      await imap.must('UNSELECT')
    }
    if (exists < hundredSize(run)) throw new Error(`Hundred has ${exists}`)

    // One APPEND, then what a returning client asks: what has changed since?
    await other.must('ENABLE QRESYNC')
    await other.must('SELECT Hundred', note)
    const appends: number[] = []
    for (let time = 0; time < 5; time++) {
      const mail = Buffer.concat(make(time))
      appends.push(await timed(() => other.append('Hundred', mail)))
    }
    await other.must('UNSELECT')
    await other.must('SELECT Hundred', note)
    const resyncs: number[] = []
    const changer = await openAs(run.rig, readerAccount)
    await changer.must('SELECT Hundred')
    for (let time = 0; time < 5; time++) {
      await other.must('UNSELECT')
      await changer.must(`STORE ${1000 + time} ${run.round % 2 === 0 ? '+' : '-'}FLAGS (\\Seen)`)
      let told = 0
      const parameters = `(QRESYNC (${validity} ${modseq}))`
      const heard = (line: string) => {
        if (line.includes(' FETCH ')) told++
        note(line)
      }
      resyncs.push(await timed(() => other.must(`SELECT Hundred ${parameters}`, heard)))
      if (told < 1) throw new Error('QRESYNC did not tell the change')
    }
    const expunges: number[] = []
    for (let time = 0; time < 5; time++) {
      await changer.must(`STORE ${2000 + time} +FLAGS.SILENT (\\Deleted)`)
      expunges.push(await timed(() => changer.must('EXPUNGE')))
    }
    await Promise.all([other.logout(), changer.logout()])
    return {
      SELECT: took(median(selects)),
      APPEND: took(median(appends)),
      'QRESYNC after one change': took(median(resyncs)),
      'EXPUNGE of one': took(median(expunges)),
    }
  },
}

const popping: Measure = {
  name: 'POP3 download of 10,000',
  async run(run) {
    const count = tenSize(run)
    await run.once('pop', async () => {
      const imap = await openAs(run.rig, popAccount)
      await fill(imap, 'INBOX', 0, count)
      await imap.logout()
    })
    const before = performance.now()
    const pop3 = await openPop3(run.rig.pop3, { name: popAccount, password })
    await pop3.ask('STAT')
    await pop3.ask('UIDL')
    const listed = performance.now() - before
    const { mails, bytes } = await pop3.download(count)
    const milliseconds = performance.now() - before
    await pop3.quit()
    if (mails !== count) throw new Error(`${mails} of ${count} came`)
    return {
      'login, STAT, UIDL': took(listed),
      everything: took(milliseconds),
      speed: perSecond(bytes / 1e6, milliseconds, 'MB/s'),
    }
  },
}

export const reading: Measure[] = [appending, fetching, searching, changing, large, popping]
